# Makes the replica set ready, again until that works.
until HOST=$(hostname --fqdn) mongosh --quiet --norc /scripts/ready.js; do sleep 1; done
