# SPDX-License-Identifier: MIT
"""Two supervisors that are called alike, by mistake: none takes what the other one runs for left over."""

import pytest

from helpers import procfs, waiting


@pytest.fixture
def twins(make_site):
    """The first runs a task; the second, with a state directory of its own, has just begun."""
    first = make_site()
    second = make_site(name=first.name)
    for site in first, second:
        site.settings["node"] = "twin"
        site.shell("wait", "exec sleep 300")
        site.shell("brief", "true")
    first.start()
    task = first.control.create("wait")
    pid = first.control.worker_pid(task)
    second.start()
    waiting.until(lambda: "another supervisor is called twin as well and runs 1 tasks" in second.log_text(), 10, "it has noticed")
    return first, second, task, pid


def whose(task):
    return f"where incarnation = (select incarnation from task where uuid = '{task['id']}')"


def long_ago(site, task):
    """As if nothing had been seen for a minute of the supervisor that runs it."""
    site.sql(f"update node set seen_at = seen_at - interval 1 minute {whose(task)}")


def test_a_living_one_keeps_its_tasks(twins):
    first, second, task, pid = twins
    assert second.control.run("brief")["status"] == "success"
    second.restart()
    assert second.control.run("brief")["status"] == "success"
    assert procfs.alive(pid)
    [[status, attempt]] = first.sql(f"select status, attempt from task where uuid = '{task['id']}'")
    assert (status, attempt) == ("running", "1")
    first.control.cancel(task)
    first.control.wait(task, "cancelled", seconds=10)


def test_it_tells_that_it_lives_while_a_task_runs(twins):
    first, _, task, _ = twins
    long_ago(first, task)
    lately = f"select seen_at > utc_timestamp(6) - interval 20 second from node {whose(task)}"
    waiting.until(lambda: first.sql(lately) == [["1"]], 20, "it has been seen again")


def test_the_tasks_of_a_dead_one_without_a_state_directory_are_settled(twins):
    first, second, task, _ = twins
    first.kill()
    long_ago(first, task)
    waiting.until(lambda: second.control.get(task)["attempt"] == 2, 15, "it runs again, under the second")
    second.control.cancel(task)
    second.control.wait(task, "cancelled", seconds=10)


def test_its_own_state_directory_is_proof_enough(twins):
    first, _, task, _ = twins
    first.kill()
    first.start()
    waiting.until(lambda: first.control.get(task)["attempt"] == 2, 10, "it runs again at once")
