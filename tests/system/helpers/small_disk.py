# SPDX-License-Identifier: MIT
"""A file system with little room, seen by the processes that are started on it and gone with them."""

import os
import subprocess

from . import account

BLOCK = b"\0" * 65536
MOUNT = 'mount -t tmpfs -o "size=$1,nr_inodes=$2,mode=755,uid=$3,gid=$4" none "$5" && echo mounted && exec sleep infinity'


class SmallDisk:
    """A tmpfs at an empty directory, in a mount namespace of its own that a sleeping process holds. It needs root, or user
    namespaces for everybody."""

    def __init__(self, path, size, inodes=0):
        who = account.entry()
        self.hold(path, "sh", "-c", MOUNT, "sh", size, str(inodes), str(who.pw_uid), str(who.pw_gid), path)

    def hold(self, path, *command):
        """The command mounts a file system at the path, says "mounted", and stays."""
        self.path = path
        self.as_root = os.getuid() == 0
        namespaces = ["--mount"] if self.as_root else ["--mount", "--user", "--map-current-user", "--keep-caps"]
        self.holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, "--propagation", "private", *command],
            stdout=subprocess.PIPE, text=True)
        account.started.add(self.holder.pid)
        assert self.holder.stdout.readline() == "mounted\n", "no file system could be mounted (root may, or user namespaces)"

    def words(self):
        """What makes a command run where this file system is seen, under the account; the process stays the same."""
        enter = ["nsenter", "--target", str(self.holder.pid), "--mount"]
        if not self.as_root:
            return [*enter, "--user", "--preserve-credentials"]
        who = account.entry()
        return [*enter, "setpriv", "--reuid", str(who.pw_uid), "--regid", str(who.pw_gid), "--clear-groups",
                "--pdeathsig", "KILL"]

    def outside(self, path=""):
        """How the tests reach a file of it."""
        return f"/proc/{self.holder.pid}/root{path or self.path}"

    def fill(self, leave=0):
        """Takes all the room but so many bytes."""
        with open(self.outside(f"{self.path}/ballast"), "ab", buffering=0) as file:
            try:
                while file.write(BLOCK) == len(BLOCK):
                    pass
            except OSError as problem:
                assert problem.errno == 28, problem
            if leave:
                file.truncate(max(0, file.tell() - leave))

    def free(self):
        return os.statvfs(self.outside()).f_bavail * os.statvfs(self.outside()).f_frsize

    def give_room(self):
        os.unlink(self.outside(f"{self.path}/ballast"))

    def remove(self):
        """Only when nothing runs on it any more."""
        self.holder.kill()
        self.holder.wait(10)
        self.holder.stdout.close()
