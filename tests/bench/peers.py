# SPDX-License-Identifier: MIT
"""The same work in turn for Taskyard and for other queues that Debian has: tasks that do nothing, 10 at once, from the first request to
the end of the last; and the time until one begins on an idle service. What each guarantees stands beside its figure."""

import time

import calibrate
import peer_native
import peer_redis
from latency import create_to_start
from rig import Rig, percentiles

OURS = "a process a task; each change a durable commit; full history; kills whatever a task has started"


def run(context, report):
    report.part("peers: no-op tasks, 10 at once, created while they run")
    samples = 20 if context.quick else 100
    with Rig(context.prefix, context.build) as rig:
        rig.limit(10)
        for kind, count in (("noop", 10000), ("noop_command", 5000)):
            rate, spawn = calibrate.around(rig, report, lambda kind=kind, count=count: ours(rig, kind, count))
            tell(report, f"Taskyard, {'plugin' if kind == 'noop' else 'command'}", OURS, rate, spawn)
        tell_begin(report, "Taskyard, plugin", create_to_start(rig, samples))
        for each in (*peer_native.ALL, *peer_redis.ALL):
            measure(rig, report, each, samples)


def ours(rig, kind, count):
    began = time.time()
    rig.create(kind, count)
    rig.until_idle()
    [[ended]] = rig.site.sql(f"set time_zone = '+00:00'; select unix_timestamp(max(finished_at)) from task where type = '{kind}'")
    return count / (float(ended) - began)


def measure(rig, report, kind, samples):
    with kind(rig) as peer:
        rate, spawn = calibrate.around(rig, report, peer.rate)
        tell(report, peer.name, peer.guarantees, rate, spawn)
        tell_begin(report, peer.name, begins(peer, samples))


def begins(peer, samples):
    found = []
    for _ in range(samples):
        time.sleep(0.01)
        found.append(peer.begin_of("clock"))
    return found


def tell(report, name, guarantees, rate, spawn):
    row = report.row("peers", name, rate, "tasks/s", ("spawn", spawn))
    row["guarantees"] = guarantees
    report.note(guarantees)


def tell_begin(report, name, seconds):
    for which, value in zip(("p50", "p99"), percentiles(seconds)):
        report.row("peers", f"{name}: create to first line, {which}", value * 1000, "ms")
