# Starts MongoDB as a replica set of one member, to which no key of other members need last.
set -e
umask 077
head -c 96 /dev/urandom | base64 --wrap 0 > /tmp/key
exec mongod --replSet rs0 --keyFile /tmp/key --bind_ip_all --setParameter transactionLifetimeLimitSeconds=10 --quiet
