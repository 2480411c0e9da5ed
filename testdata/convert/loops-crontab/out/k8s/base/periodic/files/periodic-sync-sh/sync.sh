#!/bin/sh
exec /app/sync
