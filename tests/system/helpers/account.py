# SPDX-License-Identifier: MIT
"""The ordinary account under which everything under test runs, whoever runs the tests."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

ACCOUNT = "taskyard"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

started = set()  # pids of all services started here, so that adopted processes can be told apart

libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper():
    """From now on orphans of what we start become our children, where they can be counted."""
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def entry():
    """The account as a pwd entry: `taskyard` (made if missing) when the tests run as root, else the caller."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--home-dir", "/nonexistent", "--no-create-home",
             "--shell", "/usr/sbin/nologin", ACCOUNT], check=True)
        return pwd.getpwnam(ACCOUNT)


def popen_words():
    """Arguments for subprocess that run a program under the account, from an environment of its own."""
    who = entry()
    words = {"env": environment(), "cwd": "/", "stdin": subprocess.DEVNULL}
    if os.getuid() == 0:
        words.update(user=who.pw_uid, group=who.pw_gid, extra_groups=[])
    return words


def environment():
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS") if name in os.environ}
    return {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/nonexistent", **kept}


def start(command, log, through=None, **changes):
    """Starts a service in a session of its own; it is told to end if the test run is killed outright. through: what has
    words() to begin it with, as root if we are (SmallDisk, Privilege)."""
    words = popen_words()
    words.update(changes)
    if through:
        command = [*through.words(), *command]
        for name in ("user", "group", "extra_groups"):
            words.pop(name, None)
    with open(log, "ab") as output:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=output, stderr=output,
                                   start_new_session=True, **words)
    started.add(process.pid)
    return process


class Privilege:
    """Starts a service under the account with some capabilities (capabilities(7)) of root's."""

    def __init__(self, *names):
        self.names = ",".join(f"+{name}" for name in names)

    def words(self):
        who = entry()
        return ["setpriv", "--reuid", str(who.pw_uid), "--regid", str(who.pw_gid), "--clear-groups",
                "--inh-caps", self.names, "--ambient-caps", self.names, "--pdeathsig", "KILL"]


def run(command, **changes):
    """Runs a program to its end under the account; text in and out."""
    words = {"capture_output": True, "text": True, "timeout": 60, **popen_words()}
    words.update(changes)
    if "input" in words:
        words.pop("stdin")
    return subprocess.run(command, **words)


def end(process, how=signal.SIGTERM, seconds=30):
    """Sends a signal and waits; returns the exit status as subprocess gives it."""
    if process.poll() is None:
        process.send_signal(how)
    return process.wait(seconds)


def fresh_directory():
    """A new directory of the account with a short path: socket paths have little room."""
    path = tempfile.mkdtemp(prefix="ty", dir="/tmp")
    who = entry()
    os.chown(path, who.pw_uid, who.pw_gid)
    os.chmod(path, 0o755)
    return path


def give(path):
    """Hands a file over to the account."""
    who = entry()
    os.chown(path, who.pw_uid, who.pw_gid)


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
