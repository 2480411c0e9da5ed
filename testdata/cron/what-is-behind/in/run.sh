#!/bin/sh
trap 'exit 0' TERM
trap 'curl -fsS "$HOOK/stopped"' EXIT
if [ "$ROLE" = jobs ]; then
    cd /srv
    while sleep 300; do
        ./job
    done
fi
exec ./server
