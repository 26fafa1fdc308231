# SPDX-License-Identifier: MIT
"""What an attempt died of: each class has its word and its own sentence, and a type says which are tried again."""

import resource

import pytest

from helpers import account, procfs, waiting

SPIN = "while :; do :; done"


def end_of(control, kind, seconds=30):
    """(task, its newest attempt) of a new task that has ended."""
    task = control.run(kind, seconds=seconds)
    return task, control.attempts(task)[-1]


def test_the_processor_time_is_used_up(site, control):
    site.shell("busy", SPIN, limits={"cpu_seconds": 1})
    site.shell("deaf", f"trap '' XCPU; {SPIN}", limits={"cpu_seconds": 1})
    site.start()
    for kind, signal in (("busy", "SIGXCPU"), ("deaf", "SIGKILL")):
        task, attempt = end_of(control, kind)
        assert (attempt["cause"], attempt["signal"]) == ("cpu_limit", signal)
        assert task["error"] == attempt["error"] == (
            "killed by the kernel: it had used its 1 s of processor time (cpu_seconds)")


def test_a_file_is_too_large(site, control):
    site.shell("writer", "exec head -c 5000000 /dev/zero > big", limits={"file_size_mb": 1})
    site.start()
    task, attempt = end_of(control, "writer")
    assert (attempt["cause"], attempt["signal"]) == ("file_size_limit", "SIGXFSZ")
    assert task["error"] == "killed by the kernel: it wrote to a file beyond 1 MiB (file_size_mb)"


def test_there_is_not_enough_memory(site, control):
    site.python("greedy", "block = bytearray(400_000_000)\nblock[::4096] = b'x' * len(block[::4096])",
                limits={"memory_mb": 100})
    site.start()
    task, attempt = end_of(control, "greedy")
    assert attempt["cause"] == "memory"
    assert "memory" in task["error"]


@pytest.mark.parametrize("name, words", [
    ("SEGV", "killed by SIGSEGV (Segmentation fault): a fault of the program"),
    ("ABRT", "killed by SIGABRT (Aborted): the program gave up by itself"),
    ("PIPE", "killed by SIGPIPE (Broken pipe): it wrote to a pipe or socket that nobody reads any more"),
    ("XCPU", "killed by SIGXCPU (CPU time limit exceeded): not sent by Taskyard"),
    ("KILL", "killed by SIGKILL (Killed): not sent by Taskyard")])
def test_a_signal_and_where_it_came_from(site, control, name, words):
    site.shell("die", f"kill -{name} $$", limits={"open_files": 64})
    site.start()
    task, attempt = end_of(control, "die")
    assert (attempt["cause"], task["error"]) == ("signal", words)


def test_a_shell_whose_program_was_killed(site, control):
    site.shell("parent", "sh -c 'kill -TERM $$'; exit $?")
    site.start()
    task, attempt = end_of(control, "parent")
    assert attempt["cause"] == "exit" and attempt["exit_status"] == 143
    assert task["error"] in ("exited with status 143, as a shell does after SIGTERM", "exited with status 143: Terminated")


def test_silence_and_time(site, control):
    site.shell("silent", "echo once; sleep 600", stall_timeout=0.3, grace=0.1)
    site.shell("long", "sleep 600", timeout=0.3, grace=0.1)
    site.start()
    for kind, cause, words in (("silent", "stall", "stalled: ended because it had sent no message after 0.3 s"),
                               ("long", "timeout", "timed out after 0.3 s")):
        task, attempt = end_of(control, kind)
        assert (attempt["cause"], task["error"]) == (cause, words)


def test_a_program_that_is_not_there(site, control):
    site.type("absent", [f"{site.programs}/absent"], max_retries=3, backoff=0.05)
    site.start()
    task, attempt = end_of(control, "absent")
    assert (attempt["cause"], task["attempt"]) == ("start", 1)
    assert "No such file or directory" in task["error"]


# ---- which are tried again ----

def attempts_of(control, kind):
    task = control.run(kind)
    return task["attempt"], [row["cause"] for row in control.attempts(task)]


def test_only_what_the_type_names_is_tried_again(site, control):
    common = {"max_retries": 2, "backoff": 0.05}
    site.shell("by_default", "exit 1", **common)
    site.shell("not_exit", "exit 1", retry_on='{"timeout", "stall"}', **common)
    site.shell("only_timeout", "sleep 600", retry_on='{"timeout"}', timeout=0.2, grace=0.1, **common)
    site.shell("nothing", "exit 1", retry_on="{}", **common)
    site.type("start", [f"{site.programs}/absent"], retry_on='{"start"}', **common)
    site.shell("limit", SPIN, retry_on='{"cpu_limit"}', limits={"cpu_seconds": 1}, max_retries=1, backoff=0.05)
    site.start()
    assert attempts_of(control, "by_default") == (3, ["exit"] * 3)
    assert attempts_of(control, "not_exit") == (1, ["exit"])
    assert attempts_of(control, "only_timeout") == (3, ["timeout"] * 3)
    assert attempts_of(control, "nothing") == (1, ["exit"])
    assert attempts_of(control, "start") == (3, ["start"] * 3)
    assert attempts_of(control, "limit") == (2, ["cpu_limit"] * 2)


def test_a_retry_by_hand_is_always_possible(site, control):
    site.shell("nothing", "exit 1", retry_on="{}", max_retries=2)
    site.start()
    task = control.run("nothing")
    control.retry(task)
    waiting.until(lambda: control.get(task)["attempt"] == 2, 10, "it runs again")
    assert control.wait(task)["status"] == "failed"


def test_a_class_that_does_not_exist_is_reported_with_its_place(site, control):
    site.descriptor("wrong", 'type wrong {\n  runner = command\n  command = {"/bin/true"}\n  retry_on = {"exit", "oops"}\n}\n')
    site.shell("good", "exit 0")
    site.start()
    done = site.cli("reload", status=None)
    assert done.returncode == 6
    assert 'wrong.conf:4' in done.stdout + done.stderr
    assert 'retry_on: "oops" is no failure that is tried again' in done.stdout + done.stderr
    assert control.run("good")["status"] == "success"


# ---- what is no failure of the task ----

def allow_processes(process, count):
    """To its account; -1: as many as it likes."""
    done = account.run(["prlimit", f"--pid={process.pid}", f"--nproc={count if count >= 0 else 'unlimited'}:"])
    assert done.returncode == 0, done.stderr


def test_there_is_no_room_for_a_process(site, control):
    """The task waits, and its attempt is not counted."""
    site.shell("brief", "true")
    site.start()
    [template] = procfs.children(site.process.pid)
    usual, _ = resource.getrlimit(resource.RLIMIT_NPROC)  # it has it from us
    allow_processes(template, 1)
    task = control.create("brief")
    waiting.until(lambda: "a worker could not be started; no task is claimed" in site.log_text(), 20, "claiming pauses")
    waiting.until(lambda: control.get(task)["status"] == "pending" and control.attempts(task) == [], 10, "it waits again")
    allow_processes(template, usual)
    done = control.wait(task)
    assert (done["status"], done["attempt"]) == ("success", 1)
