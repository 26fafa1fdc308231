# SPDX-License-Identifier: MIT
"""Tasks of several sorts, asked for again and again until they are acknowledged, whatever happens to the service."""

import http.client
import itertools
import threading
import time
import uuid

from . import waiting

# type -> the ends it may have, when nobody cancels it
SORTS = {
    "booked": {"success"},
    "booked_failure": {"failed"},
    "booked_once": {"success", "failed"},
    "booked_file": {"success"},
}
ARTIFACT = 'echo "$TASKYARD_TASK_ID" >out.txt; echo \'{"artifact":"out.txt"}\' >&3'


def describe(site, books):
    """The types, before the start."""
    site.type("booked", books.command("/bin/sleep", "0.05"), grace=2)
    site.type("booked_failure", books.command("/bin/false"), grace=2, max_retries=1, backoff=0.05)
    site.type("booked_once", books.command("/bin/sleep", "0.05"), grace=2, on_interrupt="fail")
    site.type("booked_file", books.command("/bin/sh", "-c", ARTIFACT), grace=2)


def describe_gate(site, books):
    """A type whose tasks run until open_gate()."""
    gate = site.program("gate", "#!/bin/sh\nwhile [ ! -e \"$0.go\" ]; do sleep 0.02; done; echo '{\"result\":1}' >&3")
    site.type("gate", books.command(gate), grace=2)


def open_gate(site):
    site.program("gate.go", "")


class Load:
    """A client that gives up nothing: every request carries a key, and is sent again until it is answered."""

    def __init__(self, site, total, every=0.0):
        self.site = site
        self.total = total
        self.every = every      # seconds between two requests
        self.expected = {}      # task id -> the ends it may have: what was acknowledged
        self.once = set()       # those of them that may be started but once
        self.refused = 0
        self.slowest_refusal = 0.0
        self.problems = []
        self.stop = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self):
        self.thread.start()
        return self

    def run(self):
        try:
            for number, kind in zip(range(self.total), itertools.cycle(SORTS)):
                if self.stop:
                    return
                self.make(kind, cancel=number % 9 == 5)
                time.sleep(self.every)
        except Exception as problem:  # shown by done()
            self.problems.append(problem)

    def make(self, kind, cancel):
        body = {"type": kind, "idempotency_key": uuid.uuid4().hex}
        task = self.insist("POST", "/api/tasks", body)
        if task is None:
            return
        self.expected[task["id"]] = SORTS[kind] | ({"cancelled"} if cancel else set())
        if kind == "booked_once":
            self.once.add(task["id"])
        if cancel:
            self.insist("POST", f"/api/tasks/{task['id']}/cancel", may_conflict=True)

    def insist(self, method, path, body=None, may_conflict=False):
        """The data of the answer, however often it takes; None when the load is to stop."""
        while not self.stop:
            asked = time.monotonic()
            try:
                answer = self.site.control.request(method, path, body)
            except (OSError, http.client.HTTPException):
                answer = None
            if answer is not None and (answer.status == 200 or (may_conflict and answer.status == 409)):
                return answer.data
            assert answer is None or answer.status == 503, (method, path, answer.status, answer.body[:300])
            self.refused += 1
            self.slowest_refusal = max(self.slowest_refusal, time.monotonic() - asked)
            time.sleep(0.02)
        return None

    def done(self):
        """All have been acknowledged, or the load has failed."""
        assert not self.problems, self.problems
        return not self.thread.is_alive()

    def wait(self, seconds):
        waiting.until(self.done, seconds, lambda: f"all is acknowledged: {len(self.expected)} of {self.total}")

    def end(self):
        self.stop = True
        self.thread.join(30)


def ended(site):
    [[count]] = site.sql("select count(*) from task where status in ('success', 'failed', 'cancelled')")
    return int(count)


def wait_for_all(site, expected, seconds):
    waiting.until(lambda: ended(site) >= len(expected), seconds,
                  lambda: f"all have ended: {site.sql('select type, status, count(*) from task group by 1, 2')}", every=0.05)
