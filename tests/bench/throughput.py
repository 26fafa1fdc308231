# SPDX-License-Identifier: MIT
"""How fast a queue of tasks that do nothing drains: each in a process of its own, each change committed, the history kept."""

import calibrate
from rig import Rig

WIDTHS = (2, 10, 50)
COUNTERS = {"statements": "Questions", "commits": "Com_commit", "rows written": "Handler_write", "rows changed": "Handler_update",
            "flushes to disk": "Innodb_data_fsyncs"}
TARGETS = {"noop": 4, "noop_command": 1.5}  # × spawn, 10 at once


def run(context, report):
    report.part("throughput: no-op tasks, durable, each a process of its own")
    count = 3000 if context.quick else 20000
    with Rig(context.prefix, context.build) as rig:
        report.fact("containment", rig.status()["containment"])
        for kind, runner in (("noop", "plugin"), ("noop_command", "command")):
            for width in WIDTHS:
                measure(rig, report, kind, f"{count} {runner} tasks, {width} at once", (count, width))
        check_history(rig)


def measure(rig, report, kind, what, size):
    count, width = size
    before = look(rig)
    rate, spawn = calibrate.around(rig, report, lambda: rig.drain(kind, count, width))
    after = look(rig)
    row = report.row("throughput", what, rate, "tasks/s", ("spawn", spawn), at_least=TARGETS[kind] if width == 10 else None)
    row["per_task"] = {name: round((after[name] - before[name]) / count, 4) for name in after}
    report.note("a task, its creation included: " + ", ".join(f"{name} {value:.3g}" for name, value in row["per_task"].items()))


def look(rig):
    """What has been used so far, of what a task costs."""
    used = {f"{name} µs": seconds * 1e6 for name, seconds in rig.processor_seconds().items()}
    counters = rig.counters()
    used.update({name: counters[counter] for name, counter in COUNTERS.items()})
    return used


def check_history(rig):
    """Every task has succeeded at its first attempt, and its attempt has a row that says so."""
    assert rig.site.sql("select distinct status, attempt from task where type like 'noop%'") == [["success", "1"]]
    [[missing]] = rig.site.sql("select count(*) from task left join attempt on attempt.task_id = task.id and attempt.cause = 'success' "
                               "where type like 'noop%' and attempt.task_id is null")
    assert missing == "0", missing
