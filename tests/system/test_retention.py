# SPDX-License-Identifier: MIT
"""How long things are kept: what is older goes, by itself or when asked, and nothing else."""

import json
import os

import pytest

LEAVE = 'echo hello; echo bytes > artifact.txt; echo \'{"artifact":"artifact.txt"}\' >&3'
SETTINGS = "/api/system/task-settings"


@pytest.fixture
def old(site, control):
    """One task that ended long ago, and one that has just ended."""
    site.shell("leave", LEAVE)
    site.start()
    tasks = [control.run("leave"), control.run("leave")]
    site.sql(f"UPDATE task SET finished_at = finished_at - INTERVAL 40 DAY WHERE uuid = '{tasks[0]['id']}'")
    site.sql("UPDATE task_log JOIN task ON task.id = task_id SET task_log.created_at = task.finished_at")
    site.sql("UPDATE task_event JOIN task ON task.id = task_id SET task_event.created_at = task.finished_at")
    return tasks


def path_of(site, task):
    return os.path.join(site.state, "files", task["artifact_file_key"])


def purge(site):
    return json.loads(site.cli("--json", "purge"))


def test_logs_go_by_default_and_tasks_stay(site, control, old):
    removed = purge(site)
    assert removed["log_lines"] > 0 and removed["tasks"] == 0 and removed["artifacts"] == 0
    assert control.ok("GET", f"/api/tasks/{old[0]['id']}/logs") == []
    assert [line["message"] for line in control.ok("GET", f"/api/tasks/{old[1]['id']}/logs")] == ["hello"]
    assert control.get(old[0])["status"] == "success" and os.path.exists(path_of(site, old[0]))


def test_tasks_and_artifacts_go_when_told(site, control, old):
    control.ok("PUT", SETTINGS, {"task_retention_days": 30, "task_audit_log_retention_days": 30})
    removed = purge(site)
    assert removed["tasks"] == 1 and removed["artifacts"] == 1 and removed["audit_events"] > 0
    control.refused("GET", f"/api/tasks/{old[0]['id']}", 404, "E4041")
    control.refused("GET", f"/api/files/{old[0]['artifact_file_key']}", 404, "E4041")
    assert site.sql("SELECT COUNT(*) FROM attempt") == [["1"]]
    site.stop()  # the last bytes go before the end
    assert not os.path.exists(path_of(site, old[0])) and os.path.exists(path_of(site, old[1]))


def test_it_says_how_much(site, old):
    assert site.cli("purge") == "removed 0 tasks, 0 artifacts, 1 log lines, 0 audit events\n"


def test_the_settings_last(site, control):
    site.start()
    control.ok("PUT", SETTINGS, {"task_retention_days": 7, "task_log_retention_days": 0})
    site.restart()
    settings = control.ok("GET", SETTINGS)
    assert (settings["task_retention_days"], settings["task_log_retention_days"],
            settings["task_audit_log_retention_days"]) == (7, 0, 365)
    rows = site.sql("SELECT detail FROM task_event WHERE kind = 'setting_changed' ORDER BY id")
    assert [json.loads(detail) for [detail] in rows] == [{"name": "task_retention_days", "value": "7"},
                                                         {"name": "task_log_retention_days", "value": "0"}]


@pytest.mark.parametrize("value", [-1, 36501, "7", 1.5, True])
def test_wrong_days_are_refused_and_nothing_changes(site, control, value):
    site.start()
    error = control.refused("PUT", SETTINGS, 400, "E4002", {"task_retention_days": 5, "task_log_retention_days": value})
    assert error == "task_log_retention_days must be an integer from 0 to 36500"
    assert control.ok("GET", SETTINGS)["task_retention_days"] == 0


def test_a_bad_row_is_told_and_left_alone(site, control):
    site.start()
    site.stop()
    site.sql("INSERT INTO setting VALUES ('task_retention_days', 'soon', NOW(6), 'x')")
    site.start()
    assert control.ok("GET", SETTINGS)["task_retention_days"] == 0
    assert 'the setting task_retention_days is "soon"; it must be from 0 to 36500' in site.log_text()
