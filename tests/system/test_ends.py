# SPDX-License-Identifier: MIT
"""How attempts end: the status, the sentence for a person, and the row of the attempt."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers import procfs, waiting
from helpers.plugin import build_plugin


def only_attempt(control, task):
    [attempt] = control.attempts(task)
    return attempt


def test_success_fills_the_attempt(site, control):
    site.python("work", """
import time
block = bytearray(40_000_000)
end = time.process_time() + 0.15
while time.process_time() < end:
    pass
""")
    site.start()
    task = control.run("work")
    attempt = only_attempt(control, task)
    assert (attempt["attempt"], attempt["cause"], attempt["exit_status"]) == (1, "success", 0)
    assert attempt["pid"] > 1 and attempt["node"]
    assert attempt["started_at"] <= attempt["finished_at"]
    assert 0.1 < attempt["cpu_seconds"] < 20
    assert attempt["peak_memory_bytes"] > 40_000_000
    assert attempt["progress"] == 100
    assert not attempt.get("signal") and not attempt.get("error")


def test_failures_are_told_in_the_service_log_and_successes_are_not(site, control):
    site.shell("leave", "echo 'cannot open the door' >&2; exit 3")
    site.shell("stay", "true")
    site.start()
    failed, good = control.run("leave"), control.run("stay")
    waiting.until(lambda: f"task {failed['id']} attempt 1: leave failed (exit): " in site.log_text(), 10, "it is told")
    assert "cannot open the door" in site.log_text()
    assert good["id"] not in site.log_text()


def test_what_a_task_says_is_one_line_of_the_service_log(site, control):
    """Whatever it contains: it can neither forge a line nor move the cursor of whoever reads it."""
    said = "first\n2026-01-01T00:00:00.000Z taskyard-supervisor[1] error: forged\r\x1b[2J\x1b]0;title\x07\x9b31m\x08end"
    site.python("sayer", "import json, os\n"
                f"os.write(2, {said!r}.encode())\nos.write(3, (json.dumps({{'error': {said!r}}}) + '\\n').encode())")
    site.start()
    task = control.run("sayer")
    waiting.until(lambda: f"task {task['id']} attempt 1: sayer failed" in site.log_text(), 10, "it is told")
    with open(site.log, "rb") as file:
        lines = file.read().split(b"\n")
    [line] = [line for line in lines if b"forged" in line]
    assert task["id"].encode() in line and b"end" in line
    assert not [byte for byte in line if byte < 0x20 or byte == 0x7f]
    assert not set(line.decode()) & {chr(code) for code in range(0x80, 0xa0)}, "nor by the controls of ISO 8859"


@pytest.mark.parametrize("status", [1, 3, 126, 127, 255])
def test_an_exit_status(site, control, status):
    site.shell("leave", f"echo 'cannot open the door' >&2; exit {status}")
    site.start()
    task = control.run("leave")
    attempt = only_attempt(control, task)
    assert task["status"] == "failed"
    assert str(status) in task["error"]
    assert (attempt["cause"], attempt["exit_status"]) == ("exit", status)
    assert attempt["error"] == task["error"]


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGTERM", "SIGABRT", "SIGPIPE", "SIGHUP"])
def test_a_signal(site, control, name):
    site.shell("die", f"ulimit -c 0; kill -{name[3:]} $$")
    site.start()
    task = control.run("die")
    attempt = only_attempt(control, task)
    assert task["status"] == "failed"
    assert name in task["error"]
    assert (attempt["cause"], attempt["signal"]) == ("signal", name)


def test_no_such_program(site, control):
    path = site.program("gone", "#!/bin/sh\n")
    site.type("missing", [path], max_retries=3)
    site.start()
    os.remove(path)
    task = control.run("missing")
    assert task["status"] == "failed"
    assert "no such" in task["error"].lower() and path in task["error"]
    assert task["attempt"] == 1, "a program that is not there is not tried again"
    assert only_attempt(control, task)["cause"] == "start"


def test_a_program_that_cannot_be_executed(site, control):
    path = site.program("plain", "#!/bin/sh\n")
    site.type("plain", [path])
    site.start()
    os.chmod(path, 0o644)
    task = control.run("plain")
    assert task["status"] == "failed"
    assert "permission denied" in task["error"].lower()
    assert only_attempt(control, task)["cause"] == "start"


def test_an_interpreter_that_is_missing(site, control):
    site.type("odd", [site.program("odd", "#!/nonexistent/interpreter\n")])
    site.start()
    task = control.run("odd")
    assert task["status"] == "failed" and only_attempt(control, task)["cause"] == "start"


def test_a_timeout(site, control):
    site.shell("slow", "exec sleep 300", timeout=1, grace=5)
    site.start()
    began = time.monotonic()
    task = control.run("slow")
    attempt = only_attempt(control, task)
    assert time.monotonic() - began >= 1
    assert (task["status"], attempt["cause"]) == ("failed", "timeout")
    assert task["error"] == "timed out after 1 s"


def test_a_timeout_of_one_that_ignores_sigterm(site, control):
    site.shell("stone", "trap '' TERM; while :; do sleep 1; done", timeout=1, grace=1)
    site.start()
    task = control.run("stone")
    attempt = only_attempt(control, task)
    assert (task["status"], attempt["cause"], attempt["signal"]) == ("failed", "timeout", "SIGKILL")
    kinds = control.kinds(task)
    assert "signalled" in kinds and "killed" in kinds


def test_a_stall(site, control):
    site.shell("stuck", 'for n in 1 2 3 4 5; do sleep 0.4; echo "{\\"progress\\":$n}" >&3; done; exec sleep 300',
               stall_timeout=1, grace=1)
    site.start()
    task = control.run("stuck")
    assert (task["status"], only_attempt(control, task)["cause"]) == ("failed", "stall")
    assert task["progress"] == 5, "messages kept it alive, and it was stopped for silence"
    assert "stalled" in task["error"] and "1 s" in task["error"]


def test_output_is_a_sign_of_life(site, control):
    site.shell("chatty", "for n in 1 2 3 4 5; do sleep 0.4; echo line; done", stall_timeout=1)
    site.start()
    assert control.run("chatty")["status"] == "success"


def test_progress_of_a_failed_attempt_stays(site, control):
    site.shell("half", 'echo \'{"progress":55}\' >&3; exit 1')
    site.start()
    task = control.run("half")
    assert (task["status"], task["progress"]) == ("failed", 55)
    assert only_attempt(control, task)["progress"] == 55


def test_five_hundred_that_end_at_once_leave_no_zombie(site, control):
    site.shell("brief", "exit 0")
    site.start()
    control.limit(200)
    tasks = control.create("brief", count=500)
    for task in tasks:
        assert control.wait(task, seconds=60)["status"] == "success"
    waiting.until(lambda: not [process for process in procfs.descendants(site.process.pid) if process.state == "Z"],
                  2, "no zombie is left")


def test_two_hundred_ends_behind_one_signal(site, control):
    """All end while the supervisor is held: the kernel keeps one SIGCHLD for all of them."""
    count = 200
    site.shell("wait", "exec sleep 600")
    site.start()
    control.limit(count)
    tasks = control.create("wait", count=count)
    waiting.until(lambda: sum(stray.name == "sleep" for stray in site.strays()) == count, 60, "all run")
    pids = [worker["pid"] for worker in control.workers().values()]
    assert len(set(pids)) == count
    site.process.send_signal(signal.SIGSTOP)
    waiting.until(lambda: procfs.read(site.process.pid).state == "T", 10, "it is held")
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    waiting.until(lambda: all(procfs.read(pid).state == "Z" for pid in pids), 20, "all have ended")
    site.process.send_signal(signal.SIGCONT)
    for task in tasks:
        control.wait(task, "failed", seconds=30)
        assert only_attempt(control, task)["signal"] == "SIGTERM"
    assert not [process for process in procfs.descendants(site.process.pid) if process.state == "Z"]


def test_a_worker_killed_from_outside(site, control):
    site.shell("wait", "exec sleep 300")
    site.start()
    task = control.create("wait")
    os.kill(control.worker_pid(task), signal.SIGKILL)
    task = control.wait(task)
    assert (task["status"], only_attempt(control, task)["signal"]) == ("failed", "SIGKILL")


def test_the_template_may_die(site, control):
    """The process that workers are cloned from is replaced; what runs goes on."""
    site.shell("wait", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.start()
    task = control.create("wait")
    worker = control.worker_pid(task)
    [template] = [child for child in procfs.children(site.process.pid) if child.pid != worker]
    os.kill(template.pid, signal.SIGKILL)
    waiting.until(lambda: [child for child in procfs.children(site.process.pid)
                           if child.pid not in (worker, template.pid)], 10, "a new template")
    second = control.create("wait")
    control.worker_pid(second)
    site.program("wait.go", "")
    assert control.wait(second)["status"] == "success"
    assert control.wait(task)["status"] == "success"


# Loading it takes its time.
SLOW = """
#include <taskyard/task.h>
#include <unistd.h>

__attribute__((constructor)) static void load(void)
{
    while (access("%(go)s", F_OK) != 0)
        usleep(10000);
}
"""


def test_a_reload_that_is_overtaken_leaves_running_tasks_alone(site, control, tmp_path):
    """Its template is told to leave while it is busy and its socket full: it must not take that for our end, and bury them."""
    site.shell("wait", "exec sleep 300")
    site.start()
    pid = control.worker_pid(control.create("wait"))
    go = f"{site.programs}/go"
    slow = site.type("a_slow", plugin=build_plugin(site.prefix, tmp_path, site, SLOW % {"go": go}, "slow"))
    site.descriptor("many", "\n".join(f'type many{i} {{ runner = command command = {{"/bin/true"}} }}' for i in range(1000)))
    before = [child.pid for child in procfs.children(site.process.pid)]
    with ThreadPoolExecutor(1) as pool:
        reload = pool.submit(control.request, "POST", "/api/task-types/reload")
        coming = waiting.until(lambda: [child.pid for child in procfs.children(site.process.pid)
                                        if child.pid not in before], 10, "another template reads them")[0]
        waiting.until(lambda: procfs.children(coming), 10, "and tries the plugin")
        os.unlink(slow)
        control.ok("POST", "/api/task-types/reload")
        assert reload.result(10).status == 200
    site.write(go, "")
    waiting.until(lambda: not procfs.alive(coming), 10, "that template has left")
    assert procfs.alive(pid)


def test_a_template_that_leaves_may_die_with_an_order_unanswered(site, control):
    """The task is given to the next one, which is not taken for the one that is silent."""
    site.shell("brief", "true")
    site.start()
    [template] = procfs.children(site.process.pid)
    os.kill(template.pid, signal.SIGSTOP)
    waiting.until(lambda: procfs.read(template.pid).state == "T", 5, "it is stopped")
    task = control.create("brief")
    control.wait(task, "running")
    control.ok("POST", "/api/task-types/reload")
    os.kill(template.pid, signal.SIGKILL)
    assert control.wait(task, seconds=20)["status"] == "success"
    assert control.run("brief")["status"] == "success"
    assert "has not answered" not in site.log_text()


def test_the_template_may_die_while_types_are_read_again(site, control, tmp_path):
    """The reload fails, and so does the one that would have come in its place; the types in use are loaded again."""
    site.shell("brief", "true")
    site.start()
    [template] = procfs.children(site.process.pid)
    go = f"{site.programs}/go"
    library = build_plugin(site.prefix, tmp_path, site, SLOW % {"go": go}, "slow")
    slow = site.type("slow", plugin=library)
    with ThreadPoolExecutor(1) as pool:
        reload = pool.submit(control.request, "POST", "/api/task-types/reload")
        coming = waiting.until(lambda: [child.pid for child in procfs.children(site.process.pid)
                                        if child.pid != template.pid], 10, "another template reads them")[0]
        os.kill(template.pid, signal.SIGKILL)
        waiting.until(lambda: control.request("GET", "/readyz").status == 503, 10, "nothing can be started")
        died = control.status()["uptime_seconds"]
        waiting.until(lambda: control.status()["uptime_seconds"] >= died + 2, 5, "another would have been started by now")
        os.unlink(slow)
        os.kill(coming, signal.SIGKILL)
        site.write(go, "")
        assert reload.result(10).status == 500
    waiting.until(lambda: control.request("GET", "/readyz").status == 200, 10, "there is a template again")
    assert control.run("brief")["status"] == "success"
