# SPDX-License-Identifier: MIT
"""Figures for the end of the report: how fast a queue drains, how soon a task begins. A figure never decides a test."""

import os
import statistics
import time

import pytest

from helpers import waiting
from helpers.database import Database
from helpers.plugin import build_plugin

QUEUE = 5000


@pytest.fixture
def durable_database(prefix):
    database = Database(prefix).start()
    yield database
    database.remove()


@pytest.fixture
def site(durable_database, make_site):
    return make_site(durable_database)


def spawn_rate():
    """Serial posix_spawn of /bin/true on this machine, now; the measure of everything below."""
    began = time.monotonic()
    count = 0
    while time.monotonic() - began < 1:
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
        count += 1
    return count / (time.monotonic() - began)


def drain(site, kind, count):
    """Tasks a second, from the moment they may begin until the last has ended."""
    control = site.control
    control.limit(1)
    blocker = control.create("blocker")
    control.worker_pid(blocker)
    control.create(kind, count=count)
    control.limit(10)
    began = time.monotonic()
    site.program("blocker.go", "")
    waiting.until(lambda: control.status()["pending"] == 0 and control.status()["running"] == 0, 300, "the queue is empty",
                  every=0.05)
    took = time.monotonic() - began
    os.remove(f"{site.programs}/blocker.go")
    return count / took


def test_a_queue_of_noop_tasks_drains(site, measure):
    site.examples("noop")
    site.shell("blocker", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.settings["log_level"] = "info"
    site.start()
    kinds = {row["name"]: row["runner"] for row in site.control.ok("GET", "/api/task-types")}
    before = spawn_rate()
    for kind, count in [(name, QUEUE if kinds[name] == "plugin" else QUEUE // 5) for name in sorted(kinds)
                        if name.startswith("noop")]:
        rate = drain(site, kind, count)
        spawn = (before + spawn_rate()) / 2
        measure(f"{count} {kind} ({kinds[kind]}) tasks, 10 at once: {rate:.0f}/s ="
                f" {rate / spawn:.2f} x serial posix_spawn (/bin/true, {spawn:.0f}/s)")
    assert site.sql("select distinct status from task") == [["success"]]
    assert site.sql("select max(attempt) from task") == [["1"]]


CLOCK = """
#include <taskyard/task.h>
#include <time.h>
static int run(struct taskyard_task *task, void *runner)
{
    struct timespec now;
    (void)runner;
    clock_gettime(CLOCK_MONOTONIC, &now);
    taskyard_log(task, TASKYARD_INFO, "%ld.%09ld", (long)now.tv_sec, now.tv_nsec);
    return TASKYARD_OK;
}
static const struct taskyard_runner runners[] = {{.type = "clock_plugin", .run = run}, {.type = NULL}};
TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
"""


def test_how_soon_a_task_begins(site, control, measure, prefix, tmp_path):
    """From before the request to the runner's first line, on an idle service."""
    site.type("clock_plugin", plugin=build_plugin(prefix, tmp_path, site, CLOCK, "clock"))
    site.python("clock_python", "import time\nprint(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)")
    site.start()
    for kind in ("clock_plugin", "clock_python"):
        waits = []
        for _ in range(40):
            began = time.monotonic()
            task = control.run(kind)
            waits.append(float(control.logs(task)[0]["message"]) - began)
        assert min(waits) > 0
        waits.sort()
        measure(f"create to the first line of {kind}, idle: median {statistics.median(waits) * 1000:.1f} ms,"
                f" worst of {len(waits)} {waits[-1] * 1000:.1f} ms")
