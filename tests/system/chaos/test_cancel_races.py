# SPDX-License-Identifier: MIT
"""Two administrators cancel at once, a cancel meets the end, a task is cancelled before it has begun and after it has ended: one
outcome each, and the one that the order of the entries in the ledger allows."""

import collections
import random
import threading
import time

import pytest

from helpers import people, waiting
from helpers.audit import audit

LASTS_S = 0.03
ASKED, ANSWERED = "asked", "answered"


@pytest.fixture
def admins(site, books):
    """The site, started, and two who may cancel everything."""
    http = people.open_door(site)
    # Its result is there before its end is entered: a cancel that is asked for after that has come too late.
    site.type("brief", books.command("/bin/sh", "-c", f"sleep {LASTS_S}; echo '{{\"result\":1}}' >&3"), grace=2)
    site.type("empty", books.command("/bin/sleep", str(LASTS_S)), grace=2)
    site.type("long", books.command("/bin/sleep", "600"), grace=2)
    site.start()
    site.control.limit(1)
    return [people.add(site, http, name, "admin") for name in ("first", "second")]


class Race:
    """One task and what was asked of it, entered into the ledger by the clients as the tasks do it."""

    def __init__(self, site, books, kind):
        self.site, self.books = site, books
        self.task = site.control.create(kind)["id"]
        self.answers = []

    def cancel(self, admin, delay=0.0):
        began = time.monotonic()
        waiting.until(lambda: time.monotonic() - began >= delay, 5, "the moment", every=0.0005)
        self.books.enter(self.task, ASKED, 0)
        answer = admin.ask("POST", f"/api/tasks/{self.task}/cancel")
        self.books.enter(self.task, ANSWERED, answer.status)
        self.answers.append((answer.status, (answer.data or {}).get("message")))

    def cancel_twice(self, admins, dice, within):
        threads = [threading.Thread(target=self.cancel, args=(admin, dice.uniform(0, within))) for admin in admins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def until_running(self):
        waiting.until(lambda: self.site.control.get(self.task)["status"] != "pending", 20, "it has begun", every=0.002)


def both_at_once(site, books, admins, dice):
    """A running one that would last."""
    race = Race(site, books, "long")
    race.until_running()
    race.cancel_twice(admins, dice, 0.01)
    return race, {"cancelled"}


def against_the_end(site, books, admins, dice):
    race = Race(site, books, dice.choice(("brief", "empty")))
    race.until_running()
    race.cancel_twice(admins, dice, 2 * LASTS_S)
    return race, {"success", "cancelled"}


def around_the_beginning(site, books, admins, dice):
    race = Race(site, books, "brief")
    race.cancel_twice(admins, dice, 2 * LASTS_S)
    return race, {"success", "cancelled"}


def before_it_begins(site, books, admins, dice):
    """Nothing is claimed while another has the only place."""
    other = Race(site, books, "long")
    other.until_running()
    race = Race(site, books, "brief")
    race.cancel_twice(admins, dice, 0.01)
    other.cancel(admins[0])
    site.control.wait(other.task)
    return race, {"cancelled"}


def after_the_end(site, books, admins, dice):
    race = Race(site, books, "brief")
    site.control.wait(race.task)
    race.cancel_twice(admins, dice, 0.01)
    return race, {"success"}


KINDS = [both_at_once, against_the_end, around_the_beginning, before_it_begins, after_the_end]


def place(entries, what):
    """Of the first entry of this sort; after all others if there is none."""
    return next((number for number, entry in enumerate(entries) if entry.what == what), len(entries))


def judge(race, kind, done, entries):
    """What the order of events allows."""
    asked, answered, ended = (place(entries, what) for what in (ASKED, ANSWERED, "end"))
    started = place(entries, "start") < len(entries)
    assert all(status == 200 for status, _ in race.answers), race.answers
    if kind is before_it_begins:
        assert not started, entries
    if kind is after_the_end:
        assert ended < asked and all("already" in text for _, text in race.answers), (race.answers, entries)
    if done["status"] == "cancelled" and started:
        assert asked < len(entries), "nobody is cancelled unasked"
    if answered < ended and not done.get("result"):
        assert done["status"] == "cancelled", ("answered before its end", done, entries)
    if ended < asked and done["type"] == "brief":
        assert done["status"] == "success", ("asked after its end", done, entries)
    if done["status"] == "success":
        assert entries[ended].number == "0", ("not its own end", done, entries)
    return "cancel" if answered < ended else "end" if ended < asked else "in between"


def one_outcome(site, task):
    """The row, its one attempt and its timeline say the same."""
    done, attempts = site.control.wait(task), site.control.attempts(task)
    kinds = collections.Counter(site.control.kinds(task))
    assert len(attempts) <= 1 and kinds["cancelled"] + kinds["cancel_requested"] <= 1, (attempts, kinds)
    causes = {"success": [["success"]], "cancelled": [["cancel"], []]}[done["status"]]
    assert [row["cause"] for row in attempts] in causes, (done, attempts)
    return done


def test_one_outcome_each(site, admins, books, figures, measure):
    dice, first, expected = random.Random(3), collections.Counter(), {}
    for number in range(figures.races):
        kind = KINDS[number % len(KINDS)]
        race, allowed = kind(site, books, admins, dice)
        done = one_outcome(site, race.task)
        assert done["status"] in allowed, (kind.__name__, done)
        entries = [entry for entry in books.entries() if entry.task == race.task]
        first[kind.__name__, judge(race, kind, done, entries), done["status"]] += 1
        expected[race.task] = {done["status"]}
    for task, statuses in expected.items():
        assert site.control.get(task)["status"] in statuses, "an end is final"
    found = audit(site, expected, books, expected)
    for (kind, came_first, status), count in sorted(first.items()):
        measure(f"{kind.replace('_', ' ')}, first the {came_first}: {status} {count} times")
    measure(f"{figures.races} races of two administrators: {found.text()}")
    found.clean()
