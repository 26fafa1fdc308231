# SPDX-License-Identifier: MIT
"""Creates no-op tasks evenly, as many a second as asked for, a portion every 10 ms: pace.py SOCKET RATE SECONDS. While half a second's
work waits, because the machine has become slower since the rate was chosen, nothing is added: this is to be a load, not a jam."""

import sys
import time

from client import Client


LOOK_EVERY_S = 0.1


def pace(socket, rate, seconds):
    control = Client(socket)
    last = began = looked = time.monotonic()
    due, jammed = 0.0, False
    while (now := time.monotonic()) - began < seconds:
        if now - looked >= LOOK_EVERY_S:
            looked, jammed = now, control.ask("GET", "/api/status")["pending"] > rate / 2
        due, last = (0.0 if jammed else due + (now - last) * rate), now
        if due >= 1:
            control.ask("POST", "/api/tasks", {"type": "noop", "count": min(int(due), 10000)})
            due -= int(due)
        time.sleep(0.01)


pace(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
