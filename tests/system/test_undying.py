# SPDX-License-Identifier: MIT
"""A process that not even SIGKILL ends: its task stays what it is, keeps its place, and holds up neither the service's end nor
its next start."""

import os
import time

import pytest

from helpers import procfs, waiting
from helpers.stuck_disk import asked, make_stuck_disk, why_not
from test_containment import containment  # noqa: F401

DRAIN_S, GRACE_S, PATIENCE_S = 1, 0.2, 5


@pytest.fixture
def stuck(site, containment, measure):  # noqa: F811
    """The site on a disk that never answers; None where that cannot be made."""
    if why_not():
        measure(f"processes that do not die of SIGKILL were not tried here: {why_not()}")
        yield None
        return
    directory = f"{site.directory}/stuck"
    os.mkdir(directory)
    site.stuck = site.through = make_stuck_disk(directory)
    site.shell("stuck", f"exec cat {directory}/file", grace=GRACE_S, on_interrupt="fail")
    site.shell("stuck_stray", f"setsid cat {directory}/file & exec sleep 300", grace=GRACE_S)
    site.shell("brief", "true")
    site.start()
    site.control.limit(1)
    yield site
    if site.process.poll() is None:
        site.stop()
    site.stuck.remove()


def row(site, task):
    return site.sql(f"select status, cancel_requested_at is not null, finished_at is not null from task"
                    f" where uuid = '{task['id']}'")


def in_kernel():
    return [process for process in procfs.everybody() if process.name == "cat" and process.state == "D"]


@pytest.mark.parametrize("kind", ["stuck", "stuck_stray"])
def test_a_process_that_does_not_die(stuck, measure, kind):
    if stuck is None:
        return
    site, control = stuck, stuck.control
    task = control.create(kind)
    asked(site.stuck)
    control.cancel(task)
    waiting.until(lambda: "inside the kernel" in site.log_text(), 15, "it is told that a process does not die")
    [process] = in_kernel()
    after = control.create("brief")
    waiting.holds(lambda: control.get(task)["status"] == "running" and control.get(after)["status"] == "pending"
                  and control.status()["running"] == 1, 1, "it is being cancelled, and its place is taken")
    assert control.get(task)["cancel_requested_at"]
    assert row(site, task) == [["running", "1", "0"]]
    assert any(found["pid"] == process.pid and found["state"] == "D"
               for found in control.ok("GET", f"/api/tasks/{task['id']}/processes")["processes"])
    began = time.monotonic()
    assert site.stop(DRAIN_S + GRACE_S + PATIENCE_S) == 0
    ended = time.monotonic() - began
    assert procfs.alive(process.pid) and row(site, task) == [["running", "1", "0"]]
    left = site.cgroup.below() if site.cgroup else []
    began = time.monotonic()
    site.start()
    measure(f"{kind}: a process that does not die held the end up for {ended:.1f} s, the next start for {time.monotonic() - began:.1f} s")
    assert control.wait(after)["status"] == "success"
    assert control.wait(task)["status"] == "cancelled"
    site.stuck.remove()
    waiting.until(lambda: not procfs.alive(process.pid), 10, "it ends when the disk answers")
    for name in sorted(left, reverse=True):  # nobody can remove them before
        os.rmdir(f"{site.cgroup.path}/{name}")


def test_one_that_dies_at_last(stuck):
    """The disk comes back while the service runs."""
    if stuck is None:
        return
    site, control = stuck, stuck.control
    task = control.create("stuck_stray")
    asked(site.stuck)
    control.cancel(task)
    waiting.until(lambda: "inside the kernel" in site.log_text(), 15, "it is told that a process does not die")
    site.stuck.remove()
    assert control.wait(task)["status"] == "cancelled"
    assert control.run("brief")["status"] == "success"


@pytest.mark.parametrize("containment", ["session"], indirect=True)
def test_the_end_of_the_service(stuck, measure):
    """Nobody has cancelled it: it is as if the service had crashed under it."""
    if stuck is None:
        return
    site, control = stuck, stuck.control
    task = control.create("stuck")
    asked(site.stuck)
    began = time.monotonic()
    assert site.stop(DRAIN_S + GRACE_S + PATIENCE_S) == 0
    measure(f"a task that does not die: the service ended {time.monotonic() - began - DRAIN_S - GRACE_S:.1f} s after the drain and grace times")
    assert "leaving 1 tasks with processes that do not die of SIGKILL to the next start" in site.log_text()
    assert row(site, task) == [["running", "0", "0"]]
    assert len(in_kernel()) == 1
    site.start()
    assert "1 processes that an earlier life of this service had left running do not die of SIGKILL" in site.log_text()
    assert control.wait(task)["status"] == "failed"
    assert [row["cause"] for row in control.attempts(task)] == ["lost"]


@pytest.mark.parametrize("containment", ["session"], indirect=True)
def test_signals_that_reach_nobody(site, containment):  # noqa: F811
    """The same for machines on which no such disk can be made: a supervisor that cannot send signals."""
    site.shell("long", "exec sleep 600", grace=GRACE_S)
    site.start(refuse=("kill", "pidfd_send_signal"))
    task = site.control.create("long")
    pid = site.control.worker_pid(task)
    site.control.cancel(task)
    waiting.until(lambda: f"pid {pid} does not die of SIGKILL" in site.log_text(), 15, "it is told that it does not die")
    assert procfs.alive(pid) and row(site, task) == [["running", "1", "0"]]
    assert site.stop(DRAIN_S + GRACE_S + PATIENCE_S) == 0
    assert row(site, task) == [["running", "1", "0"]]
    site.start()
    assert site.control.wait(task)["status"] == "cancelled"
