# SPDX-License-Identifier: MIT
"""Types that keep their tasks from the network and from writing: by a supervisor of an ordinary account (user namespaces), and
by one that may make namespaces itself."""

import json
import os
import socket

import pytest

from helpers import account, procfs, waiting
from helpers.plugin import build_plugin

ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a supervisor privilege")
READ_ONLY_FILE_SYSTEM = 30

NETWORK = """
import errno, json, os, socket, sys
def reach(family, address):
    with socket.socket(family) as client:
        client.settimeout(5)
        return client.connect_ex(address)
with socket.socket() as server:
    server.bind(("127.0.0.1", 0))
    server.listen()
    own = reach(socket.AF_INET, server.getsockname())
status = dict(line.rstrip("\\n").split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
seen = {"interfaces": [name for _, name in socket.if_nameindex()], "own": own,
        "ours": reach(socket.AF_INET, ("127.0.0.1", int(sys.argv[1]))), "capabilities": int(status["CapEff"], 16),
        "uid": os.getuid()}
os.write(3, (json.dumps({"result": seen}) + "\\n").encode())
"""

WRITE = """
import json, os, subprocess, sys
def attempt(path):
    try:
        with open(path, "w") as file:
            file.write("x")
        return 0
    except OSError as problem:
        return problem.errno
places = {path: attempt(path) for path in ("inside", os.environ["HOME"] + "/deeper", *sys.argv[1:])}
tricks = [["mount", "-o", "remount,rw", "/"], ["umount", os.getcwd()],
          ["unshare", "--user", "--map-root-user", "--mount", "mount", "-o", "remount,rw", "/"],
          ["unshare", "--user", "--map-root-user", "--mount", "umount", os.getcwd()]]
ends = [subprocess.run(trick, capture_output=True).returncode for trick in tricks]
again = {path: attempt(path) for path in sys.argv[1:]}
os.write(3, (json.dumps({"result": {"places": places, "tricks": ends, "again": again}}) + "\\n").encode())
os.write(3, b'{"artifact": "inside"}\\n')
"""


@pytest.fixture(params=["ordinary", pytest.param("privileged", marks=ROOT_ONLY)])
def any_site(site, request):
    if request.param == "privileged":
        site.through = account.Privilege("sys_admin", "net_admin")
    return site


def python(site, name, text, *words, **values):
    return site.type(name, [site.program(name, "#!/usr/bin/python3\n" + text), *words], **values)


def result(task):
    assert task["status"] == "success", task["error"]
    return json.loads(task["result"])


@pytest.fixture
def listener():
    """Of ours, on the loopback interface of the machine; its port."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield str(server.getsockname()[1])


@pytest.fixture
def elsewhere():
    """A directory that tasks may write to, as far as its mode goes."""
    path = account.fresh_directory()
    os.chmod(path, 0o777)
    yield path
    account.remove(path)


def test_no_network(any_site, control, listener):
    python(any_site, "shut", NETWORK, listener, network="none")
    python(any_site, "open", NETWORK, listener)
    any_site.start()
    shut = result(control.run("shut"))
    assert shut["interfaces"] == ["lo"] and shut["own"] == 0
    assert shut["ours"] != 0
    assert (shut["capabilities"], shut["uid"]) == (0, account.entry().pw_uid)
    usual = result(control.run("open"))
    assert usual["ours"] == usual["own"] == 0


def test_nothing_to_write_to(any_site, control, elsewhere):
    places = [f"{elsewhere}/file", "/tmp/of_a_task", "/dev/shm/of_a_task", f"{any_site.state}/files/forged"]
    python(any_site, "reader", WRITE, *places, read_only="true", network="none")
    any_site.start()
    task = control.run("reader")
    seen = result(task)
    assert seen["places"].pop("inside") == 0 and list(seen["places"].values()).count(0) == 1
    assert {seen["places"][path] for path in places} == set(seen["again"].values()) == {READ_ONLY_FILE_SYSTEM}, seen
    assert 0 not in seen["tricks"], seen
    assert os.listdir(elsewhere) == []
    assert control.request("GET", f"/api/files/{task['artifact_file_key']}").body == b"x"
    waiting.until(lambda: not leftovers(any_site), 10, "its work directory is empty again")


def leftovers(site):
    return [name for _, directories, files in os.walk(f"{site.state}/work") for name in files]


@ROOT_ONLY
@pytest.mark.parametrize("more", [("sys_admin", "net_admin"), ()])
def test_together_with_an_account(site, control, listener, more):
    """With the privilege to change accounts alone, namespaces are made as that account."""
    site.through = account.Privilege("setuid", "setgid", "chown", "kill", "dac_override", *more)
    python(site, "guest", NETWORK, listener, network="none", read_only="true", user='"nobody"')
    site.start()
    seen = result(control.run("guest"))
    assert seen["interfaces"] == ["lo"] and seen["ours"] != 0 and seen["capabilities"] == 0
    assert seen["uid"] not in (0, account.entry().pw_uid)


def test_it_is_looked_at_cancelled_and_killed_as_any_other(any_site, control):
    any_site.shell("deaf", "trap '' TERM; (setsid sleep 300 &); echo up >&2; sleep 300", network="none", read_only="true", grace=0.3)
    any_site.start()
    for end in ("cancel", "kill"):
        task = control.create("deaf")
        control.logged(task, "up")
        look = control.ok("GET", f"/api/tasks/{task['id']}/processes")
        assert len(look["processes"]) >= 2 and look["summary"], look
        control.ok("POST", f"/api/tasks/{task['id']}/{end}", {"reason": "a test"} if end == "kill" else None)
        assert control.wait(task)["status"] == "cancelled"
        assert not any_site.strays()


def test_a_plugin_is_kept_in_too(any_site, control, prefix, tmp_path, elsewhere):
    library = build_plugin(prefix, tmp_path, any_site, """
#include <taskyard/task.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
static int run(struct taskyard_task *task, void *runner)
{
    char text[64];
    (void)runner;
    int fd = open("%s/file", O_WRONLY | O_CREAT, 0600), error = fd < 0 ? errno : 0;
    snprintf(text, sizeof(text), "[%%d,%%u]", error, if_nametoindex("lo") == 1 && if_nametoindex("eth0") == 0);
    taskyard_set_result(task, text);
    return TASKYARD_OK;
}
static const struct taskyard_runner runners[] = {{.type = "inner", .run = run}, {.type = NULL}};
TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
""" % elsewhere, "inner")
    any_site.type("inner", plugin=library, network="none", read_only="true")
    any_site.start()
    assert result(control.run("inner")) == [READ_ONLY_FILE_SYSTEM, 1]


@pytest.mark.parametrize("values, named", [({"network": "none"}, "network = none"), ({"read_only": "true"}, "read_only = true"),
                                           ({"network": "none", "read_only": "true"}, "network = none and read_only = true")])
def test_it_never_runs_without(site, control, values, named):
    """Where the kernel refuses namespaces the type is not loaded; others are."""
    site.shell("kept", "true", **values)
    site.shell("free", "true")
    site.start(refuse=("unshare",))
    assert site.type_names() == ["free"]
    [line] = [line for line in site.log_text().splitlines() if "kept" in line and "cannot be had" in line]
    assert named in line and "user.max_user_namespaces" in line
    task = control.run("kept")
    assert (task["status"], task["error"]) == ("failed", "task type not registered")
    assert control.run("free")["status"] == "success"


def test_it_is_told(site, control):
    site.shell("kept", "true", network="none", read_only="true")
    site.shell("free", "true")
    site.start()
    rows = {row["name"]: row for row in control.ok("GET", "/api/task-types")}
    assert (rows["kept"]["network"], rows["kept"]["read_only"]) == ("none", True)
    assert (rows["free"]["network"], rows["free"]["read_only"]) == ("host", False)
    [line] = [line for line in site.cli("types").splitlines() if "kept" in line]
    assert "network, writing" in line
