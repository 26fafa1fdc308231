# SPDX-License-Identifier: MIT
"""A password that an administrator has declared expired: its user signs in, and can do nothing but choose another."""

import pytest

from helpers import people
from test_contract_files import upload
from test_sign_in import PROFILE, USERS, door, events, http, log_in  # noqa: F401

CHANGE = {"old_password": people.PASSWORD, "new_password": "a better password"}
SENTENCE = "The password has expired: change it first"


def expire(site, name="ann"):
    return site.control.ok("PUT", f"{USERS}/{name}", {"status": "password_expired"})


def test_the_next_sign_in_leads_to_a_new_password(door, site):  # noqa: F811
    before = people.sign_in(door, "ann")
    assert expire(site)["status"] == "password_expired"
    assert before.ask("GET", PROFILE).status == 401, "it ends the sessions there are"
    answer = log_in(door)
    assert answer.status == 200 and answer.data["password_expired"] is True
    assert answer.data["user"]["status"] == "password_expired" and answer.data["token"]
    ann = people.Person(door, "ann", answer.data["token"], answer.data["user"])
    assert ann.ok("GET", PROFILE)["status"] == "password_expired"
    ann.ok("PUT", f"{PROFILE}/password", CHANGE)
    assert ann.ask("GET", PROFILE).status == 401
    answer = log_in(door, password=CHANGE["new_password"])
    assert answer.data["password_expired"] is False and answer.data["user"]["status"] == "active"
    after = people.Person(door, "ann", answer.data["token"])
    assert after.ok("GET", "/api/tasks") == []
    assert len(events(site, "password_expired")) == 1 and len(events(site, "password_changed")) == 1
    assert not events(site, "user_disabled") and not events(site, "user_enabled")


@pytest.mark.parametrize("method, path, body", [
    ("GET", "/api/tasks", None), ("GET", "/api/userTasks", None), ("GET", "/api/userTasks/events", None),
    ("GET", "/api/files", None), ("GET", "/api/system/organizations", None), ("GET", USERS, None),
    ("PUT", f"{USERS}/ann", {"status": "active"}),
])
def test_nothing_else_is_done_for_him(door, site, method, path, body):  # noqa: F811
    site.control.ok("PUT", f"{USERS}/ann", {"role": "admin", "status": "password_expired"})
    ann = people.sign_in(door, "ann")
    answer = ann.ask(method, path, body)
    assert (answer.status, answer.code, answer.error) == (403, "E4031", SENTENCE)


def test_what_everybody_may_is_answered_as_to_anybody(door, site):  # noqa: F811
    bob = people.add(site, door, "bob")
    [file] = upload(bob, ("access", "private"), ("file", "private.txt", b"for those who have signed in"))
    expire(site)
    ann = people.sign_in(door, "ann")
    assert ann.ask("GET", f"/api/files/{file['id']}").status == 403
    assert ann.ask("GET", "/api/system/site").status == 200
    assert ann.ask("POST", "/api/authorization/auth/logout").status == 200


def test_a_change_that_changes_nothing_is_refused(door, site):  # noqa: F811
    expire(site)
    ann = people.sign_in(door, "ann")
    answer = ann.ask("PUT", f"{PROFILE}/password", {"old_password": people.PASSWORD, "new_password": people.PASSWORD})
    assert (answer.status, answer.code, answer.error) == (400, "E4002", "new_password must differ from old_password")
    assert ann.ok("GET", PROFILE)["status"] == "password_expired"


def test_the_password_of_an_administrator_leaves_it_to_him(door, site):  # noqa: F811
    expire(site)
    site.control.ok("PUT", f"{USERS}/ann/password", {"password": "for the first time"})
    assert log_in(door, password="for the first time").data["password_expired"] is True


def test_on_the_command_line(door, site):  # noqa: F811
    site.cli("user", "expire", "ann")
    assert log_in(door).data["password_expired"] is True
    site.cli("user", "enable", "ann")
    assert log_in(door).data["password_expired"] is False


def test_the_last_administrator_keeps_his_password(door, site):  # noqa: F811
    site.control.ok("PUT", f"{USERS}/ann/role", {"role": "admin"})
    site.control.refused("PUT", f"{USERS}/ann", 409, "E4091", {"status": "password_expired"})
