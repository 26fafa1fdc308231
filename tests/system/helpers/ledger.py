# SPDX-License-Identifier: MIT
"""What the tasks themselves say they did, written down where no supervisor can change it."""

import collections
import os
import pathlib
import shutil
import subprocess

from . import account

Entry = collections.namedtuple("Entry", "task attempt what number")


def compile_worker(directory):
    source = pathlib.Path(__file__).with_name("ledger_worker.c")
    program = directory / "ledger_worker"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(source)], check=True)
    return program


class Ledger:
    """A directory with the lines that tasks wrote, and the wrapped program that writes them."""

    def __init__(self, program):
        self.directory = account.fresh_directory()
        self.program = shutil.copy(program, f"{self.directory}/ledger_worker")
        os.chmod(self.program, 0o755)

    def command(self, *words):
        """The command of a type whose runs are written down."""
        return [self.program, self.directory, *words]

    def entries(self):
        path = f"{self.directory}/ledger"
        if not os.path.exists(path):
            return []
        with open(path, encoding="ascii") as file:
            return [Entry(*line.split()) for line in file]

    def of(self, what):
        return [entry for entry in self.entries() if entry.what == what]

    def enter(self, task, what, number):
        """An entry of a client, among those of the tasks, in the order in which things happened."""
        fd = os.open(f"{self.directory}/ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            os.fchmod(fd, 0o666)
            os.write(fd, f"{task} 0 {what} {number}\n".encode())
        finally:
            os.close(fd)

    def remove(self):
        account.remove(self.directory)
