#!/bin/sh
trap : TERM INT
while sleep 3600; do :; done & wait
