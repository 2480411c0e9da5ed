#!/bin/sh
while :; do
  bin/console "$@"
  sleep 300
done
