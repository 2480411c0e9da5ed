#!/bin/sh
while :; do
  bin/console $1
  sleep 300
done
