# SPDX-License-Identifier: MIT
"""Several supervisors on one database, each a node of its own: they fight for the same rows, one is held, one is replaced."""

import random
import signal
import threading
import time

import pytest

from helpers import load, waiting
from helpers.audit import audit

ROWS = 100
DELAY_S = 0.002


@pytest.fixture
def nodes(own_database, make_site):  # in this order, so that the supervisors are stopped before their database
    """nodes(names): sites on one database, not started."""
    def make(names):
        if own_database.process is None:
            own_database.start()
        sites = [make_site(own_database, "shared") for _ in names]
        for site, name in zip(sites, names):
            site.settings["node"] = name
        return sites
    return make


def strays_of(sites, found):
    """The auditor has looked at one site's processes; these are those of the others."""
    found.orphans += [stray for site in sites for stray in site.strays()]
    return found


# ---- four who claim, four who cancel, one who removes ----

class Fight:
    """Threads that change rows through any of the supervisors, until told to stop."""

    def __init__(self, sites):
        self.sites = sites
        self.stop = False
        self.problems = []
        self.answers = {}       # what was asked, how it was answered -> how often
        self.tasks = []
        self.old = set()        # those that may be removed
        self.removed = set()    # those that were
        self.lock = threading.Lock()

    def ask(self, dice, method, path, body=None):
        answer = dice.choice(self.sites).control.request(method, path, body)
        with self.lock:
            key = (path.rsplit("/", 1)[-1], answer.status)
            self.answers[key] = self.answers.get(key, 0) + 1
        return answer

    def cancel(self, dice):
        task = dice.choice(self.tasks)
        self.ask(dice, "POST", f"/api/tasks/{task}/{dice.choice(('cancel', 'cancel', 'kill', 'retry', 'retry'))}")

    def create(self, dice):
        missing = ROWS - len(self.tasks)
        answer = self.ask(dice, "POST", "/api/tasks", {"type": "booked", "count": missing}) if missing > 1 else None
        if answer and answer.status == 200:
            self.tasks += [task["id"] for task in answer.data]

    def sweep(self, dice):
        """Some that have ended are made old, and removed, and others come in their place."""
        old = dice.sample(self.tasks, min(len(self.tasks), 4))
        names = ", ".join(f"'{name}'" for name in old)
        self.sites[0].sql("update task set finished_at = finished_at - interval 40 day"
                          f" where status in ('success', 'failed', 'cancelled') and uuid in ({names})")
        self.old |= set(old)
        self.ask(dice, "POST", "/api/purge")
        self.count_rows()
        self.create(dice)

    def count_rows(self):
        """What is no longer there, and may be, is no longer asked for."""
        kept = {row[0] for row in self.sites[0].sql("select uuid from task")}
        self.removed |= self.old - kept
        self.tasks = [task for task in self.tasks if task not in self.removed]
        return kept

    def run(self, act, seed):
        dice = random.Random(seed)
        try:
            while not self.stop:
                act(dice)
                time.sleep(DELAY_S)
        except Exception as problem:  # shown by rage()
            self.problems.append(problem)

    def rage(self, seconds):
        acts = [self.cancel] * 4 + [self.sweep]
        threads = [threading.Thread(target=self.run, args=words, daemon=True) for words in zip(acts, range(len(acts)))]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        waiting.until(lambda: time.monotonic() - began >= seconds or self.problems, seconds + 30, "the fight lasts")
        self.stop = True
        for thread in threads:
            thread.join(60)
        assert not self.problems, self.problems


@pytest.mark.parametrize("isolation", [0, 1])
def test_a_fight_for_rows(nodes, own_database, books, figures, measure, isolation):
    """With 1, a row that somebody else has changed meanwhile is an error (1020) where it was none."""
    sites = nodes("abcd")
    own_database.sql(f"set global innodb_snapshot_isolation = {isolation}")
    for site in sites:
        load.describe(site, books)
        site.start()
    sites[0].control.ok("PUT", "/api/system/task-settings", {"task_retention_days": 30})
    fight = Fight(sites)
    fight.create(random.Random(9))
    before = troubles(own_database)  # each connection begins with a ROLLBACK
    fight.rage(figures.fight_s)
    deadlocks, rolled_back = (after - count for after, count in zip(troubles(own_database), before))
    for kind in ("cancel", "kill", "retry", "purge", "tasks"):
        statuses = {status for what, status in fight.answers if what == kind}
        assert 200 in statuses and statuses <= {200, 404, 503}, (kind, fight.answers)
    waiting.until(lambda: sites[0].sql("select count(*) from task where status in ('pending', 'running')") == [["0"]], 60,
                  "all have ended")
    kept = fight.count_rows()
    waiting.until(lambda: sites[0].control.request("GET", "/api/tasks").status == 200, 30, "reads work")
    found = strays_of(sites[1:], audit(sites[0], {task: {"success", "cancelled"} for task in fight.tasks}, books))
    found.wrong = [what for what in found.wrong if what[1:] != ("ran, but is no attempt",) or what[0][0] not in fight.removed]
    found.lost += kept ^ set(fight.tasks)
    claims = sites[0].sql("select node, count(*) from attempt group by node order by node")
    measure(f"four supervisors, {figures.fight_s} s, innodb_snapshot_isolation {isolation}: {len(books.of('start'))} starts, "
            f"{len(fight.removed)} rows removed, {sum(fight.answers.values())} requests, "
            f"{sum(count for (_, status), count in fight.answers.items() if status == 503)} of them refused, "
            f"{deadlocks} deadlocks, {rolled_back} transactions rolled back, attempts kept {claims}: {found.text()}")
    assert len(claims) == len(sites), "each has claimed"
    found.clean()


def troubles(database):
    """How often there was a deadlock, and how often a transaction was rolled back, to be run again: nobody else hears of that."""
    counters = dict(database.sql("show global status where variable_name in ('Innodb_deadlocks', 'Com_rollback')"))
    return [int(counters[name]) for name in ("Innodb_deadlocks", "Com_rollback")]


# ---- one is held ----

def test_one_of_two_is_held(nodes, books, figures, measure):
    """Its tasks run on without it and stay its own; the other takes the rest. The clients of the one that is held wait."""
    held, other = sites = nodes(["held", "other"])
    for site in sites:
        load.describe(site, books)
        load.describe_gate(site, books)
        site.start()
    gates = [task["id"] for task in held.control.create("gate", count=4)]
    waiting.until(lambda: len(books.of("start")) == 4, 20, "all run")
    owners = dict(held.sql("select uuid, node from task"))
    client = load.Load(other, 10 ** 9, every=0.02).start()
    waiting.until(lambda: load.ended(other) >= 20 or client.problems, 60, "tasks run")
    held.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    before = len(client.expected)
    for site in sites:
        load.open_gate(site)
    waiting.until(lambda: {entry.task for entry in books.of("end")} >= set(gates) or client.problems, 20, "they have ended")
    waiting.until(lambda: time.monotonic() - began >= figures.held_s or client.problems, figures.held_s + 30, "it is held")
    during = len(client.expected) - before
    unknown = other.sql("select uuid from task where status = 'running' and node = 'held'")
    held.process.send_signal(signal.SIGCONT)
    woken = time.monotonic()
    client.end()
    assert client.done()
    expected = {**client.expected, **{task: {"success"} for task in gates}}
    load.wait_for_all(other, expected, 60)
    ended = time.monotonic() - woken
    waiting.until(lambda: other.control.request("GET", "/api/tasks").status == 200, 30, "reads work")
    found = strays_of([held], audit(other, expected, books, {*client.once, *gates}))
    measure(f"one of two supervisors held for {figures.held_s} s: {during} tasks through the other, which refused {client.refused} "
            f"requests; {len(unknown)} rows waited for the held one, all had ended {ended:.1f} s after it: "
            f"{found.text()}")
    found.clean()
    assert during > 0
    assert dict(held.sql("select uuid, node from task where type = 'gate'")) == {
        name: owners[name] for name in gates}, "nobody else has taken its rows"


def test_the_rows_of_a_held_one_are_taken(nodes, books):
    """Another is started in its name, elsewhere, and nothing has been seen of it for a while: what the held one says of these rows
    later is refused."""
    held, heir = sites = nodes(["same", "same"])
    for site in sites:
        load.describe_gate(site, books)
    held.start()
    [task] = [task["id"] for task in [held.control.create("gate")]]
    waiting.until(lambda: len(books.of("start")) == 1, 20, "it runs")
    held.process.send_signal(signal.SIGSTOP)
    load.open_gate(held)
    waiting.until(lambda: len(books.of("end")) == 1, 20, "it has ended, and nobody knows")
    held.sql("update node set seen_at = seen_at - interval 1 minute")
    heir.start()
    waiting.until(lambda: len(books.of("start")) == 2, 20, "it runs again")
    held.process.send_signal(signal.SIGCONT)
    waiting.until(lambda: "its end (success) was refused" in held.log_text(), 20, "the late end is refused")
    assert heir.control.get(task)["status"] == "running"
    load.open_gate(heir)
    done = heir.control.wait(task)
    assert (done["status"], done["attempt"]) == ("success", 2)
    assert [row["cause"] for row in heir.control.attempts(task)] == ["lost", "success"]
    assert not books.of("overlap")
