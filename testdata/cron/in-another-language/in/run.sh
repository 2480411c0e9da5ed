#!/usr/bin/env python3
import os
import time

from app import refresh

EVERY = int(os.environ.get("EVERY", "900"))

while True:
    refresh()
    time.sleep(EVERY)
