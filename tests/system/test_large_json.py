# SPDX-License-Identifier: MIT
"""Requests and answers that are as large as they may be: whole, and without holding up the loop."""

import json
import socket

import pytest

from helpers import procfs, waiting
from helpers.http import RawAnswers, receive_all

SIZE = 900 * 1000  # of a payload and of a result
COUNT = 30
# Everything that has to be written in another way inside a JSON string, and some that has not.
TEXT = 'plain "quoted" back\\slash / \b\f\n\r\t\x01\x1f\x7f ÄÖ 日本 \U0001f600 '
RESULT = f"""
import json, os
os.write(3, (json.dumps({{"result": {{"text": "r" * {SIZE}}}}}) + "\\n").encode())
"""


@pytest.fixture
def large(site):
    site.python("large", RESULT)
    site.listen_http()
    site.start()
    payload = TEXT * (SIZE // len(TEXT.encode()))
    tasks = [site.control.create("large", payload=payload) for _ in range(COUNT)]
    for task in tasks:
        assert site.control.wait(task)["status"] == "success"
    site.restart()  # what the loop was late for counts from here
    return site, tasks, payload


def blocked_ms(site):
    return site.control.metric("taskyard_loop_blocked_max_seconds") * 1000


def test_a_list_has_all_of_every_task(large, measure):
    site, tasks, payload = large
    for _ in range(3):
        found = site.control.ok("GET", "/api/tasks", query={"page_size": 100})
        assert [task["id"] for task in found] == [task["id"] for task in reversed(tasks)]
    measure(f"{COUNT} tasks with payloads and results of {SIZE} bytes in one list: the loop was late for "
            f"{blocked_ms(site):.0f} ms at most")
    for task in found:
        assert task["payload"] == payload
        assert len(json.loads(task["result"])["text"]) == SIZE
        assert task == site.control.get(task)
    measure(f"then each by itself: {blocked_ms(site):.0f} ms at most")


def begin_list(site):
    """A client that has asked for the list and reads no more of the answer than its first line."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(20)
    client.connect(site.socket)
    client.sendall(b"GET /api/tasks?page_size=100 HTTP/1.1\r\nHost: a\r\n\r\n")
    line = b""
    while not line.endswith(b"\r\n"):
        line += client.recv(1)
    return client, int(line.split()[1])


def test_lists_that_nobody_reads_do_not_fill_the_memory(large, measure):
    site, _, _ = large
    clients, statuses = [], []
    try:
        while 503 not in statuses:
            assert len(statuses) < 20, statuses
            client, status = begin_list(site)
            clients.append(client)
            statuses.append(status)
        assert set(statuses[:-1]) == {200}
        site.control.refused("GET", "/api/tasks", 503, "E5031")
        measure(f"{len(statuses) - 1} such lists unread: {procfs.status(site.process.pid)['VmRSS']} resident")
        assert site.control.status()["running"] == 0  # everything else is answered
    finally:
        for client in clients:
            client.close()
    waiting.until(lambda: site.control.request("GET", "/api/tasks", query={"page_size": 1}).status == 200, 20,
                  "there is room again")


def test_a_page_of_a_log_ends_after_8_mib(site, control):
    site.shell("long", 'yes "$(head -c 8000 /dev/zero | tr "\\0" x)" | head -n 500; exit 1', max_retries=2, backoff=0.05)
    site.start()
    task = control.create("long")
    assert control.wait(task)["status"] == "failed"
    first = control.logs(task, limit=10000)
    assert 1000 < len(first) < 1500  # not fewer than by default
    lines = [row for row in control.whole_log(task) if row["message"].startswith("x")]
    assert len(lines) == 1500


# A megabyte of it has half a million values.
ONES = b'{"type": "brief", "payload": [' + b"1," * 500_000 + b"1]}"


def test_large_bodies_are_read_beside_the_loop(site, control, measure):
    site.shell("brief", "true")
    site.start()
    for _ in range(20):
        task = control.ok("POST", "/api/tasks", ONES)
    assert json.loads(control.get(task)["payload"]) == [1] * 500_001
    control.refused("POST", "/api/tasks", 400, "E4002", ONES + b"}")
    control.refused("POST", "/api/tasks", 400, "E4002", b"[" + ONES + b"]")
    control.refused("POST", "/api/tasks", 413, "E4131", b'{"type": "brief", "payload": [' + b"12," * 500_000 + b"1]}")
    measure(f"bodies of 500,000 values: the loop was late for {blocked_ms(site):.0f} ms at most")


MANY = """
import os
with os.fdopen(3, "w") as messages:
    messages.write('{"result": [' + "1," * 500_000 + "1]}\\n")
"""


def test_results_of_many_values_are_read_beside_the_loop(site, control, measure):
    site.python("many", MANY)
    site.start()
    tasks = control.create("many", count=20)
    for task in tasks:
        assert control.wait(task)["status"] == "success"
        assert json.loads(control.get(task)["result"]) == [1] * 500_001
    measure(f"results of 500,000 values: the loop was late for {blocked_ms(site):.0f} ms at most")


FILED = """
import os
open("out", "w").close()
with os.fdopen(3, "w") as messages:
    messages.write('{"artifact": "out"}\\n{"result": {"ones": [' + "1," * 500_000 + "1]}}\\n")
"""


def test_results_with_a_file_are_changed_beside_the_loop(site, control, measure):
    """The key of the file is added to each."""
    site.python("filed", FILED)
    site.start()
    for task in control.create("filed", count=20):
        done = control.wait(task, seconds=60)
        assert done["status"] == "success"
        assert json.loads(done["result"]) == {"file_key": done["artifact_file_key"], "ones": [1] * 500_001}
    measure(f"results of 500,000 values with a file: the loop was late for {blocked_ms(site):.0f} ms at most")


SAID = """
import os
with os.fdopen(3, "w") as messages:
    messages.write('{"result": [' + "1," * 100_000 + "1]}\\n")
    messages.write('{"result": [' + "1," * 100_000 + "}\\n")
    messages.write('{"progress": 50}\\n')
"""


def test_a_bad_large_result_leaves_the_one_before_it(site, control):
    site.python("said", SAID)
    site.start()
    task = control.run("said")
    assert (task["status"], json.loads(task["result"])) == ("success", [1] * 100_001)
    refused = [row["message"] for row in control.whole_log(task) if "refused" in row["message"]]
    assert len(refused) == 2, refused  # the message, and how many they were


def test_who_sends_a_large_body_and_leaves(site, control):
    site.shell("brief", "true")
    site.start()
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(site.socket)
            client.sendall(b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(ONES) + ONES)
    assert control.run("brief")["status"] == "success"


def test_the_answer_to_a_large_body_keeps_its_place(site, control):
    site.shell("brief", "true")
    site.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(site.socket)
        client.sendall(b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(ONES) + ONES +
                       b"GET /api/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answers = RawAnswers(receive_all(client)).all
    assert [answer.status for answer in answers] == [200, 404]
