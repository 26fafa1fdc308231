# SPDX-License-Identifier: MIT
"""GET /api/overview: what runs, what waits, what ended; one's own for whoever is no administrator."""

import pytest

from helpers import people


@pytest.fixture
def town(site):
    http = people.open_door(site)
    site.shell("forever", "sleep 1000")
    site.shell("good", "exit 0")
    site.shell("bad", "echo because >&2; exit 3")
    site.start()
    site.people = {name: people.add(site, http, name, role) for name, role in (("root", "admin"), ("ann", "operator"), ("eve", "viewer"))}
    return site


def overview(person):
    return person.ok("GET", "/api/overview")


def ended(answer):
    return {status: sum(hour[status] for hour in answer["outcomes"]) for status in ("success", "failed", "cancelled")}


def by_type(answer):
    return {row["type"]: row for row in answer["types"]}


def test_each_sees_his_own_and_administrators_all(town, control):
    control.limit(2)
    ann, root = town.people["ann"], town.people["root"]
    for owner, kind in ((ann, "good"), (ann, "bad"), (root, "good")):
        control.run(kind, creator=owner.id)
    running = [control.create("forever", creator=owner.id) for owner in (ann, root)]
    for task in running:
        control.wait(task, "running")
    control.create("forever", creator=ann.id)

    everything = overview(root)
    assert (everything["running"], everything["pending"], everything["due_later"]) == (2, 1, 0)
    assert everything["max_concurrent"] == 2 and not everything["draining"]
    assert everything["oldest_due_at"] <= everything["as_of"]
    assert ended(everything) == {"success": 2, "failed": 1, "cancelled": 0}
    assert by_type(everything)["forever"] == {"type": "forever", "pending": 1, "running": 2, "success": 0, "failed": 0, "cancelled": 0}
    assert [row["type"] for row in everything["types"]] == ["bad", "forever", "good"]
    assert {row["id"] for row in everything["running_tasks"]} == {task["id"] for task in running}
    assert [(row["type"], row["status"]) for row in everything["failures"]] == [("bad", "failed")]
    assert len(everything["outcomes"]) == 24

    own = overview(ann)
    assert (own["running"], own["pending"]) == (1, 1)
    assert ended(own) == {"success": 1, "failed": 1, "cancelled": 0}
    assert {row["creator_id"] for row in own["running_tasks"] + own["failures"]} == {ann.id}

    nothing = overview(town.people["eve"])
    assert (nothing["running"], nothing["pending"], nothing["types"], nothing["failures"]) == (0, 0, [], [])
    assert "oldest_due_at" not in nothing and ended(nothing) == {"success": 0, "failed": 0, "cancelled": 0}


def test_payloads_stay_out(town, control):
    task = control.create("forever", creator=town.people["ann"].id, payload={"secret": 1})
    control.wait(task, "running")
    [row] = overview(town.people["ann"])["running_tasks"]
    assert row["id"] == task["id"] and "payload" not in row


def test_a_deleted_task_is_not_counted(town, control):
    task = control.run("bad", creator=town.people["ann"].id)
    assert ended(overview(town.people["root"]))["failed"] == 1
    control.ok("DELETE", f"/api/tasks/{task['id']}")
    assert ended(overview(town.people["root"]))["failed"] == 0
    assert overview(town.people["root"])["failures"] == []
