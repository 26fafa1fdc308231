# SPDX-License-Identifier: MIT
"""The clock of the supervisor, or of the database, is set by an hour while tasks run and wait."""

import datetime
import glob
import os

import pytest

from helpers import account, waiting
from helpers.database import Database

HOUR = 3600
WAIT = 'while [ ! -e "$0.go" ]; do sleep 0.02; done; echo \'{"result":"done"}\' >&3'
FAIL_ONCE = 'echo tried; [ -e "$0.failed" ] || { touch "$0.failed"; exit 1; }'


class Clock:
    """The wall clock of programs that start with `environment`; monotonic clocks stay as they are (libfaketime)."""

    def __init__(self, directory):
        [library] = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        self.file = f"{directory}/offset"
        self.set(0)
        self.environment = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, seconds):
        with open(f"{self.file}.new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}s\n")
        os.chmod(f"{self.file}.new", 0o644)
        os.rename(f"{self.file}.new", self.file)


@pytest.fixture
def clock():
    directory = account.fresh_directory()
    yield Clock(directory)
    account.remove(directory)


@pytest.fixture
def clocked_database(prefix, clock):
    database = Database(prefix, syncs=False, environment=clock.environment)
    yield database.start()
    database.remove()


def hours_off(time):
    """How far a time of the service is from now, in whole hours."""
    return round((datetime.datetime.fromisoformat(time) - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / HOUR)


def prepare(site):
    """A task that runs, one that waits for a slot, and one that waits for its second attempt."""
    control = site.control
    site.shell("waits", WAIT, timeout=60, stall_timeout=60)
    site.shell("retries", FAIL_ONCE, max_retries=1, backoff=600, backoff_max=600)
    site.shell("quick", "true")
    site.start()
    retries = control.create("retries")
    control.wait(retries, "pending")
    waiting.until(lambda: control.get(retries)["auto_retry_count"] == 1, 10, "its first attempt has failed")
    control.limit(1)
    runs = control.create("waits")
    control.worker_pid(runs)
    return runs, control.create("quick"), retries


def noticed(site):
    """That the database's clock was set: it is read once a second while there is something to write."""
    site.control.create("quick")
    return "its clock was set by" in site.log_text()


def check(site, runs, waits, retries, seconds):
    """None of them has noticed."""
    control = site.control
    assert control.get(runs)["status"] == "running"
    assert control.get(waits)["status"] == "pending"
    open(f"{site.programs}/waits.go", "w", encoding="ascii").close()
    for task in (runs, waits):
        ended = control.wait(task)
        assert (ended["status"], ended["attempt"]) == ("success", 1), ended
        assert ended["created_at"] <= ended["finished_at"] or seconds < 0
        assert ended["started_at"] <= ended["finished_at"]
        [attempt] = control.attempts(task)
        assert attempt["started_at"] <= attempt["finished_at"]
    assert control.run("quick")["status"] == "success"
    again = control.get(retries)
    assert (again["status"], again["attempt"]) == ("pending", 1)


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_the_supervisors_clock(site, clock, seconds):
    site.environment.update(clock.environment)
    tasks = prepare(site)
    clock.set(seconds)
    check(site, *tasks, seconds)
    assert hours_off(site.control.get(tasks[2])["due_at"]) == 0


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_the_databases_clock(make_site, clocked_database, clock, seconds):
    site = make_site(clocked_database)
    tasks = prepare(site)
    clock.set(seconds)
    waiting.until(lambda: noticed(site), 20, "it is noticed", every=0.2)
    check(site, *tasks, seconds)
    assert hours_off(site.control.get(tasks[2])["due_at"]) == seconds // HOUR
    assert site.log_text().count("its clock was set by") == 1


@pytest.mark.parametrize("seconds", [HOUR, -HOUR])
def test_the_databases_clock_while_that_is_away(make_site, clocked_database, clock, seconds):
    site = make_site(clocked_database)
    tasks = prepare(site)
    clocked_database.stop()
    clock.set(seconds)
    clocked_database.start()
    waiting.until(site.ready, 30, "it is back")
    waiting.until(lambda: noticed(site), 20, "it is noticed", every=0.2)
    check(site, *tasks, seconds)
    assert hours_off(site.control.get(tasks[2])["due_at"]) == seconds // HOUR
    assert site.log_text().count("its clock was set by") == 1


def test_of_two_supervisors_one_follows(make_site, clocked_database, clock):
    first, second = (make_site(clocked_database, "shared") for _ in range(2))
    first.settings["node"], second.settings["node"] = "a", "b"
    tasks = prepare(first)
    second.shell("quick", "true")
    second.start()
    clock.set(HOUR)
    for site in (second, first):
        waiting.until(lambda site=site: noticed(site), 20, "it is noticed", every=0.2)
        assert site.log_text().count("its clock was set by") == 1
    again = first.control.get(tasks[2])
    assert (again["status"], again["attempt"], hours_off(again["due_at"])) == ("pending", 1, 1)
