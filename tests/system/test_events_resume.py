# SPDX-License-Identifier: MIT
"""Streams of events that are taken up again, and how many there may be."""

import json
from contextlib import contextmanager

import pytest

from helpers import waiting
from helpers.control import UnixConnection


@contextmanager
def stream(control, path, last=None):
    """Gives an iterator of (id, name, data)."""
    connection = UnixConnection(control.path, control.timeout)
    connection.request("GET", path, headers={"Last-Event-ID": last} if last else {})
    response = connection.getresponse()
    assert response.status == 200, response.read()
    try:
        yield parse(response)
    finally:
        connection.close()


def parse(response):
    event = {}
    for raw in iter(response.readline, b""):
        name, _, value = raw.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = value
        elif "data" in event:
            yield event.get("id"), event["event"], json.loads(event["data"])
            event = {}


@pytest.fixture
def running(site):
    site.shell("brief", "true")
    return site.start()


def until_success(events, task):
    """The ids up to the end of this task."""
    seen = []
    for number, _, data in events:
        seen.append(number)
        if data["id"] == task["id"] and data["status"] == "success":
            return seen


def number_of(text):
    mark, _, number = text.partition("-")
    assert len(mark) == 8
    return int(number)


def test_ids_grow_and_name_the_life_of_the_supervisor(running, control):
    with stream(control, "/api/events") as events:
        first = until_success(events, control.create("brief"))
        second = until_success(events, control.create("brief"))
    numbers = [number_of(text) for text in first + second]
    assert numbers == sorted(set(numbers))
    assert control.status()["incarnation"].replace("-", "").startswith(first[0].partition("-")[0])


def test_what_was_missed_is_told(running, control):
    with stream(control, "/api/events") as events:
        last = until_success(events, control.create("brief"))[-1]
    tasks = [control.run("brief") for _ in range(3)]
    with stream(control, "/api/events", last) as events:
        missing = {task["id"] for task in tasks}
        expected = number_of(last)
        while missing:
            number, name, data = next(events)
            expected += 1
            assert (name, number_of(number)) == ("task", expected), "no gap and nothing twice"
            if data["status"] == "success":
                missing.discard(data["id"])


def test_only_what_concerns_the_watcher_is_told_again(running, control):
    one = control.create("brief")
    with stream(control, f"/api/tasks/{one['id']}/events") as events:
        number, _, _ = next(events)
        control.wait(one)
    other = control.run("brief")
    with stream(control, f"/api/tasks/{one['id']}/events", number) as events:
        control.retry(control.run("brief"))  # in a wrong state: changes nothing
        control.delete(one)
        for _ in range(2):
            _, _, data = next(events)
            assert data["id"] == one["id"] != other["id"]
            if data["status"] == "success":
                break


@pytest.mark.parametrize("last", ["00000000-1", "nonsense", "-1", "7", "00000000-99999999999999999999"])
def test_an_id_that_is_not_known_gives_the_present_state(running, control, last):
    task = control.run("brief")
    with stream(control, f"/api/tasks/{task['id']}/events", last) as events:
        assert next(events)[1:] == ("reset", {})
        number, name, data = next(events)
        assert (name, data["id"], data["status"]) == ("task", task["id"], "success")
        assert number_of(number) >= 0


def test_ids_of_an_earlier_life_are_not_mixed_up(running, control):
    task = control.create("brief")
    with stream(control, "/api/events") as events:
        control.wait(task)
        last = until_success(events, control.create("brief"))[-1]
    running.restart()
    with stream(control, f"/api/tasks/{task['id']}/events", last) as events:
        assert next(events)[1] == "reset"
        assert next(events)[2]["status"] == "success"


def test_a_gap_that_is_too_long(running, control):
    with stream(control, "/api/events") as events:
        last = until_success(events, control.create("brief"))[-1]
    tasks = control.create("brief", count=500)  # at least two events each
    for task in tasks:
        control.wait(task, seconds=60)
    with stream(control, "/api/events", last) as events:
        name = next(events)[1]
    assert name == "reset"


def test_the_number_of_streams_is_limited(running, control):
    connections, responses = [], []
    try:
        while len(connections) < 1100:
            connection = UnixConnection(control.path, control.timeout)
            connections.append(connection)
            connection.request("GET", "/api/events")
            response = connection.getresponse()
            responses.append(response)
            if response.status != 200:
                assert (response.status, json.loads(response.read())["code"]) == (429, "E4291")
                break
        assert len(connections) == 1025
        assert control.run("brief")["status"] == "success"
    finally:
        for each in (*responses, *connections):
            each.close()

    def opens():
        try:
            with stream(control, "/api/events"):
                return True
        except AssertionError:
            return False

    waiting.until(opens, 10, "there is room again")
