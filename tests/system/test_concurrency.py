# SPDX-License-Identifier: MIT
"""The concurrency limit holds at every moment, and a change of it applies at once."""

import threading
import time

from helpers import procfs, waiting
from helpers.plugin import build_plugin
from helpers.sql_session import client_of, tell


class Watcher:
    """Looks again and again how many workers there are, by the supervisor's word and by its children."""

    def __init__(self, site):
        self.site = site
        self.most = 0
        self.most_processes = 0
        self.looks = 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.ending.is_set():
            self.most = max(self.most, len(self.site.control.status()["workers"]))
            sessions = {process.session for process in self.site.strays()}
            self.most_processes = max(self.most_processes, len(sessions))
            self.looks += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


def running(control):
    return control.status()["running"]


def test_the_default_is_ten(site, control):
    site.start()
    settings = control.ok("GET", "/api/system/task-settings")
    assert (settings["max_concurrent"], settings["task_max_concurrent"]) == (10, 10)
    assert control.status()["max_concurrent"] == 10


def test_never_over_the_limit(site, control):
    site.shell("short", "sleep 0.05")
    site.start()
    control.limit(4)
    with Watcher(site) as watcher:
        for task in control.create("short", count=80):
            assert control.wait(task, seconds=40)["status"] == "success"
    assert 1 < watcher.most <= 4 and watcher.most_processes <= 4, (watcher.most, watcher.most_processes, watcher.looks)


def test_raising_starts_more_at_once(site, control):
    site.shell("wait", "exec sleep 300")
    site.start()
    control.limit(1)
    tasks = control.create("wait", count=6)
    waiting.until(lambda: running(control) == 1, 10, "one runs")
    control.limit(5)
    waiting.until(lambda: running(control) == 5, 5, "five run")
    for task in tasks:
        control.cancel(task)
    for task in tasks:
        control.wait(task, "cancelled")


def test_lowering_kills_nothing(site, control):
    site.shell("wait", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.start()
    control.limit(6)
    tasks = control.create("wait", count=9)
    waiting.until(lambda: running(control) == 6, 10, "six run")
    before = {worker["pid"] for worker in control.workers().values()}
    control.limit(2)
    end = time.monotonic() + 1.5  # longer than the second at which the scheduler looks by itself
    while time.monotonic() < end:
        assert {worker["pid"] for worker in control.workers().values()} == before
    assert all(procfs.alive(pid) for pid in before)
    with Watcher(site) as watcher:
        site.program("wait.go", "")
        for task in tasks:
            assert control.wait(task)["status"] == "success"
    assert watcher.most <= 6


def test_the_other_name_of_the_setting(site, control):
    site.start()
    control.ok("PUT", "/api/system/task-settings", {"task_max_concurrent": 3})
    settings = control.ok("GET", "/api/system/task-settings")
    assert (settings["max_concurrent"], settings["task_max_concurrent"]) == (3, 3)


def test_the_setting_survives_a_restart(site, control):
    site.start()
    control.limit(7)
    site.restart()
    assert control.status()["max_concurrent"] == 7


def test_an_ended_task_makes_room_at_once(site, control):
    """Much less than the second after which the scheduler would look by itself."""
    site.shell("brief", "true")
    site.start()
    control.limit(1)
    began = time.monotonic()
    for task in control.create("brief", count=20):
        control.wait(task, seconds=30)
    assert time.monotonic() - began < 10 * waiting.SCALE


def test_a_row_that_somebody_else_inserted_is_found(site, control):
    """Polling every second is the safety net."""
    site.shell("brief", "true")
    site.start()
    task = control.run("brief")
    site.sql(f"update task set status = 'pending', due_at = utc_timestamp(6) where uuid = '{task['id']}'")
    waiting.until(lambda: control.get(task)["attempt"] == 2, 5, "the row is claimed")
    control.wait(task, "success")


# Loading it takes its time, so that the database is there first.
SLOW = """
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
    while (access("%(go)s", F_OK) != 0)
        usleep(10000);
}
"""


def test_nothing_is_claimed_before_the_limit_is_known(site, control, prefix, tmp_path):
    """The table of settings is locked at the start: 10 is the default, not what was chosen."""
    site.shell("wait", "exec sleep 300")
    site.start()
    control.limit(1)
    tasks = control.create("wait", count=3)
    waiting.until(lambda: control.status()["running"] == 1, 10, "one runs")
    site.stop()
    go = f"{site.programs}/go"
    site.type("slow", plugin=build_plugin(prefix, tmp_path, site, SLOW % {"go": go}, "slow"))
    with client_of(site.database, f"--database={site.name}") as locker:
        tell(locker, "lock tables setting write")
        site.launch()
        waiting.until(site.answers, 10, "it answers")
        waiting.until(lambda: "the database is ready" in site.log_text().rpartition("stopped")[2], 10, "the database is there")
        site.write(go, "")
        waiting.until(lambda: "task types loaded" in site.log_text().rpartition("stopped")[2], 10, "types are there")
        waiting.until(lambda: "the settings could not be read" in site.log_text(), 20, "a reading has been given up")
        assert control.status()["running"] == 0
        tell(locker, "unlock tables")
    waiting.until(lambda: control.status()["running"] == 1, 20, "one runs again")
    assert sorted(control.get(task)["status"] for task in tasks) == ["pending", "pending", "running"]
