# SPDX-License-Identifier: MIT
"""Tasks that talk all the time: progress, and lines of the log. What it costs the supervisor and the database, and those who read."""

import time

from latency import timed
from rig import Rig, percentiles, processor_seconds

WRITES = ("Handler_write", "Handler_update", "Handler_delete")


def run(context, report):
    report.part("storms")
    seconds = 3 if context.quick else 10
    with Rig(context.prefix, context.build) as rig:
        rig.limit(60)
        idle = writes_of(rig, seconds)
        storm(rig, report, "bench_progress", (50, 1000), seconds, idle)
        storm(rig, report, "bench_log", (10, 1000), seconds, idle)
        lines_kept(rig, report)


def writes_of(rig, seconds):
    before = rig.counters()
    time.sleep(seconds)
    after = rig.counters()
    return sum(after[name] - before[name] for name in WRITES) / seconds


def storm(rig, report, kind, size, seconds, idle):
    """size: tasks, and messages a second of each."""
    count, rate = size
    what = f"{count} tasks × {rate} {'progress messages' if kind == 'bench_progress' else 'lines of log'}/s"
    tasks = rig.create(kind, count, payload=rate)
    workers = rig.workers_of(tasks).values()
    time.sleep(1)
    progress = kind == "bench_progress"
    first = said(rig, tasks) if progress else 0
    began = time.monotonic()
    used, talked, counted = rig.processor_seconds(), sum(map(processor_seconds, workers)), rig.counters()
    samples = [timed(rig.http, f"/api/tasks/{tasks[i % count]}") for i in iterate_for(seconds)]
    took = time.monotonic() - began
    written = sum(rig.counters()[name] - counted[name] for name in WRITES) / took - idle
    now = rig.processor_seconds()
    for name, most in (("supervisor", 0.5 if progress else None), ("database", None)):
        report.row("storms", f"{what}: {name}", (now[name] - used[name]) / took, "cores", at_most=most)
    report.row("storms", f"{what}: all workers", (sum(map(processor_seconds, workers)) - talked) / took, "cores")
    report.row("storms", f"{what}: database", written, "row writes/s", at_most=150 if progress else None)
    report.row("storms", f"{what}: GET /api/tasks/{{id}}, p99", percentiles(samples)[1] * 1000, "ms")
    if progress:
        report.row("storms", f"{what}: said", (said(rig, tasks) - first) / (time.monotonic() - began), "messages/s")
    rig.cancel_all(tasks)


def iterate_for(seconds):
    """0, 1, 2 … a hundred a second, for so long."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield number
        number += 1
        time.sleep(0.01)


def said(rig, tasks):
    """Messages so far, as the tasks count them: they tell the number of each as its text."""
    return sum(int(rig.http.ask("GET", f"/api/tasks/{task}")["progress_text"]) for task in tasks)


def lines_kept(rig, report):
    """Of the lines that the tasks have written, how many are in the log. Each says its number."""
    [[kept, written]] = rig.site.sql(
        "select sum(kept), sum(newest) from (select count(*) as kept, max(cast(substring_index(substring(message, 6), ' ', 1) as unsigned)) "
        "as newest from task_log join task on task.id = task_log.task_id and task.type = 'bench_log' where message like 'line %' "
        "group by task_id) as each_task")
    report.row("storms", "lines of log kept, of those written up to the last that is kept", int(kept) / int(written), "share")
    report.note(f"{written} lines were written, {kept} are in the log")
