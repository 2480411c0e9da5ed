#!/usr/bin/env sh

while :
do
    /app/bin/console $1
    sleep $2
done
