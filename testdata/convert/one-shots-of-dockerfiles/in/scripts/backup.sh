#!/bin/sh
set -e
pg_dump "$DATABASE" > /backups/shop.sql
gzip -f /backups/shop.sql
