#!/bin/sh
psql -f /opt/seed.sql
