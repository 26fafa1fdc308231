# SPDX-License-Identifier: MIT
"""Limits on what comes from outside: a clear error each time, and nothing lost. Limits of a type on its workers."""

import http.client
import json
import os
import resource
import socket

import pytest

from helpers import procfs, waiting
from helpers.control import UnixConnection


@pytest.fixture
def running(site):
    site.shell("brief", "true")
    return site.start()


def test_a_payload_that_is_too_large_is_refused(running, control):
    sentence = control.refused("POST", "/api/tasks", 413, "E4131", {"type": "brief", "payload": "x" * 1_100_000})
    assert "payload" in sentence
    assert control.request("GET", "/api/tasks").envelope["total"] == 0
    assert control.run("brief", "x" * 1_000_000)["status"] == "success"


def test_a_body_that_is_too_large_is_cut_off(running, control):
    answer = control.request("POST", "/api/tasks", {"type": "brief", "payload": "x" * 20_000_000})
    assert answer.status == 413
    assert control.request("GET", "/api/tasks").envelope["total"] == 0
    assert control.run("brief")["status"] == "success"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"type":"brief"} x', b"{}",
                                  b"[" * 100_000])
def test_a_body_that_is_not_a_request_is_400(running, control, body):
    answer = control.request("POST", "/api/tasks", body)
    assert answer.status == 400 and answer.code in ("E4001", "E4002"), answer.body[:300]
    assert answer.error


@pytest.mark.parametrize("member, value", [
    ("max_retries", -1), ("max_retries", "three"), ("max_retries", 10**12), ("count", 0), ("count", 10001),
    ("count", "many"), ("creator", 7), ("idempotency_key", 5),
    ("idempotency_key", "k" * 1000),
])
def test_a_value_out_of_range_is_400_and_named(running, control, member, value):
    sentence = control.refused("POST", "/api/tasks", 400, "E4002", {"type": "brief", member: value})
    assert member in sentence or member.replace("_", " ") in sentence, sentence
    assert control.request("GET", "/api/tasks").envelope["total"] == 0


@pytest.mark.parametrize("value", [0, -1, 10001, "ten", 1.5, True])
def test_the_concurrency_setting_has_a_range(running, control, value):
    sentence = control.refused("PUT", "/api/system/task-settings", 400, "E4002", {"max_concurrent": value})
    assert "max_concurrent" in sentence
    assert control.ok("GET", "/api/system/task-settings")["max_concurrent"] == 10


def test_headers_that_are_too_large_are_refused(running, control):
    answer = control.request("GET", "/api/status", headers={"X-Long": "x" * 200_000})
    assert answer.status in (400, 431), answer.status


def test_many_headers_are_refused(running, control):
    answer = control.request("GET", "/api/status", headers={f"X-{n}": "v" for n in range(3000)})
    assert answer.status in (400, 431), answer.status


@pytest.mark.parametrize("text", [
    b"GET /api/status HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd",
    b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\nConnection: close\r\n\r\nabc",
    b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
    b"NONSENSE\r\n\r\n",
    b"\x00\x01\x02\x03\r\n\r\n",
])
def test_odd_requests_get_one_answer_at_most(running, control, text):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(control.path)
        client.sendall(text)
        answer = b""
        try:
            while chunk := client.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
    assert answer.count(b"HTTP/1.1 ") <= 1, "nothing that follows is taken for a request"
    assert control.status()


def test_clients_that_leave_do_no_harm(running, control):
    for _ in range(50):
        connection = UnixConnection(control.path, 5)
        connection.request("POST", "/api/tasks", json.dumps({"type": "brief"}), {"Content-Type": "application/json"})
        connection.close()
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(control.path)
            client.sendall(b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
    assert control.run("brief")["status"] == "success"


@pytest.mark.skipif(os.getuid() != 0, reason="the supervisor hides its descriptors from its own account")
def test_no_descriptor_leaks(running, control):
    for _ in range(3):
        control.run("brief")
    before = settled_descriptors(running)
    for task in control.create("brief", count=100):
        control.wait(task, seconds=30)
    for _ in range(20):
        with control.events("/api/events"):
            pass
    waiting.until(lambda: settled_descriptors(running) <= before + 2, 10,
                  lambda: f"{settled_descriptors(running)} descriptors, {before} before")


def settled_descriptors(site):
    """Without the directories and files of cgroups, which are kept for the next attempt."""
    return sum("/attempts/" not in name for name in procfs.descriptors(site.process.pid).values())


def test_a_connection_may_be_used_again(running, control):
    connection = UnixConnection(control.path, 10)
    try:
        for _ in range(5):
            connection.request("GET", "/api/status")
            response = connection.getresponse()
            assert response.status == 200 and json.loads(response.read())["code"] == "0"
    except http.client.RemoteDisconnected as problem:
        raise AssertionError("a connection is kept open between requests") from problem
    finally:
        connection.close()


def test_the_limits_of_a_type_reach_its_workers(site, control):
    site.python("limited", """
import json, os, resource
names = {"memory": resource.RLIMIT_AS, "cpu": resource.RLIMIT_CPU, "processes": resource.RLIMIT_NPROC,
         "files": resource.RLIMIT_NOFILE, "size": resource.RLIMIT_FSIZE, "core": resource.RLIMIT_CORE}
found = {name: resource.getrlimit(number)[0] for name, number in names.items()}
os.write(3, (json.dumps({"result": found}) + "\\n").encode())
""", limits={"memory_mb": 512, "cpu_seconds": 20, "processes": 500, "open_files": 64, "file_size_mb": 10})
    site.start()
    found = json.loads(control.run("limited")["result"])
    mib = 1 << 20
    assert found["memory"] in (512 * mib, resource.RLIM_INFINITY)  # unlimited where a cgroup holds the limit
    assert (found["cpu"], found["processes"], found["files"], found["size"]) == (20, 500, 64, 10 * mib)


def test_too_much_memory_ends_only_that_attempt(site, control):
    site.python("greedy", "block = bytearray(400_000_000)\nblock[::4096] = b'x' * len(block[::4096])",
                limits={"memory_mb": 100})
    site.shell("brief", "true")
    site.start()
    assert control.run("greedy")["status"] == "failed"
    assert control.run("brief")["status"] == "success"


def test_too_much_processor_time_ends_the_attempt(site, control):
    site.shell("busy", "while :; do :; done", limits={"cpu_seconds": 1})
    site.start()
    task = control.run("busy", seconds=30)
    assert task["status"] == "failed"
    assert control.attempts(task)[0]["signal"] in ("SIGXCPU", "SIGKILL")


def test_a_file_that_is_too_large_ends_the_attempt(site, control):
    site.shell("writer", "exec head -c 5000000 /dev/zero > big", limits={"file_size_mb": 1})
    site.start()
    assert control.run("writer")["status"] == "failed"


def test_the_control_socket_is_closed_to_others(running):
    mode = os.stat(running.socket).st_mode & 0o777
    assert mode & 0o007 == 0, oct(mode)
    assert os.stat(running.socket).st_uid == procfs_uid(running)


def procfs_uid(site):
    return int(procfs.status(site.process.pid)["Uid"].split()[0])
