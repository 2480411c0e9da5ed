#!/bin/sh
while true
do
    php artisan $1
    sleep $2
done
