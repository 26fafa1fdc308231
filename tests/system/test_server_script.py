# SPDX-License-Identifier: MIT
"""The two commands, as a newcomer uses them: script/server from nothing, script/taskyard, Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from helpers import account, cgroup, procfs, waiting


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, root):
        self.root = root
        self.state = f"{account.fresh_directory()}/s"
        self.port = free_port()
        self.process = None
        self.output = ""

    def start(self, *words):
        self.output = ""
        self.process = subprocess.Popen(
            [f"{self.root}/script/server", "--no-install", "--listen", f"127.0.0.1:{self.port}", "--state-dir", self.state,
             *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        account.started.add(self.process.pid)
        while "Ctrl-C stops" not in self.output:
            line = self.process.stdout.readline()
            assert line, f"the server ended: {self.output}"
            self.output += line
        return self

    def cli(self, *words):
        return subprocess.run([f"{self.root}/script/taskyard", *words], capture_output=True, text=True, timeout=120,
                              check=True).stdout

    def end(self, how=signal.SIGINT):
        """As Ctrl-C does: to the whole group in the foreground."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        rest, _ = self.process.communicate(timeout=60)
        return rest

    def cgroups(self):
        """The directory that the supervisor was given, if it was given one."""
        with open(f"{self.state}/log/supervisor.log", encoding="utf-8") as log:
            return [path.partition("/taskyard-dev-")[0] + "/taskyard-dev-" + path.partition("/taskyard-dev-")[2].split("/")[0]
                    for path in re.findall(r"containment: cgroup, (\S+)", log.read()) if "/taskyard-dev-" in path]

    def left_over(self):
        return [process for process in procfs.everybody() if process.state not in "ZX"
                and self.state in command_line(process.pid)]


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


@pytest.fixture
def server(prefix, root):
    server = Server(root)
    yield server
    if server.process and server.process.poll() is None:
        server.end(signal.SIGTERM)
    account.remove(os.path.dirname(server.state))


def test_from_nothing_to_a_csv_and_back(server):
    server.start()
    assert f"http://127.0.0.1:{server.port}" in server.output
    password = re.search(r"password\s+(\S{16,})", server.output)
    assert password, server.output
    status = json.loads(server.cli("status", "--json"))
    assert int(status["max_concurrent"]) == 10
    assert "\n0 failures, " in server.cli("doctor"), "it finds the configuration by itself"
    assert status["containment"] == ("cgroup" if os.getuid() == 0 and not cgroup.why_not() else "session")
    identifier = server.cli("create", "user_export", "--wait").split()[0]
    task = json.loads(server.cli("show", identifier, "--json"))
    assert task["status"] == "success" and json.loads(task["result"])["rows"] >= 1000
    users = server.cli("user", "list", "--json")
    assert "admin" in users or json.loads(users)
    everything_is_ordinary(server)
    answer = http(server, "/api/tasks")
    assert answer in (200, 401, 403, 404), "the public listener speaks HTTP"
    assert http(server, "/api/tasks", b"{}") in (401, 403, 404, 405), "nobody creates tasks from outside"
    assert secret_is_nowhere(server, password.group(1))
    before = server.cgroups()
    server.end()
    assert server.process.returncode == 0
    assert not [path for path in before if os.path.exists(path)], "its cgroups are removed"
    waiting.until(lambda: not server.left_over(), 5, lambda: f"nothing is left: {server.left_over()}")
    second_start(server, identifier)


def second_start(server, identifier):
    """Goes on where it stopped, and shows no password."""
    server.start()
    assert not re.search(r"password\s+\S{16,}", server.output), server.output
    assert json.loads(server.cli("show", identifier, "--json"))["status"] == "success"
    refused = subprocess.run([f"{server.root}/script/server", "--no-install", "--listen", f"127.0.0.1:{free_port()}",
                              "--state-dir", server.state], capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 1 and "another" in refused.stderr
    server.end(signal.SIGTERM)
    assert server.process.returncode == 0
    assert not server.left_over()


def everything_is_ordinary(server):
    """Supervisor, database and tasks run as an ordinary user, whoever started the script."""
    ours = server.left_over()
    assert {process.name for process in ours} >= {"mariadbd", "taskyard-superv"}, ours
    for process in ours:
        if process.name in ("mariadbd", "taskyard-superv", "taskyard-worker"):
            assert procfs.status(process.pid)["Uid"].split()[0] == str(account.entry().pw_uid)


def http(server, path, data=None):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", data, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as problem:
        return problem.code


def secret_is_nowhere(server, password):
    for path, _, names in os.walk(server.state):
        if "/database" not in path:
            for name in names:
                if os.path.isfile(os.path.join(path, name)):
                    with open(os.path.join(path, name), "rb") as file:
                        assert password.encode() not in file.read(), name
    return True


def test_the_administrators_password_from_a_file(server, tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse battery staple\n")
    server.start("--admin-password-file", str(file))
    assert "correct horse" not in server.output and str(file) in server.output


def test_a_child_that_dies_ends_the_script_with_a_reason(server):
    server.start()
    [supervisor] = [process for process in server.left_over() if process.name == "taskyard-superv"]
    os.kill(supervisor.pid, signal.SIGKILL)
    rest, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 1 and "supervisor" in rest
    waiting.until(lambda: not server.left_over(), 5, lambda: f"nothing is left: {server.left_over()}")


def test_a_database_that_does_not_end_is_killed(server):
    """MariaDB waits for itself for ever if it is told to end at the wrong moment of its start."""
    server.start()
    [database] = [process for process in server.left_over() if process.name == "mariadbd"]
    os.kill(database.pid, signal.SIGSTOP)
    rest = server.end()
    assert server.process.returncode == 0 and "was killed" in rest
    waiting.until(lambda: not server.left_over(), 5, lambda: f"nothing is left: {server.left_over()}")


def test_a_port_that_is_taken_is_said(server):
    with socket.socket() as other:
        other.bind(("127.0.0.1", server.port))
        other.listen()
        with pytest.raises(AssertionError) as failure:
            server.start()
    assert str(server.port) in str(failure.value) and "in use" in str(failure.value)
    server.process.wait(60)
    assert server.process.returncode == 1
    assert not server.left_over()


@pytest.mark.parametrize("words", [["--listen"], ["--listen", "nonsense"], ["--base-path", "jobs"], ["--frob"],
                                   ["--admin-password-file", "/nonexistent"]])
def test_wrong_options_are_said(root, words):
    done = subprocess.run([f"{root}/script/server", *words], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and (words[0] in done.stderr or words[-1] in done.stderr)


def test_help(root):
    for name in ("server", "test"):
        done = subprocess.run([f"{root}/script/{name}", "--help"], capture_output=True, text=True, timeout=20, check=True)
        assert "Usage" in done.stdout
