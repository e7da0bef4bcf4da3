# Starts RabbitMQ with definitions that hold the Secret's password, which it takes at every start: a volume may be older
# than the Secret.
set -e
umask 077
cat > /tmp/definitions.json <<DEFINITIONS
{
  "vhosts": [{"name": "/"}],
  "users": [{"name": "crm", "password": "$(sed 's/[\\"]/\\&/g' /run/secrets/store/password)", "tags": ""}],
  "permissions": [{"vhost": "/", "user": "crm", "configure": ".*", "write": ".*", "read": ".*"}]
}
DEFINITIONS
# Erlang takes memory for as many files as it may open.
ulimit -n 65536 || true
exec docker-entrypoint.sh rabbitmq-server
