#!/usr/bin/env bash
set -e
role=${ROLE:-web}
if [ "$role" = "web" ]; then
    exec apache2-foreground
elif [ "$role" = "scheduler" ]; then
    php artisan config:cache
    while [ true ]
    do
        php artisan schedule:run --no-interaction &
        sleep 60
    done
else
    echo "no such role: $role"
    exit 1
fi
