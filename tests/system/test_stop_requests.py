# SPDX-License-Identifier: MIT
"""Cancels, kills and deletions that the table alone knows: the supervisor whose task it is heeds them within a second."""

from helpers import procfs, waiting


def running(site, name="wait"):
    task = site.control.create(name)
    return task, site.control.worker_pid(task)


def test_a_deletion_that_the_database_takes_after_all_ends_the_task(make_site, proxy):
    site = proxy.let_in(make_site(proxy))
    site.shell("wait", "exec sleep 300")
    site.start()
    task, pid = running(site)
    path = f"/api/tasks/{task['id']}"
    proxy.slow_down(1.3)  # each statement, and there are several
    answer = site.control.request("DELETE", path)
    assert (answer.status, answer.code) == (503, "E5032"), "nobody knows yet"
    assert procfs.alive(pid)
    proxy.slow_down(0)
    waiting.until(lambda: site.control.request("GET", path).status == 404, 20, "it has been deleted")
    waiting.until(lambda: not procfs.alive(pid), 10, "nothing of it runs on unseen")


def two_supervisors(make_site):
    """On one database; the second has no tasks of its own."""
    first = make_site()
    second = make_site(name=first.name)
    first.settings["node"], second.settings["node"] = "first", "second"
    first.shell("wait", "exec sleep 300")
    second.shell("wait", "exec sleep 300")
    first.start()
    task, pid = running(first)
    second.start()
    return first, second, task, pid


def test_a_cancel_that_another_supervisor_has_taken(make_site):
    first, second, task, pid = two_supervisors(make_site)
    second.control.cancel(task)
    done = first.control.wait(task, "cancelled", seconds=10)
    assert not procfs.alive(pid)
    assert done["error"] == "cancelled"
    kinds = first.control.kinds(task)
    assert kinds.count("cancel_requested") == 1 and "signalled" in kinds


def test_a_kill_that_another_supervisor_has_taken(make_site):
    first, second, task, pid = two_supervisors(make_site)
    second.cli("kill", task["id"], "--reason", "it is stuck")
    done = first.control.wait(task, "cancelled", seconds=10)
    assert not procfs.alive(pid)
    assert "it is stuck" in done["error"]
    [attempt] = first.control.attempts(task)
    assert (attempt["cause"], attempt["signal"]) == ("kill", "SIGKILL")
    assert first.control.kinds(task).count("kill_requested") == 1


def test_a_deletion_that_another_supervisor_has_taken(make_site):
    first, second, task, pid = two_supervisors(make_site)
    second.control.ok("DELETE", f"/api/tasks/{task['id']}")
    waiting.until(lambda: not procfs.alive(pid), 10, "it has been ended")
    assert first.control.request("GET", f"/api/tasks/{task['id']}").status == 404
