# SPDX-License-Identifier: MIT
"""Supervisor and workers are killed at once at each step of the way of an artifact, the database with them every other time: no
part of a file is ever listed, and each task has its whole file in the end."""

import contextlib
import hashlib
import os
import signal

import pytest

from helpers import waiting

TASKS = 4
LINES = 40_000      # of 37 bytes: some 1.4 MiB
# Names its file at once, writes half of it, and waits for leave to go on.
WRITER = f"""
import os, time
os.write(3, b'{{"artifact":"out.txt"}}\\n')
line = os.environ["TASKYARD_TASK_ID"] + "\\n"
with open("out.txt", "w") as file:
    file.write(line * {LINES // 2})
    file.flush()
    os.write(3, b'{{"progress":50}}\\n')
    while not os.path.exists(__file__ + ".half"):
        time.sleep(0.01)
    file.write(line * {LINES // 2})
os.write(3, b'{{"progress":99}}\\n')
while not os.path.exists(__file__ + ".go"):
    time.sleep(0.01)
"""
BY_HAND = {"half_written": 50, "written": 99}     # step -> progress at which it is killed
POINTS = ["artifact_before_fsync", "artifact_after_fsync", "artifact_after_rename", "artifact_before_insert",
          "finish_before_commit", "finish_after_commit"]


def content(task):
    return f"{task}\n".encode() * LINES


def let(site, *leaves):
    """Which gates are open."""
    for leaf in ("half", "go"):
        path = f"{site.programs}/writer.{leaf}"
        if leaf in leaves:
            site.write(path, "")
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def kill_workers(site):
    """Those that the death of their parent has not reached yet."""
    killed = 0
    for stray in site.strays():
        with contextlib.suppress(ProcessLookupError):
            os.kill(stray.pid, signal.SIGKILL)
            killed += 1
    return killed


def die_by_hand(site, step):
    let(site, *(["half"] if step == "written" else []))
    site.start()
    tasks = site.control.create("writer", count=TASKS)
    for task in tasks:
        waiting.until(lambda task=task: site.control.get(task).get("progress") == BY_HAND[step], 20, f"{step}: all are there")
    workers = [stray.pid for stray in site.strays()]
    site.process.kill()
    for pid in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    site.process.wait(10)
    return tasks, len(workers)


def die_at_point(site, step, passing):
    """In the middle of storing the first, or the second, while others still write."""
    site.environment = {"TASKYARD_CRASH_AT": f"{step}:{passing}"}
    let(site, "half", "go")
    site.launch()
    site.environment = {}
    waiting.until(lambda: ready(site), 20, "it takes tasks")
    tasks = create(site)
    waiting.until(lambda: site.process.poll() is not None, 30, lambda: f"the supervisor passes {step}\n{site.log_tail()}",
                  every=0.001)
    assert site.process.returncode == -9, site.log_tail()
    return tasks, kill_workers(site)


def ready(site):
    try:
        return site.control.status()["database"]["state"] == "ready"
    except OSError:
        return False


def create(site):
    return site.control.create("writer", count=TASKS)


def whole(site):
    """Each file that is listed is all there; their keys."""
    keys = set()
    for key, size, digest, task in site.sql("select f.file_key, f.size, f.sha256, coalesce(t.uuid, '?') from file f"
                                            " left join task t on t.artifact_file_key = f.file_key"):
        with open(f"{site.state}/files/{key}", "rb") as file:
            data = file.read()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (int(size), digest), (key, len(data), size)
        assert data == content(task), (key, task)
        keys.add(key)
    return keys


def stored(site):
    return set(os.listdir(f"{site.state}/files"))


@pytest.mark.parametrize("step", [*BY_HAND, *POINTS])
def test_no_half_file_is_listed(own_database, make_site, figures, measure, step):
    site, killed, listed = make_site(own_database.start()), 0, 0
    site.python("writer", WRITER, grace=1)
    for number in range(figures.rounds):
        if step in BY_HAND:
            tasks, workers = die_by_hand(site, step)
        else:
            tasks, workers = die_at_point(site, step, 1 + number % 2)
        killed += workers
        if number % 2:
            own_database.kill()
            own_database.start()
        listed += len(whole(site))
        let(site, "half", "go")
        site.start()
        for task in tasks:
            done = site.control.wait(task, seconds=30)
            assert done["status"] == "success", done
            answer = site.control.request("GET", f"/api/files/{done['artifact_file_key']}")
            assert (answer.status, answer.body) == (200, content(task["id"]))
        waiting.until(lambda: stored(site) == whole(site), 10, lambda: f"each file has a row: {stored(site) ^ whole(site)}")
        site.stop()
    measure(f"{step}: {figures.rounds} times the supervisor was killed, and {killed} workers that still lived; {listed} files were "
            "listed in these moments, none of them in part")
