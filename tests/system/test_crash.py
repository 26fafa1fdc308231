# SPDX-License-Identifier: MIT
"""Five hundred tasks of all sorts, and a supervisor that is killed in the middle of them, again and again."""

import random

import pytest

from helpers import waiting
from helpers.audit import audit

FINAL = "('success', 'failed', 'cancelled')"


@pytest.fixture
def books(make_ledger):
    return make_ledger()


def prepare(site, books):
    """All sorts of types; those of the ledger write down when they run."""
    site.examples()
    site.type("booked", books.command("/bin/sleep", "0.2"), grace=2)
    site.type("booked_tree", books.command("/bin/sh", "-c", "sleep 0.1; (setsid sleep 0.2 &); exit 0"), grace=2)
    site.type("booked_failure", books.command("/bin/false"), grace=2, max_retries=1, backoff=0.1)
    site.type("booked_once", books.command("/bin/sleep", "0.1"), grace=2, on_interrupt="fail")
    site.start()
    site.make_export_account()


def create_all(site):
    """Created by the CLI; task id -> the statuses it may end with."""
    sorts = [
        ("booked", None, 120, {"success"}),
        ("booked_tree", None, 80, {"success"}),
        ("booked_failure", None, 40, {"failed"}),
        ("booked_once", None, 60, {"success", "failed"}),
        ("sleep", '{"seconds":0.3}', 80, {"success"}),
        ("fail", '{"message":"on purpose"}', 50, {"failed"}),
        ("crash", None, 30, {"failed"}),
        ("nobody_knows_me", None, 30, {"failed"}),
        ("user_export", "{}", 10, {"success"}),
    ]
    expected = {}
    for kind, payload, count, statuses in sorts:
        words = ["create", kind, "--count", str(count)]
        if payload:
            words += ["--payload", payload]
        identifiers = site.cli(*words).split()
        assert len(identifiers) == count
        expected.update({identifier: statuses for identifier in identifiers})
    assert len(expected) == 500
    return expected


def ended(site):
    [[count]] = site.sql(f"select count(*) from task where status in {FINAL}")
    return int(count)


def wait_for_all(site, expected):
    waiting.until(lambda: ended(site) == len(expected), 180,
                  lambda: f"all have ended: {site.sql('select type, status, count(*) from task group by 1, 2')}", every=0.1)


def test_five_hundred_mixed_tasks(site, books):
    prepare(site, books)
    expected = create_all(site)
    wait_for_all(site, expected)
    audit(site, expected, books).clean()
    rows = dict(site.sql("select type, max(attempt) from task group by type"))
    assert {kind: int(most) for kind, most in rows.items()} == {
        "booked": 1, "booked_tree": 1, "booked_failure": 2, "booked_once": 1, "sleep": 1, "fail": 1, "crash": 1,
        "nobody_knows_me": 1, "user_export": 1}
    assert len(books.of("start")) == 120 + 80 + 2 * 40 + 60


def test_ten_kills_in_the_middle_of_five_hundred_tasks(site, books):
    prepare(site, books)
    expected = create_all(site)
    moments = random.Random(10)
    for _ in range(10):
        before = ended(site)
        waiting.until(lambda: ended(site) >= min(before + 20, len(expected)), 60, "some tasks have ended", every=0.02)
        for _ in range(moments.randrange(1, 6)):
            site.control.status()
        site.kill()
        waiting.until(lambda: not workers_of_dead(site), 2, "no worker outlives its supervisor by 2 s")
        site.start()
    wait_for_all(site, expected)
    audit(site, expected, books).clean()
    [[lost]] = site.sql("select count(*) from attempt where cause = 'lost'")
    assert int(lost) > 0, "the kills hit tasks that ran"


def workers_of_dead(site):
    """Strays in a session of their own that the dead supervisor could not know are swept at the next start."""
    recorded = {int(row[0]) for row in site.sql("select pid from attempt where finished_at is null and pid is not null")}
    return [process for process in site.strays() if process.pid in recorded]
