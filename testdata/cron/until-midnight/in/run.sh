#!/bin/sh
while true; do
  now=$(date +%s)
  sleep $(( (now / 86400 + 1) * 86400 - now ))
  ./nightly --all
done
