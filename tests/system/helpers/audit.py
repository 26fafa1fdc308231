# SPDX-License-Identifier: MIT
"""Compares what was promised, what the table says and what the tasks wrote down. Six counts, all of which must be 0."""

import collections
import os
import time
from dataclasses import dataclass, field

from . import account, procfs
from .control import FINAL


@dataclass
class Audit:
    lost: list = field(default_factory=list)        # accepted, but no row, or not at an end
    duplicate: list = field(default_factory=list)   # more than one successful end
    overlaps: list = field(default_factory=list)    # two attempts of one task ran at once
    orphans: list = field(default_factory=list)     # processes of tasks that nobody owns
    zombies: list = field(default_factory=list)     # processes that nobody waited for
    wrong: list = field(default_factory=list)       # an end that was not to be expected

    def counts(self):
        return {name: len(found) for name, found in vars(self).items()}

    def text(self):
        return " ".join(f"{name} {count}" for name, count in self.counts().items())

    def clean(self):
        """Prints the six counts; fails unless they are all 0."""
        print(f"audit: {self.text()}")
        assert not any(self.counts().values()), {name: found[:5] for name, found in vars(self).items() if found}


def audit(site, expected, ledger=None, once=()):
    """expected: task id -> the statuses it may end with. once: those that may be started but once. The supervisor is
    up, and idle."""
    found = Audit()
    for identifier, statuses in expected.items():
        look_at_task(site.control, identifier, statuses, found)
    if ledger:
        found.overlaps += ledger.of("overlap")
        look_at_ledger(site, ledger, once, found)
    found.orphans += site.strays()
    found.orphans += [process for process in adopted() if process.state != "Z"]
    found.zombies += [process for process in procfs.descendants(site.process.pid) if process.state == "Z"]
    return found


def look_at_task(control, identifier, statuses, found):
    answer = control.request("GET", f"/api/tasks/{identifier}")
    if answer.status != 200 or answer.data["status"] not in FINAL:
        found.lost.append((identifier, answer.status, answer.data))
        return
    task = answer.data
    attempts = control.attempts(identifier)
    if sum(row.get("cause") == "success" for row in attempts) > 1:
        found.duplicate.append((identifier, attempts))
    if task["status"] not in statuses:
        found.wrong.append((identifier, task["type"], task["status"], task.get("error")))
    if [row["attempt"] for row in attempts] != list(range(1, task["attempt"] + 1)):
        found.wrong.append((identifier, "attempts", [row["attempt"] for row in attempts], task["attempt"]))
    if any(not row.get("cause") or not row.get("finished_at") for row in attempts):
        found.wrong.append((identifier, "unsettled attempt", attempts))
    if task["status"] == "success" and attempts[-1]["cause"] != "success":
        found.wrong.append((identifier, "cause", attempts[-1]))


def look_at_ledger(site, ledger, once, found):
    """What ran, by the words of the tasks: never an attempt twice, nor one that the table does not know."""
    started = collections.Counter((entry.task, int(entry.attempt)) for entry in ledger.of("start"))
    found.duplicate += [(key, "started twice") for key, count in started.items() if count > 1]
    attempts = collections.Counter(task for task, _ in started)
    found.duplicate += [(task, "run again") for task in once if attempts[task] > 1]
    known = {(task, int(attempt)) for task, attempt in
             site.sql("select t.uuid, a.attempt from attempt a join task t on t.id = a.task_id")}
    found.wrong += [(key, "ran, but is no attempt") for key in started if key not in known]


def adopted():
    """Processes that became ours because their parent died."""
    return [process for process in procfs.children(os.getpid()) if process.pid not in account.started]


def reap_adopted():
    """Waits for dead ones; live ones are problems, and are ended."""
    problems = []
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and any(process.state != "Z" for process in adopted()):
        time.sleep(0.01)
    for process in adopted():
        if process.state == "Z":
            os.waitpid(process.pid, os.WNOHANG)
        else:
            problems.append(f"orphan: {process}")
            os.kill(process.pid, 9)
            os.waitpid(process.pid, 0)
    return problems
