# SPDX-License-Identifier: MIT
"""API tokens: programs that nobody signs in."""

import base64
import re

import pytest

from helpers import people, waiting

USERS = "/api/authorization/users"
PROFILE = "/api/authorization/profile"
LOGOUT = "/api/authorization/auth/logout"


@pytest.fixture
def http(site):
    http = site.listen_http()
    site.start()
    site.control.ok("POST", USERS, {"username": "robot", "password": people.PASSWORD, "role": "operator"})
    return http


def make(site, user="robot", **members):
    return site.control.ok("POST", f"{USERS}/{user}/tokens", {"name": "ci", **members})


def basic(token, secret=None):
    text = f"{token['id']}:{secret or token['token']}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_a_token_is_shown_once_and_works_both_ways(http, site):
    token = make(site)
    assert set(token) == {"id", "name", "token", "created_at"} and re.fullmatch(r"[\w-]{43}", token["token"])
    assert http.ask("GET", PROFILE, headers=basic(token)).data["username"] == "robot"
    assert people.Person(http, "robot", token["token"]).ok("GET", "/api/tasks") == []
    [row] = site.control.ok("GET", f"{USERS}/robot/tokens")
    assert {key: row[key] for key in ("id", "name", "created_at")} == {key: token[key] for key in ("id", "name", "created_at")}
    assert "token" not in row and token["token"] not in str(site.sql("SELECT HEX(token_hash), uuid, name FROM session"))
    assert [kind for [kind] in site.sql("SELECT kind FROM task_event WHERE kind LIKE 'token%'")] == ["token_created"]


def test_its_tasks_are_the_users_own(http, site, control):
    site.shell("hello", "echo hello\n")
    site.reload()
    token = make(site)
    task = control.run("hello", creator="robot")
    rows = http.ask("GET", "/api/user-tasks", headers=basic(token)).data
    assert [row["id"] for row in rows] == [task["id"]]
    other = control.run("hello")
    assert http.ask("GET", f"/api/tasks/{other['id']}", headers=basic(token)).status == 404


def test_pairs_that_do_not_belong_together(http, site):
    one, other = make(site), make(site, name="other")
    for headers in (basic(one, other["token"]), basic({**one, "token": "x" * 43}), basic({**one, "id": one["id"].upper()}),
                    basic({**one, "id": "robot"}), basic(one, people.PASSWORD), basic({"id": "robot", "token": people.PASSWORD})):
        answer = http.ask("GET", PROFILE, headers=headers)
        assert (answer.status, answer.code) == (401, "E4011"), headers
    assert http.ask("GET", PROFILE, headers=basic(one)).status == 200


def test_it_is_no_session_of_a_browser(http, site):
    token = make(site)
    assert http.ask("GET", PROFILE, headers={"Cookie": f"taskyard_session={token['token']}"}).status == 401
    answer = http.ask("POST", LOGOUT, headers=basic(token))
    assert (answer.status, answer.code) == (400, "E4002")
    assert http.ask("GET", PROFILE, headers=basic(token)).status == 200
    # Nobody's page can have sent it.
    assert http.ask("POST", "/api/tasks/x/cancel", headers={**basic(token), "Origin": "http://evil.example"}).status == 404


def test_removing(http, site):
    token, other = make(site), make(site, name="other")
    assert http.ask("GET", PROFILE, headers=basic(token)).status == 200
    site.control.ok("DELETE", f"{USERS}/robot/tokens/{token['id']}")
    assert http.ask("GET", PROFILE, headers=basic(token)).status == 401
    assert http.ask("GET", PROFILE, headers=basic(other)).status == 200
    site.control.refused("DELETE", f"{USERS}/robot/tokens/{token['id']}", 404, "E4041")
    site.control.ok("POST", USERS, {"username": "ann", "password": people.PASSWORD})
    site.control.refused("DELETE", f"{USERS}/ann/tokens/{other['id']}", 404, "E4041")
    site.control.refused("DELETE", f"{USERS}/robot/tokens/nonsense", 404, "E4041")
    site.control.refused("GET", f"{USERS}/zoe/tokens", 404, "E4041")


def test_ends(http, site):
    token = make(site, expires_in_days=30)
    assert "expires_at" in token
    assert http.ask("GET", PROFILE, headers=basic(token)).status == 200
    site.sql("UPDATE session SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
    waiting.until(lambda: http.ask("GET", PROFILE, headers=basic(token)).status == 401, 10, "it ends", every=0.1)


def test_idling_does_not_end_it(make_site):
    site = make_site()
    site.settings["session_idle"] = 1
    http = site.listen_http()
    site.start()
    person = people.add(site, http, "ann")
    token = make(site, "ann")
    waiting.until(lambda: person.ask("GET", "/api/tasks").status == 401, 15, "the session ends", every=1.5)
    assert http.ask("GET", PROFILE, headers=basic(token)).status == 200


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 129}, {"name": 1}, {"name": "a\nb"}, {"name": "x", "expires_in_days": 0},
                                  {"name": "x", "expires_in_days": -1}, {"name": "x", "expires_in_days": 36501},
                                  {"name": "x", "expires_in_days": "1"}, {"name": "x", "expires_in_days": 1.5}])
def test_what_is_wrong(http, site, body):
    assert site.control.refused("POST", f"{USERS}/robot/tokens", 400, "E4002", body)


def test_a_restart(http, site):
    token = make(site)
    site.restart()
    assert http.ask("GET", PROFILE, headers=basic(token)).status == 200


# ---- the command line ----


def test_the_commands_for_tokens(http, site):
    token = site.cli("token", "add", "robot", "--name", "nightly report", "--expires", "30").strip()
    assert people.Person(http, "robot", token).ok("GET", PROFILE)["username"] == "robot"
    table = site.cli("token", "list", "robot")
    assert "nightly report" in table and token not in table
    [row] = site.control.ok("GET", f"{USERS}/robot/tokens")
    site.cli("token", "remove", "robot", row["id"])
    assert people.Person(http, "robot", token).ask("GET", PROFILE).status == 401
    site.cli("token", "remove", "robot", row["id"], status=3)
    site.cli("token", "list", "zoe", status=3)
    site.cli("token", "add", "robot", status=2)
    site.cli("token", "add", "robot", "--name", "x", "--expires", "0", status=2)


def test_the_commands_for_users(http, site):
    person = people.sign_in(http, "robot")
    site.cli("user", "disable", "robot")
    assert person.ask("GET", PROFILE).status == 401
    site.cli("user", "enable", "robot")
    assert people.sign_in(http, "robot").ask("GET", PROFILE).status == 200
    site.cli("user", "disable", "zoe", status=3)
    site.cli("user", "add", "boss", "--role", "admin", "--password-file", "-", input="a long enough password\n")
    site.cli("user", "disable", "boss", status=6)


def test_the_commands_for_roles(http, site):
    site.cli("role", "add", "auditor", "--description", "Reads", "--permission", "system:audit:view", "--permission", "task:list")
    assert "system:audit:view task:list" in site.cli("role", "list")
    assert "system:audit:view" in site.cli("role", "permissions")
    site.cli("role", "set", "auditor", "--name", "reader", "--permission", "task:view")
    [role] = [role for role in site.control.ok("GET", "/api/authorization/roles") if role["name"] == "reader"]
    assert [one["code"] for one in role["permissions"]] == ["task:view"] and role["description"] == "Reads"
    site.cli("role", "set", "reader", "--no-permissions")
    site.cli("user", "role", "robot", "reader")
    site.cli("role", "remove", "reader")
    site.cli("role", "remove", "reader", status=3)
    site.cli("role", "remove", "admin", status=6)
    site.cli("role", "add", "x", "--permission", "nothing:like:it", status=6)
    site.cli("role", "add", status=2)
