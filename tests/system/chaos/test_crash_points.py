# SPDX-License-Identifier: MIT
"""The supervisor dies at every place where it could hurt, and the next one makes good what it left."""

import os
import signal

import pytest

from helpers import load, waiting
from helpers.audit import audit

GATES = 4


def arm(site, point, passing):
    site.environment = {"TASKYARD_CRASH_AT": f"{point}:{passing}"}


def await_death(site, point):
    """At this very point; the next start is an ordinary one."""
    waiting.until(lambda: site.process.poll() is not None, 30,
                  lambda: f"the supervisor passes {point}\n{site.log_tail()}", every=0.005)
    assert site.process.returncode == -9, site.log_tail()
    assert f"crash point {point}, " in site.log_text()
    site.environment = {}


def outbox(site):
    return sorted(os.listdir(f"{site.state}/outbox"))


def saved(site):
    """The tasks whose ends are on the disk: they have run, and are not to run again."""
    return {name.split(".")[0] for name in outbox(site) if name.endswith(".json")}


def stored_files(site):
    return set(os.listdir(f"{site.state}/files"))


def owned_files(site):
    return {key for [key] in site.sql("select file_key from file")}


# ---- the stages: each ends with a dead supervisor, and gives what is expected and what must not run again ----

def die_under_load(site, point, passing, **_):
    arm(site, point, passing)
    site.launch()
    client = load.Load(site, 20).start()
    await_death(site, point)
    site.start()
    client.wait(30)
    return client.expected, client.once


def start_gates(site, books):
    site.start()
    tasks = site.control.create("gate", count=GATES)
    waiting.until(lambda: len(books.of("start")) >= GATES, 20, "all run")
    return {task["id"]: {"success"} for task in tasks}


def die_while_settling(site, point, books, **_):
    expected = start_gates(site, books)
    site.kill()
    arm(site, point, 1)
    site.launch()
    await_death(site, point)
    site.start()
    load.open_gate(site)
    return expected, ()


def die_around_the_outbox(site, point, passing, books, proxy):
    arm(site, point, passing)
    expected = start_gates(site, books)
    proxy.cut()
    load.open_gate(site)
    if point.endswith("_remove"):
        waiting.until(lambda: len(saved(site)) == GATES, 20, "all ends are on the disk")
        proxy.mend()
    await_death(site, point)
    kept = saved(site)
    proxy.mend()
    site.start()
    return expected, kept


def die_while_unloading(site, point, books, proxy, **_):
    expected = start_gates(site, books)
    proxy.cut()
    load.open_gate(site)
    waiting.until(lambda: len(saved(site)) == GATES, 20, "all ends are on the disk")
    site.kill()
    proxy.mend()
    arm(site, point, 1)
    site.launch()
    await_death(site, point)
    site.start()
    return expected, set(expected)


def die_during_an_upgrade(site, point, books, **_):
    """With running tasks on their way from one program to the next: they end, and run again."""
    arm(site, point, 1)
    expected = start_gates(site, books)
    site.process.send_signal(signal.SIGUSR2)
    await_death(site, point)
    site.start()
    load.open_gate(site)
    return expected, ()


STAGES = {"settle": die_while_settling, "outbox": die_around_the_outbox, "unload": die_while_unloading,
          "upgrade": die_during_an_upgrade}


@pytest.fixture
def prepared(site, books):
    load.describe(site, books)
    load.describe_gate(site, books)
    return site


def test_a_crash_at(point, round_number, prepared, books, proxy):
    stage = STAGES.get(point.split("_")[0], die_under_load)
    expected, once = stage(site=prepared, point=point, passing=1 + round_number % 2, books=books, proxy=proxy)
    load.wait_for_all(prepared, expected, 60)
    audit(prepared, expected, books, once).clean()
    waiting.until(lambda: stored_files(prepared) == owned_files(prepared), 10,
                  lambda: f"each file has a row: {stored_files(prepared) ^ owned_files(prepared)}")
    waiting.until(lambda: outbox(prepared) == [], 10, "the outbox is empty")
