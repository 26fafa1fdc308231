# SPDX-License-Identifier: MIT
"""A kill kills: trees that are built to escape, contained by a cgroup for each attempt, and by session alone."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from helpers import account, cgroup, procfs, waiting

WAYS = ["children", "setsid", "daemon", "bare", "bare_daemon", "deaf", "stopped"]
KILLS = 20
HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def escape_source(tmp_path_factory):
    program = tmp_path_factory.mktemp("escape") / "escape"
    source = HERE / "helpers" / "escape_worker.c"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(source)], check=True)
    return program


@pytest.fixture
def escape(site, escape_source):
    """The program where the account can start it."""
    path = shutil.copy(escape_source, f"{site.programs}/escape")
    os.chmod(path, 0o755)
    return path


@pytest.fixture(params=["cgroup", "session"])
def containment(request, site, measure):
    """The site in one of the two ways. Where no cgroup can be made, `cgroup` tests what the supervisor then does."""
    if request.param == "session":
        site.settings["cgroup"] = "off"
        return "session"
    why = cgroup.why_not()
    if why:
        measure(f"containment by cgroup was not tested here: {why}; the supervisor falls back to session")
        return "session"
    site.delegate()
    return "cgroup"


def strays(task=None):
    """Living processes of a task, or of all of them, whatever they have made of themselves."""
    return [found for found in procfs.with_argument(f"escape-{task['id'] if task else ''}") if found.state not in "ZX"]


def start_all(site, escape, way, count=KILLS, **values):
    """Tasks that have all said that they are where they want to be."""
    site.type(way, [escape, way], grace=0.2, on_interrupt="fail", **values)
    site.start()
    site.control.limit(count)
    tasks = site.control.create(way, count=count)
    for task in tasks:
        waiting.until(lambda task=task: site.control.get(task)["progress"] == 1, 20, "its processes are there")
    return tasks


def in_table(site, task):
    [[status]] = site.sql(f"select status from task where uuid = '{task['id']}'")
    return status


def receipt(control, task):
    [row] = [row for row in control.timeline(task) if row["kind"] == "tree_empty"]
    return row["detail"]


def test_it_says_which_way_it_uses(site, control, containment):
    site.start()
    assert control.status()["containment"] == containment
    assert f"containment: {containment}" in site.log_text()


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_left_when_the_status_turns(site, control, containment, escape, way):
    tasks = start_all(site, escape, way)
    for task in tasks:
        assert strays(task)
        control.cancel(task)
    waiting_for = list(tasks)
    deadline = time.monotonic() + 20 * waiting.SCALE
    while waiting_for and time.monotonic() < deadline:
        for task in list(waiting_for):
            if control.get(task)["status"] != "cancelled" and in_table(site, task) != "cancelled":
                continue
            assert not strays(task), (way, strays(task))
            waiting_for.remove(task)
    assert not waiting_for and not strays()
    for task in tasks:
        detail = receipt(control, task)
        assert detail["containment"] == containment and 0 <= detail["after_ms"] < 20000 * waiting.SCALE
        if way == "deaf" and containment == "cgroup":
            assert detail["processes"] == 3


@pytest.mark.parametrize("way", ["bomb", "bomb_setsid"])
def test_a_fork_bomb_is_over_at_once(site, control, containment, escape, way):
    mine = threads_of_account()
    tasks = start_all(site, escape, way, count=1, limits={"processes": mine + 150})
    for round_number in range(KILLS):
        task = control.create(way) if round_number else tasks[0]
        waiting.until(lambda task=task: len(strays(task)) > 20, 20, "the bomb has gone off")
        control.cancel(task)
        control.wait(task, "cancelled", seconds=30)
        assert not strays(task)


THREADS = """
import os, threading
wait = threading.Event()
count = 0
try:
    while True:
        threading.Thread(target=wait.wait, daemon=True).start()
        count += 1
except RuntimeError:
    os.write(3, b'{"progress":1,"text":"%d"}\\n' % count)
wait.wait()
"""


def test_a_bomb_of_threads_hurts_nobody_else(site, control, containment):
    """At the limit of its type; others, of the same account, run beside it."""
    site.python("threads", THREADS, limits={"processes": threads_of_account() + 100})
    site.shell("brief", "true")
    site.start()
    task = control.create("threads")
    waiting.until(lambda: control.get(task)["progress"] == 1, 30, "the bomb has gone off")
    assert 0 < int(control.get(task)["progress_text"]) <= 200
    assert [control.wait(each)["status"] for each in control.create("brief", count=5)] == ["success"] * 5
    control.cancel(task)
    assert control.wait(task, seconds=30)["status"] == "cancelled"


def threads_of_account():
    """How many threads the account has; processes that end meanwhile do not count."""
    who = account.entry().pw_uid
    count = 0
    for process in procfs.everybody():
        try:
            if os.stat(f"/proc/{process.pid}").st_uid == who:
                count += int(procfs.status(process.pid)["Threads"])
        except OSError:
            pass
    return count


def test_what_is_left_after_a_good_end_is_killed_and_told(site, control, containment, escape):
    site.type("left", [escape, "left"])
    site.start()
    for _ in range(KILLS):
        task = control.run("left")
        assert task["status"] == "success" and not strays(task)
        assert receipt(control, task)["containment"] == containment
        control.logged(task, "left 1 processes behind")


def kill_templates(site):
    """The supervisor's children that are no workers, and so cannot act for it when it is dead."""
    workers = {worker.get("pid") for worker in site.control.workers().values()}
    return [child.pid for child in procfs.children(site.process.pid)
            if child.name == "taskyard-worker" and child.pid not in workers]


# After a crash, session containment finds no process that has emptied its environment and lost its parent: it is known
# by its cgroup alone.
AFTER_A_CRASH = [("cgroup", way) for way in WAYS] + [
    ("session", way) for way in WAYS if way not in ("bare", "bare_daemon")]


@pytest.mark.parametrize("containment, way", AFTER_A_CRASH, indirect=["containment"])
def test_a_dead_supervisor_leaves_nobody(site, containment, escape, way):
    """The template does it."""
    start_all(site, escape, way)
    site.kill()
    waiting.until(lambda: not strays(), 5, lambda: f"nobody is left: {strays()}")


@pytest.mark.parametrize("containment, way", AFTER_A_CRASH, indirect=["containment"])
def test_the_next_start_finds_what_a_dead_template_could_not(site, control, containment, escape, way):
    tasks = start_all(site, escape, way)
    templates = kill_templates(site)
    assert templates
    site.process.send_signal(signal.SIGSTOP)  # it must not see its template die
    for pid in templates:
        os.kill(pid, signal.SIGKILL)
    site.kill()
    site.launch()
    waiting.until(site.answers, 20, "it answers")  # before the first claim
    assert not strays(), strays()
    for task in tasks:
        assert control.wait(task)["status"] == "failed"
    if containment == "cgroup":
        [tree] = [name for name in site.cgroup.below() if "/" not in name]
        assert tree == f"taskyard-{control.status()['incarnation'].replace('-', '')}"


# ---- the tree of cgroups ----


@pytest.fixture
def delegated(site):
    """The site with a cgroup of its own; fails where none can be made, as the tests below are about nothing else."""
    assert cgroup.why_not() is None, cgroup.why_not()
    return site.delegate()


def leaves(site):
    return [name for name in site.cgroup.below() if "/attempts/" in name]


def test_a_worker_is_born_in_its_leaf_and_leaves_are_used_again(site, control, delegated):
    site.shell("where", "grep ^0:: /proc/self/cgroup")
    site.start()
    control.limit(3)
    tasks = control.create("where", count=60)
    for task in tasks:
        assert control.wait(task)["status"] == "success"
        assert f"/taskyard-{control.status()['incarnation'].replace('-', '')}/attempts/" in control.log_text(task)
    assert 1 <= len(leaves(site)) <= 3
    assert delegated.processes() and not [pid for pid in delegated.processes() if pid not in in_supervisor(site)]
    site.stop()
    assert delegated.below() == []


def in_supervisor(site):
    return {site.process.pid, *[child.pid for child in procfs.children(site.process.pid)]}


FOUL = {
    "freeze": "echo 1 > $G/cgroup.freeze",
    "groups": "mkdir $G/deep $G/deep/deeper; (echo 0 > $G/deep/deeper/cgroup.procs; exec sleep 300) & sleep 0.2",
    "rights": "chmod 0 $G/cgroup.kill $G/cgroup.procs; sleep 300 & chmod 0 $G",
    "kill": "echo 1 > $G/cgroup.kill",
    "threaded": "echo threaded > $G/cgroup.type",
    "refused": "chmod 0 $G/cgroup.kill; sleep 300 & sleep 0.1",
}


@pytest.mark.parametrize("how", FOUL)
def test_a_task_that_fouls_its_leaf_harms_nobody(site, control, delegated, how):
    """It runs under the supervisor's own account here, so the files of its cgroup are its own."""
    find = f"G={cgroup.own_directory()}$(sed -n 's/^0:://p' /proc/self/cgroup)"
    site.shell("foul", f"{find}; {FOUL[how]}", timeout=3, grace=0.2)
    site.shell("good", "echo good")
    site.start()
    control.limit(1)
    for _ in range(3):
        assert control.run("foul")["attempt"] == 1
        assert control.run("good")["status"] == "success"
    assert not site.strays()
    assert len(leaves(site)) <= 1


def test_without_clone_into_a_cgroup_the_worker_goes_there_itself(site, control, delegated):
    site.shell("where", "sed -n 's/^0:://p' /proc/self/cgroup")
    site.start(refuse=["clone3"])
    for _ in range(3):
        task = control.run("where")
        assert task["status"] == "success", task
        assert "/attempts/" in control.log_text(task)


def test_a_directory_that_cannot_be_used_is_refused(site):
    site.settings["cgroup"] = "/nonexistent"
    site.launch()
    assert site.process.wait(20) == 78
    assert "cgroup = /nonexistent cannot be used" in site.log_text()
    site.settings["cgroup"] = "perhaps"
    site.launch()
    assert site.process.wait(20) == 78
    assert "cgroup must be auto, off or the absolute path of a directory" in site.log_text()
