# SPDX-License-Identifier: MIT
"""A database that is there and slow, takes no writes, lets nobody in, is changed by others, or is fought for."""

import json
import threading
import time

import pytest

from helpers import waiting
from helpers.http import receive_all
from helpers.proxy import Proxy

WAIT = 'while [ ! -e "$0.go" ]; do sleep 0.02; done; echo \'{"result":"done"}\' >&3'


@pytest.fixture
def proxy(own_database):
    made = Proxy(own_database.start())
    yield made
    made.remove()


@pytest.fixture
def site(make_site, proxy):
    """As an ordinary user of the database, behind the proxy; with a task that waits."""
    site = proxy.let_in(make_site(proxy))
    site.shell("wait", WAIT)
    site.shell("brief", "true")
    site.listen_http()
    site.start()
    site.waiting = site.control.create("wait")
    site.control.worker_pid(site.waiting)
    return site


def state(site):
    return site.control.status()["database"]["state"]


def is_back(site):
    waiting.until(lambda: state(site) == "ready", 30, "it is ready again")
    waiting.until(lambda: site.control.request("GET", "/api/tasks").status == 200, 10, "reads work as well")
    waiting.until(lambda: site.control.request("POST", "/api/tasks", {"type": "brief"}).status == 200, 10, "writes do")


def the_waiting_one_ends(site):
    """It has had one attempt, whatever there was."""
    site.program("wait.go", "")
    done = site.control.wait(site.waiting, seconds=30)
    assert (done["status"], done["result"], done["attempt"]) == ("success", '"done"', 1)


def test_ten_seconds_for_a_statement(site, control, proxy, measure):
    """A hundred clients look at the status all the while, and are answered."""
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    slowest = 0.0
    proxy.slow_down(10)
    answer = control.request("POST", "/api/tasks", {"type": "brief"})
    assert (answer.status, answer.code[:4]) == (503, "E503"), "nobody waits that long"
    for _ in range(5):
        began = time.monotonic()
        clients = [site.http.open() for _ in range(100)]
        for client in clients:
            client.sendall(request)
        assert all(receive_all(client).startswith(b"HTTP/1.1 200 ") for client in clients)
        assert control.status()["running"] == 1
        slowest = max(slowest, time.monotonic() - began)
        for client in clients:
            client.close()
    measure(f"a hundred clients beside a database with 10 s for a statement: all answered after {slowest * 1000:.0f} ms at most")
    proxy.slow_down(0)
    is_back(site)
    the_waiting_one_ends(site)


def test_no_writes(site, control, proxy):
    """read_only, as before a change of the primary: pages are read on, results are kept, and it is told what is wrong."""
    proxy.database.sql("set global read_only = 1")
    answer = control.request("POST", "/api/tasks", {"type": "brief"})
    assert (answer.status, answer.code) == (503, "E5031")
    assert 1 <= int(answer.headers["Retry-After"]) <= 4
    site.program("wait.go", "")
    waiting.until(lambda: state(site) != "ready", 10, "it is noticed")
    waiting.until(lambda: "let the database take writes again" in json.dumps(control.status()["database"]), 10,
                  lambda: f"it is told: {control.status()['database']}")
    assert control.ok("GET", f"/api/tasks/{site.waiting['id']}")["id"] == site.waiting["id"]
    assert len(control.ok("GET", "/api/tasks")) == 1
    assert site.http.ask("GET", "/readyz").status == 503
    waiting.until(lambda: not site.strays(), 10, "the task has ended")
    proxy.database.sql("set global read_only = 0")
    is_back(site)
    the_waiting_one_ends(site)


def again(proxy):
    """All connections are made anew."""
    proxy.cut()
    waiting.until(lambda: not proxy.peers, 10, "all lines are cut")
    proxy.mend()


def test_rights_that_are_taken_away(site, control, proxy):
    proxy.database.sql(f"revoke all on `{site.name}`.* from 'proxied'@'localhost'")
    again(proxy)
    waiting.until(lambda: "denied" in control.status()["database"].get("detail", ""), 20,
                  lambda: f"it is told: {control.status()['database']}")
    answer = control.request("POST", "/api/tasks", {"type": "brief"})
    assert (answer.status, answer.code) == (503, "E5031")
    proxy.let_in(site)
    is_back(site)
    the_waiting_one_ends(site)


def test_tables_that_are_gone(site, control, proxy):
    site.sql("rename table task to task_elsewhere")
    waiting.until(lambda: control.request("GET", "/api/tasks").status == 503, 10, "lists are refused")
    assert control.request("POST", "/api/tasks", {"type": "brief"}).status == 503
    assert control.status()["running"] == 1
    site.sql("rename table task_elsewhere to task")
    is_back(site)
    the_waiting_one_ends(site)


def test_a_schema_that_becomes_newer(site, control, proxy):
    """Somebody upgrades the database under a supervisor that runs: from its next connection on it touches no row."""
    site.sql("insert into schema_version (number, name, applied_at)"
             " select max(number) + 1, 'from_the_future', utc_timestamp(6) from schema_version")
    before = site.sql("select * from task")
    again(proxy)
    assert site.process.wait(30 * waiting.SCALE) == 78, "it leaves with the exit status for a wrong configuration"
    assert "newer" in site.log_text()
    assert site.sql("select * from task") == before


@pytest.mark.parametrize("isolation", [0, 1])
def test_many_who_want_the_same_rows(make_site, own_database, isolation):
    """Four who cancel, and a supervisor that claims and ends: one end each. With 1, a row that somebody else has changed is an
    error (1020) where it was none."""
    own_database.start().sql(f"set global innodb_snapshot_isolation = {isolation}")
    site = make_site(own_database)
    site.shell("brief", "exec sleep 0.02", max_retries=1)
    site.start()
    control = site.control
    control.limit(20)
    tasks = control.create("brief", count=100)
    statuses = []

    def cancel_all(step):
        for place in range(len(tasks)):
            task = tasks[place * step % len(tasks)]
            statuses.append(control.request("POST", f"/api/tasks/{task['id']}/{'kill' if place % 5 == 0 else 'cancel'}").status)

    threads = [threading.Thread(target=cancel_all, args=(step,)) for step in (1, 99, 37, 61)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503}
    for task in tasks:
        done = control.wait(task, seconds=30)
        attempts = control.attempts(task)
        assert done["status"] in ("success", "cancelled") and len(attempts) <= 1, (done, attempts)
        assert all(row["finished_at"] and row["cause"] in ("success", "cancel", "kill") for row in attempts)
    assert site.sql("select count(*) from attempt where finished_at is null") == [["0"]]
