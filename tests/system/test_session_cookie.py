# SPDX-License-Identifier: MIT
"""The session cookie: what a browser gets, when it counts, and that foreign pages cannot use it."""

from http.cookies import SimpleCookie

import pytest

from helpers import people

LOGIN = "/api/authorization/auth/login"
LOGOUT = "/api/authorization/auth/logout"
PROFILE = "/api/authorization/profile"
USERS = "/api/authorization/users"


@pytest.fixture
def door(site):
    """A site with a viewer, ann."""
    http = site.listen_http()
    site.start()
    site.control.ok("POST", USERS, {"username": "ann", "password": people.PASSWORD, "role": "viewer"})
    return http


def log_in(door, headers=None):
    return door.ask("POST", LOGIN, {"username": "ann", "password": people.PASSWORD}, headers)


def cookie_of(answer):
    jar = SimpleCookie(answer.headers["Set-Cookie"])
    [morsel] = jar.values()
    return morsel


def test_the_cookie(door):
    answer = log_in(door)
    morsel = cookie_of(answer)
    assert (morsel.key, morsel.value) == ("taskyard_session", answer.data["token"])
    assert morsel["httponly"] and morsel["samesite"] == "Lax" and morsel["path"] == "/" and not morsel["secure"]
    assert 43000 < int(morsel["max-age"]) <= 43200 and not morsel["domain"]
    headers = {"Cookie": f"a=b; taskyard_session={morsel.value}; c=d"}
    assert door.ask("GET", PROFILE, headers=headers).data["username"] == "ann"
    out = door.ask("POST", LOGOUT, headers={**headers, "Origin": f"http://{door.host}"})
    assert out.status == 200 and cookie_of(out).value == "" and cookie_of(out)["max-age"] == "0"
    assert door.ask("GET", PROFILE, headers=headers).status == 401


@pytest.mark.parametrize("cookie", ["", "taskyard_session", "taskyard_session=", "taskyard_session=x", "taskyard_session={token}x",
                                    "taskyard_session=\"{token}\"", "TASKYARD_SESSION={token}", "xtaskyard_session={token}",
                                    "__Host-taskyard_session={token}", "taskyard_session={token}; taskyard_session=x",
                                    "taskyard_session=x; taskyard_session={token}"])
def test_odd_cookies_are_like_none(door, cookie):
    value = cookie.format(token=people.sign_in(door, "ann").token)
    assert door.ask("GET", PROFILE, headers={"Cookie": value}).status == 401
    assert door.ask("GET", "/api/system/site", headers={"Cookie": value}).status == 200


def test_a_foreign_page_cannot_use_the_cookie(door):
    headers = {"Cookie": f"taskyard_session={people.sign_in(door, 'ann').token}"}
    for origin in ("http://evil.example", "null", "http://127.0.0.1.evil.example", f"http://{door.host}.example"):
        answer = door.ask("POST", LOGOUT, headers={**headers, "Origin": origin})
        assert (answer.status, answer.code) == (403, "E4031"), origin
    assert door.ask("GET", PROFILE, headers=headers).status == 200


def test_an_old_cookie_is_no_hindrance_to_signing_in(door):
    """Behind a proxy that renames the host, the page's origin is never ours."""
    headers = {"Cookie": f"taskyard_session={people.sign_in(door, 'ann').token}", "Origin": "http://front.example"}
    assert log_in(door, headers).status == 200
    answer = door.ask("POST", LOGIN, b"username=ann", {**headers, "Content-Type": "text/plain"})
    assert (answer.status, answer.code) == (415, "E4151")  # what a foreign page could send


def test_the_header_comes_before_the_cookie(door, site):
    site.control.ok("POST", USERS, {"username": "bob", "password": people.PASSWORD})
    ann, bob = people.sign_in(door, "ann"), people.sign_in(door, "bob")
    cookie = {"Cookie": f"taskyard_session={ann.token}"}
    assert bob.ask("GET", PROFILE, headers=cookie).data["username"] == "bob"
    assert door.ask("GET", PROFILE, headers={**cookie, "Authorization": "Bearer x"}).status == 401
