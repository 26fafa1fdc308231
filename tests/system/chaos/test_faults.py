# SPDX-License-Identifier: MIT
"""Supervisor and database are killed, cut off and lied to at random while tasks come in and run."""

import random
import re
import time

import pytest

from helpers import load, procfs, waiting
from helpers.audit import audit
from helpers.statements import SORTS
from helpers.site import Site


@pytest.fixture
def look_over(books, measure):
    """look_over(what, site, client): waits for the end of all tasks and counts what went wrong: nothing."""
    def look(what, site, client):
        client.wait(600)
        load.wait_for_all(site, client.expected, 600)
        reads_work(site)
        found = audit(site, client.expected, books, client.once)
        measure(f"{what}, {len(client.expected)} tasks, {client.refused} requests again: {found.text()}")
        found.clean()
    return look


def reads_work(site):
    waiting.until(lambda: site.control.request("GET", "/api/tasks").status == 200, 30, "reads work")


def begin(site, books, total):
    load.describe(site, books)
    site.start()
    return load.Load(site, total).start()


def shares(total, count):
    """So many moments, spread over the tasks that end."""
    return [total * (number + 1) // (count + 2) for number in range(count)]


def await_moment(site, ended, moments):
    """So many tasks have ended, and then a moment nobody can foretell."""
    waiting.until(lambda: load.ended(site) >= ended, 300, lambda: f"{ended} tasks have ended", every=0.005)
    began, delay = time.monotonic(), moments.uniform(0, 0.1)
    waiting.until(lambda: time.monotonic() - began >= delay, 5, "the moment", every=0.001)


def test_the_supervisor_is_killed(site: Site, books, figures, look_over, measure):
    client = begin(site, books, figures.tasks)
    moments = random.Random(1)
    slowest = 0.0
    for ended in shares(figures.tasks, figures.kills):
        await_moment(site, ended, moments)
        site.kill()
        began = time.monotonic()
        waiting.until(lambda: not of_dead(site), 2, "no worker outlives its supervisor by 2 s")
        site.start()
        slowest = max(slowest, time.monotonic() - began)
    measure(f"the slowest of {figures.kills} starts was ready {slowest:.2f} s after the kill")
    look_over(f"{figures.kills} kills of the supervisor", site, client)


def of_dead(site):
    """A stray in a session of its own, which the dead supervisor could not know, is swept at the next start."""
    recorded = {int(row[0]) for row in site.sql("select pid from attempt where finished_at is null and pid is not null")}
    return [process for process in site.strays() if process.pid in recorded]


def test_the_program_is_replaced(site: Site, books, figures, look_over, measure):
    client = begin(site, books, figures.tasks)
    moments = random.Random(7)
    for number, ended in enumerate(shares(figures.tasks, figures.upgrades)):
        await_moment(site, ended, moments)
        site.cli("upgrade")
        assert site.control.status()["upgrades"] == number + 1
    client.wait(600)
    assert client.refused == 0  # a client that connects anew for each request notices nothing
    pauses = [int(text) for text in re.findall(r"no task was started for (\d+) ms", site.log_text())]
    gone_on = [int(text) for text in re.findall(r"(\d+) running tasks go on", site.log_text())]
    assert len(pauses) == figures.upgrades
    measure(f"{figures.upgrades} upgrades took over {sum(gone_on)} running tasks; nothing was claimed for "
            f"{sorted(pauses)[len(pauses) // 2]} ms (half of them), {max(pauses)} ms (all)")
    look_over(f"{figures.upgrades} upgrades", site, client)


def test_the_database_is_killed(make_site, own_database, books, figures, look_over):
    site = make_site(own_database.start())
    client = begin(site, books, figures.tasks // 2)
    moments = random.Random(2)
    for ended in shares(figures.tasks // 2, figures.database_kills):
        await_moment(site, ended, moments)
        supervisor = site.process.pid
        own_database.kill()
        own_database.start()
        assert procfs.alive(supervisor)
    look_over(f"{figures.database_kills} kills of mariadbd", site, client)


def test_commits_are_lost(site, proxy, books, figures, look_over):
    """Half of them reach the database and are not answered, half do not reach it."""
    client = begin(site, books, 10 ** 9)
    proxy.lose(0.2)
    waiting.until(lambda: sum(proxy.lost.values()) >= figures.lost_commits or client.problems, 3600,
                  lambda: f"enough is lost: {proxy.lost}", every=0.05)
    proxy.lose(0)
    client.end()
    assert min(proxy.lost.values()) > 0
    look_over(f"{proxy.lost['commit']} lost COMMITs, {proxy.lost['answer']} lost answers", site, client)


@pytest.mark.parametrize("way", ["commit", "answer"])
def test_one_commit_in_three_is_lost(site, proxy, books, figures, look_over, measure, way):
    """Of those that create, claim and end tasks alike, each on its way there, or the answer on its way back."""
    load.describe(site, books)
    site.start()
    proxy.lose(1 / 3, way)
    client = load.Load(site, figures.lossy_tasks).start()
    client.wait(1200)
    load.wait_for_all(site, client.expected, 600)
    proxy.lose(0)
    shares_lost = {sort: (count, count + proxy.passed_of[sort]) for sort, count in sorted(proxy.lost_of.items())}
    assert set(shares_lost) == set(SORTS), shares_lost
    measure(f"lost ({way}): " + ", ".join(f"{sort} {lost} of {all_of}" for sort, (lost, all_of) in shares_lost.items()))
    look_over(f"one {way} in three lost", site, client)


def test_the_database_is_away(site, proxy, books, figures, look_over, measure):
    client = begin(site, books, 10 ** 9)
    waiting.until(lambda: len(client.expected) >= 100 or client.problems, 60, "the load has begun")
    proxy.cut()
    began = time.monotonic()
    slowest = 0.0
    while time.monotonic() - began < figures.outage_s:
        asked = time.monotonic()
        site.control.status()
        slowest = max(slowest, time.monotonic() - asked)
    client.end()
    proxy.mend()
    mended = time.monotonic()
    load.wait_for_all(site, client.expected, 60)
    measure(f"outage of {figures.outage_s} s: all had ended {time.monotonic() - mended:.1f} s after it, "
            f"status answered within {slowest * 1000:.0f} ms")
    look_over(f"outage of {figures.outage_s} s", site, client)
