# SPDX-License-Identifier: MIT
"""Compares what was promised, what the table says and what the tasks wrote down. Six counts, all of which must be 0."""

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

    def clean(self):
        """Prints the six counts; fails unless they are all 0."""
        text = " ".join(f"{name} {count}" for name, count in self.counts().items())
        print(f"audit: {text}")
        assert not any(self.counts().values()), {name: found[:5] for name, found in vars(self).items() if found}


def audit(site, expected, ledger=None):
    """expected: task id -> the statuses it may end with. The supervisor is up, and idle."""
    found = Audit()
    for identifier, statuses in expected.items():
        look_at_task(site.control, identifier, statuses, found)
    if ledger:
        found.overlaps += ledger.of("overlap")
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
