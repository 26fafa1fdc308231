# SPDX-License-Identifier: MIT
"""What this machine can do, now: the small programs of this folder, run beside what is measured."""

import socket
import time

from helpers import account, waiting
from helpers.http import free_port

import rig as rigs


def spawn(rig, report, seconds=0.5):
    """Serial posix_spawn("/bin/true") and wait, a second."""
    rate = number(account.run([rig.program("spawn"), str(seconds)]))
    report.calibration("spawn", "/s", rate)
    return rate


def clone(rig, report, count=3000, width=10):
    """The template alone: no-op plugin workers a second."""
    rate = number(account.run([rig.program("clone"), f"{rig.prefix}/libexec/taskyard/taskyard-worker",
                               rig.site.example_plugin("noop"), str(count), str(width)]))
    report.calibration(f"clone, {width} wide", "/s", rate)
    return rate


def commit(rig, report, batch=10, seconds=1):
    """The database alone: tasks a second, ended and claimed, in a plain table."""
    rate = number(account.run([rig.program("commit"), rig.database.socket, str(batch), str(seconds)]))
    report.calibration(f"commit, batch {batch}", "tasks/s", rate)
    return rate


def plain_http(rig, report, seconds=2, connections=64):
    """libevent's own server with 300 bytes to say: requests a second."""
    port = free_port()
    server = account.start([rig.program("plain_http"), str(port), str(seconds + 20)], "/dev/null")
    try:
        waiting.until(lambda: answers(port), 10, "the plain server answers")
        found = rigs.run_wrk(("127.0.0.1", port), "/", connections=connections, seconds=seconds)
    finally:
        account.end(server)
    report.calibration(f"plain evhttp, {connections} connections", "requests/s", found["rate"])
    report.calibration(f"plain evhttp, {connections} connections, p99", "ms", found["p99"])
    return found["rate"]


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def everything(rig, report):
    spawn(rig, report, 1)
    clone(rig, report)
    for batch in (1, 10, 50):
        commit(rig, report, batch)
    plain_http(rig, report)


def around(rig, report, measure):
    """What measure() gives, and the rate of spawn as the mean of that right before and right after it."""
    before = spawn(rig, report)
    value = measure()
    return value, (before + spawn(rig, report)) / 2


def number(done):
    if done.returncode != 0:
        raise RuntimeError(f"{done.args}: {done.stderr}")
    return float(done.stdout)


def processors_busy(seconds=1):
    """How many processors others keep busy right now."""
    def busy():
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(field) for field in file.readline().split()[1:9]]
        return sum(fields) - fields[3] - fields[4]
    before = busy()
    time.sleep(seconds)
    return (busy() - before) / rigs.TICKS / seconds


