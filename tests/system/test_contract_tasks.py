# SPDX-License-Identifier: MIT
"""Tasks as a front end sees them: members, pages, messages, the list in the header."""

import json
import re
import time

import pytest

from helpers import people, waiting

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ALWAYS = {"id", "type", "status", "progress", "creator_id", "retry_count", "max_retries", "created_at", "updated_at",
          "auto_retry_count", "category"}
NEVER = {"row_id", "deleted_at", "worker_id", "node", "lease_until", "claim_nonce", "incarnation"}


@pytest.fixture
def town(site):
    """A site with a few types, an administrator, two operators."""
    http = site.listen_http()
    site.shell("quick", 'echo \'{"progress":100}\' >&3; echo \'{"result":{"rows":1}}\' >&3')
    site.shell("broken", 'echo \'{"progress":40}\' >&3; echo \'{"error":"no such table"}\' >&3; exit 1')
    site.shell("forever", "echo '{\"progress\":7}' >&3; sleep 1000")
    site.start()
    site.people = {"root": people.add(site, http, "root", "admin"), "ann": people.add(site, http, "ann", "operator"),
                   "bob": people.add(site, http, "bob", "operator")}
    return site


@pytest.fixture
def ann(town):
    return town.people["ann"]


def page(person, **query):
    answer = person.ask("GET", "/api/tasks", query=query)
    assert (answer.status, answer.code) == (200, "0"), answer.body
    return answer.envelope


def check_task(task):
    assert ALWAYS <= set(task) and not NEVER & set(task)
    assert UUID.fullmatch(task["id"])
    assert all(type(task[name]) is int for name in ("progress", "retry_count", "max_retries", "auto_retry_count"))
    assert all(TIME.fullmatch(task[name]) for name in task if name.endswith("_at"))
    assert not [name for name, value in task.items() if value is None or value == ""]


def test_a_task_has_the_members_that_are_never_missing(ann, control):
    task = control.create("forever", creator=ann.id, payload={"a": [1, "é"]}, max_retries=3)
    check_task(task)
    assert (task["status"], task["progress"], task["max_retries"], task["category"]) == ("pending", 0, 3, "user")
    assert json.loads(task["payload"]) == {"a": [1, "é"]}
    assert not {"result", "error", "artifact_file_key", "artifact_file_name", "started_at", "finished_at"} & set(task)
    control.wait(task, "running")
    running = ann.ok("GET", f"/api/tasks/{task['id']}")
    check_task(running)
    assert "started_at" in running and "finished_at" not in running
    done = control.run("quick", creator=ann.id)
    shown = ann.ok("GET", f"/api/tasks/{done['id']}")
    check_task(shown)
    assert (shown["status"], shown["progress"], json.loads(shown["result"])) == ("success", 100, {"rows": 1})
    assert "payload" not in shown and "error" not in shown and "finished_at" in shown
    assert control.create("quick")["category"] == "system"


def test_the_list_has_the_same_members(ann, control):
    task = control.run("quick", creator=ann.id)
    [row] = page(ann)["data"]
    assert row == ann.ok("GET", f"/api/tasks/{task['id']}")


@pytest.mark.parametrize("query, current, size", [
    ({}, 1, 10), ({"current": 2}, 2, 10), ({"current": 0}, 1, 10), ({"current": -5}, 1, 10), ({"current": "x"}, 1, 10),
    ({"current": "1e3"}, 1, 10), ({"current": 10**9}, 10**9, 10), ({"current": 10**18}, 10**9, 10),
    ({"page_size": 1}, 1, 1), ({"page_size": 100}, 1, 100), ({"page_size": 101}, 1, 10), ({"page_size": 0}, 1, 10),
    ({"page_size": -1}, 1, 10), ({"page_size": "ten"}, 1, 10), ({"page_size": 10**9}, 1, 10),
    ({"current": "", "page_size": ""}, 1, 10), ({"current": " 2", "page_size": "2;"}, 1, 10),
])
def test_pages_are_corrected_and_echoed(ann, query, current, size):
    envelope = page(ann, **query)
    assert (envelope["current"], envelope["page_size"], envelope["total"], envelope["data"]) == (current, size, 0, [])


def test_pages_hold_all_tasks_once_newest_first(ann, control):
    made = [task["id"] for task in control.create("quick", creator=ann.id, count=25)]
    pages = [page(ann, current=number, page_size=10) for number in (1, 2, 3, 4)]
    assert [len(one["data"]) for one in pages] == [10, 10, 5, 0]
    assert {one["total"] for one in pages} == {25}
    assert [row["id"] for one in pages for row in one["data"]] == made[::-1]


def test_searches_are_literal(ann, control):
    control.limit(1)
    for kind in ("user_export", "User.Export", "100%", "other"):
        control.create(kind, creator=ann.id)
    found = lambda text: [row["type"] for row in page(ann, search=text)["data"]]
    assert found("export") == ["User.Export", "user_export"]
    assert found("%") == ["100%"] and found("_") == ["user_export"] and found("\\") == []
    assert found("x" * 64) == found("x" * 65) == found("'") == found("é") == []
    task = page(ann, search="other")["data"][0]
    assert found(task["id"]) == found(task["id"][:8]) == found(task["id"].upper()) == ["other"]
    assert found(task["id"][1:9]) == []
    assert len(found("")) == 4


def test_filters(ann, town, control):
    failed, done = control.run("broken", creator=ann.id), control.run("quick", creator=ann.id)
    ids = lambda **query: [row["id"] for row in page(ann, **query)["data"]]
    assert ids(status="failed") == [failed["id"]]
    assert ids(status="success,failed") == [done["id"], failed["id"]]
    assert ids(type="quick") == [done["id"]] and ids(type="Quick") == []
    assert ids(created_from=done["created_at"]) == [done["id"]]
    assert ids(created_to=failed["created_at"]) == [failed["id"]]
    assert ids(created_from="2020-01-01T00:00:00+01:00", created_to="2020-01-02T00:00:00Z") == []
    for query in ({"status": "ended"}, {"status": "failed,"}, {"status": ",,"}, {"created_from": "yesterday"},
                  {"created_to": "2026-02-30T00:00:00Z"}, {"created_from": "2026-02-19"}):
        answer = ann.ask("GET", "/api/tasks", query=query)
        assert (answer.status, answer.code) == (400, "E4002") and next(iter(query)) in answer.error
    for query in ({"created_to": "1970-01-01T00:00:00Z"}, {"created_to": "1970-01-01T00:00:00+01:00"}):
        assert ids(**query) == []
    assert ids(creator="ann") == ids(creator=ann.id) == [done["id"], failed["id"]]
    assert ids(creator="bob") == ids(creator="system") == ids(creator="Ann") == []
    assert page(town.people["root"], creator="ann")["total"] == 2
    assert page(town.people["root"], creator=ann.id)["total"] == 2
    assert page(town.people["root"], creator="nobody")["total"] == 0


def test_a_word_without_a_value_does_not_hide_the_rest_of_a_query(ann, control):
    failed = control.run("broken", creator=ann.id)
    control.run("quick", creator=ann.id)
    for query in ("status=failed&refresh", "refresh&status=failed", "&&status=failed&", "status=failed&=", "=x&status=failed",
                  "status=failed&refresh=", "status=failed&status=success"):
        answer = ann.ask("GET", f"/api/tasks?{query}&page_size=7")
        assert [row["id"] for row in answer.data] == [failed["id"]], query
        assert answer.envelope["page_size"] == 7, query
    assert len(ann.ask("GET", "/api/tasks?status").data) == 2, "without a value a filter is none"
    for query in ("type=quick%00", "search=%00", "x=%00&type=quick"):
        answer = ann.ask("GET", f"/api/tasks?{query}")
        assert (answer.status, answer.code) == (400, "E4003"), query
    assert ann.ask("GET", "/api/tasks?search=%2500").data == []


# ---- changes ----

def message(person, method, path):
    return person.ok(method, path)["message"]


def test_a_pending_task_is_cancelled_at_once(ann, control):
    control.limit(1)
    control.wait(control.create("forever", creator=ann.id), "running")
    task = control.create("forever", creator=ann.id)
    assert message(ann, "POST", f"/api/tasks/{task['id']}/cancel") == "Task cancelled"
    shown = ann.ok("GET", f"/api/tasks/{task['id']}")
    assert (shown["status"], shown["progress"]) == ("cancelled", 0)
    assert "finished_at" in shown and "error" not in shown


def test_a_running_task_is_asked_and_then_cancelled(ann, control):
    task = control.create("forever", creator=ann.id)
    control.wait(task, "running")
    assert message(ann, "POST", f"/api/tasks/{task['id']}/cancel") == "Task cancelled"
    shown = control.wait(task, "cancelled")
    assert shown["error"] == "cancelled" and "finished_at" in shown
    assert message(ann, "POST", f"/api/tasks/{task['id']}/cancel") == "Task has already finished"
    assert ann.ok("GET", f"/api/tasks/{task['id']}")["updated_at"] == shown["updated_at"]


def test_a_retry_starts_from_nothing(ann, control):
    task = control.create("forever", creator=ann.id)
    control.wait(task, "running")
    assert "changed" in message(ann, "POST", f"/api/tasks/{task['id']}/retry")
    ann.ok("POST", f"/api/tasks/{task['id']}/cancel")
    control.wait(task, "cancelled")
    control.limit(1)
    control.wait(control.create("forever"), "running")
    assert message(ann, "POST", f"/api/tasks/{task['id']}/retry") == "Task retry requested"
    shown = ann.ok("GET", f"/api/tasks/{task['id']}")
    assert (shown["status"], shown["progress"], shown["retry_count"], shown["auto_retry_count"]) == ("pending", 0, 1, 0)
    assert not {"error", "result", "started_at", "finished_at", "cancel_requested_at"} & set(shown)


def same_everywhere(ann, task):
    shown = ann.ok("GET", f"/api/tasks/{task['id']}")
    return shown if [shown] == page(ann)["data"] else None


def test_a_running_task_is_the_same_by_itself_and_in_the_list(ann, control):
    task = control.create("forever", creator=ann.id, payload={"a": 1})
    waiting.until(lambda: control.get(task)["progress"] == 7, 10, "it has said its progress")
    waiting.until(lambda: same_everywhere(ann, task), 10, "the table has it too")


def test_a_running_task_that_is_deleted_is_gone_at_once(ann, town, control):
    town.shell("deaf", "trap '' TERM; echo deaf; while :; do sleep 0.1; done", grace=2)
    town.reload()
    task = control.create("deaf", creator=ann.id)
    control.logged(task, "deaf")
    assert message(ann, "DELETE", f"/api/tasks/{task['id']}") == "Task deleted"
    assert control.status()["running"] == 1  # it has its grace
    assert ann.ask("GET", f"/api/tasks/{task['id']}").status == 404
    assert page(ann)["total"] == 0


def test_a_finished_task_cannot_be_retried_unless_it_failed(ann, control):
    done, failed = control.run("quick", creator=ann.id), control.run("broken", creator=ann.id)
    assert "changed" in message(ann, "POST", f"/api/tasks/{done['id']}/retry")
    assert ann.ok("GET", f"/api/tasks/{done['id']}") == done
    assert message(ann, "POST", f"/api/tasks/{failed['id']}/retry") == "Task retry requested"


def test_a_deleted_task_is_gone(ann, control):
    task = control.run("quick", creator=ann.id)
    assert message(ann, "DELETE", f"/api/tasks/{task['id']}") == "Task deleted"
    words = set()
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("POST", "/retry"), ("GET", "/logs")):
        answer = ann.ask(method, f"/api/tasks/{task['id']}{path}")
        assert (answer.status, answer.code) == (404, "E4041")
        words.add(answer.error)
    assert len(words) == 1
    assert page(ann)["total"] == 0 and ann.ok("GET", "/api/userTasks") == []


def test_tasks_cannot_be_created_here(ann):
    answer = ann.ask("POST", "/api/tasks", {"type": "quick"})
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "E4051", "GET")


# ---- the list in the header ----

@pytest.mark.parametrize("path", ["/api/userTasks", "/api/user-tasks"])
def test_own_recent_tasks_are_a_plain_array(town, ann, control, path):
    assert ann.ok("GET", path) == []
    control.create("quick", creator=town.people["bob"].id)
    control.create("quick", creator=town.people["root"].id)
    made = [task["id"] for task in control.create("quick", creator=ann.id, count=12)]
    answer = ann.ask("GET", path)
    assert set(answer.envelope) == {"code", "data", "trace_id"}
    assert [row["id"] for row in answer.data] == made[:1:-1]
    assert {row["creator_id"] for row in town.people["root"].ok("GET", path)} == {town.people["root"].id}
    for row in answer.data:
        check_task(row)


def test_old_tasks_stay_in_it_while_they_are_open(town, ann, control):
    running, done = control.create("forever", creator=ann.id), control.run("quick", creator=ann.id)
    control.wait(running, "running")
    town.sql("UPDATE task SET created_at = NOW(6) - INTERVAL 25 HOUR")
    assert [row["id"] for row in ann.ok("GET", "/api/userTasks")] == [running["id"]]
    town.sql(f"UPDATE task SET created_at = NOW(6) - INTERVAL 23 HOUR WHERE uuid = '{done['id']}'")
    assert [row["id"] for row in ann.ok("GET", "/api/userTasks")] == [done["id"], running["id"]]


def test_it_shows_live_progress(town, ann, control):
    town.shell("slow", 'i=0; while :; do i=$((i+1)); echo "{\\"progress\\":$((i%90))}" >&3; sleep 0.05; done')
    town.reload()
    task = control.create("slow", creator=ann.id)
    control.wait(task, "running")
    seen, end = set(), time.monotonic() + 20
    while len(seen) < 5 and time.monotonic() < end:
        seen.add(ann.ok("GET", "/api/userTasks")[0]["progress"])
    assert len(seen) >= 5


def test_it_needs_a_user_but_no_permission(town):
    answer = town.http.ask("GET", "/api/userTasks")
    assert (answer.status, answer.code) == (401, "E4011")
    assert people.add(town, town.http, "eve", "viewer").ok("GET", "/api/userTasks") == []
