# SPDX-License-Identifier: MIT
"""What cannot be seen from outside: the wall clock jumps, and files are safe before the database is told of them."""

import datetime
import os
import time

import pytest

from helpers import waiting
from helpers.witness import Witness

HOUR = 3600


@pytest.fixture
def witness(site):
    return Witness(site)


def logged_at(site, word):
    line = next(line for line in site.log_text().splitlines() if word in line)
    return datetime.datetime.fromisoformat(line.split(" ", 1)[0]).timestamp()


def took(attempt):
    started, finished = (datetime.datetime.fromisoformat(attempt[key]) for key in ("started_at", "finished_at"))
    return (finished - started).total_seconds()


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumps_ends_nothing_and_hastens_nothing(site, control, witness, jump):
    site.shell("long", 'while [ ! -e "$0.go" ]; do sleep 0.02; done', timeout=HOUR // 2, stall_timeout=HOUR // 2)
    site.shell("late", "sleep 600", timeout=3, grace=1)
    site.shell("again", "exit 1", max_retries=1, backoff=3)
    site.shell("after", "true")
    site.start()
    tasks = {kind: control.create(kind) for kind in ("long", "late", "again")}
    control.worker_pid(tasks["long"])
    control.wait(tasks["again"], "pending")
    witness.move_clock(jump)
    after = control.run("after")
    assert 0 <= took(control.attempts(after)[0]) < 60
    ended = control.wait(tasks["late"])
    assert (ended["status"], control.attempts(ended)[0]["cause"]) == ("failed", "timeout")
    assert abs(logged_at(site, f"task {ended['id']}") - time.time() - jump) < HOUR / 2  # it has jumped
    assert 2.9 <= took(control.attempts(ended)[0]) < 60
    control.wait(tasks["again"], "failed")
    first, second = control.attempts(tasks["again"])
    gap = datetime.datetime.fromisoformat(second["started_at"]) - datetime.datetime.fromisoformat(first["finished_at"])
    assert 2 < gap.total_seconds() < 60  # 3 s, spread by a fifth
    assert control.get(tasks["long"])["status"] == "running"
    site.program("long.go", "")
    assert control.wait(tasks["long"])["status"] == "success"


def test_a_file_is_safe_before_its_row_is_written(site, control, witness):
    site.shell("report", 'echo x > report.csv; echo \'{"artifact":"report.csv"}\' >&3')
    site.start()
    task = control.run("report")
    order = witness.order()
    [file] = [path for what, path in order if what == "rename" and path.endswith(task["artifact_file_key"])]
    places = [next(place for place, step in enumerate(order) if condition(*step)) for condition in (
        lambda what, path: what == "fsync" and path.startswith(os.path.dirname(file) + "/"),
        lambda what, path: (what, path) == ("rename", file),
        lambda what, path: (what, path) == ("fsync", os.path.dirname(file)),
        lambda what, path: what == "insert")]
    assert places == sorted(places), order
