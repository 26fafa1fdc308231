# SPDX-License-Identifier: MIT
"""The command line: what it prints, its JSON, and exit codes that scripts can use."""

import json
import os
import pty
import signal
import uuid

import pytest

from helpers import account, procfs, waiting

OK, FAILED, USAGE, NOT_FOUND, CANCELLED, UNREACHABLE, REFUSED = range(7)
NOBODY = str(uuid.UUID(int=7))


@pytest.fixture
def types(site):
    site.shell("good", "echo a line; cat; echo '{\"result\":{\"n\":1}}' >&3")
    site.shell("bad", "echo '{\"error\":\"it rained\"}' >&3")
    site.shell("wait", "echo '{\"progress\":25,\"text\":\"a quarter\"}' >&3; exec sleep 300")
    return site.start()


def test_create_prints_the_id_alone_on_a_line(types, control):
    text = types.cli("create", "good")
    assert uuid.UUID(text.strip()) and text.endswith("\n") and text.count("\n") == 1
    assert control.wait(text.strip())["status"] == "success"


def test_create_wait(types):
    assert uuid.UUID(types.cli("create", "good", "--wait", status=OK).split()[0])
    done = types.cli("create", "bad", "--wait", status=None)
    assert done.returncode == FAILED and "it rained" in done.stderr
    assert types.cli("create", "nobody_knows_me", "--wait", status=None).returncode == FAILED


def test_create_wait_of_one_that_is_cancelled(types, control):
    process = types.cli_start("create", "wait", "--wait")
    identifier = process.stdout.readline().strip()
    control.worker_pid(identifier)
    control.cancel(identifier)
    assert process.wait(20) == CANCELLED


def test_create_count(types, control):
    identifiers = types.cli("create", "good", "--count", "7").split()
    assert len(set(identifiers)) == 7
    types.cli("create", "good", "--count", "3", "--wait", status=OK)
    assert types.cli("create", "bad", "--count", "3", "--wait", status=None).returncode == FAILED
    assert control.request("GET", "/api/tasks").envelope["total"] == 13


def test_payload_as_text_from_a_file_and_from_standard_input(types, control):
    path = types.write(f"{types.directory}/payload.json", '{"from":"file"}')
    for words, text, more in ((['{"from":"word"}'], '{"from":"word"}', {}), ([f"@{path}"], '{"from":"file"}', {}),
                              (["-"], '{"from":"stdin"}', {"input": '{"from":"stdin"}'})):
        identifier = types.cli("create", "good", "--payload", *words, **more).strip()
        assert control.wait(identifier)["payload"] == text
    missing = types.cli("create", "good", "--payload", "@/nonexistent", status=None)
    assert missing.returncode == USAGE and "/nonexistent" in missing.stderr


def test_creator_and_retries(types, control):
    types.cli("user", "add", "ada", "--role", "viewer", "--password-file", "-", input="a long password\n")
    identifier = types.cli("create", "good", "--creator", "ada", "--max-retries", "4").strip()
    [user] = control.ok("GET", "/api/authorization/users", query={"keywords": "ada"})
    task = control.get(identifier)
    assert (task["creator_id"], task["max_retries"]) == (user["id"], 4)


def test_show_and_list_as_json(types, control):
    identifier = types.cli("create", "good", "--wait").split()[0]
    shown = json.loads(types.cli("show", identifier, "--json"))
    assert shown == control.get(identifier)
    listed = json.loads(types.cli("list", "--json"))
    tasks = listed["data"] if isinstance(listed, dict) else listed
    assert tasks == [shown]
    assert json.loads(shown["result"]) == {"n": 1}


def test_one_page_is_not_all(types):
    assert types.cli("list", "--all", "--page", "2", status=None).returncode == 2
    assert types.cli("list", "--all", "--page-size", "5") == ""


def test_show_and_list_for_people(types):
    identifier = types.cli("create", "bad", "--wait", status=FAILED).split()[0]
    text = types.cli("show", identifier)
    assert "failed" in text and "it rained" in text and "bad" in text
    assert "failed" in types.cli("list")
    assert types.cli("show", identifier[:8]) == text, "the first characters of an id will do"


def test_logs(types):
    identifier = types.cli("create", "good", "--payload", "the payload", "--wait").split()[0]
    text = types.cli("logs", identifier)
    assert "a line" in text and "the payload" in text


def test_logs_follow_to_the_end(types, control):
    types.shell("slow", 'echo first; while [ ! -e "$0.go" ]; do sleep 0.02; done; echo last')
    types.reload()
    identifier = types.cli("create", "slow").strip()
    process = types.cli_start("logs", "-f", identifier)
    waiting.until(lambda: "first" in process.stdout.readline(), 10, "the first line")
    types.program("slow.go", "")
    assert "last" in process.stdout.read()
    assert process.wait(10) == OK


def test_cancel_retry_delete(types, control):
    identifier = types.cli("create", "wait").strip()
    control.worker_pid(identifier)
    types.cli("cancel", identifier)
    control.wait(identifier, "cancelled")
    types.cli("cancel", identifier)
    types.cli("retry", identifier)
    control.worker_pid(identifier)
    types.cli("delete", identifier)
    waiting.until(lambda: types.cli("show", identifier, status=None).returncode == NOT_FOUND, 10, "it is gone")


@pytest.mark.parametrize("words", [["show"], ["logs"], ["cancel"], ["retry"], ["delete"], ["attempts"]])
def test_what_does_not_exist_is_exit_3(types, words):
    done = types.cli(*words, NOBODY, status=None)
    assert done.returncode == NOT_FOUND and done.stderr


@pytest.mark.parametrize("words", [[], ["fly"], ["create"], ["show"], ["create", "good", "--count", "0"],
                                   ["create", "good", "--max-retries", "few"], ["list", "--colour"],
                                   ["settings", "set", "task_max_concurrent"]])
def test_wrong_usage_is_exit_2(types, words):
    done = types.cli(*words, status=None)
    assert done.returncode == USAGE and done.stderr and not done.stdout


def test_settings(types, control):
    assert "10" in types.cli("settings", "get", "task_max_concurrent")
    types.cli("settings", "set", "task_max_concurrent", "3")
    assert control.status()["max_concurrent"] == 3
    assert "task_max_concurrent" in types.cli("settings")
    refused = types.cli("settings", "set", "task_max_concurrent", "0", status=None)
    assert refused.returncode == REFUSED and "max_concurrent" in refused.stderr


def test_types(types):
    text = types.cli("types")
    assert all(name in text for name in ("good", "bad", "wait"))
    assert {row["name"] for row in json.loads(types.cli("types", "--json"))} == {"good", "bad", "wait"}


def test_users(types, control):
    types.cli("user", "add", "ada", "--role", "operator", input="correct horse battery\n")
    types.cli("user", "passwd", "ada", input="another long password\n")
    types.cli("user", "role", "ada", "admin")
    assert "ada" in types.cli("user", "list")
    [user] = control.ok("GET", "/api/authorization/users", query={"keywords": "ada"})
    assert [role["name"] for role in user["roles"]] == ["admin"]
    [[stored]] = types.sql("select password_hash from user where username = 'ada'")
    assert stored.startswith("$y$") and "password" not in stored
    twice = types.cli("user", "add", "ada", "--role", "viewer", status=None, input="a long password\n")
    assert twice.returncode == REFUSED
    assert types.cli("user", "role", "ada", "emperor", status=None, input="").returncode in (NOT_FOUND, REFUSED)
    assert types.cli("user", "passwd", "nobody", status=None, input="long enough word\n").returncode == NOT_FOUND


def test_status(types, control):
    identifier = types.cli("create", "wait").strip()
    pid = control.worker_pid(identifier)
    text = types.cli("status")
    assert identifier in text or identifier[:8] in text
    status = json.loads(types.cli("status", "--json"))
    assert status["database"]["state"] == "ready"
    assert [(worker["task_id"], worker["pid"]) for worker in status["workers"]] == [(identifier, pid)]
    control.cancel(identifier)
    control.wait(identifier)


def test_without_a_supervisor_it_is_exit_5(types):
    types.stop()
    for words in (["list"], ["create", "good"], ["status"]):
        done = types.cli(*words, status=None)
        assert done.returncode == UNREACHABLE and types.socket in done.stderr


def test_the_socket_can_be_named(types):
    done = account.run([f"{types.prefix}/bin/taskyard", "--socket", types.socket, "types"])
    assert done.returncode == OK and "good" in done.stdout
    wrong = account.run([f"{types.prefix}/bin/taskyard", "--socket", "/nonexistent/sock", "types"])
    assert wrong.returncode == UNREACHABLE


def test_waiting_lives_through_a_crash_of_the_supervisor(types, control):
    types.shell("slow", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    types.reload()
    process = types.cli_start("create", "slow", "--wait")
    identifier = process.stdout.readline().strip()
    control.worker_pid(identifier)
    types.kill()
    types.program("slow.go", "")
    types.start()
    assert process.wait(30) == OK
    assert control.get(identifier)["attempt"] == 2


def test_an_interrupted_wait_leaves_the_task_alone(types, control):
    process = types.cli_start("create", "wait", "--wait")
    identifier = process.stdout.readline().strip()
    pid = control.worker_pid(identifier)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) != OK
    assert procfs.alive(pid)
    control.cancel(identifier)
    control.wait(identifier)


@pytest.mark.parametrize("program", ["bin/taskyard", "sbin/taskyard-supervisor", "libexec/taskyard/taskyard-worker",
                                     "libexec/taskyard/taskyard-database"])
def test_help_and_version_of_every_program(prefix, program):
    shown = account.run([f"{prefix}/{program}", "--help"])
    assert shown.returncode == 0 and "Usage" in shown.stdout and not shown.stderr
    version = account.run([f"{prefix}/{program}", "--version"])
    assert version.returncode == 0 and "0.1" in version.stdout


@pytest.mark.parametrize("command", ["create", "list", "show", "logs", "cancel", "retry", "delete", "settings", "types",
                                     "user", "status"])
def test_help_of_every_command(prefix, command):
    shown = account.run([f"{prefix}/bin/taskyard", command, "--help"])
    assert shown.returncode == 0 and "Usage" in shown.stdout


def test_a_full_disk_for_the_output_is_not_success(types):
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = account.run([f"{types.prefix}/bin/taskyard", "--socket", types.socket, "types"],
                               capture_output=False, stdout=full)
        assert done.returncode != OK


def test_an_interrupt_is_heard_while_a_password_is_asked_for(prefix):
    """However early it comes: one that came just before the reading began was taken for nothing."""
    for _ in range(30):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(f"{prefix}/bin/taskyard", ["taskyard", "--socket", "/nonexistent", "user", "add", "ada"])
        account.started.add(pid)
        said = b""
        while b"Password: " not in said:
            said += os.read(terminal, 100)
        os.write(terminal, b"\x03")
        try:
            ended = waiting.until(lambda child=pid: os.waitpid(child, os.WNOHANG)[1], 5, "the command ends")
            assert os.WTERMSIG(ended) == signal.SIGINT
        finally:
            os.close(terminal)  # hangs it up if it is still there
