#!/bin/sh
rm -rf /tmp/old
