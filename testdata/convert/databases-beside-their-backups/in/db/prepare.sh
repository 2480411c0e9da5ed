#!/bin/sh
echo prepared
exec docker-entrypoint.sh "$@"
