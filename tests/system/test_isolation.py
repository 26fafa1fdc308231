# SPDX-License-Identifier: MIT
"""What a worker sees: four descriptors, an environment made from nothing, default signals, a directory of its own."""

import contextlib
import json
import os
import pwd
import resource
import signal

import pytest

from helpers import account, procfs, waiting
from helpers.plugin import build_plugin

LOOK = """
import json, os, signal, stat
def kind(fd):
    mode = os.fstat(fd).st_mode
    return "pipe" if stat.S_ISFIFO(mode) else "file" if stat.S_ISREG(mode) else "character" if stat.S_ISCHR(mode) else "?"
own = set(map(int, os.listdir("/proc/self/fd")))
fds = sorted(fd for fd in own if os.path.exists(f"/proc/self/fd/{fd}"))
seen = {
    "fds": {str(fd): kind(fd) for fd in fds},
    "environment": dict(os.environ),
    "cwd": os.getcwd(),
    "mode": os.stat(".").st_mode & 0o7777,
    "owner": os.stat(".").st_uid,
    "uid": os.getuid(),
    "status": dict(line.rstrip("\\n").split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line),
    "umask": os.umask(0),
    "session": os.getsid(0) == os.getpid(),
    "oom": int(open("/proc/self/oom_score_adj").read()),
    "empty": os.listdir("."),
    "seekable": os.lseek(0, 0, os.SEEK_END) if stat.S_ISREG(os.fstat(0).st_mode) else None,
}
os.write(3, (json.dumps({"result": seen}) + "\\n").encode())
"""


@pytest.fixture
def look(site, control):
    def run(payload=None, **values):
        site.python("look", LOOK, **values)
        site.start()
        task = control.run("look", payload)
        assert task["status"] == "success", task
        return task, json.loads(task["result"])

    return run


def test_four_descriptors_and_no_others(look):
    _, seen = look("input")
    assert seen["fds"] == {"0": "file", "1": "pipe", "2": "pipe", "3": "pipe"}
    assert seen["seekable"] == len("input")


def test_four_descriptors_beside_a_hundred_clients(site, control):
    """And beside what the supervisor has open for them and for the database."""
    site.python("look", LOOK)
    http = site.listen_http()
    site.start()
    with contextlib.ExitStack() as clients:
        for _ in range(100):
            clients.enter_context(http.open()).sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in range(4):
            clients.enter_context(control.events("/api/events"))
        waiting.until(lambda: b'connections{listener="public"} 100' in control.request("GET", "/metrics").body, 10,
                      "all are connected")
        for task in control.create("look", "input", count=4):
            done = control.wait(task)
            assert done["status"] == "success", done
            assert json.loads(done["result"])["fds"] == {"0": "file", "1": "pipe", "2": "pipe", "3": "pipe"}


def test_without_payload_the_input_is_dev_null(look):
    _, seen = look()
    assert seen["fds"]["0"] == "character"


def test_the_environment_is_made_from_nothing(look):
    task, seen = look(environment=["GREETING=hello world", "LANG=de_DE.UTF-8"])
    environment = seen["environment"]
    mark = environment.pop("TASKYARD_MARK")
    assert len(mark) == 49
    work = environment["TASKYARD_WORK_DIR"]
    environment.pop("LC_CTYPE", None)  # Python's own doing
    assert environment == {
        "TASKYARD_TASK_ID": task["id"], "TASKYARD_ATTEMPT": "1", "TASKYARD_TYPE": "look", "TASKYARD_CREATOR": "system",
        "TASKYARD_WORK_DIR": work, "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": work, "TMPDIR": work,
        "LANG": "de_DE.UTF-8", "GREETING": "hello world",
    }


def spoil():
    """What a service manager, a shell or a nohup(1) may have left to the supervisor."""
    for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGUSR2, signal.SIGALRM, signal.SIGRTMIN])
    os.umask(0)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


SECRETS = {"NOTIFY_SOCKET": "@nobody", "LISTEN_FDS": "3", "LISTEN_PID": "1", "LD_LIBRARY_PATH": "/nonexistent/lib",
           "BASH_ENV": "/x", "CREDENTIALS_DIRECTORY": "/nonexistent", "MYSQL_PWD": "secret", "IFS": "x",
           "PYTHONPATH": "/nonexistent/python"}


def test_nothing_is_inherited_from_whoever_started_the_supervisor(site, control):
    """By a program that changes nothing itself, as an interpreter would."""
    site.type("status", ["/bin/cat", "/proc/self/status", "/proc/self/limits"])
    site.type("environment", ["/usr/bin/env"])
    site.shell("umask", "umask")
    site.write_config()
    site.process = account.start(site.supervisor(), site.log, env={**account.environment(), **SECRETS}, preexec_fn=spoil,
                                 restore_signals=False)
    waiting.until(site.ready, 30, "the supervisor is ready")
    lines = control.log_text(control.run("status")).splitlines()
    seen = dict(line.split(":", 1) for line in lines if ":" in line)
    assert {name: int(seen[name], 16) for name in ("SigBlk", "SigIgn", "SigPnd", "CapEff")} == dict.fromkeys(
        ("SigBlk", "SigIgn", "SigPnd", "CapEff"), 0)
    assert seen["NoNewPrivs"].strip() == "1"
    [core] = [line.split() for line in lines if line.startswith("Max core file size")]
    assert core[4:6] == ["0", "0"]
    names = {line.partition("=")[0] for line in control.log_text(control.run("environment")).splitlines()}
    assert names == {"PATH", "LANG", "HOME", "TMPDIR", "TASKYARD_TASK_ID", "TASKYARD_ATTEMPT", "TASKYARD_TYPE",
                     "TASKYARD_CREATOR", "TASKYARD_WORK_DIR", "TASKYARD_MARK"}
    assert control.log_text(control.run("umask")) == "0027"


def test_the_work_directory_is_private_and_empty(look, site):
    _, seen = look()
    assert seen["cwd"] == seen["environment"]["TASKYARD_WORK_DIR"]
    assert seen["cwd"].startswith(f"{site.state}/work/")
    assert (seen["mode"], seen["owner"], seen["empty"]) == (0o700, seen["uid"], [])


def test_signals_are_as_a_program_expects_them(look):
    _, seen = look()
    status = seen["status"]
    assert int(status["SigBlk"], 16) == 0
    python_ignores = (1 << 12) | (1 << 24)  # SIGPIPE and SIGXFSZ, by Python itself
    assert int(status["SigIgn"], 16) & ~python_ignores == 0


def test_it_runs_in_a_session_of_its_own_as_an_ordinary_user(look):
    _, seen = look()
    assert seen["session"]
    assert seen["uid"] == account.entry().pw_uid != 0
    assert int(seen["status"]["CapEff"], 16) == 0
    assert seen["umask"] in (0o022, 0o027, 0o077)


def test_a_plugin_worker_has_four_descriptors_too(site, control, prefix, tmp_path):
    library = build_plugin(prefix, tmp_path, site, """
#include <taskyard/task.h>
#include <unistd.h>
static int run(struct taskyard_task *task, void *runner)
{
    (void)runner;
    taskyard_progress(task, 7, NULL);
    while (!taskyard_cancelled(task))
        usleep(10000);
    return TASKYARD_CANCELLED;
}
static const struct taskyard_runner runners[] = {{.type = "linger", .run = run}, {.type = NULL}};
TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
""", "linger")
    site.type("linger", plugin=library)
    site.start()
    task = control.create("linger")
    pid = control.worker_pid(task)
    waiting.until(lambda: control.get(task)["progress"] == 7, 10, "it runs")
    assert set(procfs.descriptors(pid)) == {0, 1, 2, 3}
    environment = procfs.environment(pid)
    assert environment["TASKYARD_MARK"] and not any("database" in value for value in environment.values())
    [template] = [child for child in procfs.children(site.process.pid) if child.pid != pid]
    assert not any(site.database.socket in target or "control.sock" in target
                   for target in procfs.descriptors(template.pid).values())
    control.cancel(task)
    assert control.wait(task)["status"] == "cancelled"


def test_no_secret_of_the_supervisor_reaches_a_worker(make_site, own_database, prefix):
    """With a password for the database, neither the environment nor the memory of template or worker has it."""
    secret = "SQL-5a1e9f-secret-word"
    site = make_site(own_database.start())
    own_database.sql(f"create user 'by_password'@'localhost' identified by '{secret}';"
                     "grant all privileges on *.* to 'by_password'@'localhost'")
    path = site.write(f"{site.directory}/password", secret + "\n", 0o600)
    site.login = f'user = "by_password" password_file = "{path}"'
    site.shell("wait", "exec sleep 300")
    site.start()
    task = site.control.create("wait")
    pids = [site.control.worker_pid(task), *[child.pid for child in procfs.children(site.process.pid)]]
    for pid in pids:
        assert secret not in json.dumps(procfs.environment(pid))
        assert secret.encode() not in readable_memory(pid)
    assert secret not in site.log_text()
    site.control.cancel(task)
    site.control.wait(task, "cancelled")


def readable_memory(pid):
    """Heap and stack of a process, as far as they can be read."""
    found = b""
    try:
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                if "[heap]" in line or "[stack]" in line:
                    begin, end = (int(word, 16) for word in line.split()[0].split("-"))
                    memory.seek(begin)
                    found += memory.read(end - begin)
    except (OSError, ValueError):
        pass
    return found


@pytest.mark.skipif(os.getuid() != 0, reason="only root can let a type run as somebody else")
def test_a_type_cannot_take_an_account_without_privilege(site, control):
    site.shell("other", "id -un", user='"nobody"')
    site.start()
    assert pwd.getpwnam("nobody")
    task = control.run("other")
    assert task["status"] == "failed" and task["error"]


SPY = """
import ctypes, json, os
def refused(action):
    try:
        action()
    except OSError as error:
        return error.errno in (1, 13)  # EPERM, EACCES
    return False
def attach():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), None, None) != 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")
of_parent = f"/proc/{os.getppid()}"
seen = {name: refused(lambda: open(f"{of_parent}/{name}", "rb").read(1)) for name in ("mem", "environ")}
seen["fd"] = refused(lambda: os.listdir(f"{of_parent}/fd"))
seen["ptrace"] = refused(attach)
os.write(3, (json.dumps({"result": seen}) + "\\n").encode())
"""


def test_a_task_cannot_look_into_the_supervisor(site, control):
    """Though both run under the same account: it is not dumpable (prctl(2)), which forbids a core file, too."""
    site.python("spy", SPY)
    site.start()
    assert json.loads(control.run("spy")["result"]) == {"mem": True, "environ": True, "fd": True, "ptrace": True}


def test_the_supervisor_leaves_no_core_and_no_file_to_others(site, control):
    """It holds the password of the database and all sessions."""
    site.shell("report", "echo x > report; echo '{\"artifact\":\"report\"}' >&3; echo line; exit 0")
    site.write_config()
    site.process = account.start(site.supervisor(), site.log, preexec_fn=spoil)
    waiting.until(site.ready, 30, "the supervisor is ready")
    assert control.run("report")["status"] == "success"
    paths = [os.path.join(path, name) for path, directories, files in os.walk(site.state) for name in directories + files]
    assert any(os.path.isfile(path) for path in paths)
    assert [path for path in paths if os.stat(path).st_mode & 0o006] == []  # tasks of other accounts pass through `work`
    for process in [site.process.pid, *[child.pid for child in procfs.children(site.process.pid)]]:
        assert site.database.socket not in json.dumps(procfs.environment(process))
    os.kill(site.process.pid, signal.SIGABRT)
    ended = os.waitid(os.P_PID, site.process.pid, os.WEXITED | os.WNOWAIT)
    assert (ended.si_status, ended.si_code) == (signal.SIGABRT, os.CLD_KILLED), "no core was dumped"
    site.process.wait(10)
    site.process = None  # its end was ours
