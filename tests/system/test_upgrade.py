# SPDX-License-Identifier: MIT
"""A new program takes over the process of the supervisor: what runs goes on, and nobody is turned away."""

import os
import signal
import threading
import urllib.error
import urllib.request

import pytest

from helpers import procfs, waiting
from test_containment import containment  # noqa: F401
from test_notify import manager  # noqa: F401

# Counts to 60 in its log and its progress. In the middle of a line of each it waits for the file `go`.
COUNTER = """
import os, sys, time
def say(text):
    os.write(1, text.encode())
def tell(text):
    os.write(3, text.encode())
for n in range(1, 31):
    say(f"line {n}\\n")
    tell('{"progress": %d}\\n' % n)
    time.sleep(0.01)
say("line 3")
tell('{"progress": 3')
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
say("1\\n")
tell('1}\\n')
for n in range(32, 61):
    say(f"line {n}\\n")
    tell('{"progress": %d}\\n' % n)
tell('{"result": {"counted": 60}}\\n')
"""


def work_dir(site, task):
    link = f"/proc/{site.control.worker_pid(task)}/cwd"
    waiting.until(lambda: os.readlink(link).startswith(site.state), 10, "the worker is in its directory")
    return os.readlink(link)


def upgrade(site):
    before = site.control.status()
    site.cli("upgrade")
    after = site.control.status()
    assert after["upgrades"] == before["upgrades"] + 1
    assert (after["pid"], after["incarnation"]) == (before["pid"], before["incarnation"])
    assert after["pid"] == site.process.pid
    waiting.until(site.ready, 30, "the new program has its database")


def halfway(site, count):
    """Tasks that wait in the middle of a line; (task, its directory)."""
    tasks = site.control.create("counter", count=count)
    found = [(task, work_dir(site, task)) for task in tasks]
    for _, directory in found:
        waiting.until(lambda: os.path.exists(f"{directory}/ready"), 20, "the task is in the middle of a line")
    for task, _ in found:
        waiting.until(lambda: site.control.get(task)["progress"] == 30, 10, "its progress is known")
    return found


def check_counter(control, task):
    ended = control.wait(task)
    assert (ended["status"], ended["attempt"], ended["result"]) == ("success", 1, '{"counted":60}'), ended
    lines = [row["message"] for row in control.whole_log(task)]
    assert lines == [f"line {n}" for n in range(1, 61)]


@pytest.fixture
def counting(site, containment):  # noqa: F811
    site.python("counter", COUNTER, grace=5)
    site.own_executable()
    site.start()
    return site


def test_running_tasks_go_on_with_their_pipes(counting, control):
    tasks = halfway(counting, 4)
    pids = {task["id"]: control.worker_pid(task) for task, _ in tasks}
    upgrade(counting)
    upgrade(counting)
    for task, directory in tasks:
        assert control.worker_pid(task) == pids[task["id"]]
        assert control.get(task)["progress"] == 30
        open(f"{directory}/go", "w", encoding="ascii").close()
        check_counter(control, task)


def test_what_is_queued_is_run_by_the_new_program(counting, control):
    counting.shell("quick", "echo done")
    counting.reload()
    control.limit(1)
    [(first, directory)] = halfway(counting, 1)
    waiting_tasks = control.create("quick", count=3)
    upgrade(counting)
    open(f"{directory}/go", "w", encoding="ascii").close()
    check_counter(control, first)
    for task in waiting_tasks:
        assert control.wait(task)["status"] == "success"


def open_files(site):
    """How many are no sockets, and how many are: of those to the database there may be fewer for a while."""
    paths = procfs.descriptors(site.process.pid).values()
    sockets = sum(path.startswith("socket:") for path in paths)
    return len(paths) - sockets, sockets


def test_descriptors_do_not_add_up(counting, control):
    [(task, directory)] = halfway(counting, 1)
    upgrade(counting)
    waiting.until(lambda: len(procfs.children(counting.process.pid)) == 2, 10, "the old template has left")
    files, sockets = open_files(counting)
    for _ in range(6):
        upgrade(counting)
    waiting.until(lambda: len(procfs.children(counting.process.pid)) == 2, 10, "the old template has left")
    assert control.worker_pid(task) in [child.pid for child in procfs.children(counting.process.pid)]
    assert open_files(counting)[0] == files
    assert open_files(counting)[1] < sockets + 6
    open(f"{directory}/go", "w", encoding="ascii").close()
    check_counter(control, task)


def test_cancel_kill_and_pause_reach_what_was_left(counting, control):
    counting.shell("sleeper", "sleep 600", grace=1)
    counting.shell("deaf", "trap '' TERM; echo deaf; while :; do sleep 0.1; done", grace=3)
    counting.reload()
    cancelled, killed, paused, ending = (control.create(kind) for kind in ("sleeper", "sleeper", "sleeper", "deaf"))
    pids = [control.worker_pid(task) for task in (cancelled, killed, paused, ending)]
    control.logged(ending, "deaf")
    control.ok("POST", f"/api/tasks/{paused['id']}/pause")
    control.cancel(ending)
    waiting.until(lambda: "signalled" in control.kinds(ending), 10, "SIGTERM was sent")
    upgrade(counting)
    assert control.get(paused)["paused_at"]
    control.ok("POST", f"/api/tasks/{paused['id']}/resume")
    assert "paused_at" not in control.get(paused)
    control.cancel(cancelled)
    counting.cli("kill", killed["id"])
    control.cancel(paused)
    for task in (cancelled, killed, paused, ending):
        assert control.wait(task)["status"] == "cancelled"
    assert not [pid for pid in pids if procfs.alive(pid)]
    assert control.kinds(ending).count("killed") == 1


def test_a_timeout_counts_from_the_start_of_the_task(counting, control):
    counting.shell("late", "sleep 600", timeout=4, grace=1)
    counting.reload()
    task = control.create("late")
    control.worker_pid(task)
    counting.type("late", ["/bin/true"])
    os.remove(f"{counting.types}/late.conf")  # a running attempt keeps the type that it was started with
    upgrade(counting)
    assert "late" not in counting.type_names()
    ended = control.wait(task)
    assert (ended["status"], ended["error"]) == ("failed", "timed out after 4 s")
    assert control.attempts(task)[0]["cause"] == "timeout"


def test_new_connections_wait_and_none_is_refused(site):
    http = site.listen_http()
    site.own_executable()
    site.start()
    stop, failures, answered = threading.Event(), [], []

    def ask():
        while not stop.is_set():
            try:
                with urllib.request.urlopen(f"http://{http.host}/healthz", timeout=30) as answer:
                    answered.append(answer.status)
            except OSError as error:
                failures.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        for _ in range(3):
            before = len(answered)
            upgrade(site)
            waiting.until(lambda: len(answered) >= before + 20, 30, "clients are answered")
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert not failures
    assert set(answered) == {200}


def unfit(site, what):
    """Makes the next program one that cannot take over; gives a word of the reason in the log."""
    if what == "no program":
        site.write(site.executable + ".text", "no program\n")
        os.chmod(site.executable + ".text", 0o644)
        os.rename(site.executable + ".text", site.executable)
        return "cannot be started"
    if what == "fails":
        site.program("supervisor", "#!/bin/sh\nexit 1\n")
        return "is not fit to take over"
    if what == "broken configuration":
        with open(site.config, "a", encoding="utf-8") as file:
            file.write("nonsense = 1\n")
        return "nonsense"
    if what == "another node":
        with open(site.config, "a", encoding="utf-8") as file:
            file.write('node = "elsewhere"\n')
        return "an upgrade keeps state_dir and node"
    if what == "newer schema":  # as a newer version has left it
        site.sql("insert into schema_version (number, name, applied_at)"
                 " select max(number) + 1, 'later', utc_timestamp(6) from schema_version")
        return "this program knows only up to"
    if what == "another database":
        with open(site.config, "a", encoding="utf-8") as file:
            file.write(f'database {{ socket = "{site.database.socket}" name = "{site.name}_other" }}\n')
        return "is not the database of the running tasks"
    site.settings["worker_program"] = "/bin/false"
    site.write_config()
    return "/bin/false does not work"


def finish(control, task, directory):
    open(f"{directory}/go", "w", encoding="ascii").close()
    check_counter(control, task)


def check_no_upgrade(site, reason):
    refused = site.cli("upgrade", status=None)
    assert refused.returncode == 6, (refused.stdout, refused.stderr)
    assert reason in site.log_text()
    status = site.control.status()
    assert (status["upgrades"], status["upgrading"]) == (0, False)
    assert status["upgrade_error"]


@pytest.mark.parametrize("what", ["no program", "fails", "broken configuration", "another node", "newer schema",
                                  "another database", "no worker"])
def test_a_program_that_is_not_fit_changes_nothing(counting, control, what):
    [(task, directory)] = halfway(counting, 1)
    check_no_upgrade(counting, unfit(counting, what))
    finish(control, task, directory)
    [(another, directory)] = halfway(counting, 1)
    finish(control, another, directory)


AFTER_THE_TRIAL = {  # what happens to the file of the new program, and how it is told
    "replaced": ('echo "no program" >"$0.text" && mv "$0.text" "$0"', "has changed since it was tried"),
    "removed": ('rm "$0"', "has changed since it was tried"),
    "not executable": ('chmod 0644 "$0"', "cannot be started: Permission denied"),
}


@pytest.mark.parametrize("what", AFTER_THE_TRIAL)
def test_a_program_that_is_lost_after_its_trial_changes_nothing(counting, control, what):
    [(task, directory)] = halfway(counting, 1)
    pid = control.worker_pid(task)
    files, _ = open_files(counting)
    happens, reason = AFTER_THE_TRIAL[what]
    real = f"{counting.prefix}/sbin/taskyard-supervisor"
    counting.program("supervisor", f'#!/bin/sh\n"{real}" "$@" || exit\n{happens}\n')
    check_no_upgrade(counting, reason)
    waiting.until(counting.ready, 30, "the old program has its database")
    assert control.worker_pid(task) == pid
    assert open_files(counting)[0] == files
    finish(control, task, directory)
    [(task, directory)] = halfway(counting, 1)
    counting.replace_executable(real)
    upgrade(counting)
    finish(control, task, directory)


def test_a_program_that_somebody_still_writes_changes_nothing(counting, control):
    [(task, directory)] = halfway(counting, 1)
    counting.replace_executable(f"{counting.prefix}/sbin/taskyard-supervisor")
    with open(counting.executable, "r+b"):  # execve(2): ETXTBSY
        check_no_upgrade(counting, "Text file busy")
    upgrade(counting)
    finish(control, task, directory)


def test_not_while_the_database_is_away(make_site, own_database):
    site = make_site(own_database.start())
    site.start()
    own_database.stop()
    waiting.until(lambda: not site.ready(), 20, "the database is missed")
    assert "the database is away" in site.control.refused("POST", "/api/upgrade", 409, "E4091")
    own_database.start()
    waiting.until(site.ready, 30, "the database is back")
    upgrade(site)


def test_a_stop_that_comes_during_an_upgrade_is_heard(counting, control):
    [(task, _)] = halfway(counting, 1)
    counting.process.send_signal(signal.SIGUSR2)
    waiting.until(lambda: "upgrade: trying" in counting.log_text(), 10, "it has begun")
    assert counting.stop() == 0
    [[status]] = counting.sql(f"select status from task where uuid = '{task['id']}'")
    assert status == "pending"  # interrupted, to run again


def test_a_stop_that_comes_while_the_old_program_leaves_is_heard(site, manager):  # noqa: F811
    site.environment["NOTIFY_SOCKET"] = f"@{manager.name}"
    site.own_executable()
    site.start()
    place = manager.wait_for("READY=1")
    site.process.send_signal(signal.SIGUSR2)
    manager.wait_for("RELOADING=1", place)  # from here on it does not look at its signals
    assert site.stop() == 0


def test_another_address_comes_into_use(site):
    old = site.listen_http()
    site.start()
    new = site.listen_http()
    site.write_config()
    upgrade(site)
    with urllib.request.urlopen(f"http://{new.host}/healthz", timeout=30) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://{old.host}/healthz", timeout=30)
