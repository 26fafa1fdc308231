# SPDX-License-Identifier: MIT
"""`taskyard doctor`: it finds what is wrong, says what to do, and finds nothing where nothing is."""

import os
import re
import subprocess

import pytest

from helpers import account, people


def look(site):
    """The exit status and the lines of the report: (finding, part, text)."""
    done = site.cli("doctor", "--config", site.config, status=None)
    rows = [re.fullmatch(r"(ok|warn|FAIL) +(\w+) +(.*)", line) for line in done.stdout.splitlines()]
    return done.returncode, [row.groups() for row in rows if row]


def found(rows, finding, part):
    return [text for kind, where, text in rows if (kind, where) == (finding, part)]


@pytest.fixture
def healthy(site):
    site.shell("brief", "true")
    os.chmod(site.state, 0o750)
    site.start()
    site.control.ok("POST", "/api/authorization/users", {"username": "root", "password": people.PASSWORD, "role": "admin"})
    return site


def test_a_running_service_is_well(healthy):
    status, rows = look(healthy)
    assert status == 0, rows
    assert not [row for row in rows if row[0] == "FAIL"]
    assert found(rows, "ok", "service") == [f"running, pid {healthy.process.pid}"]
    assert "the schema is up to date" in found(rows, "ok", "database")
    assert "1 administrators" in found(rows, "ok", "database")


def test_it_changes_nothing(healthy):
    names = [name for [name] in healthy.sql("SHOW TABLES")]
    rows = lambda: [(name, healthy.sql(f"SELECT COUNT(*) FROM {name}")) for name in names]
    before = rows()
    look(healthy)
    assert rows() == before and [name for [name] in healthy.sql("SHOW TABLES")] == names


def test_a_stopped_service_is_told(healthy):
    healthy.stop()
    status, rows = look(healthy)
    assert status == 0 and found(rows, "warn", "service") == ["not running"]


def test_a_database_that_is_away(healthy):
    healthy.stop()
    healthy.write(healthy.config, open(healthy.config, encoding="utf-8").read().replace(healthy.database.socket, "/nonexistent.sock"))
    status, rows = look(healthy)
    assert status == 1
    assert any("/nonexistent.sock" in text for text in found(rows, "FAIL", "database"))


def test_a_type_without_its_program(healthy):
    healthy.type("gone", command=["/nonexistent/program"])
    _, rows = look(healthy)
    assert found(rows, "warn", "types") == ["type gone: /nonexistent/program: No such file or directory"]


def test_a_wrong_descriptor(healthy):
    healthy.descriptor("wrong", 'type wrong { grace = "soon" }')
    _, rows = look(healthy)
    assert any("wrong.conf" in text for text in found(rows, "warn", "types"))


def test_nobody_who_administers(site):
    site.shell("brief", "true")
    site.start()
    _, rows = look(site)
    assert "no administrator can sign in" in found(rows, "warn", "database")


def test_a_schema_that_is_newer(healthy):
    healthy.stop()
    healthy.sql("INSERT INTO schema_version (number, name, applied_at) VALUES (9999, 'future', NOW(6))")
    status, rows = look(healthy)
    assert status == 1
    assert any("schema version 9999" in text for text in found(rows, "FAIL", "database"))


def test_a_state_directory_open_to_all(healthy):
    os.chmod(healthy.state, 0o755)
    _, rows = look(healthy)
    assert found(rows, "warn", "state") == [f"{healthy.state} is open to everybody"]


def test_a_configuration_that_cannot_be_used(site):
    site.write(site.config, "listen = 7\n")
    done = account.run(site.supervisor("--doctor"))
    assert done.returncode != 0 and "taskyard.conf" in done.stderr


def test_what_everybody_may_write_to(healthy):
    os.chmod(healthy.types, 0o777)
    path = healthy.descriptor("open", """
        type open { runner = command command = {"/bin/true"} }
        type open_too { runner = command command = {"/bin/true"} }
    """)
    os.chmod(path, 0o666)
    status, rows = look(healthy)
    assert status == 1
    assert found(rows, "FAIL", "types") == [f"{name} can be written to by everybody" for name in (healthy.types, path)]


def test_a_state_directory_that_others_pass_through(healthy):
    os.chmod(healthy.state, 0o711)
    _, rows = look(healthy)
    assert found(rows, "ok", "state") == [healthy.state]


def look_as_root(site):
    done = subprocess.run([f"{site.prefix}/bin/taskyard", "doctor", "--config", site.config], capture_output=True, text=True)
    return done.returncode, [row.groups() for line in done.stdout.splitlines() if (row := re.fullmatch(r"(ok|warn|FAIL) +(\w+) +(.*)", line))]


@pytest.mark.skipif(os.geteuid() != 0, reason="about what root sees")
def test_root_sees_what_the_service_sees(healthy):
    """Root may do everything, so its own rights say nothing."""
    status, rows = look_as_root(healthy)
    assert status == 0 and found(rows, "ok", "state") == [healthy.state], rows
    program = healthy.write(os.path.join(healthy.directory, "program"), "#!/bin/sh\n")
    os.chown(program, 0, 0)
    os.chmod(program, 0o700)
    healthy.type("closed", command=[program])
    os.chown(healthy.state, 0, 0)
    status, rows = look_as_root(healthy)
    assert status == 1
    assert f"type closed: {program}: Permission denied" in found(rows, "warn", "types")
    assert any("belongs to uid 0" in text for text in found(rows, "FAIL", "state"))
