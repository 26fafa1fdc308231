# SPDX-License-Identifier: MIT
"""The audit trail through the API: who did what, from where, and what was refused."""

import pytest

from helpers import people, waiting

PATH = "/api/system/audit-events"


@pytest.fixture
def town(site):
    http = site.listen_http()
    site.shell("forever", "sleep 1000")
    site.shell("broken", "exit 1")
    site.examples("user_export")
    site.start()
    site.people = {name: people.add(site, http, name, role)
                   for name, role in (("root", "admin"), ("ann", "operator"), ("eve", "viewer"))}
    return site


@pytest.fixture
def root(town):
    return town.people["root"]


def events(person, **query):
    answer = person.ask("GET", PATH, query=query)
    assert (answer.status, answer.code) == (200, "0"), answer.body
    assert answer.envelope["total"] >= len(answer.data)
    return answer.data


def about(person, task):
    return [row["kind"] for row in events(person, task_id=task["id"], page_size=100)][::-1]


def test_every_change_of_a_task_leaves_a_row(town, root, control):
    ann = town.people["ann"]
    task = ann.ok("POST", "/api/authorization/users/export")
    ann.ok("POST", f"/api/tasks/{task['id']}/cancel")
    control.wait(task)
    ann.ok("POST", f"/api/tasks/{task['id']}/retry")
    ann.ok("DELETE", f"/api/tasks/{task['id']}")
    asked = ("created", "cancelled", "cancel_requested", "retried", "deleted")
    rows = [row for row in events(root, task_id=task["id"], page_size=100) if row["kind"] in asked]
    kinds = [row["kind"] for row in rows][::-1]
    assert kinds[0] == "created" and kinds[1].startswith("cancel") and kinds[2] == "retried" and kinds[-1] == "deleted"
    for row in rows:
        assert (row["actor_name"], row["address"], row["task_id"]) == ("ann", "127.0.0.1", task["id"])


def test_settings_leave_a_row(root):
    root.ok("PUT", "/api/system/task-settings", {"max_concurrent": 3})
    [row] = events(root, kind="setting_changed")
    assert row["detail"] == {"name": "task_max_concurrent", "value": "3"}
    assert (row["actor"], row["actor_name"], row["address"]) == (root.id, "root", "127.0.0.1")
    assert "task_id" not in row and "attempt" not in row


def test_a_module_is_named_by_its_account(root, control):
    task = control.create("forever")
    control.cancel(task)
    row = events(root, task_id=task["id"], kind="created")[0]
    assert row["actor"].startswith("uid:") and "actor_name" not in row and "address" not in row


def test_what_changes_nothing_leaves_no_row(town, root, control):
    task = control.run("broken", creator=town.people["ann"].id)
    before = about(root, task)
    town.people["ann"].ok("POST", f"/api/tasks/{task['id']}/cancel")
    assert town.people["eve"].ask("GET", f"/api/tasks/{task['id']}").status == 404
    assert about(root, task) == before


def test_refusals_leave_a_row(town, root, control):
    task = control.create("forever", creator=town.people["eve"].id)
    assert town.people["eve"].ask("POST", f"/api/tasks/{task['id']}/cancel").status == 403
    assert town.people["eve"].ask("PUT", "/api/system/task-settings", {}).status == 403
    assert town.people["eve"].ask("GET", "/api/system/task-settings").status == 403  # changes nothing: no row
    rows = waiting.until(lambda: len(rows := events(root, kind="refused")) == 2 and rows, 10, "two rows")
    assert rows[1]["detail"] == {"method": "POST", "path": f"/api/tasks/{task['id']}/cancel"}
    assert {(row["actor_name"], row["address"]) for row in rows} == {("eve", "127.0.0.1")}


def test_a_flood_of_refusals_does_not_flood_the_database(town, root):
    eve, connection = town.people["eve"], town.http.connection()
    for _ in range(300):
        answer = town.http.ask_on(connection, "PUT", "/api/system/task-settings", {},
                                  {"Authorization": f"Bearer {eve.token}"})
        assert answer.status == 403
    connection.close()
    [[seconds, rows]] = town.sql("SELECT TIMESTAMPDIFF(SECOND, MIN(created_at), MAX(created_at)), COUNT(*)"
                                 " FROM task_event WHERE kind = 'refused'")
    assert int(rows) <= 10 * (int(seconds) + 2)


def test_filters_and_pages(town, root, control):
    ann = town.people["ann"]
    tasks = [control.create("forever", creator=ann.id) for _ in range(3)]
    for task in tasks:
        ann.ok("POST", f"/api/tasks/{task['id']}/cancel")
    mine = events(root, actor="ann", page_size=100)
    assert mine and {row["actor"] for row in mine} == {ann.id}
    assert events(root, actor=ann.id, page_size=100) == mine
    numbers = [int(row["id"]) for row in events(root, page_size=100)]
    assert numbers == sorted(numbers, reverse=True)
    first, second = events(root, page_size=2), events(root, page_size=2, current=2)
    assert [row["id"] for row in first + second] == [row["id"] for row in events(root, page_size=4)]
    for query in ({"kind": "no-such"}, {"actor": "nobody"}, {"task_id": "x"}, {"actor": "x" * 500}, {"kind": b"\xff"},
                  {"task_id": tasks[0]["id"], "actor": "nobody"}):
        assert events(root, **query) == []
    answer = root.ask("GET", PATH, query={"current": 0, "page_size": 1000})
    assert (answer.envelope["current"], answer.envelope["page_size"]) == (1, 10)


def test_only_administrators_read_it(town, control):
    for person in (town.people["ann"], town.people["eve"]):
        answer = person.ask("GET", PATH)
        assert (answer.status, answer.code) == (403, "E4031")
    assert town.http.ask("GET", PATH).status == 401
    assert isinstance(control.ok("GET", PATH), list)
