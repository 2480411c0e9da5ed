#!/bin/sh
while true; do
  tidy "$@"
  sleep 600
done
