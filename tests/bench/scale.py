# SPDX-License-Identifier: MIT
"""What grows with the number of workers that only sleep, of connections that are only open, and of what a crash leaves."""

import re
import resource
import signal
import time

from helpers import waiting

import calibrate
from client import Client
from latency import timed
from rig import Rig, percentiles, pss_mib

CONNECTIONS = 10000


def run(context, report):
    report.part("scale")
    sleeping(context, report)
    connections(context, report)
    crash(context, report)


# ---- workers that sleep ----


def sleeping(context, report):
    tasks = 1000 if context.quick else 5000
    with Rig(context.prefix, context.build) as rig:
        asleep, first = [], None
        for count in (10, 200) if context.quick else (10, 500, 2000):
            rig.limit(count + 10)
            asleep += rig.create("bench_sleep", count - len(asleep))
            rig.until_running(count, 300)
            lag, reads = look(rig, asleep[0], 3 if context.quick else 10)
            report.row("scale", f"{count} sleeping workers: loop lag, p99 at most", lag * 1000, "ms", at_most=5)
            report.row("scale", f"{count} sleeping workers: GET /api/tasks/{{id}}, p99", percentiles(reads)[1] * 1000, "ms", at_most=5)
            rate, spawn = calibrate.around(rig, report, lambda: beside(rig, tasks))
            report.row("scale", f"{count} sleeping workers: no-op tasks beside them, 10 at once", rate, "tasks/s", ("spawn", spawn))
            first = first or spawn / rate
            report.row("scale", f"{count} sleeping workers: cost of a task, × that with 10", spawn / rate / first, "×", at_most=1.2)
            report.row("scale", f"{count} sleeping workers: supervisor", pss_mib(rig.pids["supervisor"]), "MiB")
        began = time.monotonic()
        for task in asleep:
            rig.http.ask("POST", f"/api/tasks/{task}/cancel")
        rig.until_idle()
        report.row("scale", f"{len(asleep)} sleeping workers: all cancelled after", time.monotonic() - began, "s")


def beside(rig, count):
    """No-op tasks a second while others sleep; they are created while they run."""
    began = time.time()
    rig.create("noop", count)
    waiting.until(lambda: rig.pending() == 0, 300, "the queue is empty", every=0.4)
    [[ended]] = rig.site.sql("set time_zone = '+00:00'; select unix_timestamp(max(finished_at)) from task where type = 'noop'")
    return count / (float(ended) - began)


def look(rig, task, seconds):
    """An upper bound of the loop's lag that 99 of 100 looks did not reach, and the times of GETs meanwhile."""
    before, end, reads = lags(rig), time.monotonic() + seconds, []
    while time.monotonic() < end:
        reads.append(timed(rig.http, f"/api/tasks/{task}"))
        time.sleep(0.01)
    counted = {bound: count - before[bound] for bound, count in lags(rig).items()}
    total = max(counted.values())
    return min(bound for bound, count in counted.items() if count >= 0.99 * total), reads


def lags(rig):
    """Upper bound in seconds -> how often the loop was at most so late."""
    rig.control.send("GET", "/metrics")
    text = rig.control.receive()[1].decode()
    found = re.findall(r'taskyard_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)', text)
    return {float(bound): int(count) for bound, count in found}


# ---- connections that are open ----


def connections(context, report):
    count = 2000 if context.quick else CONNECTIONS
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Rig(context.prefix, context.build, max_connections=20000) as rig:
        [task] = rig.create("bench_sleep")
        rig.until_running(1)
        before = pss_mib(rig.pids["supervisor"])
        idle = [open_idle(rig) for _ in range(count)]
        per = (pss_mib(rig.pids["supervisor"]) - before) * 1024 / count
        report.row("scale", f"{count} idle connections: supervisor, each", per, "KiB", at_most=4)
        reads = [timed(rig.http, f"/api/tasks/{task}") for _ in range(1000)]
        report.row("scale", f"{count} idle connections: GET /api/tasks/{{id}}, p99", percentiles(reads)[1] * 1000, "ms", at_most=10)
        for each in idle:
            each.close()
        rig.cancel_all([task])


def open_idle(rig):
    """One that has asked something, been answered, and stays."""
    client = Client(rig.address)
    client.send("GET", "/healthz")
    status, _ = client.receive()
    assert status == 200, status
    return client


# ---- a crash ----


def crash(context, report):
    running, pending = (100, 10000) if context.quick else (1000, 100000)
    with Rig(context.prefix, context.build) as rig:
        rig.limit(running)
        rig.create("bench_sleep", running)
        rig.until_running(running, 300)
        rig.create("bench_sleep", pending)
        rig.site.process.send_signal(signal.SIGKILL)
        rig.site.process.wait(10)
        began = time.monotonic()
        rig.site.launch()
        waiting.until(lambda: serves(rig), 120, "the service serves again", every=0.01)
        report.row("scale", f"restart after kill -9, {running} running and {pending} pending: serving after", time.monotonic() - began, "s",
                   at_most=1.5)
        rig.control, rig.http = Client(rig.site.socket), rig.sign_in()
        rig.until_running(running, 300)
        report.row("scale", "the same: as many run again after", time.monotonic() - began, "s")


def serves(rig):
    """True once it answers a GET that needs the database."""
    try:
        client = rig.sign_in()
    except OSError:
        return False
    try:
        client.send("GET", "/api/tasks?current=1&page_size=1")
        return client.receive()[0] == 200
    except OSError:
        return False
    finally:
        client.close()
