# SPDX-License-Identifier: MIT
"""A task is created, runs in a process of its own, and its end is written down."""

import json
import os
import re
import uuid

import pytest

from helpers import procfs, waiting

HELLO = """
echo "hello from $TASKYARD_TYPE"
echo '{"progress":50,"text":"half"}' >&3
echo '{"result":{"rows":3}}' >&3
"""
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


@pytest.fixture
def hello(site):
    site.shell("hello", HELLO)
    return site.start()


def test_a_task_runs_to_success(hello, control):
    created = control.create("hello")
    assert created["status"] == "pending"
    assert uuid.UUID(created["id"])
    task = control.wait(created)
    assert task["status"] == "success"
    assert task["progress"] == 100
    assert json.loads(task["result"]) == {"rows": 3}
    assert "error" not in task
    assert task["attempt"] == 1


def test_the_task_object_has_the_members_of_the_contract(hello, control):
    task = control.create("hello")
    for member in ("id", "created_at", "updated_at", "type", "status", "progress", "creator_id", "retry_count",
                   "max_retries", "auto_retry_count"):
        assert member in task, member
    for member in ("result", "error", "artifact_file_key", "artifact_file_name", "started_at", "finished_at", "payload"):
        assert member not in task, member
    assert task["creator_id"] == "system"
    assert (task["retry_count"], task["max_retries"], task["progress"]) == (0, 0, 0)
    assert TIME.match(task["created_at"])
    task = control.wait(task)
    assert TIME.match(task["started_at"]) and TIME.match(task["finished_at"])
    assert task["created_at"] <= task["started_at"] <= task["finished_at"]


def test_every_answer_has_the_envelope_and_a_trace(hello, control):
    answer = control.request("GET", "/api/tasks")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["Trace-Id"])
    assert answer.envelope["trace_id"] == answer.headers["Trace-Id"]
    assert (answer.code, answer.data) == ("0", [])
    assert [answer.envelope[name] for name in ("total", "current", "page_size")] == [0, 1, 10]


@pytest.mark.parametrize("payload, text", [
    ("plain words", "plain words"),
    ('{"a": 1}', '{"a": 1}'),
    ({"a": 1}, '{"a":1}'),
    ([1, 2], "[1,2]"),
    ("ünïcode ✓", "ünïcode ✓"),
])
def test_the_payload_reaches_the_runner_as_it_is(site, control, payload, text):
    site.python("echo", """
import json, sys, os
os.write(3, (json.dumps({"result": sys.stdin.read()}) + "\\n").encode())
""")
    site.start()
    task = control.run("echo", payload)
    assert task["status"] == "success", task
    got = json.loads(task["result"])
    if isinstance(payload, str):
        assert (got, task["payload"]) == (text, text)
    else:
        assert json.loads(got) == json.loads(task["payload"]) == payload


def test_without_a_payload_the_runner_reads_nothing(site, control):
    site.shell("count_input", 'echo "{\\"result\\":$(wc -c)}" >&3')
    site.start()
    assert json.loads(control.run("count_input")["result"]) == 0


def test_a_payload_may_be_large(site, control):
    site.shell("count_input", 'echo "{\\"result\\":$(wc -c)}" >&3')
    site.start()
    text = "x" * 200_000
    assert json.loads(control.run("count_input", text)["result"]) == len(text)


def test_many_at_once(hello, control):
    tasks = control.create("hello", count=30)
    assert len({task["id"] for task in tasks}) == 30
    for task in tasks:
        assert control.wait(task, seconds=30)["status"] == "success"
    page = control.request("GET", "/api/tasks", query={"page_size": 100})
    assert page.envelope["total"] == 30


def test_an_idempotency_key_gives_the_same_task_again(hello, control):
    first = control.create("hello", idempotency_key="order-1")
    again = control.create("hello", idempotency_key="order-1")
    other = control.create("hello", idempotency_key="order-2")
    assert first["id"] == again["id"] != other["id"]
    page = control.request("GET", "/api/tasks")
    assert page.envelope["total"] == 2


def test_the_oldest_runs_first(site, control):
    site.shell("note", f'echo "$(cat)" >> {site.state}/order')
    site.start()
    control.limit(1)
    tasks = [control.create("note", f"n{number}") for number in range(8)]
    for task in tasks:
        control.wait(task)
    with open(f"{site.state}/order", encoding="ascii") as file:
        assert file.read().split() == [f"n{number}" for number in range(8)]


def test_live_progress_is_read_at_once(site, control):
    site.shell("steps", """
echo '{"progress":40,"text":"page 4 of 10"}' >&3
while [ ! -e "$0.go" ]; do sleep 0.02; done
""")
    site.start()
    task = control.create("steps")
    waiting.until(lambda: control.get(task)["progress"] == 40, 10, "progress 40")
    assert control.get(task)["progress_text"] == "page 4 of 10"
    assert control.get(task)["status"] == "running"
    listed = control.request("GET", "/api/tasks").data[0]
    assert (listed["progress"], listed["status"]) == (40, "running")
    assert control.workers()[task["id"]]["progress"] == 40
    waiting.until(lambda: site.sql(f"select progress from task where uuid = '{task['id']}'") == [["40"]], 5,
                  "progress is stored")
    site.program("steps.go", "")
    assert control.wait(task)["status"] == "success"


def test_the_log_has_both_streams_with_levels(site, control):
    site.shell("talk", 'echo one; echo two >&2; printf "no newline"; echo \'{"log":"three","level":"warn"}\' >&3')
    site.start()
    task = control.run("talk")
    rows = [(row["level"], row["message"]) for row in control.logs(task)]
    for row in (("info", "one"), ("error", "two"), ("warn", "three"), ("info", "no newline")):
        assert row in rows, rows
    row = control.logs(task)[0]
    assert isinstance(row["id"], str) and row["task_id"] == task["id"] and row["attempt"] == 1
    assert TIME.match(row["created_at"])


def test_logs_come_in_pages(site, control):
    site.shell("lines", "for n in 1 2 3 4 5; do echo line $n; done")
    site.start()
    task = control.run("lines")
    first = control.logs(task, limit=2)
    assert [row["message"] for row in first] == ["line 1", "line 2"]
    rest = control.logs(task, after=first[-1]["id"])
    assert [row["message"] for row in rest] == ["line 3", "line 4", "line 5"]


def test_the_worker_is_a_child_of_the_supervisor_with_a_session_of_its_own(site, control):
    site.shell("wait", "exec sleep 60")
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    assert procfs.read(pid).parent == site.process.pid
    # Its pid is known as soon as it is cloned; the session is the first thing it makes.
    waiting.until(lambda: procfs.read(pid).session == pid, 10, "it leads a session")
    assert procfs.read(site.process.pid).session != pid
    control.cancel(task)
    control.wait(task, "cancelled")


def test_the_work_directory_is_gone_after_the_end(site, control):
    site.shell("litter", 'touch a b; mkdir c; touch c/d; echo "{\\"result\\":\\"$TASKYARD_WORK_DIR\\"}" >&3')
    site.start()
    task = control.run("litter")
    directory = json.loads(task["result"])
    assert directory.startswith(site.state)
    waiting.until(lambda: not os.path.exists(directory), 5, f"{directory} is removed")


def test_the_list_filters(hello, control):
    one = control.run("hello")
    two = control.run("no_such_type")
    get = control.request
    assert [t["id"] for t in get("GET", "/api/tasks", query={"status": "failed"}).data] == [two["id"]]
    assert [t["id"] for t in get("GET", "/api/tasks", query={"type": "hello"}).data] == [one["id"]]
    assert [t["id"] for t in get("GET", "/api/tasks", query={"search": "such"}).data] == [two["id"]]
    assert [t["id"] for t in get("GET", "/api/tasks", query={"search": one["id"][:13]}).data] == [one["id"]]
    assert get("GET", "/api/tasks", query={"search": "%"}).data == []
    assert [t["id"] for t in get("GET", "/api/tasks", query={"page_size": 1, "current": 2}).data] == [one["id"]]
    assert get("GET", "/api/tasks", query={"page_size": 1000}).envelope["page_size"] == 10


def test_what_does_not_exist_is_404(hello, control):
    nobody = str(uuid.uuid4())
    for method, path in (("GET", ""), ("GET", "/logs"), ("GET", "/attempts"), ("POST", "/cancel"), ("POST", "/retry"),
                         ("DELETE", "")):
        control.refused(method, f"/api/tasks/{nobody}{path}", 404, "E4041")
    control.refused("GET", "/api/tasks/not-an-id", 404, "E4041")
    control.refused("GET", "/api/nowhere", 404, "E4041")
    answer = control.request("PUT", "/api/tasks")
    assert (answer.status, answer.code) == (405, "E4051")
    assert "POST" in answer.headers["Allow"]


def test_a_deleted_task_is_gone(hello, control):
    task = control.run("hello")
    assert control.delete(task)["message"]
    control.refused("GET", f"/api/tasks/{task['id']}", 404, "E4041")
    control.refused("DELETE", f"/api/tasks/{task['id']}", 404, "E4041")
    assert control.request("GET", "/api/tasks").envelope["total"] == 0
    assert hello.sql(f"select count(*) from task where uuid = '{task['id']}'") == [["1"]]


def test_deleting_a_running_task_cancels_it_first(site, control):
    site.shell("wait", "exec sleep 60")
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    control.delete(task)
    waiting.until(lambda: not procfs.alive(pid), 5, "the worker is gone")
    waiting.until(lambda: control.request("GET", f"/api/tasks/{task['id']}").status == 404, 5, "the task is gone")


def test_the_artifact_can_be_set_by_a_module(hello, control):
    task = control.run("hello")
    key = str(uuid.uuid4())
    changed = control.ok("PUT", f"/api/tasks/{task['id']}/artifact", {"file_key": key, "file_name": "x.csv"})
    assert (changed["artifact_file_key"], changed["artifact_file_name"]) == (key, "x.csv")
