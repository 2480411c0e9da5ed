#!/bin/sh
set -eu
if [ ! -f /keys/key.pem ]; then
  openssl genrsa -out /keys/key.pem 2048
  chmod 600 /keys/key.pem
fi
