# SPDX-License-Identifier: MIT
"""What a task is doing, seen from outside: its tree, and one sentence that says why it does not get on."""

import json
import re
import threading
import time

import pytest

from helpers import account, people, procfs, waiting
from test_containment import containment  # noqa: F401


def look(control, task):
    return control.ok("GET", f"/api/tasks/{task['id']}/processes")


def says(control, task, pattern, seconds=15):
    """Looks until the sentence is like that; gives the last answer."""
    seen = {}

    def said():
        seen.update(look(control, task))
        return re.fullmatch(pattern, seen["summary"])

    waiting.until(said, seconds, lambda: f"{pattern!r}: {seen}", every=0.4)
    return seen


def stuck(site, text, **values):
    """A running task of this Python text that has said that it is there."""
    site.python("stuck", f"import os, sys\nprint('ready', flush=True)\n{text}\n", grace=0.1, **values)
    site.start()
    task = site.control.create("stuck")
    site.control.logged(task, "ready")
    return task


SENTENCES = {
    "a pipe": ("r, w = os.pipe()\nos.read(r, 1)", r"blocked( \d+ s)? reading from a pipe", "read", "pipe", "read"),
    "a socket": ("import socket\na, b = socket.socketpair()\na.recv(1)", r"blocked( \d+ s)? reading from a socket",
                 "recvfrom", "socket", "read"),
    "a full pipe": ("r, w = os.pipe()\nos.write(w, b'x' * 1000000)", r"blocked( \d+ s)? writing to a pipe",
                    "write", "pipe", "write"),
    "sleep": ("import time\ntime.sleep(600)", "sleeping", "clock_nanosleep", None, "sleeping"),
    "poll": ("import select\nr, w = os.pipe()\nselect.select([r], [], [])",
             r"blocked( \d+ s)? waiting until one of several descriptors is ready \(p?select6?\)", None, None, "ready"),
    "epoll": ("import select\nselect.epoll().poll()",
              r"blocked( \d+ s)? waiting until one of several descriptors is ready \(epoll_p?wait2?\)", None, None, "ready"),
    "futex": ("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
              r"blocked( \d+ s)? waiting for a lock or another thread \(futex\)", "futex", None, "lock"),
    "accept": ("import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\ns.accept()",
               r"blocked( \d+ s)? waiting for a client to connect", "accept4", "socket", "accept"),
    "flock": ("import fcntl\na, b = open('lock', 'w'), open('lock', 'w')\nfcntl.flock(a, 2)\nfcntl.flock(b, 2)",
              r"blocked( \d+ s)? waiting for a lock on a file /.*/lock", "flock", "file", "file_lock"),
    "fifo": ("os.mkfifo('fifo')\nopen('fifo')", r"blocked( \d+ s)? opening a file", "openat", None, "open"),
    "child": ("import subprocess\nsubprocess.run(['sleep', '600'])", r"waiting for a child \(sleep\)", "wait4", None,
              "child", "sleeping"),
    "stopped": ("os.kill(os.getpid(), 19)", "stopped by SIGSTOP", None, None, "stopped"),
    "busy": ("while True: pass", r"busy: \d+ % CPU for \d+ s", None, None, "busy"),
}


@pytest.mark.parametrize("why", SENTENCES)
def test_one_sentence_says_why(site, control, why):
    text, sentence, call, kind, *codes = SENTENCES[why]
    task = stuck(site, text)
    seen = says(control, task, sentence)
    worker = seen["processes"][0]
    assert worker["pid"] == control.worker_pid(task) and worker["depth"] == 0
    assert [step["code"] for step in seen["doing"]] == codes
    assert codes == ["busy"] or seen["doing"][0]["pid"] == worker["pid"]
    assert call is None or worker["system_call"] == call, worker
    if kind:
        assert worker["waits_on"]["kind"] == kind and worker["waits_on"]["target"], worker
    else:
        assert "waits_on" not in worker, worker
    control.cancel(task)


def test_how_long_it_has_been_blocked(site, control):
    task = stuck(site, "r, w = os.pipe()\nos.read(r, 1)")
    seen = says(control, task, r"blocked [2-9] s reading from a pipe")
    assert seen["processes"][0]["cpu_percent"] < 50
    assert 1500 < seen["last_message_ms"] < 60000


def test_the_whole_tree_is_seen_and_nothing_of_it_is_disturbed(site, control, containment):  # noqa: F811
    site.shell("family", "sh -c 'sleep 611; :' & setsid sh -c 'sleep 612; :' & echo ready; wait", environment=["SECRET=hush"])
    site.start()
    task = control.create("family")
    control.logged(task, "ready")
    names = lambda: sorted(row["name"] for row in look(control, task)["processes"])
    waiting.until(lambda: names() == ["family", "sh", "sh", "sleep", "sleep"], 10, names)
    seen = look(control, task)
    rows = {row["pid"]: row for row in seen["processes"]}
    assert seen["containment"] == containment and seen["attempt"] == 1
    order = [row["pid"] for row in seen["processes"]]
    for row in rows.values():
        parent = rows.get(row["ppid"])
        assert row["depth"] == (parent["depth"] + 1 if parent else 0)
        assert parent is None or order.index(row["ppid"]) < order.index(row["pid"])
        process = procfs.read(row["pid"])
        assert (process.name, process.parent, process.state) == (row["name"], row["ppid"], row["state"])
        assert row["threads"] == 1 and row["memory_bytes"] > 0 and row["age_ms"] >= 0
    assert {row["command"] for row in rows.values() if row["name"] == "sleep"} == {"sleep 611", "sleep 612"}
    assert "hush" not in str(seen)
    before = {pid: procfs.status(pid)["voluntary_ctxt_switches"] for pid in rows}
    for _ in range(20):
        look(control, task)
    assert {pid: procfs.status(pid)["voluntary_ctxt_switches"] for pid in rows} == before, "none has run"


def test_a_stray_is_seen_too(site, control, containment):  # noqa: F811
    site.python("stray", """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(613)
    os._exit(0)
os.wait()
print("ready", flush=True)
time.sleep(614)
""")
    site.start()
    task = control.create("stray")
    control.logged(task, "ready")
    assert [row["depth"] for row in look(control, task)["processes"]] == [0, 0]


def test_long_and_odd_arguments_are_cut_and_cleaned(site, control):
    site.python("odd", "import sys, time, ctypes\nprint('ready', flush=True)\ntime.sleep(600)")
    site.type("long", [f"{site.programs}/odd", "\x1b[31mred\x07", "x" * 5000])
    site.start()
    task = control.create("long")
    control.logged(task, "ready")
    command = look(control, task)["processes"][0]["command"]
    assert len(command.encode()) <= 203 and command.endswith("...") and "\x1b" not in command and "\x07" not in command


def test_a_bomb_is_cut_at_256(site, control):
    site.python("many", """
import os, time
for n in range(300):
    if os.fork() == 0:
        time.sleep(615)
        os._exit(0)
print("ready", flush=True)
time.sleep(615)
""", grace=0.1)
    site.start()
    task = control.create("many")
    control.logged(task, "ready")
    seen = look(control, task)
    assert seen["total"] == 301 and len(seen["processes"]) == 256


def test_without_a_process_there_is_nothing_to_see(site, control):
    site.shell("brief", "exit 0")
    site.shell("wait", "exec sleep 600")
    site.start()
    control.limit(1)
    ended = control.run("brief")
    running = control.create("wait")
    control.worker_pid(running)
    pending = control.create("wait")
    for task in (ended, pending):
        assert look(control, task) == {"summary": "not running", "doing": [{"code": "not_running"}], "processes": []}
    control.refused("GET", f"/api/tasks/{'0' * 8}-0000-4000-8000-{'0' * 12}/processes", 404, "E4041")


def test_paused(site, control, containment):  # noqa: F811
    task = stuck(site, "while True: pass")
    control.ok("POST", f"/api/tasks/{task['id']}/pause")
    seen = look(control, task)
    assert seen["summary"] == "paused" and seen["doing"] == [{"code": "paused"}] and seen["paused_at"]
    control.ok("POST", f"/api/tasks/{task['id']}/resume")
    says(control, task, r"busy: .*")


def test_who_may_look(site, control):
    http = people.open_door(site)
    site.shell("wait", "exec sleep 600")
    site.start()
    victor, olga = people.add(site, http, "victor"), people.add(site, http, "olga", "operator")
    task = victor.task(control, "wait")
    control.worker_pid(task)
    assert victor.ok("GET", f"/api/tasks/{task['id']}/processes")["processes"]
    assert olga.ask("GET", f"/api/tasks/{task['id']}/processes").status == 404


def test_on_the_command_line(site, control):
    task = stuck(site, "r, w = os.pipe()\nos.read(r, 1)")
    first, second, _, titles, row = site.cli("top", task["id"]).splitlines()
    assert re.fullmatch(f"{task['id']}  blocked.* reading from a pipe", first)
    assert second.startswith("attempt 1, last message ") and second.endswith(", 1 process")
    assert titles.split()[:2] == ["PID", "STATE"]
    assert row.split()[:2] == [str(control.worker_pid(task)), "S"] and "pipe:[" in row
    shown = site.cli("top", task["id"], "--json")
    assert json.loads(shown)["processes"][0]["system_call"] == "read"
    assert site.cli("top", "0" * 8, status=None).returncode == 3


def test_on_a_terminal_it_goes_on_until_the_end(site, control):
    task = stuck(site, "import time\ntime.sleep(600)")
    done = {}

    def follow():
        done["shown"] = account.run(["script", "-qec", f"{site.prefix}/bin/taskyard top {task['id']}", "/dev/null"],
                                    env={**account.environment(), "TASKYARD_SOCKET": site.socket, "TERM": "xterm"}).stdout

    thread = threading.Thread(target=follow)
    thread.start()
    waiting.until(lambda: "taskyard" in str(procfs.with_argument(f"top\0{task['id']}")), 10, "it is shown")
    time.sleep(1.5)  # more than one picture
    control.cancel(task)
    thread.join(20)
    assert done["shown"].count("sleeping") >= 2 and "not running" in done["shown"]
