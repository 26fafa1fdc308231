# SPDX-License-Identifier: MIT
"""A directory of cgroup version 2 that is handed over to the account under test, as systemd's Delegate=yes does it."""

import itertools
import os
import time

from . import account

numbers = itertools.count(1)
HANDED_OVER = (".", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads")


def own_directory():
    """Where the cgroup of this process lies in the file system, or None if no cgroup2 mount shows it."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        paths = [line[3:].rstrip("\n") for line in file if line.startswith("0::/")]
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        mounts = [line.split() for line in file if " - cgroup2 " in line]
    for mount in mounts:
        if paths and mount[3] == "/":
            return mount[4] + paths[0].rstrip("/")
    return None


def why_not():
    """None if the tests may make cgroups here, else the reason as a sentence."""
    directory = own_directory()
    if directory is None:
        return "no cgroup2 file system is mounted"
    if not os.access(directory, os.W_OK) or not os.access(f"{directory}/cgroup.procs", os.W_OK):
        return f"{directory} is not writable"
    return None


class Delegated:
    """One such directory. `enter` goes to subprocess as preexec_fn."""

    def __init__(self):
        self.path = f"{own_directory()}/taskyard-test-{os.getpid()}-{next(numbers)}"
        os.mkdir(self.path)
        who = account.entry()
        for name in HANDED_OVER:
            os.chown(f"{self.path}/{name}", who.pw_uid, who.pw_gid)
        # Opened now: the right to move a process counts as that of who opened the file (cgroups(7)).
        self.procs = os.open(f"{self.path}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def enter(self):
        os.write(self.procs, b"0")

    def processes(self):
        """All that live in it or below."""
        found = []
        for directory, _, _ in os.walk(self.path):
            with open(f"{directory}/cgroup.procs", encoding="ascii") as file:
                found += [int(line) for line in file]
        return found

    def below(self):
        """The directories in it, relative."""
        return sorted(os.path.relpath(directory, self.path) for directory, _, _ in os.walk(self.path))[1:]

    def remove(self):
        """Whatever lives there is ended. Returns what was left, which nothing should be."""
        left = self.below()
        with open(f"{self.path}/cgroup.kill", "w", encoding="ascii") as file:
            file.write("1")
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.01)
        for directory, _, _ in os.walk(self.path, topdown=False):
            os.rmdir(directory)
        os.close(self.procs)
        return left
