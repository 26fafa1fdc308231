# SPDX-License-Identifier: MIT
"""No room left: for the database, for the state directory, for one task. Nothing is lost, and it goes on by itself once there is
room again."""

import os
import time

import pytest

from helpers import load, people, waiting
from helpers.audit import audit
from helpers.small_disk import SmallDisk

DATABASE_SIZE = "160m"
BIG = "x" * 900_000
FULL_TABLE = "is full (1114); make room on the disk of the database"
FINAL = "('success', 'failed', 'cancelled')"
FLOOR_MB = 1
FILE = 'head -c 300000 /dev/zero >out.bin; echo \'{"artifact":"out.bin"}\' >&3\n'
FORM = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' + b"x" * 100_000 + b"\r\n--b--\r\n")


@pytest.fixture
def small_disk():
    """small_disk(path, size): gone at the end."""
    made = []

    def make(path, size, inodes=0):
        os.makedirs(path, exist_ok=True)
        made.append(SmallDisk(path, size, inodes))
        return made[-1]

    yield make
    for each in made:
        each.remove()


def state_of(site):
    return site.control.status()["database"]


# ---- the database ----

@pytest.fixture
def small_database(small_disk, own_database):
    own_database.through = small_disk(own_database.data, DATABASE_SIZE)
    yield own_database.start()
    own_database.stop()


def create(site, payload):
    return site.control.request("POST", "/api/tasks", {"type": "nobody_knows", "payload": payload})


def has_given_up(database):
    """MariaDB may say that a table is full, or end because it cannot write one of its own files."""
    return database.process.poll() is not None


def fill_tables(site, database):
    """Takes what room the tables still have in their files, until the database has none."""
    def full():
        answer = create(site, BIG)
        assert answer.status in (200, 503), answer.body
        return FULL_TABLE in site.log_text() or has_given_up(database)
    waiting.until(full, 60, lambda: f"the database is full: {state_of(site)}")


def outbox(site, disk=None):
    path = f"{site.state}/outbox"
    return [name for name in os.listdir(disk.outside(path) if disk else path) if name.endswith(".json")]


def all_have_ended(site):
    return site.sql(f"select count(*) from task where status not in {FINAL}") == [["0"]]


def test_the_database_is_full(make_site, small_database, books, measure):
    site = make_site(small_database)
    load.describe(site, books)
    load.describe_gate(site, books)
    site.start()
    site.control.limit(20)
    client = load.Load(site, 10 ** 9, every=0.02).start()
    gates = site.control.create("gate", count=4)
    waiting.until(lambda: load.ended(site) >= 30 or client.problems, 60, "tasks run")
    small_database.through.fill()
    fill_tables(site, small_database)
    waiting.until(lambda: create(site, BIG).status == 503, 10, "creating is refused")
    load.open_gate(site)
    waiting.until(lambda: not site.control.workers(), 20, "running tasks end meanwhile")
    small_database.through.give_room()
    measure("MariaDB on a full disk " + ("had ended" if has_given_up(small_database) else "took no more rows"))
    if has_given_up(small_database):
        small_database.start()
    roomy = time.monotonic()
    after = len(client.expected)
    waiting.until(lambda: len(client.expected) > after + 20 or client.problems, 60, "it goes on")
    measure(f"full database: 20 more tasks were taken {time.monotonic() - roomy:.1f} s after there was room")
    client.end()
    assert client.done()
    client.expected.update({task["id"]: {"success"} for task in gates})
    waiting.until(lambda: all_have_ended(site), 60, "all end")
    waiting.until(lambda: outbox(site) == [], 10, "the outbox is empty")
    found = audit(site, client.expected, books, client.once)
    measure(f"full database, {len(client.expected)} tasks, {client.refused} refusals: {found.text()}")
    found.clean()


# ---- the state directory ----

@pytest.fixture
def small_site(site, books, small_disk):
    """Behind the proxy, with 4 MiB for its state; claims nothing with less than FLOOR_MB left."""
    site.through = small_disk(site.state, "4m")
    site.settings["disk_free_limit_mb"] = FLOOR_MB
    site.listen_http()
    load.describe(site, books)
    load.describe_gate(site, books)
    site.shell("file", FILE)
    yield site.start()
    if site.process.poll() is None:
        site.stop()


def is_low(site):
    return site.control.status()["disk"]["low"]


def gates(site, books, count=4):
    tasks = site.control.create("gate", count=count)
    waiting.until(lambda: len(books.of("start")) >= count, 20, "all run")
    return {task["id"]: {"success"} for task in tasks}


def test_no_room_for_ends(small_site, books, proxy):
    """They wait in memory, and go to the disk as soon as it takes them."""
    site, disk = small_site, small_site.through
    expected = gates(site, books)
    disk.fill()
    proxy.cut()
    load.open_gate(site)
    waiting.until(lambda: "they wait in memory" in site.log_text(), 20, "the log says so")
    assert outbox(site, disk) == []
    disk.give_room()
    waiting.until(lambda: len(outbox(site, disk)) == len(expected), 20, "all ends are on the disk")
    assert site.log_text().count("they wait in memory") == 1
    site.kill()
    proxy.mend()
    site.start()
    load.wait_for_all(site, expected, 30)
    waiting.until(lambda: outbox(site, disk) == [], 10, "the outbox is empty")
    audit(site, expected, books, set(expected)).clean()


def test_no_room_and_no_way_to_say_so(small_site, books, proxy):
    """The disk stays full: the ends go to the database straight from memory."""
    site = small_site
    expected = gates(site, books)
    site.through.fill()
    proxy.cut()
    load.open_gate(site)
    waiting.until(lambda: "they wait in memory" in site.log_text(), 20, "the log says so")
    proxy.mend()
    load.wait_for_all(site, expected, 30)
    audit(site, expected, books, set(expected)).clean()


def test_nothing_is_started_without_room(small_site, control):
    """And nothing fails for it: tasks wait. What is asked for by people is refused with what to do."""
    site = small_site
    assert control.run("file")["status"] == "success"
    ann = people.add(site, site.http, "ann", "viewer")
    site.through.fill()
    waiting.until(lambda: is_low(site), 20, "the service sees it")
    task = control.create("file")
    upload = ann.ask("POST", "/api/files", FORM, {"Content-Type": "multipart/form-data; boundary=b"})
    assert upload.status == 503 and "the disk is full" in upload.error, upload.body
    assert "disk " in site.cli("status") and "make room in the state directory" in site.cli("status")
    waiting.holds(lambda: control.get(task)["status"] == "pending", 2, "it waits")
    site.through.give_room()
    assert control.wait(task)["status"] == "success"
    assert not is_low(site) and "disk " not in site.cli("status")


def test_a_start_without_room(small_site, books):
    """A crash while the disk is full: the next life begins, and ends what the last one left."""
    site = small_site
    expected = gates(site, books)
    site.through.fill()
    site.kill()
    site.start()
    waiting.until(lambda: is_low(site), 20, "the service sees it")
    site.through.give_room()
    load.open_gate(site)
    load.wait_for_all(site, expected, 30)
    audit(site, expected, books).clean()


def test_a_task_takes_all_the_room(small_site, control):
    """It fails and says why, what it took is given back, and others go on."""
    site = small_site
    site.shell("glutton", "cat /dev/zero >all\n")
    site.shell("hoarder", "head -c 2200000 /dev/zero >out.bin; echo '{\"artifact\":\"out.bin\"}' >&3\n")
    site.reload()
    glutton = control.run("glutton")
    assert glutton["status"] == "failed" and "No space left on device" in glutton["error"], glutton
    hoarder = control.run("hoarder")
    assert hoarder["status"] == "failed", hoarder
    assert "could not be stored: No space left on device" in hoarder["error"], hoarder
    assert control.run("file")["status"] == "success"
    files = os.listdir(site.through.outside(f"{site.state}/files"))
    assert len(files) == 1 and not files[0].endswith(".new"), files
