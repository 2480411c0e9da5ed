#!/bin/sh
# waits for a port
exec "$@"
