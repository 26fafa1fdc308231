# SPDX-License-Identifier: MIT
"""Files as answers: ranges, conditions, names, types, and readers that take their time."""

import hashlib
import os
import socket
import threading
from email.utils import formatdate, parsedate_to_datetime

import pytest

from helpers import waiting
from helpers.http import RawAnswers, receive_all

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def fetch(site, control):
    """fetch(headers, method): the file's answer. fetch.path is its address."""
    site.shell("make", "cp \"$0.data\" data.bin; echo '{\"artifact\":\"data.bin\"}' >&3")
    site.start()
    with open(f"{site.programs}/make.data", "wb") as file:
        file.write(CONTENT)
    os.chmod(f"{site.programs}/make.data", 0o644)
    path = f"/api/files/{control.run('make')['artifact_file_key']}"

    def ask(headers=None, method="GET"):
        return control.request(method, path, headers=headers)

    ask.path = path
    return ask


def test_a_whole_file(fetch):
    answer = fetch()
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "filename=" in answer.headers["Content-Disposition"]
    assert parsedate_to_datetime(answer.headers["Last-Modified"])
    tag = answer.headers["ETag"]
    assert tag is None or tag == f'"{hashlib.sha256(CONTENT).hexdigest()}"'


@pytest.mark.parametrize("wanted, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=10000-", 10000, 10239), ("bytes=-1", 10239, 10239),
    ("bytes=5-99999", 5, 10239), ("bytes=-99999", 0, 10239),
])
def test_one_range(fetch, wanted, first, last):
    answer = fetch({"Range": wanted})
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.body == CONTENT[first:last + 1]


@pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "bytes=5-4", "bytes=x", "lines=1-2", "bytes=", "bytes=1"])
def test_other_ranges_give_the_whole(fetch, wanted):
    answer = fetch({"Range": wanted})
    assert (answer.status, answer.body) == (200, CONTENT)


@pytest.mark.parametrize("wanted", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_outside(fetch, wanted):
    answer = fetch({"Range": wanted})
    assert (answer.status, answer.code) == (416, "E4161")
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert answer.headers["Content-Disposition"] is None


def test_conditions(fetch):
    first = fetch()
    date = first.headers["Last-Modified"]
    seconds = parsedate_to_datetime(date).timestamp()
    for headers, status in (({"If-Modified-Since": date}, 304),
                            ({"If-Modified-Since": formatdate(seconds + 60, usegmt=True)}, 304),
                            ({"If-Modified-Since": formatdate(seconds - 60, usegmt=True)}, 200),
                            ({"If-Modified-Since": "yesterday"}, 200),
                            ({"If-None-Match": '"other"', "If-Modified-Since": date},
                             200 if first.headers["ETag"] else 304),
                            ({"If-Range": date, "Range": "bytes=0-1"}, 206),
                            ({"If-Range": formatdate(seconds - 60, usegmt=True), "Range": "bytes=0-1"}, 200)):
        answer = fetch(headers)
        assert answer.status == status, headers
        if status == 304:
            assert answer.body == b"" and answer.headers["Content-Length"] is None
    if first.headers["ETag"]:
        assert fetch({"If-None-Match": first.headers["ETag"]}).status == 304


def test_only_the_head(fetch):
    whole, head = fetch(), fetch(method="HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Length", "Content-Type", "Content-Disposition", "Last-Modified", "ETag"):
        assert head.headers[name] == whole.headers[name]
    part = fetch({"Range": "bytes=1-3"}, "HEAD")
    assert (part.status, part.headers["Content-Length"], part.body) == (206, "3", b"")


def test_several_on_one_connection(fetch, control):
    """A download leaves the connection fit for the next request."""
    text = b"".join(f"GET {fetch.path} HTTP/1.1\r\nHost: a\r\nRange: bytes={n}-{n + 2999}\r\n\r\n".encode()
                    for n in range(5))
    text += b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(control.path)
        client.sendall(text)
        answers = RawAnswers(receive_all(client)).all
    assert [answer.status for answer in answers] == [206] * 5 + [200]
    assert [answer.body for answer in answers[:5]] == [CONTENT[n:n + 3000] for n in range(5)]


NAMES = ["plain.csv", "two words.csv", 'quote".csv', "back\\slash.csv", "semi;colon.csv", "50%.csv", "Für Ada.csv",
         "报告.csv", "evil.html", "x.svg", "x.xhtml", "x.xml", "x.js"]


def test_names_and_types(site, control):
    site.python("named", """
import json, os, sys
names = """ + repr(NAMES) + """
number = int(open(os.path.dirname(os.path.abspath(sys.argv[0])) + "/number").read())
name = names[number]
file = "file" + os.path.splitext(name)[1]
open(file, "w").write("<script>alert(1)</script>")
os.write(3, (json.dumps({"artifact": file, "name": name}) + "\\n").encode())
""")
    site.start()
    for number, name in enumerate(NAMES):
        site.write(f"{site.programs}/number", str(number))
        task = control.run("named")
        assert task["status"] == "success", (name, control.log_text(task))
        answer = control.request("GET", f"/api/files/{task['artifact_file_key']}")
        value = answer.headers["Content-Disposition"]
        assert answer.status == 200 and answer.headers.get_filename() is not None, (name, value)
        assert "\\" not in value and value.count('"') == 2, (name, value)
        if name.isascii() and not set(name) & set('"\\%'):
            assert answer.headers.get_filename() == name
        if not name.isascii():
            assert "filename*=UTF-8''" in value, value
        if name.endswith((".html", ".svg", ".xhtml", ".xml", ".js")):
            assert value.startswith("attachment;"), (name, value)
        assert not answer.headers["Content-Type"].startswith("application/json")


def resident_kib(site):
    with open(f"/proc/{site.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def test_slow_readers_cost_little(site, control, measure):
    """200 readers of a 64 MiB file who take a few bytes and wait."""
    site.shell("large", "head -c 67108864 /dev/zero > big; echo '{\"artifact\":\"big\"}' >&3")
    site.shell("brief", "true")
    site.start()
    key = control.run("large")["artifact_file_key"]
    before = resident_kib(site)
    clients = []
    try:
        for _ in range(200):
            clients.append(socket.socket(socket.AF_UNIX))
            clients[-1].settimeout(20)
            clients[-1].connect(control.path)
            clients[-1].sendall(f"GET /api/files/{key} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        for client in clients:
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert control.run("brief")["status"] == "success"
        growth = resident_kib(site) - before
        measure(f"200 slow readers of a 64 MiB file: {growth / 1024:.1f} MiB more")
        with open(f"{site.prefix}/sbin/taskyard-supervisor", "rb") as program:
            allowance = 300 if b"__asan_init" in program.read() else 0  # it keeps freed memory for a while
        assert growth < (40 + allowance) * 1024
    finally:
        for client in clients:
            client.close()
    assert control.run("brief")["status"] == "success"


def test_readers_that_leave_half_way(site, control):
    site.shell("large", "head -c 8000000 /dev/zero > big; echo '{\"artifact\":\"big\"}' >&3")
    site.start()
    key = control.run("large")["artifact_file_key"]

    def leave():
        for n in range(50):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(20)
                client.connect(control.path)
                client.sendall(f"GET /api/files/{key} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                for _ in range(n % 5):
                    client.recv(100_000)

    threads = [threading.Thread(target=leave) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting.until(lambda: key not in open_files(site), 10, "the file is closed again")
    answer = control.request("GET", f"/api/files/{key}")
    assert (answer.status, len(answer.body)) == (200, 8000000)


def open_files(site):
    """What the supervisor has open, as far as we may see it."""
    try:
        directory = f"/proc/{site.process.pid}/fd"
        return " ".join(os.readlink(f"{directory}/{number}") for number in os.listdir(directory))
    except OSError:
        return ""
