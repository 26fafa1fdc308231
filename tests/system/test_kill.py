# SPDX-License-Identifier: MIT
"""The administrator's kill: no grace, whatever state the task is in, and a receipt that says who, why and how it went."""

import os
import signal

import pytest

from helpers import people, procfs, waiting
from test_containment import WAYS, containment, escape, escape_source, in_table, start_all, strays, threads_of_account  # noqa: F401

KILLS = int(os.environ.get("TASKYARD_TEST_KILLS", "20"))  # of each containment, for the figure
GRACE = 600  # no test waits that long: whoever is gone was killed without it


def kill(control, task, reason=None):
    return control.ok("POST", f"/api/tasks/{task['id']}/kill", {"reason": reason} if reason else None)["message"]


def rung(control, task, kind):
    [row] = [row for row in control.timeline(task) if row["kind"] == kind]
    return row


def stubborn(site, **values):
    site.shell("stone", "trap '' TERM; echo ready; while :; do sleep 0.1; done", grace=GRACE, **values)


@pytest.mark.parametrize("way", WAYS)
def test_a_tree_built_to_escape_is_gone_when_the_status_turns(site, control, containment, escape, way):  # noqa: F811
    tasks = start_all(site, escape, way, count=5)
    for task in tasks:
        assert strays(task)
        assert kill(control, task) == "Task killed"
    for task in tasks:
        done = control.wait(task, "cancelled")
        assert not strays(task) and in_table(site, task) == "cancelled"
        assert done["error"] == f"killed by uid:{os.getuid()}"
        row = rung(control, task, "tree_empty")
        assert row["detail"]["containment"] == containment and row["detail"]["processes"] >= 1
        assert control.attempts(task)[0]["cause"] == "kill"
        assert "signalled" not in control.kinds(task)


def kill_some(site, control, way, count):
    """Kills that many tasks at once; how long each took until nothing was left, in milliseconds."""
    tasks = control.create(way, count=count)
    for task in tasks:
        waiting.until(lambda task=task: control.get(task)["progress"] == 1, 20, "its processes are there")
    for task in tasks:
        kill(control, task)
    for task in tasks:
        control.wait(task, "cancelled")
        assert not strays(task)
    return [rung(control, task, "tree_empty")["detail"]["after_ms"] for task in tasks]


def test_how_long_a_kill_takes(site, control, containment, escape, measure):  # noqa: F811
    for way in WAYS:
        site.type(way, [escape, way], grace=GRACE)
    site.start()
    control.limit(10)
    took = []
    while len(took) < KILLS:
        took += kill_some(site, control, WAYS[len(took) // 10 % len(WAYS)], 10)
    took.sort()
    measure(f"{len(took)} kills of trees built to escape, contained by {containment}: no survivor; nothing left after "
            f"{took[len(took) // 2]} ms (half of them), {took[len(took) * 99 // 100]} ms (99 %), {took[-1]} ms (all)")


@pytest.mark.parametrize("way", ["bomb", "bomb_setsid"])
def test_a_fork_bomb(site, control, containment, escape, way):  # noqa: F811
    mine = threads_of_account()
    [task] = start_all(site, escape, way, count=1, limits={"processes": mine + 150})
    waiting.until(lambda: len(strays(task)) > 20, 20, "the bomb has gone off")
    kill(control, task)
    control.wait(task, "cancelled", seconds=30)
    assert not strays(task)


def test_one_that_ignores_a_cancel(site, control, containment):  # noqa: F811
    stubborn(site)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    pid = control.worker_pid(task)
    control.cancel(task)
    waiting.until(lambda: "cancel_requested" in control.kinds(task), 5, "the cancel is stored")
    assert control.get(task)["status"] == "running"
    assert kill(control, task, "ignores SIGTERM") == "Task killed"
    done = control.wait(task, "cancelled")
    assert not procfs.alive(pid)
    assert done["error"] == f"killed by uid:{os.getuid()}: ignores SIGTERM"
    kinds = control.kinds(task)
    assert [kinds.count(kind) for kind in ("signalled", "cancel_requested", "kill_requested", "killed")] == [1, 1, 1, 1]
    assert kinds.index("signalled") < kinds.index("killed") < kinds.index("tree_empty")


def test_a_stopped_one(site, control, containment):  # noqa: F811
    site.shell("wait", "exec sleep 600", grace=GRACE)
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    waiting.until(lambda: procfs.read(pid).name == "sleep", 5, "the program runs")
    os.kill(pid, signal.SIGSTOP)
    waiting.until(lambda: procfs.read(pid).state == "T", 5, "it is stopped")
    kill(control, task)
    control.wait(task, "cancelled")
    assert control.attempts(task)[0]["signal"] == "SIGKILL"


def test_a_pending_one_is_cancelled_with_the_reason(site, control):
    site.shell("wait", "exec sleep 600")
    site.start()
    control.limit(1)
    first = control.create("wait")
    control.worker_pid(first)
    task = control.create("wait")
    assert kill(control, task, "never mind") == "Task cancelled"
    done = control.get(task)
    assert (done["status"], done["error"]) == ("cancelled", f"killed by uid:{os.getuid()}: never mind")
    assert rung(control, task, "kill_requested")["detail"] == {"reason": "never mind"}
    assert control.kinds(task)[-1] == "cancelled" and control.attempts(task) == []
    assert "error" not in control.get(task) or control.retry(task)  # a retry begins without it
    assert "error" not in control.get(task)


def test_one_that_has_ended_stays_as_it_is(site, control):
    site.shell("brief", "exit 0")
    site.start()
    done = control.run("brief")
    kinds = control.kinds(done)
    assert kill(control, done, "too late") == "Task has already finished"
    assert control.get(done) == done and control.kinds(done) == kinds


def test_the_receipt_says_who_from_where_and_why(site, control):
    http = people.open_door(site)
    stubborn(site)
    site.start()
    admin = people.add(site, http, "ann", "admin")
    task = control.create("stone")
    control.logged(task, "ready")
    pid = control.worker_pid(task)
    reason = 'holds a lock: "ledger" \\ Müller'
    assert admin.ok("POST", f"/api/tasks/{task['id']}/kill", {"reason": reason})["message"] == "Task killed"
    done = control.wait(task, "cancelled")
    assert done["error"] == f"killed by ann: {reason}" and done["cancel_requested_at"]
    assert control.attempts(task)[0]["error"] == done["error"]
    asked, killed = (rung(control, task, kind) for kind in ("kill_requested", "killed"))
    assert asked["detail"] == {"reason": reason}
    for row in (asked, killed):
        assert (row["actor"], row["address"]) == (admin.id, "127.0.0.1")
    assert killed["detail"]["processes"] >= 1
    assert {key: killed["detail"][key] for key in ("signal", "reason", "pid")} == {
        "signal": "SIGKILL", "reason": "kill", "pid": pid}
    assert 0 <= killed["detail"]["after_ms"] < GRACE * 1000
    assert 0 <= rung(control, task, "tree_empty")["detail"]["after_ms"] < GRACE * 1000
    for kind in ("kill_requested", "killed"):
        [row] = admin.ok("GET", "/api/system/audit-events", query={"task_id": task["id"], "kind": kind})
        assert (row["actor_name"], row["address"]) == ("ann", "127.0.0.1")
    [row] = admin.ok("GET", f"/api/tasks/{task['id']}/timeline", query=None)[-1:]
    assert row["kind"] == "tree_empty"


def test_a_cancel_has_an_address_too(site, control):
    http = people.open_door(site)
    site.shell("wait", "exec sleep 600")
    site.start()
    olga = people.add(site, http, "olga", "operator")
    task = olga.task(control, "wait")
    control.worker_pid(task)
    olga.ok("POST", f"/api/tasks/{task['id']}/cancel")
    control.wait(task, "cancelled")
    row = rung(control, task, "signalled")
    assert (row["actor"], row["address"]) == (olga.id, "127.0.0.1")
    assert row["detail"]["processes"] >= 1


@pytest.mark.parametrize("reason", [7, "x" * 501, "two\nlines", ["why"]])
def test_a_reason_that_cannot_be_taken_is_named(site, control, reason):
    stubborn(site)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    sentence = control.refused("POST", f"/api/tasks/{task['id']}/kill", 400, "E4002", {"reason": reason})
    assert sentence.startswith("reason must be a string of at most 500 bytes")
    assert "kill_requested" not in control.kinds(task) and control.get(task)["status"] == "running"
    kill(control, task, "x" * 500)
    assert control.wait(task, "cancelled")["error"].endswith("x" * 500)


def test_without_the_database_it_is_killed_all_the_same(make_site, own_database):
    own_database.start()
    site = make_site(own_database)
    stubborn(site)
    site.start()
    control = site.control
    task = control.create("stone")
    control.logged(task, "ready")
    pid = control.worker_pid(task)
    own_database.kill()
    assert kill(control, task, "no database") == "Task killed"
    waiting.until(lambda: not procfs.alive(pid), 5, "it is dead")
    own_database.start()
    done = control.wait(task, "cancelled", seconds=30)
    assert done["error"].endswith("no database")
    waiting.until(lambda: "kill_requested" in control.kinds(task), 10, "the request is stored")


def test_a_crash_in_the_middle_keeps_who_and_why(site, control):
    """What a kill leaves in the table is put there by hand: the supervisor dies before the process does."""
    stubborn(site)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    site.sql(f"update task set cancel_requested_at = utc_timestamp(6), error = 'killed by ann: stuck' "
             f"where uuid = '{task['id']}'")
    site.kill()
    site.start()
    done = control.wait(task)
    assert (done["status"], done["error"]) == ("cancelled", "killed by ann: stuck")
    assert control.attempts(task)[0]["cause"] == "kill"


def test_on_the_command_line(site, control):
    stubborn(site)
    site.start()
    control.limit(1)
    running = control.create("stone")
    control.logged(running, "ready")
    pending = control.create("stone")
    said = site.cli("kill", pending["id"], running["id"], "--reason", "both of them")
    assert f"{pending['id']}  cancelled" in said
    for task in (running, pending):
        assert control.wait(task, "cancelled")["error"].endswith(": both of them")
    assert "killed" in site.cli("timeline", running["id"])
    assert site.cli("kill", status=None).returncode == 2
    assert site.cli("kill", "--reason", "x" * 501, running["id"], status=None).returncode == 6
