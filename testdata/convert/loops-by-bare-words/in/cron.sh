#!/bin/sh
while true; do
  backup
  sleep 3600
done
