# SPDX-License-Identifier: MIT
"""Strings that break what is put together from strings: stored and given back byte for byte, whatever the database's
own rules for literals are."""

import json
from urllib.parse import quote

import pytest

from helpers import people

PAYLOADS = [
    "'", '"', "`", "\\", "\\'", "''", '""', "' OR '1'='1", "'; DROP TABLE task; --", '" OR ""="', "1; SELECT SLEEP(9)",
    "' UNION SELECT password_hash FROM user -- ", "\\'; SHUTDOWN; -- ", "%", "_", "%%", "!", "!%", "%' ESCAPE '!",
    "?", "${7*7}",
    "{{7*7}}", "%s%n%x", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "<!--",
    "]]>",
    "=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(1)", "$(reboot)", "`reboot`", "| reboot", "a\r\nSet-Cookie: x=y",
    "a\tb", "\u202egnp.exe",
    "\U0001f4a9\U0001f4a9", "ａｄｍｉｎ", "İstanbul", "ÄÖǗ", "null", "undefined", "true", "NaN", "1e999",
    "../../etc/passwd",
    "x" * 60,
]
MODES = ["", "PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES"]


@pytest.fixture(params=MODES, ids=["plain", "hostile"])
def town(request, make_site, own_database):
    own_database.start()
    own_database.sql(f"SET GLOBAL sql_mode = '{request.param}'")
    site = make_site(own_database)
    http = site.listen_http()
    site.python("echo", ECHO)
    site.descriptor("free", FREE)
    site.start()
    site.people = {name: people.add(site, http, name, role) for name, role in (("root", "admin"), ("ann", "operator"))}
    return site


# Gives back everything it was given, in every way there is.
ECHO = r"""
import json, os, sys
text = json.load(sys.stdin)["text"]
pipe = os.fdopen(3, "w", encoding="utf-8")
def tell(**message):
    pipe.write(json.dumps(message) + "\n")
    pipe.flush()
sys.stdout.buffer.write(text.replace("\n", " ").replace("\r", " ").encode() + b"\n")
sys.stdout.flush()
tell(progress=50, text=text)
tell(log=text, level="warn")
tell(result={"text": text})
open("f.txt", "w").write("x")
tell(artifact="f.txt", name=text)
if os.environ["TASKYARD_ATTEMPT"] == "1":
    tell(error=text)
    sys.exit(1)
"""

FREE = """
type free {
  runner = command
  command = {"/bin/true"}
  create { path = "/api/free" permission = "task:list" field text { type = string } field list { type = string_list } }
}
"""


def visible(text):
    """Control characters are shown as something else where a text is for people."""
    return "".join(c if ord(c) >= 32 or c == "\t" else "\0" for c in text)


def alike(shown, text):
    return len(shown) == len(text) and all(a == b or b == "\0" for a, b in zip(shown, visible(text)))


def test_what_a_task_carries(town):
    ann, control = town.people["ann"], town.control
    control.limit(4)
    tasks = [(text, control.create("echo", {"text": text}, creator=ann.id)) for text in PAYLOADS]
    for text, task in tasks:
        failed = control.wait(task, "failed", seconds=60)
        assert alike(failed["error"], text)
        ann.ok("POST", f"/api/tasks/{task['id']}/retry")
        control.wait(task, "success", seconds=60)
        shown = ann.ok("GET", f"/api/tasks/{task['id']}")
        assert json.loads(shown["payload"]) == {"text": text}
        assert json.loads(shown["result"])["text"] == text
        assert alike(shown["progress_text"], text)
        assert shown["artifact_file_name"]
        lines = [row["message"] for row in ann.ok("GET", f"/api/tasks/{task['id']}/logs")]
        assert sum(alike(line, text) for line in lines) >= 2, (text, lines)
        attempts = ann.ok("GET", f"/api/tasks/{task['id']}/attempts")
        assert any(alike(row.get("error", ""), text) for row in attempts)
        answer = ann.ask("GET", f"/api/files/{shown['artifact_file_key']}")
        assert answer.body == b"x" and "Set-Cookie" not in answer.headers


def test_what_a_form_sends(town):
    ann = town.people["ann"]
    for text in PAYLOADS:
        answer = ann.ask("POST", "/api/free", {"text": text, "list": [text, text]},
                         {"Idempotency-Key": quote(text)[:128]})
        assert answer.status == 200, answer.body
        assert json.loads(answer.data["payload"]) == {"text": text, "list": [text, text]}
    assert town.sql("SELECT COUNT(*) FROM task WHERE type = 'free'") == [[str(len(PAYLOADS))]]


PARAMETERS = [("/api/tasks", name) for name in ("search", "type", "status", "creator", "created_from", "created_to",
                                                "current",
                                                "page_size", "order", "sort")]
PARAMETERS += [("/api/system/audit-events", name) for name in ("kind", "actor", "task_id", "current", "page_size")]
PARAMETERS += [("/api/authorization/users", name) for name in ("keywords", "status", "current", "page_size")]
PARAMETERS += [("/api/files", name) for name in ("current", "page_size")]


def test_every_parameter(town):
    root = town.people["root"]
    town.control.create("free", creator=root.id)
    for path, name in PARAMETERS:
        for text in [*PAYLOADS, "\udcff\udcfe", "a\0b", "x" * 5000, "\U0001f4a9" * 500]:
            answer = root.ask("GET", f"{path}?{name}={quote(text, errors='surrogateescape', safe='')}")
            assert answer.status in (200, 400), (path, name, text[:50], answer.status, answer.body[:300])
            assert answer.status == 200 or answer.code in ("E4002", "E4003"), (path, name, text[:50], answer.body)
            assert answer.envelope.get("total", 0) <= 20
    assert town.sql("SELECT COUNT(*) FROM task") == [["1"]]


def test_every_part_of_a_path(town):
    root = town.people["root"]
    for text in [*PAYLOADS, "\udcff", "x" * 5000]:
        part = quote(text, errors="surrogateescape", safe="")
        for path in (f"/api/tasks/{part}", f"/api/tasks/{part}/logs", f"/api/tasks/{part}/attempts",
                     f"/api/tasks/{part}/timeline",
                     f"/api/files/{part}", f"/api/task-schedules/{part}/history"):
            assert root.ask("GET", path).status in (200 if "schedules" in path else 404, 404, 400, 414), (path[:100])
        for path in (f"/api/tasks/{part}/cancel", f"/api/tasks/{part}/retry", f"/api/task-schedules/{part}/trigger"):
            assert root.ask("POST", path).status in (404, 400), (path[:100])


def test_the_session_has_rules_of_its_own(town):
    """Whatever the server's mode is."""
    [[mode]] = town.sql("SELECT @@GLOBAL.sql_mode")
    assert mode in MODES
    assert town.people["ann"].ok("GET", "/api/tasks") == []
