"""The worker: it waits for work that never comes."""

import time

while True:
    time.sleep(60)
