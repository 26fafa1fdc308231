# SPDX-License-Identifier: MIT
"""Addresses that descriptors of types declare: the export of users, and any other."""

import json

import pytest

from helpers import account, people

EXPORT = "/api/authorization/users/export"
REPORT = """
type report {
  runner = command
  command = {"/bin/sleep", "1000"}
  max_retries = 5
  create {
    path = "/api/reports"
    permission = "task:list"
    field title { type = string max_length = 10 required = yes }
    field days { type = int min = 1 max = 31 }
    field rate { type = number min = 0 max = 1 }
    field whole { type = bool }
    field ids { type = string_list max_items = 3 max_length = 4 }
    field more { type = object }
  }
}
"""


@pytest.fixture
def town(site):
    http = site.listen_http()
    site.examples("user_export")
    site.descriptor("report", REPORT)
    site.start()
    site.people = {name: people.add(site, http, name, role)
                   for name, role in (("root", "admin"), ("ann", "viewer"), ("bob", "operator"))}
    return site


@pytest.fixture
def ann(town):
    return town.people["ann"]


def created(person, path, body=None, headers=None):
    answer = person.ask("POST", path, body, headers)
    assert (answer.status, answer.code) == (200, "0"), answer.body
    return answer.data


# ---- the export of the contract ----

@pytest.mark.parametrize("body, payload", [
    (None, {}), ({}, {}), ({"keywords": "", "status": ""}, {}), ({"keywords": None}, {}),
    ({"keywords": "é'%_\\\"", "status": ""}, {"keywords": "é'%_\\\""}),
    ({"status": "active"}, {"status": "active"}),
    ({"status": "locked", "keywords": "a"}, {"keywords": "a", "status": "locked"}),
])
def test_an_export_is_created(ann, body, payload):
    task = created(ann, EXPORT, body)
    assert (task["type"], task["status"], task["max_retries"], task["progress"]) == ("user_export", "pending", 1, 0)
    assert task["creator_id"] == ann.id and task["category"] == "user" and task["retry_count"] == 0
    assert task["payload"] == json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    shown = ann.ok("GET", f"/api/tasks/{task['id']}")
    assert set(task) <= set(shown) | {"due_at"}
    assert ann.ok("GET", "/api/userTasks")[0]["id"] == task["id"]


@pytest.mark.parametrize("body, word", [
    ({"status": "everybody"}, "status"), ({"status": 1}, "status"), ({"keywords": ["a"]}, "keywords"),
    ({"keywords": "x" * 256}, "keywords"), ({"keywords": "a\0b"}, "keywords"), ({"keyword": "a"}, "keyword"),
    (b"{", "body"), (b"[]", "body"), (b'"x"', "body"), (b"{} {}", "body"),
])
def test_a_bad_body_creates_nothing(town, ann, body, word):
    answer = ann.ask("POST", EXPORT, body)
    assert (answer.status, answer.code) == (400, "E4002") and word in answer.error
    assert town.sql("SELECT COUNT(*) FROM task") == [["0"]]


def test_the_export_ends_in_a_file_of_its_creator(town, ann, control):
    town.make_export_account()
    task = control.wait(created(ann, EXPORT, {"keywords": "ann"}), "success")
    text = ann.ask("GET", f"/api/files/{task['artifact_file_key']}").body.decode()
    assert text.startswith("Username,Email,") and text.count("\n") == 2 and "\nann," in text
    assert town.people["bob"].ask("GET", f"/api/files/{task['artifact_file_key']}").status == 404


# ---- any type ----

def test_rules_of_every_kind(ann):
    body = {"title": "a", "days": 31, "rate": 0.5, "whole": False, "ids": ["a", "bcde"], "more": {"x": [None]}}
    task = created(ann, "/api/reports", body)
    assert json.loads(task["payload"]) == body and task["max_retries"] == 5


@pytest.mark.parametrize("change, code", [
    ({"title": ""}, "E4001"), ({"title": "x" * 11}, "E4002"), ({"days": 0}, "E4002"), ({"days": 1.5}, "E4002"),
    ({"rate": 2}, "E4002"), ({"whole": "yes"}, "E4002"), ({"ids": ["a"] * 4}, "E4002"), ({"ids": ["abcde"]}, "E4002"),
    ({"more": "x"}, "E4002"), ({"creator": "root"}, "E4002"), ({"max_retries": 9}, "E4002"), ({"type": "x"}, "E4002"),
])
def test_what_breaks_a_rule_is_named(ann, change, code):
    answer = ann.ask("POST", "/api/reports", {"title": "a", **change})
    assert (answer.status, answer.code) == (400, code) and next(iter(change)) in answer.error


def test_permissions_and_methods(town, ann):
    town.control.ok("POST", "/api/authorization/roles", {"name": "plain", "permissions": []})
    plain = people.add(town, town.http, "plain", "plain")
    answer = plain.ask("POST", EXPORT)
    assert (answer.status, answer.code) == (403, "E4031")
    assert town.http.ask("POST", EXPORT).status == 401
    answer = ann.ask("GET", "/api/reports")
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "E4051", "POST")
    answer = ann.ask("DELETE", EXPORT)
    assert answer.status == 405 and "POST" in answer.headers["Allow"]
    for path in ("/api/report", "/api/reports/", "/api/Reports", "/api/reports/x", "/api//reports"):
        assert ann.ask("POST", path, {"title": "a"}).status in (400, 404)
    assert town.control.request("POST", "/api/reports", {"title": "a"}).status == 404


def test_addresses_come_and_go_with_their_types(town, ann):
    town.descriptor("report", REPORT.replace("/api/reports", "/api/other-reports"))
    town.reload()
    assert ann.ask("POST", "/api/reports", {"title": "a"}).status == 404
    assert created(ann, "/api/other-reports", {"title": "a"})["type"] == "report"


def test_what_is_taken_is_refused_with_file_and_line(town, control):
    for name, path in (("taken", "/api/tasks"), ("twice", "/api/reports"), ("deep", "/api/tasks/x/cancel")):
        town.descriptor(name, REPORT.replace("type report", f"type {name}").replace("/api/reports", path))
    problems = control.ok("POST", "/api/task-types/reload")["problems"]
    assert len(problems) == 3
    for name in ("taken", "twice", "deep"):
        assert any(f"{name}.conf:" in problem and "path" in problem for problem in problems), problems
    assert set(town.type_names()) == {"report", "user_export"}


def test_they_are_printed_with_the_others(town):
    done = account.run(town.supervisor("--routes"))
    assert "POST\t/api/reports\tpublic\ttask:list\n" in done.stdout
    assert f"POST\t{EXPORT}\tpublic\tauthorization:user:export\n" in done.stdout


# ---- asked twice ----

def test_a_key_makes_one_task(town, ann):
    key = {"Idempotency-Key": "order 7/é".encode()}
    first = created(ann, EXPORT, {"keywords": "a"}, key)
    assert created(ann, EXPORT, {"keywords": "a"}, key)["id"] == first["id"]
    assert created(town.people["bob"], EXPORT, {"keywords": "a"}, key)["id"] != first["id"]
    assert created(ann, EXPORT, {"keywords": "a"})["id"] != first["id"]
    for path, body in ((EXPORT, {"keywords": "b"}), ("/api/reports", {"title": "a"})):
        answer = ann.ask("POST", path, body, key)
        assert (answer.status, answer.code) == (409, "E4091")
    assert town.sql("SELECT COUNT(*) FROM task") == [["3"]]


@pytest.mark.parametrize("key", ["", "x" * 129, "\xff"])
def test_a_bad_key_is_refused(ann, key):
    answer = ann.ask("POST", EXPORT, {}, {"Idempotency-Key": key})
    assert (answer.status, answer.code) == (400, "E4002") and "Idempotency-Key" in answer.error
