# SPDX-License-Identifier: MIT
"""How long reads over HTTP take, signed in, 64 connections at once, while ten tasks report progress a hundred times a second each; and
what a task costs: both again and again, as the table grows."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import calibrate
import history
from client import Client
from latency import timed
from rig import Rig, percentiles, processor_seconds, run_wrk

TALKERS = 10
COST_GROWS_MOST = {"reads": 1.5, "drain": 1.2}


def run(context, report):
    sizes = context.rows or ([10000, 100000] if context.quick else [10000, 1000000])
    first = {}
    with Rig(context.prefix, context.build) as rig:
        for size in sizes:
            report.part(f"reads with {history.short_count(size)} tasks in the table, 64 connections, {TALKERS} tasks running")
            rate = history.fill(rig, size)
            report.note(f"filled at {rate:.0f} tasks/s")
            read_all(rig, report, size, first, 2 if context.quick else 4)
            drain(rig, report, size, first, 1000 if context.quick else 5000)
        purge(rig, report, sizes[-1], 1000 if context.quick else 5000)


def paths(rig, size):
    """What is asked for, as administrator but for the last."""
    [[middle]] = rig.site.sql(f"select uuid from task where type = 'report' order by id limit {size // 8}, 1")
    [mine] = rig.create("bench_sleep")
    rig.until_running(1)
    return mine, {
        "GET /api/tasks/{id}, running": f"/api/tasks/{mine}",
        "GET /api/tasks/{id}, ended long ago": f"/api/tasks/{middle}",
        "GET /api/userTasks": "/api/userTasks",
        "GET /api/tasks, page 1": "/api/tasks?current=1&page_size=10",
        "search by id": f"/api/tasks?current=1&page_size=10&search={middle[:13]}",
        "search by type": "/api/tasks?current=1&page_size=10&search=export",
    }


def read_all(rig, report, size, first, seconds):
    rig.limit(TALKERS + 1)
    mine, asked = paths(rig, size)
    talkers = rig.create("bench_progress", TALKERS, payload=100)
    rig.until_running(TALKERS + 1)
    for what, path in asked.items():
        plain = calibrate.plain_http(rig, report, 1)
        before = look(rig)
        found = run_wrk(rig.address, path, rig.admin.token, seconds=seconds)
        after = look(rig)
        single = "{id}" in what
        row = report.row("reads", what, found["rate"], "requests/s", ("plain evhttp", plain), at_least=0.35 if single else None)
        row.update(rows=size, per_request={name: round((after[name] - before[name]) / max(found["asked"], 1), 2) for name in after}, **found)
        report.note("a request: " + ", ".join(f"{name} {value:.3g}" for name, value in row["per_request"].items()))
        report.row("reads", f"{what}, p99", found["p99"], "ms", at_most=5 if single else 15)["rows"] = size
        if found["failed"] > 0:
            report.row("reads", f"{what}: refused or later than 2 s", found["failed"] * 100, "%", at_most=0)["rows"] = size
        cost = row["per_request"]["supervisor µs"] + row["per_request"]["database µs"]
        growth(report, f"{what}: processor time", size, first, cost, COST_GROWS_MOST["reads"])
    deep_page(rig, report, size)
    rig.cancel_all([mine, *talkers])


def look(rig):
    """What has been used so far, of what a request costs; the ten that talk are in it too."""
    used = rig.processor_seconds()
    return {"supervisor µs": used["supervisor"] * 1e6, "database µs": used["database"] * 1e6, "statements": rig.counters()["Questions"]}


def growth(report, what, size, first, cost, most):
    if what in first:
        small, base = first[what]
        report.row("reads", f"{what}, × that with {history.short_count(small)}", cost / base, "×", at_most=most)["rows"] = size
    else:
        first[what] = (size, cost)


def deep_page(rig, report, size):
    """From the middle of all, one client: how far somebody would have to turn pages."""
    page = size // 20
    median, late = percentiles([timed(rig.http, f"/api/tasks?current={page}&page_size=10") * 1000 for _ in range(20)])
    for name, value in (("p50", median), ("p99", late)):
        report.row("reads", f"page {page} of {2 * page}, one connection, {name}", value, "ms")["rows"] = size


def drain(rig, report, size, first, count):
    """What a task costs beside so many rows of history: the whole way, and the database's part of it."""
    pid = rig.pids["database"]
    used = processor_seconds(pid)
    rate, spawn = calibrate.around(rig, report, lambda: rig.drain("noop", count, 10))
    cost = (processor_seconds(pid) - used) * 1e6 / count
    report.row("reads", f"{count} no-op plugin tasks, 10 at once", rate, "tasks/s", ("spawn", spawn))["rows"] = size
    report.row("reads", "database's processor time a task", cost, "µs")["rows"] = size
    growth(report, "database's processor time a task", size, first, cost, COST_GROWS_MOST["drain"])


def purge(rig, report, size, count):
    """Removes that history while a queue drains."""
    rig.control.ask("PUT", "/api/system/task-settings", {"task_retention_days": 30})
    began = time.time()
    with ThreadPoolExecutor(1) as pool:
        enough = threading.Event()
        removed = pool.submit(purge_until, rig.site.socket, enough)
        try:
            rate, spawn = calibrate.around(rig, report, lambda: rig.drain("noop", count, 10))
        finally:
            enough.set()
        report.row("reads", "purge of history beside: tasks removed", removed.result() / (time.time() - began), "tasks/s")["rows"] = size
    report.row("reads", f"purge of history: {count} no-op plugin tasks beside it", rate, "tasks/s", ("spawn", spawn))["rows"] = size
    [[pause]] = rig.site.sql("select max(timestampdiff(microsecond, before_it, finished_at)) from (select finished_at, lag(finished_at) over "
                             "(order by finished_at) as before_it from task where type = 'noop' and finished_at >= "
                             "(select max(created_at) from task where type = 'noop')) as ends")
    report.row("reads", "purge of history: longest time without a task's end", int(pause) / 1000, "ms")["rows"] = size


def purge_until(socket, enough):
    """How many tasks were removed."""
    control, removed = Client(socket), 0
    while not enough.is_set():
        answer = control.ask("POST", "/api/purge")
        removed += answer["tasks"]
        if not answer["more"]:
            time.sleep(0.2)
    control.close()
    return removed
