# SPDX-License-Identifier: MIT
"""No signal ever reaches a stranger: in a PID namespace with hardly more numbers than processes, tasks are cancelled and killed
in the moment of their end, while a crowd of bystanders takes up every number that becomes free."""

import os
import pathlib
import random
import subprocess

import pytest

from helpers import account, waiting
from test_containment import containment  # noqa: F401

PIDS = 400  # the kernel takes no less than 301
CROWD = 40
SLOTS = 20
RACES = int(os.environ.get("TASKYARD_TEST_RACES", "300"))
SOURCE = pathlib.Path(__file__).parent / "helpers" / "bystander.c"


@pytest.fixture(scope="module")
def bystander(tmp_path_factory):
    program = tmp_path_factory.mktemp("bystander") / "bystander"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(SOURCE)], check=True)
    return program


INIT = """
{ bystander; } < gate &
exec 4> gate
supervisor 4>&- &
wait $!
status=$?
exec 4>&-
wait
exit $status
"""


@pytest.fixture
def crowded(site, containment, bystander):  # noqa: F811
    """The site, its supervisor in a namespace with few numbers, beside a crowd; None for others than root, who cannot make one."""
    if os.getuid() != 0:
        yield None
        return
    directory = account.fresh_directory()
    subprocess.run(["install", "-m", "755", str(bystander), f"{directory}/bystander"], check=True)
    os.mkfifo(f"{directory}/gate")
    site.report = site.write(f"{directory}/report", "", 0o666)
    who = account.entry()
    ordinary = f"setpriv --reuid {who.pw_uid} --regid {who.pw_gid} --clear-groups"
    script = (f"echo {PIDS} > /proc/sys/kernel/pid_max || exit\n"
              + INIT.replace("bystander", f"{ordinary} {directory}/bystander {site.report} {CROWD}")
                    .replace("supervisor 4", f"{ordinary} \"$@\" 4").replace("gate", f"{directory}/gate"))
    plain = site.supervisor
    site.supervisor = lambda *words: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, "sh",
                                      *plain(*words)]
    yield site
    if site.process and site.process.poll() is None:  # a signal would end the namespace and not the supervisor
        site.control.ok("POST", "/api/drain")
        site.process.wait(30 * waiting.SCALE)
    account.remove(directory)


def race(control, dice):
    """As many tasks as there are slots, each ended at about the time at which it ends by itself. One that does not run yet is a
    matter of the database, which may be too busy (503): it will end by itself then."""
    tasks = control.create("brief", count=SLOTS)
    for task in dice.sample(tasks, len(tasks)):
        answer = control.request("POST", f"/api/tasks/{task['id']}/{dice.choice(('cancel', 'kill'))}")
        assert answer.status in (200, 503), answer.body
    return [control.wait(task) for task in tasks]


def test_no_signal_reaches_a_stranger(crowded, monkeypatch, measure):
    if crowded is None:
        measure("races for the numbers of processes were not run here: only root can make a PID namespace")
        return
    site, control, dice = crowded, crowded.control, random.Random(1)
    site.type("brief", ["/bin/sleep", "0.03"], grace=0.01)
    monkeypatch.setattr(account, "popen_words", lambda: {"env": account.environment(), "cwd": "/"})  # root makes the namespace
    site.start()
    monkeypatch.undo()
    control.limit(SLOTS)
    ended = []
    while len(ended) < RACES:
        ended += race(control, dice)
    assert {task["status"] for task in ended} <= {"success", "cancelled"}
    control.ok("POST", "/api/drain")
    assert site.process.wait(30 * waiting.SCALE) == 0
    with open(site.report, encoding="ascii") as file:
        lines = file.read().splitlines()
    *signals, made = lines
    measure(f"{len(ended)} races of an end with a cancel or kill, {made.split()[1]} bystanders, numbers up to {PIDS}: "
            f"{len(signals)} signals reached a stranger")
    assert not signals, signals
    assert int(made.split()[1]) > 10 * PIDS, "every number was used again and again"
