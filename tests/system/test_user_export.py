# SPDX-License-Identifier: MIT
"""user_export: a real task from its creation to the CSV."""

import csv
import io
import json
import os
import re

import pytest

from helpers import waiting

HEADER = "Username,Email,Full Name,Phone,Status,Source,Roles,MFA Enabled,Last Login,Created At"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture
def export(site, root):
    """A supervisor with the type and a thousand sample users."""
    site.examples()
    site.start()
    site.make_export_account()
    site.sql((root / "script/sample-users.sql").read_text(encoding="utf-8"))
    return site


def table(control, task):
    answer = control.request("GET", f"/api/files/{task['artifact_file_key']}")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/csv")
    text = answer.body.decode("utf-8")
    assert "\r" not in text and text.endswith("\n")
    assert text.split("\n", 1)[0] == HEADER
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_everybody(export, control):
    task = control.run("user_export", "{}")
    assert (task["status"], task["progress"]) == ("success", 100), task
    assert re.fullmatch(r"users_export_\d{8}_\d{6}\.csv", task["artifact_file_name"])
    rows = table(control, task)
    result = json.loads(task["result"])
    assert len(rows) == 1000 and result["rows"] == 1000
    assert result.get("file_key", task["artifact_file_key"]) == task["artifact_file_key"]
    by_name = {row["Username"]: row for row in rows}
    assert by_name["user0013"]["Full Name"] == 'O\'Brien, "Pat"'
    assert by_name["user0016"]["Full Name"] == "山田 太郎"
    assert by_name["user0004"]["Last Login"] == ""
    assert TIME.fullmatch(by_name["user0001"]["Last Login"]) and TIME.fullmatch(by_name["user0001"]["Created At"])
    assert by_name["user0001"]["MFA Enabled"] == "false"
    assert by_name["user0010"]["Status"] == "disabled"
    assert {row["Roles"] for row in rows} == {"operator", "viewer"}


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(export, control):
    rows = table(control, control.run("user_export"))
    [row] = [row for row in rows if row["Username"] == "user0014"]
    assert row["Full Name"] != "=1+1" and row["Full Name"].endswith("=1+1")


@pytest.mark.parametrize("payload, count", [
    ({"keywords": "user0007"}, 1), ({"status": "disabled"}, 100), ({"keywords": "example.com", "status": "disabled"}, 100),
    ({"keywords": "nobody of that name"}, 0), ({"keywords": "%"}, 0),
])
def test_filters(export, control, payload, count):
    task = control.run("user_export", payload)
    assert task["status"] == "success", task
    assert len(table(control, task)) == json.loads(task["result"])["rows"] == count


@pytest.mark.parametrize("payload", ["not json", "[]", '{"keywords":5}'])
def test_a_payload_that_makes_no_sense_fails_with_a_sentence(export, control, payload):
    task = control.run("user_export", payload, max_retries=0)
    assert task["status"] == "failed" and task["error"]


def test_the_owner_of_the_file_is_the_creator(export, control):
    [user] = control.ok("GET", "/api/authorization/users", query={"keywords": "user0042"})
    task = control.run("user_export", creator="user0042")
    assert task["creator_id"] == user["id"]
    assert export.sql("select owner_id from file") == [[user["id"]]]


def test_progress_moves(export, control):
    with control.events("/api/events") as events:
        task = control.create("user_export")
        seen = []
        while not seen or seen[-1]["status"] in ("pending", "running"):
            seen.append(next(events)[1])
    assert seen[-1]["status"] == "success"
    assert any(0 < event["progress"] < 100 for event in seen), "progress is reported inside the loop"
    assert control.get(task)["progress"] == 100


def test_it_reads_with_an_account_of_its_own_that_cannot_write(export, control):
    control.run("user_export")
    with open(export.export_options, encoding="utf-8") as file:
        user = re.search(r"^user=(\S+)$", file.read(), re.M).group(1)
    assert os.stat(export.export_options).st_mode & 0o077 == 0
    hosts = export.database.sql(f"select host from mysql.user where user = '{user}'")
    assert hosts
    for [host] in hosts:
        text = "\n".join(row[0] for row in export.database.sql(f"show grants for '{user}'@'{host}'"))
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|DROP|ALL PRIVILEGES|CREATE)\b", text), text
        assert "password_hash" not in text


def test_it_can_be_cancelled(export, control):
    """With many users, so that there is time for it."""
    export.sql("insert into user (uuid, username, created_at, updated_at) select uuid(), concat('x', a.id, '_', b.id),"
               " now(6), now(6) from user a join user b where b.id <= 60")
    task = control.create("user_export")
    waiting.until(lambda: control.get(task)["status"] == "running", 10, "it runs")
    control.cancel(task)
    done = control.wait(task, seconds=30)
    assert done["status"] == "cancelled" and "artifact_file_key" not in done
