# SPDX-License-Identifier: MIT
"""The example types, installed and loaded as they are."""

import json
import time

import pytest

from helpers import procfs, waiting


@pytest.fixture
def examples(site):
    site.examples()
    return site.start()


def test_all_of_them_load(examples):
    names = set(examples.type_names())
    assert names >= {"user_export", "word_count", "sleep", "fail", "stubborn", "crash", "noop"}
    assert examples.control.ok("POST", "/api/task-types/reload")["problems"] == []


def test_noop(examples, control):
    for name in [name for name in examples.type_names() if name.startswith("noop")]:
        task = control.run(name)
        assert (task["status"], task["progress"]) == ("success", 100), task
    runners = {row["runner"] for row in control.ok("GET", "/api/task-types") if row["name"].startswith("noop")}
    assert runners == {"plugin", "command"}


def test_word_count(examples, control):
    path = examples.write(f"{examples.directory}/text", "one two  three\nfour\n\n")
    task = control.run("word_count", {"file": path})
    assert task["status"] == "success", task.get("error")
    assert json.loads(task["result"]) == {"lines": 3, "words": 4, "bytes": 21}
    missing = control.run("word_count", {"file": "/nonexistent/file"})
    assert missing["status"] == "failed" and "/nonexistent/file" in missing["error"]


def test_sleep_reports_progress_and_ends_within_a_second_of_a_cancel(examples, control):
    task = control.create("sleep", {"seconds": 2})
    seen = set()

    def ended():
        now = control.get(task)
        seen.add(now["progress"])
        return now["status"] == "success"

    waiting.until(ended, 15, "it ends")
    assert len(seen) >= 5, seen
    task = control.create("sleep", {"seconds": 100})
    pid = control.worker_pid(task)
    began = time.monotonic()
    control.cancel(task)
    waiting.until(lambda: not procfs.alive(pid), 5, "it is gone")
    assert time.monotonic() - began < 1.2 * waiting.SCALE
    assert control.wait(task)["status"] == "cancelled"


def test_fail(examples, control):
    task = control.run("fail", {"message": "the printer is on fire"})
    assert (task["status"], task["attempt"]) == ("failed", 1)
    assert "the printer is on fire" in task["error"]


def test_crash(examples, control):
    task = control.run("crash")
    assert task["status"] == "failed" and "SIGSEGV" in task["error"]
    assert control.attempts(task)[0]["signal"] == "SIGSEGV"


def test_stubborn_dies_with_its_whole_tree(examples, control):
    [row] = [row for row in control.ok("GET", "/api/task-types") if row["name"] == "stubborn"]
    task = control.create("stubborn")
    waiting.until(lambda: len(examples.strays()) >= 2, 10, "it and its daemon run")
    pids = [process.pid for process in examples.strays()]
    waiting.until(lambda: all(ignores_sigterm(pid) for pid in pids if procfs.alive(pid)), 10, "they ignore SIGTERM")
    pids = [process.pid for process in examples.strays()]
    began = time.monotonic()
    control.cancel(task)
    waiting.until(lambda: not any(procfs.alive(pid) for pid in pids), row["grace"] + 10, "the tree is dead")
    assert time.monotonic() - began <= row["grace"] + 1
    assert control.wait(task, seconds=2)["status"] == "cancelled"


def ignores_sigterm(pid):
    try:
        return int(procfs.status(pid)["SigIgn"], 16) & (1 << 14) != 0
    except (OSError, KeyError):
        return True
