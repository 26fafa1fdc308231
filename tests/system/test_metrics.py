# SPDX-License-Identifier: MIT
"""GET /metrics: read by a parser that is not ours, and moved by real tasks."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from helpers import people, waiting

# Those of the console this API comes from, with the labels it has, and ours.
SERIES = {
    "task_created_total": {"category", "type"},
    "task_started_total": set(),
    "task_completed_total": {"category", "type", "status"},
    "task_queue_overflow_total": set(),
    "task_queue_length": set(),
    "task_running_gauge": {"type"},
    "task_run_duration_seconds_bucket": {"type", "le"},
    "task_run_duration_seconds_sum": {"type"},
    "task_run_duration_seconds_count": {"type"},
    "taskyard_queue_depth": {"status"},
    "taskyard_max_concurrent": set(),
    "taskyard_claim_latency_seconds_count": set(),
    "taskyard_database_up": set(),
    "taskyard_outbox_results": set(),
    "taskyard_database_errors_total": {"result"},
    "taskyard_fork_failures_total": set(),
    "taskyard_loop_lag_seconds_count": set(),
    "taskyard_loop_lag_max_seconds": set(),
    "taskyard_loop_blocked_max_seconds": set(),
    "taskyard_http_connections": {"listener"},
    "taskyard_http_requests_total": {"listener", "status"},
    "taskyard_info": {"version"},
    "process_start_time_seconds": set(),
}


# What operating.md speaks of that begins like a figure's name.
SETTINGS = {"task_max_concurrent", "task_retention_days", "task_user", "task_log_retention_days", "task_audit_log_retention_days"}


class Figures:
    """One reading."""

    def __init__(self, answer):
        assert answer.status == 200, answer.body
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        self.samples = [sample for family in text_string_to_metric_families(answer.body.decode())
                        for sample in family.samples]

    def get(self, name, **labels):
        found = [sample.value for sample in self.samples if sample.name == name and sample.labels == labels]
        assert len(found) == 1, (name, labels, found)
        return found[0]


def read(control):
    return Figures(control.request("GET", "/metrics"))


@pytest.fixture
def door(site):
    site.shell("quick", "exit 0\n")
    site.shell("broken", "exit 3\n")
    site.python("forever", "import time\ntime.sleep(600)\n")
    http = people.open_door(site)
    site.start()
    return http


def test_every_series_is_there_with_its_labels(door, control):
    control.run("quick")
    figures = read(control)
    for name, labels in SERIES.items():
        found = [set(sample.labels) for sample in figures.samples if sample.name == name]
        assert found and all(one == labels for one in found), (name, found)


def test_counters_move_with_tasks(site, door, control):
    user = people.add(site, door, "ann")
    before = read(control)
    control.wait(user.task(control, "quick"))
    control.run("quick")
    control.run("broken", max_retries=0)
    control.run("not-there")
    after = read(control)

    def grown(name, **labels):
        return after.get(name, **labels) - before.get(name, **labels)

    assert grown("task_created_total", category="user", type="quick") == 1
    assert grown("task_created_total", category="system", type="quick") == 1
    assert grown("task_completed_total", category="user", type="quick", status="success") == 1
    assert grown("task_completed_total", category="system", type="broken", status="failed") == 1
    assert after.get("task_completed_total", category="system", type="unregistered", status="failed") == 1
    assert grown("task_started_total") == 4
    assert grown("task_run_duration_seconds_count", type="quick") == 2
    assert grown("taskyard_claim_latency_seconds_count") == 4
    assert grown("task_queue_overflow_total") == 0
    assert grown("taskyard_http_requests_total", listener="control", status="2xx") > 4


def test_running_and_waiting_tasks(door, control):
    control.limit(2)
    tasks = control.create("forever", count=5)
    waiting.until(lambda: read(control).get("task_running_gauge", type="forever") == 2, 10, "two run")
    waiting.until(lambda: read(control).get("task_queue_length") == 3, 10, "three wait")
    figures = read(control)
    assert figures.get("taskyard_queue_depth", status="pending") == 3
    assert figures.get("taskyard_queue_depth", status="running") == 2
    assert figures.get("taskyard_max_concurrent") == 2
    for task in tasks:
        control.cancel(task)
    for task in tasks:
        control.wait(task, "cancelled")
    waiting.until(lambda: read(control).get("task_running_gauge", type="forever") == 0, 10, "none runs")
    figures = read(control)
    assert figures.get("task_completed_total", category="system", type="forever", status="cancelled") == 5
    assert figures.get("task_queue_length") == 0


def test_the_queue_of_an_earlier_life_is_counted(site, door, control):
    site.stop()
    site.type("forever", ["/bin/sleep", "600"])
    site.start()
    control.limit(1)
    control.create("forever", count=4)
    waiting.until(lambda: control.workers(), 10, "one runs")
    site.restart()
    waiting.until(lambda: read(control).get("task_queue_length") == 3, 10, "three wait")


def test_unknown_types_make_no_series(door, control):
    for number in range(50):
        control.create(f"made-up-{number}")
    names = {sample.labels["type"] for sample in read(control).samples if "type" in sample.labels}
    assert names == {"quick", "broken", "forever", "unregistered"}


def test_a_repeated_request_is_not_counted_twice(door, control):
    for _ in range(3):
        control.create("quick", idempotency_key="once")
    assert read(control).get("task_created_total", category="system", type="quick") == 1


def test_connections_are_counted(door, control):
    before = read(control).get("taskyard_http_connections", listener="public")
    held = [door.open() for _ in range(5)]
    waiting.until(lambda: read(control).get("taskyard_http_connections", listener="public") == before + 5, 10,
                  "five connections")
    for client in held:
        client.close()
    waiting.until(lambda: read(control).get("taskyard_http_connections", listener="public") == before, 10, "none is left")


def test_the_loop_is_measured(door, control):
    first = read(control).get("taskyard_loop_lag_seconds_count")
    waiting.until(lambda: read(control).get("taskyard_loop_lag_seconds_count") >= first + 3, 10, "three beats")


def test_without_the_database(make_site, own_database):
    own_database.start()
    site = make_site(own_database)
    site.shell("quick", "exit 0\n")
    site.start()
    assert read(site.control).get("taskyard_database_up") == 1
    own_database.kill()
    waiting.until(lambda: read(site.control).get("taskyard_database_up") == 0, 10, "its absence is seen")
    assert site.control.request("GET", "/healthz").status == 200
    assert site.control.request("POST", "/api/tasks", {"type": "quick"}).status == 503
    figures = read(site.control)
    assert figures.get("taskyard_database_errors_total", result="unavailable") >= 1
    assert figures.get("task_queue_overflow_total") == 1
    own_database.start()
    waiting.until(site.ready, 20, "the database is back")
    site.control.run("quick")
    assert read(site.control).get("taskyard_database_up") == 1


# ---- who uses them ----

DOCS = Path(__file__).parents[2] / "docs"


def test_the_dashboard_and_the_alerts_name_what_there_is():
    names = {re.sub("_(bucket|sum|count)$", "", name) for name in SERIES}
    labels = {label for of_one in SERIES.values() for label in of_one} | {"instance"}
    for text in (DOCS / "grafana.json", DOCS / "operating.md"):
        expressions = re.findall(r"\btask(?:yard)?_[a-z_]+\{?[^`\n]*", text.read_text())
        used = {re.sub("_(bucket|sum|count)$", "", name) for expression in expressions
                for name in re.findall(r"\btask(?:yard)?_[a-z_]+", expression)}
        assert used - names <= SETTINGS, text
    panels = json.loads((DOCS / "grafana.json").read_text())["panels"]
    for target in (target for panel in panels for target in panel["targets"]):
        assert set(re.findall(r"([a-z_]+)=~?\"", target["expr"])) <= labels, target


# ---- who may read ----

FORWARDED = {"X-Forwarded-For": "192.0.2.7"}


def test_a_program_on_this_machine_may_read(door):
    assert door.ask("GET", "/metrics").status == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_is_not_a_program_on_this_machine(door, header):
    answer = door.ask("GET", "/metrics", headers={header: "192.0.2.7"})
    assert (answer.status, answer.code) == (401, "E4011")


def test_users_need_the_permission(site, door):
    viewer, admin = people.add(site, door, "ann"), people.add(site, door, "root", "admin")
    answer = viewer.ask("GET", "/metrics", headers=FORWARDED)
    assert (answer.status, answer.code) == (403, "E4031")
    assert admin.ask("GET", "/metrics", headers=FORWARDED).status == 200
    site.control.ok("POST", "/api/authorization/roles", {"name": "scraper", "permissions": ["system:metrics:view"]})
    assert people.add(site, door, "prom", "scraper").ask("GET", "/metrics", headers=FORWARDED).status == 200
