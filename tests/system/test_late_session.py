# SPDX-License-Identifier: MIT
"""A worker that is to end before it has made a session of its own: it is still in the group of the template, which must not be
hit, and there is no group of its own to hit."""

import os
import pathlib
import subprocess

import pytest

from helpers import procfs, waiting

SOURCE = pathlib.Path(__file__).parent / "helpers" / "late_session.c"


@pytest.fixture
def late(site, prefix):
    """The site, whose workers stay on the way to their session while the file `late` is there."""
    library = f"{site.directory}/late_session.so"
    subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, str(SOURCE)],
                   check=True)
    site.late = f"{site.directory}/late"
    site.settings["worker_program"] = site.program("worker", f"""#!/bin/sh
export LD_PRELOAD={library} LATE_SESSION={site.late}
exec {prefix}/libexec/taskyard/taskyard-worker "$@"
""")
    site.shell("wait", "echo begun; exec sleep 300", grace=1)
    site.shell("brief", "true")
    return site.start()


def begin(site, control):
    """A task whose worker is held."""
    site.write(site.late, "")
    task = control.create("wait")
    pid = control.worker_pid(task)
    assert procfs.read(pid).session != pid
    return task, pid


def children(site):
    return {process.pid for process in procfs.children(site.process.pid)}


def only_it_has_ended(site, control, task, signal_name):
    templates = children(site)
    [attempt] = control.attempts(task)
    assert attempt["signal"] == signal_name
    assert "begun" not in control.log_text(task)
    assert control.run("brief")["status"] == "success"
    assert children(site) <= templates, "one that a reload has replaced may be gone, but none is new"


@pytest.mark.parametrize("way", ["cancel", "kill"])
def test_it_is_killed_where_it_stands(late, control, way):
    template = procfs.children(late.process.pid)
    task, pid = begin(late, control)
    control.ok("POST", f"/api/tasks/{task['id']}/{way}")
    control.wait(task, "cancelled")
    assert not procfs.alive(pid)
    assert [process.pid for process in procfs.children(late.process.pid)] == [process.pid for process in template]
    os.remove(late.late)
    only_it_has_ended(late, control, task, "SIGKILL")


def test_a_sigterm_waits_for_it(late, control):
    late.shell("wait", "echo begun; exec sleep 300", grace=60)
    late.reload()
    task, _ = begin(late, control)
    control.cancel(task)
    waiting.until(lambda: "signalled" in control.kinds(task), 10, "it has been told to end")
    assert control.get(task)["status"] == "running"
    os.remove(late.late)
    control.wait(task, "cancelled")
    only_it_has_ended(late, control, task, "SIGTERM")
