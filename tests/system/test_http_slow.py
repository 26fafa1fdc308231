# SPDX-License-Identifier: MIT
"""Clients that are slow, silent, gone, or too many: they are cut off in time, and nobody else notices."""

import contextlib
import os
import resource
import select
import signal
import socket
import threading
import time
from http.client import HTTPException

import pytest

from helpers import account, procfs, waiting
from helpers.http import RawAnswers, receive_all

GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
TICK = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def http(site):
    site.shell("brief", "true")
    site.settings.update(head_timeout=1.0, body_timeout=1.5, idle_timeout=2.0, write_timeout=1.5)
    site.listen_http()
    site.start()
    return site.http


def seconds_until_closed(client, least):
    """How long the other end keeps the connection, and what it says; more than `least` seconds."""
    started = time.monotonic()
    received = receive_all(client)
    took = time.monotonic() - started
    assert took > least, took
    return received


def test_a_head_that_does_not_end(http):
    with http.open() as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        answers = RawAnswers(seconds_until_closed(client, 0.5)).all
    assert [(answer.status, answer.code) for answer in answers] == [(408, "E4081")]


def test_a_head_that_comes_drop_by_drop(http):
    """Bytes do not buy time: the deadline counts from the first one."""
    with http.open() as client:
        client.settimeout(0.2)
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        received = b""
        deadline = time.monotonic() + 10 * waiting.SCALE
        while not received:
            assert time.monotonic() < deadline, "it is cut off"
            try:
                client.sendall(b"X: y\r\n")
                received = client.recv(65536)
            except TimeoutError:
                continue
        client.settimeout(10)
        assert b" 408 " in received


def test_a_body_that_does_not_end(http):
    text = b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with http.open() as client:
        client.sendall(text)
        assert seconds_until_closed(client, 1) == b""


def test_a_connection_that_is_not_used(http):
    with http.open() as client:
        assert seconds_until_closed(client, 1.5) == b""


def test_a_connection_that_is_used_again_stays(http):
    connection = http.connection()
    for _ in range(4):
        assert http.ask_on(connection, "GET", "/healthz").status == 200
        time.sleep(1)  # less than idle_timeout, more than head_timeout
    connection.close()


def test_a_reader_that_stops_reading(http, site, control):
    site.shell("large", 'head -c 64000000 /dev/zero > big && echo \'{"artifact":"big"}\' >&3')
    site.reload()
    key = control.run("large")["artifact_file_key"]
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(control.path)
    client.sendall(f"GET /api/files/{key} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    if os.getuid() == 0:
        waiting.until(lambda: not any(key in target for target in procfs.descriptors(site.process.pid).values()), 20,
                      "the file is closed again")
    got = 0
    try:
        while chunk := client.recv(1 << 20):
            got += len(chunk)
    except ConnectionResetError:
        pass
    assert got < 64000000
    client.close()


def test_requests_sent_ahead_wait_outside(http, site):
    """Clients who send and send and read nothing: the service stops reading, and does not grow."""
    before = int(procfs.status(site.process.pid)["VmRSS"].split()[0])
    block = GET * 1000
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(http.open()) for _ in range(20)]
        for client in clients:
            client.setblocking(False)
        sent = sum(sent_until_full(client, block) for client in clients)
        assert sent < len(clients) * 64_000_000, "it has stopped reading"
        assert http.ask("GET", "/healthz").status == 200
        growth = int(procfs.status(site.process.pid)["VmRSS"].split()[0]) - before
        assert site.prefix.endswith("asan") or growth < 40_000, growth


def sent_until_full(client, block):
    """How many bytes it takes until no more are taken, for now at least."""
    sent = 0
    while sent < 64_000_000:
        if not select.select([], [client], [], 0.5)[1]:
            break
        try:
            sent += client.send(block)
        except BlockingIOError:
            continue
        except OSError:
            break  # it was cut off, which is as good
    return sent


def test_a_stop_with_connections_in_every_state(http, site, control):
    """Unused, in a head, in a body, refused, in a download, in a stream of events: none holds up the stop."""
    site.shell("large", 'head -c 64000000 /dev/zero > big && echo \'{"artifact":"big"}\' >&3')
    site.reload()
    key = control.run("large")["artifact_file_key"]
    texts = [b"", GET[:20], b"POST /api/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{", b"BAD\r\n",
             f"GET /api/files/{key} HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
             b"GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n", GET + GET]
    clients = []
    for text in texts:
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].settimeout(20)
        clients[-1].connect(control.path)
        clients[-1].sendall(text)
    for client, text in zip(clients[3:], texts[3:]):
        assert client.recv(1000).startswith(b"HTTP/1.1 "), text
    assert site.stop(20) == 0
    for client in clients:
        client.close()


def test_slow_ones_do_not_disturb_others(http, site, control, measure):
    """2,000 connections that say nothing or next to nothing, while requests and tasks go on."""
    raise_file_limit()
    clients = []
    try:
        for n in range(2000):
            clients.append(http.open())
            if n % 2:
                clients[-1].sendall(b"GET /healthz HTTP/1.1\r\nX: ")
        times = []
        task = control.create("brief")
        for _ in range(200):
            started = time.monotonic()
            assert http.ask("GET", "/healthz").status == 200
            times.append(time.monotonic() - started)
        assert control.wait(task)["status"] == "success"
        measure(f"beside 2,000 slow connections: median {sorted(times)[100] * 1000:.1f} ms, "
                f"slowest of 200 {max(times) * 1000:.1f} ms")
        for client in clients:
            receive_all(client)  # each is cut off
    finally:
        for client in clients:
            client.close()
    assert http.ask("GET", "/healthz").status == 200


def raise_file_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))


def test_clients_that_leave_before_the_answer(http, site, control):
    """10,000 requests that need the database, from clients that do not wait for it."""
    paths = [b"/api/tasks", b"/api/authorization/users", b"/api/status", b"/api/events",
             b"/api/tasks/00000000-0000-4000-8000-000000000000"]

    def leave(count):
        for n in range(count):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(control.path)
                client.sendall((b"GET " + paths[n % len(paths)] + b" HTTP/1.1\r\nHost: a\r\n\r\n") * (1 + n % 3))
            if n % 100 == 0:
                waiting.until(lambda: has_room(control), 30, "there is room for more")

    before = len(procfs.descriptors(site.process.pid)) if os.getuid() == 0 else 0
    threads = [threading.Thread(target=leave, args=(2500,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting.until(lambda: has_room(control), 30, "the last of them has gone")
    assert control.run("brief")["status"] == "success"
    if os.getuid() == 0:
        waiting.until(lambda: len(procfs.descriptors(site.process.pid)) <= before + 2, 30, "all is closed again")


def has_room(control):
    """False while the limit of connections is reached."""
    try:
        return control.status()
    except (OSError, HTTPException):
        return False


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def open_many(http, count):
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", http.port))
        clients.append(client)
    return clients


def start_with_files(site, count):
    site.write_config()
    site.process = account.start(["prlimit", f"--nofile={count}:{count}", *site.supervisor()], site.log)
    waiting.until(site.ready, 30, "the supervisor is ready")


def is_served(http):
    try:
        return http.ask("GET", "/healthz").status == 200
    except (OSError, HTTPException):
        return False


def watch_cost(site, seconds):
    """Share of a processor and lines of log in this time."""
    lines = site.log_text().count("\n")
    cpu = cpu_seconds(site.process.pid)
    time.sleep(seconds)
    return (cpu_seconds(site.process.pid) - cpu) / seconds, site.log_text().count("\n") - lines


def test_more_connections_than_descriptors(site, control, measure):
    """128 descriptors and 500 clients: the connections are limited so that tasks still run."""
    site.shell("brief", "true")
    site.listen_http()
    start_with_files(site, 128)
    clients = open_many(site.http, 500)
    try:
        assert [control.wait(task)["status"] for task in control.create("brief", count=5)] == ["success"] * 5
        share, lines = watch_cost(site, 3)
        measure(f"500 clients at 128 descriptors: {share * 100:.1f} % of a processor, {lines} log lines in 3 s")
        assert share < 0.5 and lines < 20
    finally:
        for client in clients:
            client.close()
    waiting.until(lambda: is_served(site.http), 10, "the public listener answers again")


def test_no_descriptor_left(site, control, measure):
    """Accepting fails for lack of descriptors: no spin, few lines of log, and it comes back."""
    site.shell("wait", 'while [ ! -e "$0.go" ]; do sleep 0.05; done')
    site.listen_http()
    start_with_files(site, 64)
    tasks = control.create("wait", count=10)  # they take what the connections leave
    waiting.until(lambda: len(control.status()["workers"]) > 2, 20, "tasks run")
    site.process.send_signal(signal.SIGSTOP)  # they all wait at the door, more than there are descriptors for
    clients = open_many(site.http, 200)
    site.process.send_signal(signal.SIGCONT)
    try:
        waiting.until(lambda: "cannot be accepted" in site.log_text(), 10, "descriptors run out")
        share, lines = watch_cost(site, 3)
        measure(f"no descriptor left: {share * 100:.1f} % of a processor, {lines} log lines in 3 s")
        assert share < 0.5 and lines < 20
    finally:
        site.program("wait.go", "")
        for client in clients:
            client.close()
    waiting.until(lambda: is_served(site.http), 10, "connections are accepted again")
    for task in tasks:
        assert control.wait(task, seconds=60)["status"] == "success"


def test_the_number_of_connections_is_limited(site, control):
    site.settings.update(max_connections=16)
    site.listen_http()
    site.start()
    clients = open_many(site.http, 40)
    try:
        def closed():
            count = 0
            for client in clients:
                try:
                    count += client.recv(1) == b""
                except BlockingIOError:
                    pass
            return count

        waiting.until(lambda: closed() == 40 - 14, 10, lambda: f"26 of 40 are closed: {closed()}")
        assert control.status(), "an eighth is kept for the control socket"
    finally:
        for client in clients:
            client.close()
    waiting.until(lambda: is_served(site.http), 10, "the public listener answers again")


def from_address(http, source):
    """A connection from another address of this machine; None if the service closes it at once."""
    client = socket.create_connection(("127.0.0.1", http.port), timeout=20 * waiting.SCALE, source_address=(source, 0))
    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        if client.recv(12) == b"HTTP/1.1 200":
            return client
    except ConnectionResetError:
        pass
    client.close()
    return None


def test_one_address_cannot_take_the_connections_of_the_others(site):
    site.settings["max_connections_per_address"] = 5
    http = site.listen_http()
    site.start()
    with contextlib.ExitStack() as stack:
        def let_in(source, tries):
            clients = [client for client in (from_address(http, source) for _ in range(tries)) if client]
            return [stack.enter_context(client) for client in clients]

        greedy = let_in("127.0.0.2", 12)
        assert len(greedy) == 5
        assert len(let_in("127.0.0.3", 1)) == 1, "another still gets in"
        assert len(let_in("127.0.0.1", 8)) == 8, "as does a proxy or a program of this machine"
        assert not let_in("127.0.0.2", 1)
        greedy[0].close()
        waiting.until(lambda: let_in("127.0.0.2", 1), 10, "there is room for the one that has left")
