# SPDX-License-Identifier: MIT
"""Figures for the end of the report: how fast a queue drains, how soon a task begins. A figure never decides a test."""

import os
import statistics
import time

from helpers import waiting

QUEUE = 5000


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


def test_how_soon_a_task_begins(site, control, measure):
    """From before the request to the moment of the runner's first line, on an idle service."""
    site.python("clock", "import os, time\nprint(time.clock_gettime(time.CLOCK_MONOTONIC), flush=True)")
    site.shell("first", "read -r up rest < /proc/uptime; echo $up")
    site.start()
    times = []
    for _ in range(30):
        began = time.monotonic()
        task = control.create("first")
        control.logged(task, "")
        control.wait(task)
        times.append(time.monotonic() - began)
    measure(f"create, run a shell script, see the end by polling: median {statistics.median(times) * 1000:.1f} ms")
    starts = []
    for _ in range(20):
        began = time.monotonic()
        task = control.run("clock")
        starts.append(float(control.logs(task)[0]["message"]) - began)
    measure(f"create, first line of a Python runner (its own start included): median"
            f" {statistics.median(starts) * 1000:.1f} ms")
    assert all(start > 0 for start in starts)
