#!/bin/sh
exec search --config /etc/search/search.conf.py
