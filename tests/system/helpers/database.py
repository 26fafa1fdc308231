# SPDX-License-Identifier: MIT
"""A private database, started through the same launcher as everywhere else."""

import os
import shutil
import signal
import socket
import subprocess

from . import account, waiting


class Database:
    """One mariadbd with its data in a fresh directory. Many supervisors can use it, each a database of its own. syncs
    False: it does not wait for the disk, so that a disk that others use cannot hold a test up for seconds. What a killed
    server has committed is there all the same: only a loss of power could take it back. environment: more of it for the
    server itself, if it does not sync."""

    def __init__(self, prefix, syncs=True, environment=None):
        self.through = None  # a SmallDisk at `data`, if room is to be scarce
        self.launcher = f"{prefix}/libexec/taskyard/taskyard-database"
        self.directory = account.fresh_directory()
        self.data = f"{self.directory}/data"
        self.socket = f"{self.directory}/db.sock"
        self.log = f"{self.directory}/db.log"
        self.process = None
        self.environment = account.environment()
        if not syncs:
            self.environment["PATH"] = f"{self.unsynced_server(environment or {})}:{self.environment['PATH']}"

    def unsynced_server(self, environment):
        """A directory with a mariadbd that is the real one, but for fsync(2) and its kin, which do nothing."""
        directory = f"{self.directory}/bin"
        real = shutil.which("mariadbd", path=account.PATH)
        assert real, "no mariadbd: install mariadb-server-core"
        os.mkdir(directory)
        with open(f"{directory}/mariadbd", "w", encoding="utf-8") as file:
            file.writelines(["#!/bin/sh\n", *(f"export {name}='{value}'\n" for name, value in environment.items()),
                             f'LD_PRELOAD="libeatmydata.so $LD_PRELOAD" exec {real} "$@" --innodb-flush-method=fsync\n'])
        os.chmod(f"{directory}/mariadbd", 0o755)
        return directory

    def launch(self):
        """Starts the launcher and does not wait."""
        self.process = account.start([self.launcher, "--small", self.data, self.socket], self.log, self.through,
                                     env=self.environment)

    def start(self):
        self.launch()
        waiting.until(self.answers, 60, lambda: f"the database answers\n{self.log_tail()}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the database ended by itself ({self.process.returncode})\n{self.log_tail()}")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket)
            except OSError:
                return False
        return self.client("select 1").returncode == 0

    def client(self, statement, name=None):
        words = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--default-character-set=utf8mb4",
                 "--batch", "--skip-column-names"]
        if name:
            words.append(f"--database={name}")
        return account.run(words, input=statement)

    def sql(self, statement, name=None):
        """Runs statements; rows of text columns of the last ones, NULL as the text NULL."""
        answer = self.client(statement, name)
        assert answer.returncode == 0, answer.stderr
        return [line.split("\t") for line in answer.stdout.splitlines()]

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.thaw()
            try:
                account.end(self.process, signal.SIGTERM, 60)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def log_tail(self):
        if not os.path.exists(self.log):
            return "(no log)"
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-60:])

    def remove(self):
        self.stop()
        account.remove(self.directory)
