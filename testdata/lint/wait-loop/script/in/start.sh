#!/bin/sh
for attempt in 1 2 3 4 5; do
  pg_isready -h db && break
  sleep 2
done
exec app
