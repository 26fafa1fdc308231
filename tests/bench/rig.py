# SPDX-License-Identifier: MIT
"""What is measured: a private database and a supervisor as script/server starts them, everything durable, and ways to look at them."""

import os
import re
import shutil
import statistics
import subprocess
import time

from helpers import account, cgroup, people, procfs, waiting
from helpers.database import Database
from helpers.site import Site

from client import Client

RUNNERS = ("clock", "tell", "sleep", "progress", "log")
PORTION = 500  # tasks in one request
TICKS = os.sysconf("SC_CLK_TCK")


class Rig:
    """A context. `control` is a client of the control socket, `http` one that has signed in as an administrator."""

    def __init__(self, prefix, build, **settings):
        self.prefix = prefix
        self.build = build
        self.database = Database(prefix)
        self.site = None
        self.settings = settings

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_problem):
        self.close()

    def start(self):
        self.database.start()
        durable = self.database.sql("select @@innodb_flush_log_at_trx_commit, @@sync_binlog, @@log_bin")[0]
        assert durable[0] == "1", durable
        self.site = Site(self.prefix, self.database, "bench")
        if os.environ.get("TASKYARD_TEST_CONTAINMENT") != "session" and cgroup.why_not() is None:
            self.site.delegate()
        self.site.examples("noop")
        self.add_runners()
        self.site.settings.update({"log_level": "warn", "idle_timeout": 3600.0, **self.settings})
        door = self.site.listen_http()
        self.site.start()
        self.address = ("127.0.0.1", door.port)
        self.admin = people.add(self.site, door, "bench", "admin")
        self.control = Client(self.site.socket)
        self.http = self.sign_in()
        return self

    def add_runners(self):
        plugin = f"{self.site.programs}/runners.so"
        shutil.copy(f"{self.build}/tests/bench/.libs/runners.so", plugin)
        account.give(plugin)
        for name in RUNNERS:
            self.site.type(f"bench_{name}", plugin=plugin, grace=2)
        self.site.type("bench_stubborn", [self.site.program("stubborn", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n")], grace=1)

    def close(self):
        if self.site:
            problems = self.site.close()
            if problems:
                print("\n".join(str(problem) for problem in problems))
        self.database.remove()

    def program(self, name):
        """One of the small programs, where the account can run it."""
        copy = f"{self.site.programs}/{name}"
        if not os.path.exists(copy):
            shutil.copy(f"{self.build}/tests/bench/{name}", copy)
            os.chmod(copy, 0o755)
        return copy

    def sign_in(self):
        return Client(self.address, self.admin.token)

    # ---- tasks ----

    def create(self, kind, count=1, payload=None):
        """The ids of new tasks that belong to the administrator who asks over `http`."""
        made = []
        while len(made) < count:
            body = {"type": kind, "creator": self.admin.id, "count": min(count - len(made), PORTION)}
            if payload is not None:
                body["payload"] = payload
            made += [task["id"] for task in self.control.ask("POST", "/api/tasks", body)]
        return made

    def limit(self, width):
        self.control.ask("PUT", "/api/system/task-settings", {"max_concurrent": width})

    def status(self):
        return self.control.ask("GET", "/api/status")

    def until_running(self, count, seconds=120):
        waiting.until(lambda: self.status()["running"] >= count, seconds, f"{count} tasks run", every=0.1)

    def workers_of(self, tasks, seconds=120):
        """Task -> process, once all of them run and their processes are known."""
        wanted = set(tasks)

        def found():
            return {worker["task_id"]: worker["pid"] for worker in self.status()["workers"]
                    if worker["task_id"] in wanted and worker.get("pid")}
        waiting.until(lambda: len(found()) == len(wanted), seconds, f"{len(wanted)} tasks run", every=0.1)
        return found()

    def until_idle(self, seconds=600):
        """Asks seldom: a look costs a process, and the database knows when the last one ended."""
        waiting.until(lambda: self.left() == 0, seconds, "the queue is empty", every=0.4)

    def left(self):
        return self.pending("'pending', 'running'")

    def pending(self, statuses="'pending'"):
        [[count]] = self.site.sql(f"select count(*) from task where status in ({statuses}) and deleted_at is null")
        return int(count)

    def cancel_all(self, tasks):
        for task in tasks:
            self.http.ask("POST", f"/api/tasks/{task}/cancel")
        self.until_idle()

    def drain(self, kind, count, width):
        """Tasks a second, from the moment they may begin to the end of the last, by the clock that the database shares with us."""
        self.limit(1)
        [blocker] = self.create("bench_sleep")
        self.until_running(1)
        self.create(kind, count)
        began = time.time()
        self.limit(width)
        self.http.ask("POST", f"/api/tasks/{blocker}/cancel")
        self.until_idle()
        [[ended, done]] = self.site.sql("set time_zone = '+00:00'; select unix_timestamp(max(finished_at)), sum(status = 'success') "
                                        f"from task where type = '{kind}' and finished_at >= from_unixtime({began:.6f})")
        assert int(done) == count, (kind, count, done)
        return count / (float(ended) - began)

    # ---- processes ----

    @property
    def pids(self):
        return {"supervisor": self.site.process.pid, "database": self.database.process.pid}

    def processor_seconds(self):
        """What supervisor, database, template and all workers that have ended have used so far."""
        used = {name: processor_seconds(pid) for name, pid in self.pids.items()}
        used["template"] = sum(processor_seconds(pid) for pid in self.templates())
        used["workers"] = processor_seconds(self.pids["supervisor"], 13)
        return used

    def templates(self):
        """Children of the supervisor that are nobody's attempt. There is one, but while a new one takes over."""
        return [child.pid for child in procfs.children(self.pids["supervisor"])
                if child.name == "taskyard-worker" and "TASKYARD_WORK_DIR" not in procfs.environment(child.pid)]

    def counters(self):
        """The database's own counters."""
        return {name: int(value) for name, value in self.database.sql("show global status") if value.isdigit()}


def processor_seconds(pid, first=11):
    """What a process has used itself; with 13, what its children had when it waited for them (proc(5))."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[first]) + int(fields[first + 1])) / TICKS


def pss_mib(pid):
    """Its share of memory: what it has alone, and a part of what it shares with others."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def percentiles(samples):
    """The median and the 99th percentile."""
    ordered = sorted(samples)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def run_wrk(address, path, token=None, connections=64, seconds=4):
    """By wrk(1), as a dictionary: answers of success a second (`rate`), the median and 99th percentile of all times in milliseconds
    (`p50`, `p99`), how many requests there were (`asked`), the share of them refused or not answered in two seconds (`failed`)."""
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if token:
        words += ["-H", f"Authorization: Bearer {token}"]
    text = subprocess.run([*words, f"http://{address[0]}:{address[1]}{path}"], capture_output=True, text=True, check=True).stdout
    asked = int(re.search(r"(\d+) requests in", text)[1])
    rate = float(re.search(r"Requests/sec: +([\d.]+)", text)[1])
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    late = re.search(r"Socket errors: .*timeout (\d+)", text)
    failed = (int(refused[1]) if refused else 0) + (int(late[1]) if late else 0)
    found = {"asked": asked, "rate": rate * (1 - failed / asked) if asked else 0.0, "failed": failed / asked if asked else 1.0}
    for share in (50, 99):
        found[f"p{share}"] = milliseconds(re.search(rf" {share}% +(\S+)", text)[1])
    return found


def milliseconds(text):
    for unit, factor in (("us", 0.001), ("ms", 1), ("s", 1000)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise ValueError(text)
