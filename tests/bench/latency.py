# SPDX-License-Identifier: MIT
"""How long somebody waits: from creating a task to its first line, from a runner's message to a GET that shows it, from a cancel to
the process's end. Once on an idle service, once beside no-op tasks that arrive at 80 % of what it can do."""

import os
import random
import select
import subprocess
import sys
import time
from contextlib import contextmanager

from helpers import account

import calibrate
from rig import Rig, percentiles

PACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pace.py")
FINAL = ("success", "failed", "cancelled")


def run(context, report):
    report.part("latency, ms")
    samples = 60 if context.quick else 300
    with Rig(context.prefix, context.build) as rig:
        rig.limit(10)
        measure(rig, report, samples, "idle")
        stubborn(rig, report)
        rate = capacity(rig, 2000 if context.quick else 10000)
        report.note(f"created in portions of 100 while they run, 10 at once: {rate:.0f} no-op tasks/s; 80 % of that from here on")
        rig.limit(10 + samples)
        with load(rig, 0.8 * rate):
            measure(rig, report, samples, "at 80 % load")


def measure(rig, report, samples, when):
    commit, spawn = 1000 / calibrate.commit(rig, report, 1), 1000 / calibrate.spawn(rig, report)
    report.note(f"{when}: of the database alone one durable commit with its statements takes {commit:.2f} ms, a posix_spawn {spawn:.2f} ms")
    targets = {"create": (1.5, 3), "message": (None, None), "cancel": (1, 3)} if when == "idle" else {}
    tell(report, f"create to the runner's first line, {when}", create_to_start(rig, samples), targets.get("create"))
    tell(report, f"runner's message to a GET that shows it, {when}", message_to_get(rig, samples // 20), targets.get("message"))
    tell(report, f"HTTP cancel to the process's end, {when}", cancel_to_death(rig, samples), targets.get("cancel"))


def tell(report, what, seconds, targets):
    for name, value, target in zip(("p50", "p99"), percentiles([sample * 1000 for sample in seconds]), targets or (None, None)):
        report.row("latency", f"{what}, {name}", value, "ms", at_most=target)


def timed(client, path):
    """Seconds that one GET takes."""
    began = time.monotonic()
    client.ask("GET", path)
    return time.monotonic() - began


def until_final(rig, task):
    while True:
        seen = rig.http.ask("GET", f"/api/tasks/{task}")
        if seen["status"] in FINAL:
            return seen
        time.sleep(0.01)


def create_to_start(rig, samples):
    found = []
    for _ in range(samples):
        time.sleep(random.uniform(0.005, 0.02))
        began = time.monotonic_ns()
        task = rig.control.ask("POST", "/api/tasks", {"type": "bench_clock", "creator": rig.admin.id})
        found.append((int(until_final(rig, task["id"])["result"]) - began) / 1e9)
    return found


def message_to_get(rig, tasks):
    """Each task says twenty times what time it is; a client asks again and again."""
    found = []
    for _ in range(tasks):
        [task] = rig.create("bench_tell")
        seen, status = set(), None
        while status not in FINAL:
            answer = rig.http.ask("GET", f"/api/tasks/{task}")
            now, text, status = time.monotonic_ns(), answer.get("progress_text"), answer["status"]
            if text and text not in seen and status == "running":
                seen.add(text)
                found.append((now - int(text)) / 1e9)
    return found


def sleepers(rig, kind, count):
    """Tasks that run, with their processes."""
    found = rig.workers_of(rig.create(kind, count))
    time.sleep(0.3)  # a shell needs a moment until it has set its trap
    return found


def death_of(rig, task, pid):
    """Seconds from the request to the end of the process."""
    process = os.pidfd_open(pid)
    try:
        began = time.monotonic()
        rig.http.send("POST", f"/api/tasks/{task}/cancel")
        if not select.select([process], [], [], 30)[0]:
            raise RuntimeError(f"process {pid} does not end")
        took = time.monotonic() - began
        rig.http.receive()
        return took
    finally:
        os.close(process)


def cancel_to_death(rig, samples):
    found = []
    while len(found) < samples:
        for task, pid in sleepers(rig, "bench_sleep", 10).items():
            time.sleep(random.uniform(0.001, 0.01))
            found.append(death_of(rig, task, pid))
    return found


def stubborn(rig, report):
    """Those that ignore SIGTERM, whose grace is a second."""
    late = [death_of(rig, task, pid) - 1 for task, pid in sleepers(rig, "bench_stubborn", 8).items()]
    report.row("latency", "cancel to the end of one that ignores SIGTERM, less its grace, worst of 8", max(late) * 1000, "ms", at_most=10)


def capacity(rig, count):
    """No-op tasks a second while they are also created."""
    began = time.monotonic()
    for _ in range(count // 100):
        rig.create("noop", 100)
    rig.until_idle()
    return count / (time.monotonic() - began)


@contextmanager
def load(rig, rate):
    """No-op tasks that arrive evenly, from a process of its own."""
    process = subprocess.Popen([sys.executable, PACE, rig.site.socket, f"{rate:.0f}", "120"])
    account.started.add(process.pid)
    try:
        time.sleep(1)
        assert process.poll() is None, "the load has ended"
        yield
        assert process.poll() is None, "the load has ended before the measurement"
    finally:
        process.terminate()
        process.wait(30)
