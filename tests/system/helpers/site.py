# SPDX-License-Identifier: MIT
"""One supervisor with everything around it: configuration, types, control socket, CLI, its database."""

import os
import re
import shutil
import signal
import subprocess
import sys

from . import account, cgroup, procfs, seccomp, waiting
from .control import Control
from .http import Http, free_port

DRAIN_SECONDS = 1
# What no test does to a supervisor on purpose.
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}


class Site:
    """Not started yet. Types may be added before the start, or later with reload()."""

    def __init__(self, prefix, database, name):
        self.prefix = prefix
        self.database = database
        self.name = name
        self.directory = account.fresh_directory()
        self.types = f"{self.directory}/types.d"
        self.programs = f"{self.directory}/bin"
        self.state = f"{self.directory}/state"
        for path in (self.types, self.programs, self.state):
            os.mkdir(path)
            account.give(path)
        self.socket = f"{self.directory}/control.sock"
        self.log = f"{self.directory}/supervisor.log"
        self.export_options = f"{self.state}/user_export.cnf"
        self.config = f"{self.directory}/taskyard.conf"
        self.login = ""  # more of the section `database`
        # Without the console, unless a test asks for it: every answer is an envelope or a file.
        self.settings = {"listen": "", "drain_timeout": DRAIN_SECONDS, "log_level": "info", "web_root": "/nonexistent"}
        self.control = Control(self.socket)
        self.http = None  # the public listener, after listen_http()
        self.environment = {}  # more of it for the supervisor
        self.process = None
        self.cgroup = None  # after delegate()
        self.through = None  # a SmallDisk at `state`, or Privilege
        self.executable = f"{prefix}/sbin/taskyard-supervisor"
        if os.environ.get("TASKYARD_TEST_CONTAINMENT") == "cgroup":
            self.delegate()

    # ---- types ----

    def write(self, path, text, mode=0o644):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        account.give(path)
        return path

    def program(self, name, text):
        """An executable script. Replaced in one step, so that one that runs is not disturbed."""
        path = f"{self.programs}/{name}"
        self.write(f"{path}.new", text, 0o755)
        os.rename(f"{path}.new", path)
        return path

    def descriptor(self, name, text):
        """A file of types.d as it is given."""
        return self.write(f"{self.types}/{name}.conf", text)

    def type(self, name, command=None, plugin=None, environment=(), limits=None, **values):
        """A descriptor of one type, in a file of its own."""
        lines = [f"type {name} {{"]
        if command:
            lines += ["  runner = command", "  command = {" + ", ".join(quoted(word) for word in command) + "}"]
        if plugin:
            lines += ["  runner = plugin", f"  plugin = {quoted(plugin)}"]
        if environment:
            lines.append("  environment = {" + ", ".join(quoted(word) for word in environment) + "}")
        lines += [f"  {key} = {value}" for key, value in values.items()]
        if limits:
            lines.append("  limits { " + " ".join(f"{key} = {value}" for key, value in limits.items()) + " }")
        return self.descriptor(name, "\n".join([*lines, "}", ""]))

    def shell(self, name, text, **values):
        """A type whose runner is a shell script."""
        return self.type(name, [self.program(name, "#!/bin/sh\n" + text)], **values)

    def python(self, name, text, **values):
        return self.type(name, [self.program(name, "#!/usr/bin/python3\n" + text)], **values)

    def examples(self, *names):
        """The descriptors that are installed with the examples: all, or those of the files named."""
        source = f"{self.prefix}/share/taskyard/examples/types.d"
        for file in sorted(os.listdir(source)):
            if file.endswith(".conf") and (not names or file[:-5] in names):
                with open(f"{source}/{file}", encoding="utf-8") as descriptor:
                    text = re.sub(r'USER_EXPORT_OPTIONS=[^"]*', f"USER_EXPORT_OPTIONS={self.export_options}",
                                  descriptor.read())
                self.descriptor(file[:-5], text)

    def make_export_account(self):
        """What an administrator does once for user_export: an account that can only read. The schema is there."""
        script = f"{self.prefix}/libexec/taskyard/examples/make-account"
        done = account.run([script, self.database.socket, self.name, self.export_options])
        assert done.returncode == 0, done.stderr

    def example_plugin(self, name):
        return f"{self.prefix}/lib/taskyard/plugins/{name}.so"

    # ---- life ----

    def listen_http(self):
        """Before the start: a public listener on a free port of the loopback interface; its client is `http`."""
        self.http = Http(free_port())
        self.settings["listen"] = self.http.host
        return self.http

    def delegate(self):
        """Before the start: gives the supervisor a cgroup to start in and to use."""
        self.cgroup = self.cgroup or cgroup.Delegated()
        return self.cgroup

    def write_config(self):
        values = {
            "control_socket": self.socket,
            "state_dir": self.state,
            "types_dir": self.types,
            "worker_program": f"{self.prefix}/libexec/taskyard/taskyard-worker",
            **self.settings,
        }
        lines = [f"{key} = {quoted(value) if isinstance(value, str) else value}" for key, value in values.items()]
        lines.append(f'database {{ socket = "{self.database.socket}" name = "{self.name}" {self.login} }}')
        self.write(self.config, "\n".join([*lines, ""]))

    def supervisor(self, *words):
        """The command line."""
        return [self.executable, "--config", self.config, *words]

    def own_executable(self):
        """Before the start: the supervisor is started from a file that a test may replace."""
        self.executable = f"{self.programs}/supervisor"
        self.replace_executable(f"{self.prefix}/sbin/taskyard-supervisor")
        return self.executable

    def replace_executable(self, source):
        """As a package manager does it: the running program keeps its file."""
        shutil.copy(source, f"{self.executable}.new")
        os.chmod(f"{self.executable}.new", 0o755)
        os.rename(f"{self.executable}.new", self.executable)

    def launch(self, refuse=()):
        """Starts the supervisor and does not wait. refuse: system calls that it is to do without."""
        self.write_config()
        steps = ([self.cgroup.enter] if self.cgroup else []) + [seccomp.refuse(name) for name in refuse]
        words = {"preexec_fn": lambda: [step() for step in steps]} if steps else {}
        words["env"] = {**account.environment(), **self.environment}
        self.process = account.start(self.supervisor(), self.log, self.through, **words)

    def start(self, refuse=()):
        self.launch(refuse)
        waiting.until(self.ready, 30, lambda: f"the supervisor is ready\n{self.log_tail()}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the supervisor ended by itself ({self.process.returncode})\n{self.log_tail()}")
        try:
            self.control.status()
        except OSError:
            return False
        return True

    def ready(self):
        return self.answers() and self.control.status()["database"]["state"] == "ready"

    def reload(self):
        """SIGHUP, and waits until the types have been read again."""
        marker = f"reloaded_{os.urandom(4).hex()}"
        self.type(marker, ["/bin/true"])
        self.process.send_signal(signal.SIGHUP)
        waiting.until(lambda: marker in self.type_names(), 10, "types are read again after SIGHUP")

    def type_names(self):
        return [row["name"] for row in self.control.ok("GET", "/api/task-types")]

    def stop(self, seconds=30):
        """SIGTERM; returns the exit status."""
        return account.end(self.process, signal.SIGTERM, seconds * waiting.SCALE)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def restart(self):
        self.stop()
        return self.start()

    # ---- tools ----

    def cli(self, *words, status=0, **changes):
        """The CLI with this socket; returns its standard output. status None: any."""
        changes.setdefault("env", {**account.environment(), "TASKYARD_SOCKET": self.socket})
        done = account.run([f"{self.prefix}/bin/taskyard", *words], **changes)
        if status is not None:
            assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
            return done.stdout
        return done

    def cli_start(self, *words):
        """The CLI in the background, its standard output on a pipe."""
        words_of_popen = account.popen_words()
        words_of_popen["env"]["TASKYARD_SOCKET"] = self.socket
        process = subprocess.Popen([f"{self.prefix}/bin/taskyard", *words], stdout=subprocess.PIPE, text=True,
                                   **words_of_popen)
        account.started.add(process.pid)
        return process

    def sql(self, statement):
        return self.database.sql(statement, self.name)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def log_tail(self, lines=30):
        return "\n".join(self.log_text().splitlines()[-lines:]) if os.path.exists(self.log) else "(no log)"

    def strays(self):
        """Processes of this site's attempts that still live."""
        return procfs.of_tasks(self.state)

    # ---- the end ----

    def close(self):
        """Stops the supervisor, says what is left that should not be, and removes everything."""
        problems = []
        try:
            if self.process and self.process.poll() is None:
                self.process.send_signal(signal.SIGCONT)
                if self.stop() != 0:
                    problems.append(f"the supervisor ended with {self.process.returncode}")
            elif self.process and self.process.returncode in CRASHES:
                problems.append(f"the supervisor had crashed with {self.process.returncode}")
            problems += self.left_over()
        except subprocess.TimeoutExpired:
            self.kill()
            problems.append("the supervisor did not end after SIGTERM")
        if problems:
            sys.stderr.write(self.log_tail() + "\n")
        account.remove(self.directory)
        if self.cgroup:
            left = self.cgroup.remove()
            if left and self.process and self.process.returncode == 0:
                problems.append(f"cgroups left: {left}")
        return problems

    def left_over(self):
        try:
            waiting.until(lambda: not self.strays(), 3, "no process of an attempt is left")
        except AssertionError:
            strays = self.strays()
            for stray in strays:
                os.kill(stray.pid, signal.SIGKILL)
            return [f"left running: {strays}"]
        if os.path.exists(self.log):
            text = self.log_text()
            return [word for word in ("AddressSanitizer", "runtime error:", "LeakSanitizer: detected") if word in text]
        return []


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
