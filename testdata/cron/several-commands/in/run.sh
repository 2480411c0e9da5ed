#!/bin/bash
set -e
cd /srv/app
INTERVAL=${INTERVAL:-3600}

trap exit TERM
while true; do
    echo "cleaning up"
    php artisan cache:prune
    php artisan session:prune | tee -a /var/log/prune.log
    sleep "$INTERVAL" & wait $!
done
