#!/bin/sh
until nc -z "$DB_HOST" 3306; do
    sleep 2
done
exec php-fpm
