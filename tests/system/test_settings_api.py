# SPDX-License-Identifier: MIT
"""The settings under both of their names, and what a change does at once."""

import pytest

from helpers import people, waiting

PATH = "/api/system/task-settings"
CHANGED = {"message": "Task settings updated successfully"}


@pytest.fixture
def root(site):
    http = site.listen_http()
    site.shell("forever", "sleep 1000")
    site.start()
    return people.add(site, http, "root", "admin")


def limit(person):
    data = person.ok("GET", PATH)
    assert set(data) == {"max_concurrent", "task_max_concurrent", "task_retention_days", "task_log_retention_days",
                         "task_audit_log_retention_days", "log_storage_backend"}
    assert data["max_concurrent"] == data["task_max_concurrent"] and data["log_storage_backend"] == "database"
    return data["max_concurrent"]


def test_the_default(root):
    assert limit(root) == 10
    fields = {"task_max_concurrent": ("10", 1, 10000), "task_retention_days": ("0", 0, 36500),
              "task_log_retention_days": ("30", 0, 36500), "task_audit_log_retention_days": ("365", 0, 36500)}
    assert root.ok("GET", f"{PATH}/fields") == [
        {"key": key, "value_type": "int", "default_value": value, "minimum": least, "maximum": most}
        for key, (value, least, most) in fields.items()]
    assert root.ok("GET", f"{PATH}/log-storage-backends") == [{"id": "database", "name": "Database"}]


@pytest.mark.parametrize("body, after", [
    ({"max_concurrent": 3}, 3), ({"task_max_concurrent": 4}, 4), ({"max_concurrent": 1}, 1),
    ({"task_max_concurrent": 10000}, 10000), ({"max_concurrent": 5, "task_max_concurrent": 5}, 5),
    ({"max_concurrent": 10, "task_max_concurrent": 6}, 6), ({"max_concurrent": 6, "task_max_concurrent": 10}, 6),
    ({}, 10), ({"unknown": [1]}, 10), ({"log_storage_backend": "database"}, 10), ({"max_concurrent": None}, 10),
    ({"log_storage_backend": "database", "task_max_concurrent": 7, "task_log_retention_days": 30}, 7),
])
def test_a_change(root, site, body, after):
    assert root.ok("PUT", PATH, body) == CHANGED
    assert limit(root) == after
    assert site.sql("SELECT value FROM setting WHERE name = 'task_max_concurrent'") == [[str(after)]]
    site.restart()
    assert limit(root) == after


@pytest.mark.parametrize("value", [0, -1, 10001, 10**30, 1.5, 10.0, "10", "", True, [], {}])
@pytest.mark.parametrize("name", ["max_concurrent", "task_max_concurrent"])
def test_a_wrong_value_is_refused_by_name_and_range(root, name, value):
    answer = root.ask("PUT", PATH, {name: value})
    assert (answer.status, answer.code) == (400, "E4002")
    assert answer.error == f"{name} must be an integer from 1 to 10000"
    assert limit(root) == 10


@pytest.mark.parametrize("body, word", [
    ({"max_concurrent": 3, "task_max_concurrent": 4}, "max_concurrent"), ({"log_storage_backend": "file"},
                                                                          "log_storage"),
    ({"log_storage_backend": 1, "max_concurrent": 3}, "log_storage"), (b"{", "body"), (b"[]", "body"), (b"null",
                                                                                                        "body"),
])
def test_a_wrong_body_changes_nothing(root, body, word):
    answer = root.ask("PUT", PATH, body)
    assert (answer.status, answer.code) == (400, "E4002") and word in answer.error
    assert limit(root) == 10


def test_a_change_applies_at_once_and_never_kills(root, control):
    root.ok("PUT", PATH, {"max_concurrent": 2})
    control.create("forever", count=6)
    running = lambda: control.status()["running"]
    waiting.until(lambda: running() == 2, 10, "two run")
    root.ok("PUT", PATH, {"task_max_concurrent": 5})
    waiting.until(lambda: running() == 5, 10, "five run")
    before = control.workers()
    root.ok("PUT", PATH, {"task_max_concurrent": 1})
    control.create("forever")
    assert control.workers() == before or set(control.workers()) == set(before)


def test_others_may_neither_see_nor_change_them(root, site):
    ann = people.add(site, site.http, "ann", "operator")
    for method, path in (("GET", PATH), ("PUT", PATH), ("GET", f"{PATH}/fields"), ("GET",
                                                                                   f"{PATH}/log-storage-backends")):
        answer = ann.ask(method, path, {} if method == "PUT" else None)
        assert (answer.status, answer.code, answer.error) == (403, "E4031", "No permission to perform this operation")
        assert site.http.ask(method, path).status == 401
