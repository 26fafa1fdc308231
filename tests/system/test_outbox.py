# SPDX-License-Identifier: MIT
"""Results that the database cannot take wait on the disk, and outlive the supervisor that got them."""

import json
import os
import time

import pytest

from helpers import load, procfs, waiting
from helpers.audit import audit

GATE = """while [ ! -e "$0.go" ]; do sleep 0.02; done; echo 'id,name' >out.csv
echo '{"artifact":"out.csv"}' >&3; echo '{"result":{"answer":42}}' >&3"""
KILLED = -9


@pytest.fixture
def site(make_site, proxy):
    return proxy.let_in(make_site(proxy))


@pytest.fixture
def books(make_ledger):
    return make_ledger()


def state(site):
    return site.control.status()["database"]["state"]


def outbox(site, ending=".json"):
    return sorted(name for name in os.listdir(f"{site.state}/outbox") if name.endswith(ending))


def end_without_database(site, books, proxy, count):
    """Tasks that end while there is no database; comes back when all ends are on the disk."""
    gate = site.program("gate", "#!/bin/sh\n" + GATE)
    site.type("gate", books.command(gate), grace=2)
    site.start()
    site.control.limit(20)
    tasks = site.control.create("gate", count=count) if count > 1 else [site.control.create("gate")]
    waiting.until(lambda: len(books.of("start")) == count, 20, "all run")
    proxy.cut()
    site.program("gate.go", "")
    waiting.until(lambda: len(outbox(site)) == count, 20, lambda: f"all ends are on the disk: {len(outbox(site))}")
    return tasks


def back(site):
    """The database serves again: writes, and reads, which have connections of their own."""
    waiting.until(lambda: state(site) == "ready", 30, "connected again")
    waiting.until(lambda: site.control.request("GET", "/api/tasks").status == 200, 10, "reads work as well")


def assert_ran_once(site, books, tasks):
    back(site)
    for task in tasks:
        done = site.control.wait(task, seconds=30)
        assert (done["status"], done["attempt"]) == ("success", 1), done
        assert json.loads(done["result"])["answer"] == 42
        got = site.control.request("GET", f"/api/files/{done['artifact_file_key']}")
        assert (got.status, got.body) == (200, b"id,name\n")
    assert len(books.of("start")) == len(books.of("end")) == len(tasks)
    audit(site, {task["id"]: {"success"} for task in tasks}, books, once={task["id"] for task in tasks}).clean()


def test_results_outlive_supervisor_and_database(site, books, proxy):
    tasks = end_without_database(site, books, proxy, 20)
    site.kill()
    assert len(outbox(site)) == 20
    proxy.mend()
    site.start()
    assert_ran_once(site, books, tasks)
    assert outbox(site, "") == []
    assert "stored the ends of 20 tasks" in site.log_text()


def test_a_supervisor_that_starts_before_its_database_keeps_them(site, books, proxy):
    tasks = end_without_database(site, books, proxy, 3)
    for _ in range(2):
        site.kill()
        site.launch()
        waiting.until(site.answers, 20, "the supervisor answers")
        assert len(outbox(site)) == 3
    proxy.mend()
    assert_ran_once(site, books, tasks)
    waiting.until(lambda: outbox(site, "") == [], 10, "the outbox is empty")


def test_a_stop_leaves_the_results_for_the_next_start(site, books, proxy):
    tasks = end_without_database(site, books, proxy, 3)
    assert site.stop(60) == 0
    assert len(outbox(site)) == 3
    proxy.mend()
    site.start()
    assert_ran_once(site, books, tasks)


def test_without_a_crash_the_files_go_when_the_rows_are_stored(site, books, proxy):
    tasks = end_without_database(site, books, proxy, 20)
    assert all(os.stat(f"{site.state}/outbox/{name}").st_mode & 0o777 == 0o600 for name in outbox(site))
    proxy.mend()
    assert_ran_once(site, books, tasks)
    waiting.until(lambda: outbox(site, "") == [], 10, "the outbox is empty")


def test_an_end_that_was_stored_and_not_removed_changes_nothing(site, books, proxy):
    """As after a crash between the two; meanwhile somebody has retried the task."""
    [task] = end_without_database(site, books, proxy, 1)
    [name] = outbox(site)
    with open(f"{site.state}/outbox/{name}", encoding="utf-8") as file:
        text = file.read()
    site.kill()
    proxy.mend()
    site.start()
    before = site.control.wait(task)
    site.kill()
    site.write(f"{site.state}/outbox/{name}", text, 0o600)
    site.start()
    waiting.until(lambda: outbox(site, "") == [], 10, "the outbox is empty")
    assert site.control.get(task) == before
    assert "had been stored" in site.log_text()


def test_a_broken_file_is_set_aside_and_said(site, books, proxy):
    [task] = end_without_database(site, books, proxy, 1)
    [name] = outbox(site)
    site.kill()
    os.truncate(f"{site.state}/outbox/{name}", 100)
    proxy.mend()
    site.start()
    waiting.until(lambda: outbox(site, "") == [f"{name}.broken"], 10, "it is set aside")
    assert f"{name} is broken" in site.log_text() and "delete the file" in site.log_text()
    done = site.control.wait(task)
    assert (done["status"], done["attempt"]) == ("success", 2), "settled as interrupted, so it ran again"


def test_an_outage_under_load(site, books, proxy, measure):
    """Nothing is lost, nothing runs twice, and what could not be stored is stored soon after."""
    load.describe(site, books)
    site.start()
    client = load.Load(site, 10 ** 6, every=0.005).start()
    waiting.until(lambda: len(client.expected) >= 60, 30, "the load has begun")
    proxy.cut()
    began = time.monotonic()
    waiting.until(lambda: state(site) != "ready", 20, "the supervisor knows")
    waiting.until(lambda: time.monotonic() - began > 3 or not procfs.alive(site.process.pid), 10, "the outage lasts")
    assert client.refused > 0, "requests were refused, not held up"
    client.end()
    proxy.mend()
    mended = time.monotonic()
    load.wait_for_all(site, client.expected, 60)
    back(site)
    measure(f"outage of 3 s: all ended {time.monotonic() - mended:.1f} s after the database came back")
    audit(site, client.expected, books, client.once).clean()
    waiting.until(lambda: outbox(site, "") == [], 10, "the outbox is empty")


# A hole costs the task nothing; whoever stores it has to read and write all of it.
HUGE = "truncate -s 2G hole; echo '{\"artifact\":\"hole\"}' >&3"


def test_a_huge_artifact_does_not_hold_up_the_ends_of_others(site, proxy):
    site.shell("huge", HUGE)
    site.shell("gate", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.start()
    huge = site.control.create("huge")
    gate = site.control.create("gate")
    site.control.worker_pid(gate)
    waiting.until(lambda: [name for name in os.listdir(f"{site.state}/files") if name.endswith(".new")], 20,
                  "the artifact is being stored")
    proxy.cut()
    site.program("gate.go", "")
    [name] = waiting.until(lambda: outbox(site), 60, "an end is on the disk")
    assert name.startswith(gate["id"])
    assert huge["id"] in site.control.workers(), "the artifact is still being stored"
    proxy.mend()
    back(site)
    assert site.control.wait(gate)["status"] == "success"
    assert site.control.wait(huge, seconds=120)["status"] == "success"
