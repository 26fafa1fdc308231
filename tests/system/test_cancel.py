# SPDX-License-Identifier: MIT
"""Cancelling: at once where nothing runs, by a ladder of signals where something does, and never twice."""

import datetime
import os
import signal
import threading
import time

import pytest

from helpers import procfs, waiting

# Ignores SIGTERM, and so does a grandchild in a session of its own that no group kill reaches.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for fd in range(3):
        os.close(fd)
    with open("grandchild.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename("grandchild.new", "grandchild")
    while True:
        time.sleep(100)
os.wait()
while not os.path.exists("grandchild"):
    time.sleep(0.01)
os.write(3, b'{"progress":1,"text":"%s"}\\n' % open("grandchild", "rb").read())
while True:
    time.sleep(100)
"""


def request_in_table(site, task):
    """When its cancel was asked for, or None while that is not stored: a cancel does not wait for the database."""
    [[stored]] = site.sql(f"select cancel_requested_at from task where uuid = '{task['id']}'")
    return None if stored == "NULL" else stored


def test_a_pending_task_is_cancelled_in_place(site, control):
    site.shell("wait", "exec sleep 300")
    site.start()
    control.limit(1)
    first = control.create("wait")
    control.worker_pid(first)
    second = control.create("wait")
    assert control.get(second)["status"] == "pending"
    assert control.cancel(second)["message"]
    task = control.get(second)
    assert task["status"] == "cancelled"
    assert task["finished_at"] and task["attempt"] == 0 and "started_at" not in task
    assert control.attempts(second) == []
    control.cancel(first)
    control.wait(first, "cancelled")


def test_a_running_task_ends_by_sigterm(site, control):
    site.shell("wait", "exec sleep 300", grace=30)
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    control.cancel(task)
    task = control.wait(task, "cancelled", seconds=5)
    assert not procfs.alive(pid)
    assert task["cancel_requested_at"] <= task["finished_at"]
    [attempt] = control.attempts(task)
    assert (attempt["cause"], attempt["signal"]) == ("cancel", "SIGTERM")
    kinds = control.kinds(task)
    assert "cancel_requested" in kinds and kinds.index("signalled") < kinds.index("tree_empty")
    assert "killed" not in kinds


def test_while_it_is_being_cancelled_it_is_running(site, control):
    site.shell("tidy", "trap 'while [ ! -e \"$0.go\" ]; do sleep 0.02; done; exit 0' TERM; "
                       "echo ready; while :; do sleep 0.02; done", grace=10)
    site.start()
    task = control.create("tidy")
    control.logged(task, "ready")
    control.cancel(task)
    now = control.get(task)
    assert now["status"] == "running" and now["cancel_requested_at"]
    site.program("tidy.go", "")
    assert control.wait(task)["status"] == "cancelled"


def test_a_runner_that_ends_properly_after_sigterm_is_cancelled(site, control):
    site.shell("polite", "trap 'echo \"{\\\"cancelled\\\":true}\" >&3; exit 0' TERM; echo ready; "
                         "while :; do sleep 0.02; done")
    site.start()
    task = control.create("polite")
    control.logged(task, "ready")
    control.cancel(task)
    assert control.wait(task)["status"] == "cancelled"


def test_cancelling_twice_changes_nothing(site, control):
    site.shell("stone", "trap '' TERM; echo ready; while :; do sleep 0.1; done", grace=1)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    control.cancel(task)
    asked = waiting.until(lambda: request_in_table(site, task), 5, "the request is stored")
    control.cancel(task)
    assert control.get(task)["cancel_requested_at"]
    assert request_in_table(site, task) == asked
    done = control.wait(task, "cancelled")
    assert control.cancel(task)["message"]
    assert control.get(task) == done
    assert control.kinds(task).count("cancel_requested") == 1


@pytest.mark.parametrize("status, text", [("success", "exit 0"), ("failed", "exit 1")])
def test_cancelling_after_the_end_changes_nothing(site, control, status, text):
    site.shell("brief", text)
    site.start()
    done = control.run("brief")
    assert done["status"] == status
    assert control.cancel(done)["message"]
    assert control.get(done) == done


def test_a_stubborn_tree_is_dead_within_grace_and_a_second(site, control):
    grace = 1
    site.python("stubborn", STUBBORN, grace=grace)
    site.start()
    task = control.create("stubborn")
    waiting.until(lambda: control.get(task).get("progress_text"), 10, "the grandchild is there")
    grandchild = int(control.get(task)["progress_text"])
    worker = control.worker_pid(task)
    assert procfs.read(grandchild).session != worker
    began = time.monotonic()
    control.cancel(task)
    waiting.until(lambda: not procfs.alive(worker) and not procfs.alive(grandchild), 10, "the tree is dead")
    took = time.monotonic() - began
    assert grace <= took + 0.05 and took <= grace + 1, took
    task = control.wait(task, "cancelled", seconds=2)
    [attempt] = control.attempts(task)
    assert (attempt["cause"], attempt["signal"]) == ("cancel", "SIGKILL")
    kinds = control.kinds(task)
    assert kinds.index("signalled") < kinds.index("killed") < kinds.index("tree_empty")
    assert not site.strays()


def test_many_stubborn_ones_at_once(site, control, measure):
    count, grace = 200, 1
    site.shell("stone", "trap '' TERM; echo ready; exec sleep 600", grace=grace)
    site.start()
    control.limit(count)
    tasks = control.create("stone", count=count)
    for task in tasks:
        control.logged(task, "ready", seconds=60)
    for task in tasks:
        control.cancel(task)
    for task in tasks:
        assert control.wait(task, seconds=60)["status"] == "cancelled"
    assert not site.strays()
    took = sorted(rungs_apart(control, task) for task in tasks)
    assert took[0] >= grace - 0.05
    measure(f"{count} that ignore SIGTERM, {grace} s of grace: dead after {took[count // 2]:.2f} s (half of them), "
            f"{took[count * 99 // 100]:.2f} s (99 %), {took[-1]:.2f} s (all)")


def rungs_apart(control, task):
    """Seconds from SIGTERM until nothing was left; who looks at the task sees both times, and SIGKILL's between them."""
    at = {row["kind"]: datetime.datetime.fromisoformat(row["created_at"]) for row in control.timeline(task)}
    assert at["signalled"] < at["killed"] <= at["tree_empty"]
    return (at["tree_empty"] - at["signalled"]).total_seconds()


def test_two_who_cancel_at_once(site, control):
    """One outcome, written down once, whether it waits, runs or ends by itself meanwhile; both are told that it is done."""
    site.shell("wait", "exec sleep 600", grace=5)
    site.shell("brief", "sleep 0.02")
    site.start()
    control.limit(10)
    tasks = [task for kind in ("wait", "brief") for task in control.create(kind, count=20)]
    answers = []

    def cancel_all():
        for task in tasks:
            answers.append(control.request("POST", f"/api/tasks/{task['id']}/cancel"))

    threads = [threading.Thread(target=cancel_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [200] * 2 * len(tasks)
    for task in tasks:
        done = control.wait(task)
        assert done["status"] == "cancelled" or (done["type"], done["status"]) == ("brief", "success")
        kinds = control.kinds(task)
        assert kinds.count("cancel_requested") <= 1 and kinds.count("signalled") <= 1, kinds
        assert sum(kinds.count(end) for end in ("cancelled", "success", "failed")) <= 1, kinds
        assert len(control.attempts(task)) <= 1


def test_a_stopped_process_is_woken_and_ended(site, control):
    site.shell("wait", "exec sleep 300", grace=5)
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    waiting.until(lambda: procfs.read(pid).name == "sleep", 5, "the program runs")
    os.kill(pid, signal.SIGSTOP)
    waiting.until(lambda: procfs.read(pid).state == "T", 5, "it is stopped")
    control.cancel(task)
    control.wait(task, "cancelled", seconds=4)
    assert control.attempts(task)[0]["signal"] == "SIGTERM"


def test_the_whole_group_gets_the_signal(site, control):
    site.shell("family", "sleep 300 & sleep 300 & echo $! ; wait")
    site.start()
    task = control.create("family")
    waiting.until(lambda: len(site.strays()) == 3, 10, "the family is there")
    control.cancel(task)
    control.wait(task, "cancelled")
    assert not site.strays()


def test_a_cancel_while_it_waits_for_its_next_attempt(site, control):
    site.shell("broken", "exit 1", max_retries=5, backoff=60)
    site.start()
    task = control.create("broken")
    waiting.until(lambda: control.get(task)["auto_retry_count"] == 1, 10, "the first attempt has failed")
    control.cancel(task)
    assert control.get(task)["status"] == "cancelled"


def test_cancel_meets_the_end(site, control):
    """Whoever is first wins, and there is one outcome."""
    site.shell("brief", "sleep 0.02")
    site.start()
    control.limit(20)
    tasks = control.create("brief", count=60)
    for task in tasks:
        control.cancel(task)
    for task in tasks:
        done = control.wait(task)
        assert done["status"] in ("success", "cancelled")
        again = control.get(task)
        assert again == done
        attempts = control.attempts(task)
        assert len(attempts) <= 1 and (done["status"] != "success" or attempts[0]["cause"] == "success")


def test_a_cancelled_task_is_not_retried_by_itself(site, control):
    site.shell("wait", "exec sleep 300", max_retries=5, backoff=0.05)
    site.start()
    task = control.create("wait")
    control.worker_pid(task)
    control.cancel(task)
    task = control.wait(task)
    assert (task["status"], task["attempt"], task["auto_retry_count"]) == ("cancelled", 1, 0)


def test_a_deleted_task_that_is_still_ending_is_hidden(make_site, proxy):
    """From everything that could be done to it, and while the database is away as well."""
    site = proxy.let_in(make_site(proxy))
    site.shell("stone", "trap '' TERM; echo ready; while [ ! -e \"$0.go\" ]; do sleep 0.02; done", grace=300)
    site.start()
    control = site.control
    task = control.create("stone")
    control.logged(task, "ready")
    path = f"/api/tasks/{task['id']}"
    control.ok("DELETE", path)
    for method, what in (("GET", ""), ("GET", "/processes"), ("POST", "/cancel"), ("POST", "/pause"), ("POST", "/resume")):
        assert control.request(method, path + what).status == 404, what
    proxy.cut()
    waiting.until(lambda: control.status()["database"]["state"] != "ready", 20, "the database is away")
    assert control.request("GET", path).status == 503
    assert control.request("GET", path + "/processes").status == 503
    site.program("stone.go", "")
    proxy.mend()
