# SPDX-License-Identifier: MIT
"""What every other queue has in common here: a directory, processes that are ended by their number, a pipe that tells when a task began."""

import os
import select
import shutil
import socket
import time

from helpers import account, waiting
from helpers.http import free_port

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH = 10


class Peer:
    """A context: started with workers that wait. `count`: tasks that give a figure within seconds."""

    name = ""
    guarantees = ""
    count = 2000

    def __init__(self, rig):
        self.rig = rig
        self.directory = account.fresh_directory()
        self.pipe_path = f"{self.directory}/pipe"
        self.processes = []
        self.pipe = None

    def __enter__(self):
        try:
            os.mkfifo(self.pipe_path)
            account.give(self.pipe_path)
            self.pipe = os.open(self.pipe_path, os.O_RDWR | os.O_NONBLOCK)
            for file in ("peer_jobs.py", "peer_jobs.rb"):
                shutil.copy(f"{HERE}/{file}", self.directory)
            self.start()
            self.begin_of("clock")  # it has started once, and waits
            return self
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_problem):
        self.close()

    def close(self):
        for process in reversed(self.processes):
            account.end(process, seconds=60)
        if self.pipe is not None:
            os.close(self.pipe)
        account.remove(self.directory)

    def run(self, command, **more):
        """A process of this queue, with its log in the directory."""
        environment = {**account.environment(), "BENCH_PIPE": self.pipe_path, "HOME": self.directory, "PYTHONPATH": self.directory, **more}
        self.processes.append(account.start(command, f"{self.directory}/log", env=environment, cwd=self.directory))

    def log_tail(self):
        with open(f"{self.directory}/log", encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-20:])

    # ---- what each queue does its own way ----

    def start(self):
        raise NotImplementedError

    def enqueue(self, what, count):
        """what: noop or clock."""
        raise NotImplementedError

    def left(self):
        """How many of the no-op tasks have not ended."""
        raise NotImplementedError

    # ---- measuring ----

    def rate(self):
        """Tasks a second, from the first request to the end of the last."""
        began = time.monotonic()
        self.enqueue("noop", self.count)
        waiting.until(lambda: self.left() == 0, 120, lambda: f"{self.name} has done it all\n{self.log_tail()}", every=0.02)
        return self.count / (time.monotonic() - began)

    def begin_of(self, what):
        """Seconds from the request to the task's first line."""
        began = time.monotonic_ns()
        self.enqueue(what, 1)
        if not select.select([self.pipe], [], [], 60)[0]:
            raise RuntimeError(f"{self.name} does not begin\n{self.log_tail()}")
        return (int(os.read(self.pipe, 100)) - began) / 1e9


def listens(port):

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for_port(peer, port):
    waiting.until(lambda: listens(port), 20, lambda: f"{peer.name} listens\n{peer.log_tail()}")


