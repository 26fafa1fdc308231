# SPDX-License-Identifier: MIT
"""The queues written in C: Gearman with its jobs in memory or in MariaDB, and task-spooler."""

import os
import socket
import struct
import subprocess

from helpers import account

from peer import WIDTH, Peer, free_port, wait_for_port

SUBMIT_JOB_BG = 18
JOB_CREATED = 8


class Gearman(Peer):
    """Jobs are sent as its protocol says (PROTOCOL in its source); its own tool runs a program for each."""

    name = f"Gearman in memory, {WIDTH} workers"
    guarantees = "a process a task (exec); not durable; no history, no result of a background job; no cancel"
    count = 4000

    def start(self):
        self.port = free_port()
        self.run(["gearmand", "--listen", "127.0.0.1", "--port", str(self.port), "--log-file", "stderr", *self.queue_options()])
        wait_for_port(self, self.port)
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        where = ["-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(WIDTH):
            self.run(["gearman", *where, "-w", "-f", "noop", "--", "/bin/true"])
        self.run(["gearman", *where, "-w", "-f", "clock", "--", self.rig.program("clock"), self.pipe_path])

    def queue_options(self):
        return []

    def close(self):
        if hasattr(self, "socket"):
            self.socket.close()
        super().close()

    def enqueue(self, what, count):
        """A portion is sent whole, then its answers are read: each job is then with the server."""
        for first in range(0, count, 100):
            portion = min(100, count - first)
            packets = b"".join(self.packet(what, first + i) for i in range(portion))
            self.socket.sendall(packets)
            for _ in range(portion):
                kind, size = struct.unpack(">4xII", self.take(12))
                assert kind == JOB_CREATED, kind
                self.take(size)

    @staticmethod
    def packet(what, number):
        data = b"\0".join((what.encode(), f"{os.getpid()}-{number}-{os.urandom(4).hex()}".encode(), b""))
        return b"\0REQ" + struct.pack(">II", SUBMIT_JOB_BG, len(data)) + data

    def take(self, size):
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            assert chunk, self.log_tail()
            data += chunk
        return data

    def left(self):
        with socket.create_connection(("127.0.0.1", self.port)) as admin:
            admin.sendall(b"status\n")
            text = b""
            while not text.endswith(b".\n"):
                text += admin.recv(4096)
        return next((int(line.split("\t")[1]) for line in text.decode().splitlines() if line.startswith("noop\t")), 0)


class GearmanMariadb(Gearman):
    name = f"Gearman, queue in MariaDB, {WIDTH} workers"
    guarantees = "a process a task (exec); what waits is durable; no history; after a crash what ran is run beside the copy that still runs"

    def queue_options(self):
        self.rig.database.sql("create database if not exists bench_gearman")
        with open(f"{self.directory}/.my.cnf", "w", encoding="utf-8") as options:  # it reads the section of its own name
            options.write(f"[gearmand]\nsocket = {self.rig.database.socket}\n")
        return ["--queue-type", "mysql", "--mysql-host", "localhost", "--mysql-user", account.entry().pw_name, "--mysql-db", "bench_gearman"]


class TaskSpooler(Peer):
    """A command a task is the only way in."""

    name = f"task-spooler, {WIDTH} slots"
    guarantees = "a process a task (exec); not durable; the list is kept while its server lives; SIGTERM to the group, no more"
    count = 600

    def start(self):
        self.environment = {**account.environment(), "TS_SOCKET": f"{self.directory}/socket", "TS_SLOTS": str(WIDTH), "TMPDIR": self.directory,
                            "TS_MAXFINISHED": "10"}

    def spool(self, *words):
        return self.output(["tsp", *words])

    def output(self, command):
        words = {**account.popen_words(), "env": self.environment}
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **words).stdout

    def enqueue(self, what, count):
        command = ["/bin/true"] if what == "noop" else [self.rig.program("clock"), self.pipe_path]
        loop = 'left=$1; shift; while [ "$left" -gt 0 ]; do tsp -n "$@" >/dev/null; left=$((left - 1)); done'
        self.output(["sh", "-c", loop, "sh", str(count), *command])

    def left(self):
        return sum(f" {state} " in line for line in self.spool("-l").splitlines() for state in ("queued", "running"))

    def close(self):
        if hasattr(self, "environment"):
            self.spool("-K")
        super().close()


ALL = (Gearman, GearmanMariadb, TaskSpooler)
