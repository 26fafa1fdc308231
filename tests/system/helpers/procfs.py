# SPDX-License-Identifier: MIT
"""What /proc says about processes (proc(5))."""

import os
from dataclasses import dataclass


@dataclass
class Process:
    pid: int
    parent: int
    session: int
    state: str
    name: str


def read(pid):
    """The process, or None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    fields = text[text.rindex(")") + 2:].split()
    return Process(int(pid), int(fields[1]), int(fields[3]), fields[0], name)


def everybody():
    found = (read(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
    return [process for process in found if process]


def children(pid):
    return [process for process in everybody() if process.parent == pid]


def descendants(pid):
    by_parent = {}
    for process in everybody():
        by_parent.setdefault(process.parent, []).append(process)
    found, queue = [], [pid]
    while queue:
        for process in by_parent.get(queue.pop(), []):
            found.append(process)
            queue.append(process.pid)
    return found


def alive(pid):
    """True while it runs; a corpse that nobody has waited for yet is not alive."""
    process = read(pid)
    return process is not None and process.state not in "ZX"


def environment(pid):
    """NAME -> value; empty if it cannot be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return {}
    pairs = (word.decode("utf-8", "replace").partition("=") for word in words if b"=" in word)
    return {name: value for name, _, value in pairs}


def descriptors(pid):
    """fd -> what it is, as readlink shows it."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            pass
    return found


def status(pid):
    """The lines of /proc/PID/status as a dictionary."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def with_argument(text):
    """Those that run with an argument that contains this text; corpses have none."""
    found = []
    for process in everybody():
        try:
            with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        if text.encode() in words:
            found.append(process)
    return found


def of_tasks(directory):
    """Processes of attempts (they carry TASKYARD_WORK_DIR) whose work directory lies below `directory`."""
    found = []
    for process in everybody():
        if process.state in "ZX":
            continue
        work = environment(process.pid).get("TASKYARD_WORK_DIR", "")
        if work.startswith(f"{directory}/"):
            found.append(process)
    return found
