#!/bin/sh
while :; do
  nc -z "${1%:*}" "${1#*:}" && break
  sleep 1
done
shift 2
exec "$@"
