#!/bin/sh
while true; do
  sweep
  sleep 86400
done
