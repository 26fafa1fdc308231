# SPDX-License-Identifier: MIT
"""The database hangs, dies, comes back, or is of another version; and the launcher that starts it."""

import os
import random
import signal
import time

import pytest

from helpers import account, procfs, waiting
from helpers.database import Database

WAIT = 'while [ ! -e "$0.go" ]; do sleep 0.02; done; echo \'{"result":"done"}\' >&3'


@pytest.fixture
def site(make_site, own_database):
    return make_site(own_database.start())


def state(site):
    return site.control.status()["database"]["state"]


def back(site):
    """The database serves again: writes, and reads, which have connections of their own."""
    waiting.until(lambda: state(site) == "ready", 30, "connected again")
    waiting.until(lambda: site.control.request("GET", "/api/tasks").status == 200, 10, "reads work as well")


def answers_at_once(site):
    """The CLI's status, as a person would ask for it."""
    began = time.monotonic()
    text = site.cli("status", timeout=10)
    assert time.monotonic() - began < 2 * waiting.SCALE
    return text


def test_with_the_database_frozen_status_answers_and_a_task_can_be_killed(site, control, own_database):
    site.shell("stone", "trap '' TERM; echo ready; while :; do sleep 0.1; done", grace=1)
    site.start()
    task = control.create("stone")
    control.logged(task, "ready")
    pid = control.worker_pid(task)
    own_database.freeze()
    try:
        for _ in range(5):
            assert answers_at_once(site)
        began = time.monotonic()
        assert control.get(task)["status"] == "running"
        assert time.monotonic() - began < 1 * waiting.SCALE  # no question to the database
        control.request("POST", f"/api/tasks/{task['id']}/cancel")  # what it answers is not the point here
        waiting.until(lambda: not procfs.alive(pid), 5, "the worker is dead")
        assert not site.strays()
        assert answers_at_once(site)
    finally:
        own_database.thaw()
    back(site)
    task = control.wait(task, seconds=20)
    assert task["status"] == "cancelled"
    assert control.attempts(task)[0]["signal"] == "SIGKILL"


def test_a_frozen_database_refuses_writes_in_time(site, control, own_database):
    site.shell("brief", "true")
    site.start()
    control.run("brief")
    own_database.freeze()
    try:
        waiting.until(lambda: state(site) != "ready" or probe(control), 15, "the stall is noticed")
        began = time.monotonic()
        answer = control.request("POST", "/api/tasks", {"type": "brief"})
        took = time.monotonic() - began
        assert (answer.status, answer.code) == (503, "E5031"), answer.body[:300]
        assert int(answer.headers["Retry-After"]) >= 1
        assert took < 10 * waiting.SCALE
    finally:
        own_database.thaw()
    back(site)
    assert control.run("brief")["status"] == "success"


def probe(control):
    """A write makes the supervisor see that there is no answer."""
    return control.request("POST", "/api/tasks", {"type": "brief"}).status == 503


def test_a_dead_database_refuses_creation_at_once(site, control, own_database):
    site.shell("brief", "true")
    site.start()
    own_database.kill()
    waiting.until(lambda: state(site) != "ready", 10, "the supervisor knows")
    began = time.monotonic()
    answer = control.request("POST", "/api/tasks", {"type": "brief"})
    assert (answer.status, answer.code) == (503, "E5031")
    assert answer.headers["Retry-After"]
    assert time.monotonic() - began < 1 * waiting.SCALE
    assert answers_at_once(site)
    own_database.start()
    back(site)
    assert control.run("brief")["status"] == "success"


def test_settings_that_are_not_known_yet_are_not_told(site, control, own_database):
    path = "/api/system/task-settings"
    site.start()
    assert control.request("PUT", path, {"max_concurrent": 3}).status == 200
    site.stop()
    own_database.kill()
    site.launch()
    waiting.until(site.answers, 10, "it answers")
    for answer in (control.request("GET", path), control.request("PUT", path, {"max_concurrent": 10})):
        assert (answer.status, answer.code) == (503, "E5031")
    own_database.start()
    waiting.until(site.ready, 30, "it is ready")
    assert control.request("GET", path).data["max_concurrent"] == 3


def test_running_tasks_live_through_a_crash_of_the_database(site, control, own_database):
    site.shell("wait", WAIT)
    site.shell("brief", "echo \'{\"result\":7}\' >&3")
    site.start()
    tasks = control.create("wait", count=5)
    for task in tasks:
        control.worker_pid(task)
    pids = [control.workers()[task["id"]]["pid"] for task in tasks]
    own_database.kill()
    waiting.until(lambda: state(site) != "ready", 10, "the supervisor knows")
    assert all(procfs.alive(pid) for pid in pids), "nothing is killed"
    site.program("wait.go", "")
    waiting.until(lambda: not any(procfs.alive(pid) for pid in pids), 10, "they end while there is no database")
    own_database.start()
    back(site)
    for task in tasks:
        done = control.wait(task, seconds=30)
        assert (done["status"], done["result"], done["attempt"]) == ("success", '"done"', 1)


def test_what_was_accepted_survives_crashes_of_the_database(site, control, own_database):
    site.shell("brief", "true")
    site.start()
    accepted = []
    for _ in range(3):
        for _ in range(20):
            answer = control.request("POST", "/api/tasks", {"type": "brief"})
            if answer.status == 200:
                accepted.append(answer.data)
        own_database.kill()
        own_database.start()
        back(site)
    assert len(accepted) >= 20
    for task in accepted:
        done = control.wait(task, seconds=30)
        assert (done["status"], done["attempt"]) == ("success", 1)


def test_the_supervisor_starts_without_a_database_and_waits_for_it(make_site, own_database):
    site = make_site(own_database)
    site.shell("brief", "true")
    site.launch()
    waiting.until(site.answers, 20, "the supervisor answers")
    assert state(site) != "ready"
    answer = site.control.request("POST", "/api/tasks", {"type": "brief"})
    assert (answer.status, answer.code) == (503, "E5031")
    own_database.start()
    waiting.until(site.ready, 30, "the database is found")
    assert site.control.run("brief")["status"] == "success"


def test_a_newer_schema_is_refused(make_site, shared_database):
    site = make_site()
    site.shell("brief", "true")
    site.start()
    task = site.control.run("brief")
    site.stop()
    site.sql("insert into schema_version (number, name, applied_at)"
             " select max(number) + 1, 'from_the_future', utc_timestamp(6) from schema_version")
    before = site.sql("select * from task")
    site.launch()

    waiting.until(lambda: "newer" in site.log_text(), 20, lambda: f"the schema is refused\n{site.log_tail()}")
    assert site.process.wait(20) == 78, "it leaves with the exit status for a wrong configuration"
    assert site.sql("select * from task") == before
    assert task["status"] == "success"


def test_tables_of_every_kind_exist(make_site):
    site = make_site().start()
    tables = {row[0] for row in site.sql("show tables")}
    assert tables >= {"task", "attempt", "task_event", "task_log", "file", "setting", "user", "role", "role_permission",
                      "user_role", "session", "callback", "schema_version"}


# ---- the launcher ----

def test_the_private_database_has_no_network_and_no_password(own_database):
    own_database.start()
    pid = own_database.process.pid
    assert procfs.read(pid).name in ("mariadbd", "mysqld"), "the launcher becomes the server"
    assert own_database.sql("select @@skip_networking") == [["1"]]
    assert own_database.sql("select user()")[0][0].split("@")[0] == account.entry().pw_name
    done = account.run(["mariadb", "--no-defaults", f"--socket={own_database.socket}", "--user=nobody", "-e", "select 1"])
    assert done.returncode != 0


def test_a_first_start_that_is_killed_at_any_moment_does_no_harm(own_database):
    """An empty data directory that a server died in would never start again: it is made beside and renamed."""
    moments = random.Random(4)
    for _ in range(6):
        own_database.launch()
        began = time.monotonic()
        moment = moments.uniform(0.05, 1.5)
        waiting.until(lambda: time.monotonic() - began >= moment or own_database.process.poll() is not None,
                      5, "the moment")
        for process in procfs.descendants(own_database.process.pid):
            kill_if_there(process.pid)
        own_database.kill()
        for process in procfs.everybody():
            if own_database.directory in command_line(process.pid):
                kill_if_there(process.pid)
    own_database.start()
    assert own_database.sql("select 1") == [["1"]]
    assert not os.path.exists(f"{own_database.data}/data.new")


def kill_if_there(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def test_the_launcher_says_what_it_needs(prefix):
    done = account.run([f"{prefix}/libexec/taskyard/taskyard-database"])
    assert done.returncode != 0 and "usage" in done.stderr.lower()
    for word in ("--help", "--version"):
        assert account.run([f"{prefix}/libexec/taskyard/taskyard-database", word]).returncode == 0


def test_data_survives_a_restart(prefix, own_database):
    own_database.start()
    own_database.sql("create database kept; create table kept.t (n int); insert into kept.t values (5)")
    own_database.stop()
    second = Database(prefix, syncs=False)
    try:
        second.data, second.socket = own_database.data, own_database.socket
        second.start()
        assert second.sql("select n from kept.t") == [["5"]]
    finally:
        second.remove()


# Raises an error the next `left` times; a table without transactions, so that what is rolled back still counts.
FAULTS = """
create table fault (left_over int not null) engine = Aria transactional = 0;
insert into fault values (0);
delimiter //
create trigger fault_on_insert before insert on task for each row
    if (select left_over from fault) > 0 then update fault set left_over = left_over - 1;
    signal sqlstate '40001' set mysql_errno = {code}, message_text = 'injected'; end if //
create trigger fault_on_update before update on task for each row
    if (select left_over from fault) > 0 then update fault set left_over = left_over - 1;
    signal sqlstate '40001' set mysql_errno = {code}, message_text = 'injected'; end if //
delimiter ;
"""


@pytest.mark.parametrize("code", [1213, 1205, 1020])
def test_a_transaction_that_loses_is_run_again_and_nobody_hears_of_it(site, control, code):
    site.shell("brief", "true")
    site.shell("long", "exec sleep 600")
    site.start()
    site.sql(FAULTS.format(code=code))

    def next_ones_fail():
        site.sql("update fault set left_over = 3")

    def have_failed():
        return site.sql("select left_over from fault") == [["0"]]

    next_ones_fail()
    task = control.create("brief")
    assert have_failed()
    assert control.wait(task)["status"] == "success"
    long = control.create("long")
    control.worker_pid(long)
    next_ones_fail()
    control.cancel(long)
    assert control.wait(long)["status"] == "cancelled"
    assert have_failed()
    assert [control.attempts(each)[0]["attempt"] for each in (task, long)] == [1, 1]
    assert site.sql("select count(*) from attempt") == [["2"]]


def test_a_result_that_the_database_does_not_take(make_site, own_database):
    """The server's own limit is below ours: the task fails and says why, instead of seeming to run for ever."""
    own_database.start()
    own_database.sql("set global max_allowed_packet = 1048576")
    site = make_site(own_database)
    site.python("large", "import os\n"
                         "with os.fdopen(3, 'wb') as messages:\n"
                         "    messages.write(b'{\"result\":\"%s\"}\\n' % (b'x' * 1048000))\n")
    site.shell("brief", "true")
    site.start()
    with site.control.events("/api/events") as events:
        task = site.control.create("large")
        told = next(row for kind, row in events if kind == "task" and row["status"] not in ("pending", "running"))
    done = site.control.wait(task)
    for row in (done, told):
        assert (row["id"], row["status"], row.get("result")) == (task["id"], "failed", None)
        assert row["error"].startswith("the database does not take the result")
    assert site.control.attempts(task)[0]["cause"] == "result"
    assert "larger than the server's max_allowed_packet" in site.log_text()
    assert site.control.run("brief")["status"] == "success"
    assert site.control.status()["running"] == 0
