# SPDX-License-Identifier: MIT
"""After an outage everybody asks again at the same moment: all are answered, spread over time, and tasks go on meanwhile."""

import os
import re
import resource
import selectors
import time

import pytest

from helpers import people, waiting

BROWSERS = int(os.environ.get("TASKYARD_TEST_BROWSERS", "1500"))
TASKS = 40
TICK = os.sysconf("SC_CLK_TCK")


class Browser:
    """Asks for the list on a connection that it keeps, and comes back when it is told to."""

    def __init__(self, person):
        self.client = person.http.open()
        self.request = f"GET /api/tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {person.token}\r\n\r\n".encode()
        self.received = b""
        self.due = 0.0
        self.waits = []  # the seconds it was told to wait, each time

    def ask(self):
        self.received = b""
        self.client.sendall(self.request)

    def hear(self):
        """The status, once the answer is whole."""
        piece = self.client.recv(262144)
        assert piece, "the connection was closed"
        self.received += piece
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end or len(body) < int(re.search(rb"\r\nContent-Length: (\d+)", head)[1]):
            return None
        status = int(head.split()[1])
        if status == 503:
            self.waits.append(int(re.search(rb"\r\nRetry-After: (\d+)", head)[1]))
        return status


class Herd:
    def __init__(self, persons):
        self.selector = selectors.DefaultSelector()
        self.all = [Browser(persons[number % len(persons)]) for number in range(BROWSERS)]
        for browser in self.all:
            self.selector.register(browser.client, selectors.EVENT_READ, browser)

    def poll(self, until_served, meanwhile=lambda: None):
        """All ask at once. until_served: those who are told to wait ask again when they may. Gives the statuses."""
        later, asked, statuses = list(self.all), set(), []
        for browser in later:
            browser.due = 0.0
        deadline = time.monotonic() + 60 * waiting.SCALE
        while later or asked:
            now = time.monotonic()
            assert now < deadline, f"{len(later)} have not been served, {len(asked)} not been answered"
            due = [browser for browser in later if browser.due <= now]
            later = [browser for browser in later if browser.due > now]
            for browser in due:
                browser.ask()
            asked.update(due)
            meanwhile()
            for key, _ in self.selector.select(0.01):
                status = key.data.hear()
                if status is None:
                    continue
                asked.remove(key.data)
                statuses.append(status)
                if status == 503 and until_served:
                    key.data.due = time.monotonic() + key.data.waits[-1]
                    later.append(key.data)
        return statuses

    def close(self):
        self.selector.close()
        for browser in self.all:
            browser.client.close()


@pytest.fixture
def site(make_site, own_database):
    site = make_site(own_database.start())
    site.shell("brief", "true")
    site.settings["max_connections"] = 2 * BROWSERS
    site.listen_http()
    return site.start()


@pytest.fixture
def herd(site):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    persons = [people.add(site, site.http, f"person{number}") for number in range(5)]
    for task in [site.control.create("brief", creator=person.id) for person in persons for _ in range(TASKS // 5)]:
        site.control.wait(task)
    herd = Herd(persons)
    yield herd
    herd.close()


def busy_seconds(site):
    """Processor time of the loop, which is the main thread."""
    with open(f"/proc/{site.process.pid}/task/{site.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def test_everybody_comes_back_at_once(site, herd, own_database, measure):
    control, made = site.control, []
    assert set(herd.poll(until_served=True)) <= {200, 503}
    own_database.kill()
    waiting.until(lambda: control.status()["database"]["state"] != "ready", 10, "the supervisor knows")
    lines = site.log_text().count("\n")
    assert herd.poll(until_served=False) == [503] * BROWSERS
    told = [browser.waits[-1] for browser in herd.all]
    assert set(told) == {1, 2, 3, 4}, "they are spread"
    assert max(told.count(seconds) for seconds in set(told)) < BROWSERS / 2
    own_database.start()
    waiting.until(site.ready, 30, "the database is back")
    began, busy = time.monotonic(), busy_seconds(site)

    def others():
        answer = control.request("POST", "/api/tasks", {"type": "brief"}) if len(made) < 20 else None
        if answer and answer.status == 200:
            made.append(answer.data)

    statuses = herd.poll(True, others)
    took = time.monotonic() - began
    assert statuses.count(200) == BROWSERS and set(statuses) <= {200, 503}
    measure(f"{BROWSERS} browsers after an outage: {statuses.count(503)} were told to wait, all served after {took:.1f} s, the "
            f"loop busy for {(busy_seconds(site) - busy) / took * 100:.0f} % of it, late by itself for "
            f"{control.metric('taskyard_loop_blocked_max_seconds') * 1000:.0f} ms at most")
    assert made and all(control.wait(task)["status"] == "success" for task in made)
    assert site.log_text().count("\n") - lines < 50, "the herd does not flood the log"
