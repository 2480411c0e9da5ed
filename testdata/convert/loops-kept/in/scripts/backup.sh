#!/bin/bash
set -euo pipefail
KEEP=${KEEP:-7}

while true; do
  name="/dumps/$(date +%F).sql"
  pg_dump -h db > "$name"
  find /dumps -mtime "+$KEEP" -delete
  sleep 1d
done
