# SPDX-License-Identifier: MIT
"""No database for a while, with many tasks running: nothing is killed, and what has ended meanwhile is stored when it is back."""

import time

import pytest

from helpers import waiting
from helpers.audit import audit

GATE = '#!/bin/sh\nwhile [ ! -e "$0.go" ]; do sleep 0.2; done; echo \'{"result":"reached"}\' >&3\n'


FROZEN_S = 13   # at least: after 10 s the connection that does not answer is given up


def kill(database):
    database.kill()


def freeze(database):
    """It is connected to, and never answers."""
    database.freeze()


def give_back(database):
    """Comes back in the moment in which it answers."""
    if database.process.poll() is None:
        database.thaw()
    else:
        database.launch()
    waiting.until(database.answers, 60, "the database answers", every=0.05)
    return time.monotonic()


def describe(site, books, kind):
    site.type(kind, books.command(site.program(kind, GATE)), grace=2)


def refusal(site):
    """How long it takes until a new task is refused."""
    began = time.monotonic()
    assert site.control.request("POST", "/api/tasks", {"type": "late"}).status == 503
    return time.monotonic() - began


def ended(site, tasks):
    [[count]] = site.sql("select count(*) from task where status = 'success'")
    return int(count) == tasks


@pytest.mark.parametrize("take_away", [kill, freeze])
def test_results_of_an_outage(own_database, make_site, books, figures, measure, take_away):
    """Half of them end while it is away, and half go on until it is back."""
    site, half = make_site(own_database.start()), figures.running // 2
    for kind in ("early", "late"):
        describe(site, books, kind)
    site.start()
    site.control.limit(2 * half)
    tasks = [task for kind in ("early", "late") for task in site.control.create(kind, count=half)]
    waiting.until(lambda: len(books.of("start")) == 2 * half, 60, "all run", every=0.1)
    took, lasts = time.monotonic(), max(figures.outage_s, FROZEN_S if take_away is freeze else 0)
    take_away(own_database)
    site.program("early.go", "")
    waiting.until(lambda: len(books.of("end")) == half, 60, "half of them have ended", every=0.1)
    refusal(site)  # the first may have to find out
    refusals = []
    while time.monotonic() - took < lasts:
        refusals.append((refusal(site), time.monotonic() - took))
        assert site.control.status()["running"] >= half
        waiting.holds(lambda: site.process.poll() is None, 0.2, "the supervisor goes on")
    assert max(refusals)[0] < 1.5 * waiting.SCALE, "nobody waits for a database that is known to be away"
    assert len(books.of("end")) == half, "none of the others was ended"
    back = give_back(own_database)
    waiting.until(lambda: ended(site, half), 60, "the ends of the outage are stored", every=0.02)
    stored = time.monotonic() - back
    site.program("late.go", "")
    waiting.until(lambda: ended(site, 2 * half), 60, "all ends are stored")
    waiting.until(lambda: site.control.request("GET", "/api/tasks").status == 200, 30, "reads work")
    everything = {task["id"]: {"success"} for task in tasks}
    found = audit(site, everything, books, everything)
    measure(f"{2 * half} running tasks, {take_away.__name__} of mariadbd for {lasts} s: the ends of {half} were stored "
            f"{stored:.1f} s after its return; {len(refusals)} creates refused in between, the slowest in "
            f"{max(refusals)[0] * 1000:.0f} ms, {max(refusals)[1]:.0f} s after it had gone: {found.text()}")
    found.clean()
    assert site.sql("select distinct result from task") == [['"reached"']]
