# SPDX-License-Identifier: MIT
"""Pause and resume: nothing of a task moves, its timers stand still, and whoever wants it over gets it over."""

import os
import time

import pytest

from helpers import people, procfs, waiting
from test_containment import containment, escape, escape_source, start_all, strays  # noqa: F401

# Counts in a file, and so does a daemon of its own: what moves is seen.
COUNTER = """
import os, sys, time
def count(name):
    n = 0
    while True:
        n += 1
        with open(name + ".new", "w") as file:
            file.write(str(n))
        os.rename(name + ".new", name)
        time.sleep(0.01)
sys.stdout.write(os.getcwd() + "\\n")
sys.stdout.flush()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        count("daemon")
    os._exit(0)
os.wait()
count("worker")
"""


def ask(control, task, what):
    return control.ok("POST", f"/api/tasks/{task['id']}/{what}")["message"]


def rung(control, task, kind):
    """The one event of this kind, once it is stored: a pause does not wait for the database."""
    rows = waiting.until(lambda: [row for row in control.timeline(task) if row["kind"] == kind], 10, f"{kind} is stored")
    assert len(rows) == 1
    return rows[0]


def counts(directory):
    """What the two have counted to; None before both have begun."""
    try:
        return [int(open(f"{directory}/{name}", encoding="ascii").read()) for name in ("worker", "daemon")]
    except FileNotFoundError:
        return None


@pytest.fixture
def counter(site, control, containment):  # noqa: F811
    """(task, its directory), counting."""
    site.python("counter", COUNTER, timeout=600, grace=5)
    site.start()
    task = control.create("counter")
    control.logged(task, "/")
    directory = control.log_text(task).splitlines()[0]
    waiting.until(lambda: counts(directory), 10, "both count")
    return task, directory


def processes(site):
    return site.strays()


def test_nothing_moves_until_it_is_resumed(site, control, counter, containment):  # noqa: F811
    task, directory = counter
    assert "paused_at" not in control.get(task)
    assert ask(control, task, "pause") == "Task paused"
    stood = counts(directory)
    shown = control.get(task)
    assert shown["status"] == "running" and shown["paused_at"]
    [row] = control.ok("GET", "/api/tasks")
    assert row["paused_at"] == shown["paused_at"]
    if containment == "session":
        assert {process.state for process in processes(site)} == {"T"}
    waiting.holds(lambda: counts(directory) == stood, 0.5, "nothing moves")
    assert ask(control, task, "pause") == "Task is paused already"
    assert ask(control, task, "resume") == "Task resumed"
    waiting.until(lambda: all(now > then for now, then in zip(counts(directory), stood)), 10, "both count again")
    assert "paused_at" not in control.get(task)
    assert ask(control, task, "resume") == "Task is not paused; nothing was changed"
    rows = {kind: rung(control, task, kind) for kind in ("paused", "resumed")}
    assert rows["paused"]["detail"]["containment"] == containment and rows["paused"]["detail"]["processes"] == 2
    assert rows["resumed"]["detail"]["paused_ms"] >= 500
    assert rows["paused"]["actor"] == rows["resumed"]["actor"] == f"uid:{os.getuid()}"


@pytest.mark.parametrize("how", ["cancel", "kill"])
def test_it_can_be_ended_while_it_is_paused(site, control, counter, how):
    task, _ = counter
    ask(control, task, "pause")
    ask(control, task, how)
    done = control.wait(task, "cancelled", seconds=4)  # a cancel is heard: it does not take the grace
    assert "paused_at" not in done and not processes(site)
    assert control.attempts(task)[0]["signal"] == ("SIGTERM" if how == "cancel" else "SIGKILL")
    assert ask(control, task, "pause") == "Task is not running; nothing was changed"


@pytest.mark.parametrize("containment, way", [
    ("cgroup", "bare_daemon"), ("cgroup", "deaf"), ("session", "daemon"), ("session", "deaf"), ("session", "setsid")],
    indirect=["containment"])
def test_trees_that_escape_are_paused_and_killed(site, control, escape, containment, way):  # noqa: F811
    [task] = start_all(site, escape, way, count=1)
    assert ask(control, task, "pause") == "Task paused"
    if containment == "session":
        assert {process.state for process in strays(task)} == {"T"}
    ask(control, task, "kill")
    control.wait(task, "cancelled")
    assert not strays(task)


@pytest.mark.parametrize("limit", ["timeout", "stall_timeout"])
def test_timeouts_stand_still(site, control, containment, limit):  # noqa: F811
    site.shell("slow", "echo ready; sleep 600", grace=0.2, **{limit: 1.5})
    site.start()
    task = control.create("slow")
    control.logged(task, "ready")
    ask(control, task, "pause")
    waiting.holds(lambda: control.get(task)["status"] == "running", 2.5, "it does not time out")
    resumed = time.monotonic()
    ask(control, task, "resume")
    done = control.wait(task, "failed")
    assert control.attempts(task)[0]["cause"] == limit.split("_")[0]
    assert time.monotonic() - resumed > 0.2, "what was left of its time was its own"
    assert done["error"]


def test_others_go_on(site, control, counter):
    task, _ = counter
    site.shell("brief", "exit 0")
    site.reload()
    ask(control, task, "pause")
    assert control.run("brief")["status"] == "success"
    ask(control, task, "resume")


def test_wrong_states_are_told(site, control):
    site.shell("wait", "exec sleep 600")
    site.shell("brief", "exit 0")
    site.shell("stone", "trap '' TERM; echo ready; while :; do sleep 0.1; done", grace=600)
    site.start()
    control.limit(1)
    ended = control.run("brief")
    stone = control.create("stone")
    control.logged(stone, "ready")
    pending = control.create("wait")
    for task in (ended, pending):
        for what in ("pause", "resume"):
            assert ask(control, task, what) == "Task is not running; nothing was changed"
    control.cancel(stone)
    assert ask(control, stone, "pause") == "Task is being ended; nothing was changed"
    for what in ("pause", "resume"):
        control.refused("POST", f"/api/tasks/{'0' * 8}-0000-4000-8000-{'0' * 12}/{what}", 404, "E4041")
    ask(control, stone, "kill")
    control.wait(stone)


def test_a_stop_of_the_service_does_not_wait_for_it(site, control, counter):
    task, _ = counter
    site.settings["drain_timeout"] = 60
    site.restart()
    task = control.wait(task, "running")
    control.worker_pid(task)
    ask(control, task, "pause")
    began = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began < 30
    assert not processes(site)
    site.settings["drain_timeout"] = 1
    site.start()
    assert control.get(task)["status"] in ("pending", "running")
    assert [row.get("cause") for row in control.attempts(task)][:2] == ["interrupted", "interrupted"]


def test_a_crash_leaves_nobody_and_loses_nothing(site, control, counter):
    task, _ = counter
    ask(control, task, "pause")
    site.kill()
    waiting.until(lambda: not processes(site), 5, "nobody is left")
    site.start()
    again = waiting.until(lambda: control.get(task)["attempt"] == 2 and control.get(task), 20, "it runs again")
    assert "paused_at" not in again and control.attempts(task)[0]["cause"] == "lost"


def test_who_may(site, control):
    http = people.open_door(site)
    site.shell("wait", "exec sleep 600")
    site.start()
    olga, victor = people.add(site, http, "olga", "operator"), people.add(site, http, "victor", "viewer")
    own, foreign = olga.task(control, "wait"), victor.task(control, "wait")
    for task in (own, foreign):
        control.worker_pid(task)
    assert olga.ask("POST", f"/api/tasks/{foreign['id']}/pause").status == 404
    assert victor.ask("POST", f"/api/tasks/{foreign['id']}/pause").status == 403
    assert olga.ok("POST", f"/api/tasks/{own['id']}/pause")["message"] == "Task paused"
    row = rung(control, own, "paused")
    assert (row["actor"], row["address"]) == (olga.id, "127.0.0.1")
    assert olga.ok("GET", "/api/userTasks")[0]["paused_at"]


def test_on_the_command_line(site, control):
    site.shell("wait", "exec sleep 600")
    site.start()
    task = control.create("wait")
    control.worker_pid(task)
    assert site.cli("pause", task["id"]) == f"{task['id']}  running, paused\n"
    assert site.cli("resume", task["id"]) == f"{task['id']}  running\n"
