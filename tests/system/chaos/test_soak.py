# SPDX-License-Identifier: MIT
"""Much of everything, and then nothing: memory, descriptors and processes are back where they were."""

import http.client
import itertools
import os
import threading
import time

import pytest

from helpers import load, people, procfs, waiting
from helpers.audit import audit

CLIENTS = 4
BATCH = 100
FIRST_SHARE = 5            # the first fifth is not measured: caches and buffers find their size
GROWTH_MAX = 16 << 20      # of resident memory, in bytes; the figure is in the report
FINAL = "('success', 'failed', 'cancelled')"
SORTS = {"quick": "success", "failing": "failed", "chatty": "success", "filing": "success"}


def limits():
    """(tasks, requests): TASKYARD_SOAK=200000,2000000, or the short form."""
    return tuple(int(word) for word in os.environ.get("TASKYARD_SOAK", "500,5000").split(","))


@pytest.fixture
def busy_site(site):
    site.listen_http()
    site.type("quick", ["/bin/true"])
    site.shell("failing", "echo '{\"error\":\"on purpose\"}' >&3; exit 1")
    site.shell("chatty", "echo '{\"progress\":50}' >&3; seq 1 20; echo '{\"result\":{\"rows\":20}}' >&3")
    site.shell("filing", load.ARTIFACT)
    site.start()
    site.control.limit(16)
    return site


class Requests:
    """Clients that ask for one thing after the other on connections that they keep, and look at each status."""

    def __init__(self, site, token, total):
        self.site = site
        self.headers = {"Authorization": f"Bearer {token}"}
        self.numbers = iter(range(total))
        self.lock = threading.Lock()
        self.problems = []
        self.done = 0
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(CLIENTS)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def ended(self):
        assert not self.problems, self.problems
        return not any(thread.is_alive() for thread in self.threads)

    def next(self):
        with self.lock:
            self.done += 1
            return next(self.numbers, None)

    def run(self):
        paths = itertools.cycle([("/healthz", {200}), ("/api/tasks?page_size=5", {200, 503}), ("/api/nothing", {404}),
                                 ("/api/task-types", {200}), ("/api/files", {200, 503}), ("/healthz", {200})])
        connection = self.site.http.connection()
        try:
            while self.next() is not None:
                path, wanted = next(paths)
                connection.request("GET", path, headers=self.headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status in wanted, (path, answer.status)
        except (AssertionError, OSError, http.client.HTTPException) as problem:
            self.problems.append(repr(problem))
        finally:
            connection.close()


def run_tasks(site, total, requests):
    """All sorts in turn; never more than some batches wait."""
    expected = {}
    kinds = itertools.cycle(SORTS)
    while len(expected) < total:
        kind = next(kinds)
        made = site.control.create(kind, count=min(BATCH, max(2, total - len(expected))))
        expected.update({task["id"]: {SORTS[kind]} for task in made})
        waiting.until(lambda: waiting_now(site) < 5 * BATCH, 300, "some of them have ended", every=0.02)
    waiting.until(lambda: waiting_now(site) == 0, 300, "all of them have ended", every=0.05)
    waiting.until(requests.ended, 3600, lambda: f"all is asked for: {requests.done}", every=0.05)
    return expected


def waiting_now(site):
    return int(site.sql(f"select count(*) from task where status not in {FINAL}")[0][0])


def resident(site):
    with open(f"/proc/{site.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def quiet(site, before=None):
    """(descriptors, children) once nothing goes on; `before`: once it is as it was."""
    def now():
        return len(procfs.descriptors(site.process.pid)), len(procfs.children(site.process.pid))

    waiting.until(lambda: not site.control.workers() and before in (None, now()), 60, lambda: f"as before: {now()}, {before}")
    return now()


def test_memory_and_descriptors_are_back(busy_site, measure):
    site = busy_site
    tasks, requests = limits()
    token = people.add(site, site.http, "ann", "viewer").token
    first = run_tasks(site, tasks // FIRST_SHARE, Requests(site, token, requests // FIRST_SHARE).start())
    before, memory_before = quiet(site), resident(site)
    began = time.monotonic()
    rest = run_tasks(site, tasks - len(first), Requests(site, token, requests - requests // FIRST_SHARE).start())
    took = time.monotonic() - began
    after, memory_after = quiet(site, before), resident(site)
    measure(f"soak: {len(rest)} tasks and {requests - requests // FIRST_SHARE} requests in {took:.0f} s after the first fifth: "
            f"resident {memory_before >> 10} KiB, then {memory_after >> 10} KiB; descriptors {before[0]}, then {after[0]}; "
            f"children {before[1]}, then {after[1]}")
    assert memory_after - memory_before <= GROWTH_MAX
    audit(site, dict(itertools.islice(rest.items(), 2000))).clean()
    assert site.sql(f"select count(*) from task where status not in {FINAL}") == [["0"]]
