# SPDX-License-Identifier: MIT
"""The supervisor is stopped, started again, started twice."""

import os
import signal
import subprocess
import time

import pytest

from helpers import account, procfs, waiting

WAIT = 'while [ ! -e "$0.go" ]; do sleep 0.02; done'


def test_sigterm_without_tasks_ends_at_once_with_0(site):
    site.start()
    began = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began < 5 * waiting.SCALE
    assert not os.path.exists(site.socket)


def test_draining_takes_no_new_tasks_and_lets_running_ones_end(site, control):
    site.settings["drain_timeout"] = 30
    site.shell("wait", WAIT)
    site.start()
    control.limit(1)
    first, second = control.create("wait", count=2)
    pid = control.worker_pid(first)
    os.kill(site.process.pid, signal.SIGTERM)
    waiting.until(lambda: control.status()["draining"], 5, "it drains")
    assert procfs.alive(pid)
    assert control.request("POST", "/api/tasks", {"type": "wait"}).status in (200, 503)
    site.program("wait.go", "")
    assert site.process.wait(20) == 0
    rows = dict(site.sql("select uuid, status from task"))
    assert (rows[first["id"]], rows[second["id"]]) == ("success", "pending")
    site.start()
    assert control.wait(second)["status"] == "success"
    assert control.get(second)["attempt"] == 1


@pytest.mark.parametrize("on_interrupt", ["requeue", "fail"])
def test_what_outlives_the_drain_time_is_interrupted(site, control, on_interrupt):
    site.shell("wait", WAIT, on_interrupt=on_interrupt, grace=1)
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    assert site.stop() == 0
    assert not procfs.alive(pid)
    [[status]] = site.sql(f"select status from task where uuid = '{task['id']}'")
    assert status == {"requeue": "pending", "fail": "failed"}[on_interrupt]
    site.program("wait.go", "")
    site.start()
    done = control.wait(task)
    why = causes(control, task)
    assert done["auto_retry_count"] == 0, "an interruption is not a failure of the task"
    if on_interrupt == "requeue":
        assert (done["status"], why) == ("success", ["interrupted", "success"])
    else:
        assert (done["status"], why) == ("failed", ["interrupted"])
        assert "interrupted" in done["error"]


def test_a_stubborn_task_does_not_hold_the_stop(site, control):
    site.shell("stone", "trap '' TERM; echo ready; while :; do sleep 0.1; done", grace=1)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    began = time.monotonic()
    assert site.stop() == 0
    assert time.monotonic() - began < 6 * waiting.SCALE
    assert not site.strays()


def test_a_drain_can_be_asked_for_over_the_socket(site, control):
    site.start()
    control.ok("POST", "/api/drain")
    assert site.process.wait(20) == 0


def test_a_second_supervisor_is_refused(site):
    site.start()
    second = account.run(site.supervisor(), timeout=20)
    assert second.returncode not in (0, -6, -11)
    assert "lock" in second.stderr.lower() or "already" in second.stderr.lower() or "another" in second.stderr.lower()
    assert site.process.poll() is None
    assert site.control.status()["pid"] == site.process.pid


def test_a_stale_socket_is_no_hindrance(site, control):
    site.start()
    site.kill()
    assert os.path.exists(site.socket)
    site.shell("brief", "true")
    site.start()
    assert control.run("brief")["status"] == "success"


def causes(control, task):
    return [row.get("cause") for row in control.attempts(task)]


def test_no_worker_outlives_a_killed_supervisor(site, control):
    site.python("tree", """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
while not os.path.exists(__file__ + ".go"):
    time.sleep(0.02)
""")
    site.start()
    tasks = control.create("tree", count=3)
    waiting.until(lambda: len(site.strays()) == 6, 10, "three workers, three grandchildren in sessions of their own")
    site.kill()
    workers = [row[0] for row in site.sql("select pid from attempt where pid is not null")]
    waiting.until(lambda: not any(procfs.alive(int(pid)) for pid in workers), 2, "the workers are gone")
    site.start()
    waiting.until(lambda: "lost" in causes(control, tasks[0]), 10, "the loss is written down")
    site.program("tree.go", "")
    for task in tasks:
        done = control.wait(task)
        assert done["status"] == "success"
        assert causes(control, task) == ["lost", "success"]
        assert done["auto_retry_count"] == 0


def test_a_lost_attempt_of_a_type_that_must_not_run_twice_fails(site, control):
    site.shell("once", WAIT, on_interrupt="fail")
    site.start()
    task = control.create("once")
    control.worker_pid(task)
    site.kill()
    site.start()
    done = control.wait(task)
    assert done["status"] == "failed"
    assert causes(control, task) == ["lost"]
    assert done["error"]


def test_a_cancel_that_was_asked_for_is_kept_over_a_crash(site, control):
    site.shell("stone", "trap '' TERM; echo ready; while :; do sleep 0.1; done", grace=20)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    control.cancel(task)
    waiting.until(lambda: site.sql("select cancel_requested_at from task") != [["NULL"]], 5, "the request is stored")
    site.kill()
    site.start()
    assert control.wait(task)["status"] == "cancelled"
    assert control.get(task)["attempt"] == 1


def test_a_task_that_kills_its_supervisor_is_given_up(site, control):
    site.shell("poison", "kill -9 $PPID; exec sleep 60")
    site.start()
    task = control.create("poison")
    deaths = 0
    while site.sql(f"select status from task where uuid = '{task['id']}'") != [["failed"]]:
        site.process.wait(20)
        deaths += 1
        assert deaths < 10
        site.launch()
        waiting.until(lambda: settled(site), 20, "the supervisor is killed again, or gives the task up")
    waiting.until(site.ready, 20, "the supervisor stays")
    done = control.wait(task)
    assert done["status"] == "failed"
    assert 2 <= deaths <= 5
    assert set(causes(control, task)) == {"lost"}
    site.program("poison", "#!/bin/sh\n")
    control.retry(task)  # by somebody who has seen to it
    assert control.wait(task)["status"] == "success"


def settled(site):
    return site.process.poll() is not None or site.sql("select status from task") == [["failed"]]


def test_work_directories_of_a_crash_are_cleaned(site, control):
    site.shell("litter", "touch file; echo ready; " + WAIT)
    site.start()
    task = control.create("litter")
    control.logged(task, "ready")
    site.kill()
    before = set(os.listdir(f"{site.state}/work"))
    assert before
    site.start()
    site.program("litter.go", "")
    control.wait(task, "success")
    waiting.until(lambda: not before & set(os.listdir(f"{site.state}/work")), 10, "the old directory is gone")
