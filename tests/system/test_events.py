# SPDX-License-Identifier: MIT
"""Streams of events: one task, or all of them."""

from helpers import waiting

WAIT = 'echo \'{"progress":30}\' >&3; while [ ! -e "$0.go" ]; do sleep 0.02; done; echo \'{"progress":80}\' >&3'


def test_one_task_from_its_present_state_to_its_end(site, control):
    site.shell("wait", WAIT)
    site.start()
    task = control.create("wait", "a payload")
    waiting.until(lambda: control.get(task)["progress"] == 30, 10, "it runs")
    with control.events(f"/api/tasks/{task['id']}/events") as events:
        name, first = next(events)
        assert name == "task"
        assert (first["id"], first["status"], first["progress"]) == (task["id"], "running", 30)
        assert "payload" not in first
        site.program("wait.go", "")
        seen = [first]
        while seen[-1]["status"] == "running":
            seen.append(next(events)[1])
    assert seen[-1]["status"] == "success" and seen[-1]["progress"] == 100
    progress = [event["progress"] for event in seen]
    assert progress == sorted(progress)


def test_a_finished_task_gives_its_state_at_once(site, control):
    site.shell("brief", "true")
    site.start()
    task = control.run("brief")
    with control.events(f"/api/tasks/{task['id']}/events") as events:
        _, state = next(events)
        assert (state["id"], state["status"]) == (task["id"], "success")


def test_all_tasks(site, control):
    site.shell("brief", "true")
    site.start()
    with control.events("/api/events") as events:
        tasks = control.create("brief", count=5)
        missing = {task["id"] for task in tasks}
        while missing:
            _, event = next(events)
            if event["status"] == "success":
                missing.discard(event["id"])


def test_a_stream_of_a_task_that_does_not_exist_is_404(site, control):
    site.start()
    control.refused("GET", "/api/tasks/00000000-0000-4000-8000-000000000000/events", 404, "E4041")


def test_a_reader_that_does_not_read_hurts_nobody(site, control):
    site.shell("brief", "true")
    site.start()
    with control.events("/api/events"), control.events("/api/events"):
        for task in control.create("brief", count=200):
            assert control.wait(task, seconds=60)["status"] == "success"
    assert control.run("brief")["status"] == "success"
