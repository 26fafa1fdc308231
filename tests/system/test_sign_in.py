# SPDX-License-Identifier: MIT
"""Signing in and out over the public listener: what is answered, what is kept, and when it ends."""

import base64
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers import people, waiting

LOGIN = "/api/authorization/auth/login"
LOGOUT = "/api/authorization/auth/logout"
PROFILE = "/api/authorization/profile"
USERS = "/api/authorization/users"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
WRONG = "Invalid username or password"


@pytest.fixture
def http(site):
    return site.listen_http()


@pytest.fixture
def door(site, http):
    """A site with a viewer, ann, and a listener that many tests in vain do not close."""
    site.settings["sign_in_address_failures"] = 100000
    site.start()
    site.control.ok("POST", USERS, {"username": "ann", "password": people.PASSWORD, "email": "Ann@example.org",
                                    "full_name": "Ann Ex", "role": "viewer"})
    return http


def log_in(door, name="ann", password=people.PASSWORD, headers=None):
    return door.ask("POST", LOGIN, {"username": name, "password": password}, headers)


def events(site, kind):
    """Rows of the audit trail: [actor, address, detail]."""
    rows = site.sql(f"SELECT actor, address, detail FROM task_event WHERE kind = '{kind}' ORDER BY id")
    return [(actor, address, json.loads(detail)) for actor, address, detail in rows]


# ---- the answers ----


def test_what_a_sign_in_answers(door, site):
    data = log_in(door).data
    assert data["needs_mfa"] is False and data["password_expired"] is False
    assert TIME.fullmatch(data["expires_at"])
    assert "mfa_token" not in data and "mfa_type" not in data
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", data["token"])
    user = data["user"]
    assert {key: user[key] for key in ("username", "email", "full_name", "status", "source", "mfa_enabled", "mfa_enforced",
                                       "oauth_provider", "oauth_id", "organizations", "disable_change_password")} == {
        "username": "ann", "email": "Ann@example.org", "full_name": "Ann Ex", "status": "active", "source": "local",
        "mfa_enabled": False, "mfa_enforced": False, "oauth_provider": "", "oauth_id": "", "organizations": [],
        "disable_change_password": False}
    assert all(TIME.fullmatch(user[key]) for key in ("created_at", "updated_at", "password_changed_at"))
    assert not {"phone", "avatar", "ldap_dn", "password_hash", "password"} & set(user)
    [role] = user["roles"]
    assert role["name"] == "viewer" and role["role_type"] == "system" and "organization_id" not in role
    assert [permission["code"] for permission in role["permissions"]] == [
        "authorization:user:export", "authorization:user:list", "authorization:user:view", "task:list", "task:view"]
    assert all(set(permission) == {"id", "code", "name", "description", "org_permission"}
               and permission["org_permission"] is False for permission in role["permissions"])
    profile = people.Person(door, "ann", data["token"]).ok("GET", PROFILE)
    assert TIME.fullmatch(profile["last_login"])
    assert {**profile, "last_login": 0} == {**user, "last_login": 0}
    [(actor, address, detail)] = events(site, "signed_in")
    assert (actor, address, detail["user"]) == (user["id"], "127.0.0.1", "ann")


def test_every_sign_in_is_a_session_of_its_own(door, site):
    first, second = people.sign_in(door, "ann"), people.sign_in(door, "ann")
    assert first.token != second.token
    assert first.ok("POST", LOGOUT) == {"message": "Logout successful"}
    answer = first.ask("GET", PROFILE)
    assert (answer.status, answer.code) == (401, "E4011")
    assert second.ok("GET", PROFILE)["username"] == "ann"
    assert [actor for actor, _, _ in events(site, "signed_out")] == [second.id]
    # A token that somebody brings along is not taken over.
    old = log_in(door, headers={"Cookie": f"taskyard_session={first.token}"})
    assert old.data["token"] not in (first.token, second.token)


@pytest.mark.parametrize("name", ["Ann@example.org", "ANN@EXAMPLE.ORG"])
def test_the_address_will_do_for_the_name(door, name):
    assert log_in(door, name).data["user"]["username"] == "ann"


@pytest.mark.parametrize("body", [
    None, {}, {"username": "ann"}, {"password": "x"}, {"username": "", "password": "x"}, {"username": "ann", "password": ""},
    {"username": None, "password": "x"}, {"username": 1, "password": "x"}, {"username": ["ann"], "password": "x"},
    {"username": "ann", "password": {"$ne": ""}}, {"username": "ann", "password": True},
    {"mfa_token": "x", "mfa_code": "123456"}, {"username": "ann\0", "password": "x"},
])
def test_a_body_without_both(door, body):
    answer = door.ask("POST", LOGIN, body)
    assert (answer.status, answer.code, answer.error) == (400, "E4002", "Username and password are required")


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"ann"', b"\xff\xfe", b'{"username":"ann","password":"x"} x'])
def test_a_body_that_is_no_object(door, body):
    answer = door.ask("POST", LOGIN, body)
    assert (answer.status, answer.code) == (400, "E4002")


@pytest.mark.parametrize("name, password", [
    ("ann", "wrong"), ("ann", people.PASSWORD + " "), ("ann", " " + people.PASSWORD), ("ann", people.PASSWORD.upper()),
    ("ann", people.PASSWORD + "x" * 600), ("ann ", people.PASSWORD), (" ann", people.PASSWORD), ("ANN", people.PASSWORD),
    ("änn", people.PASSWORD), ("ann@example.org ", people.PASSWORD), ("zoe", people.PASSWORD), ("' OR 1=1 -- ", "x"),
    ("%", "%"), ("x" * 5000, "x"), ("💥", "💥"), ("ann", "$y$"), ("admin", "admin"), ("root", "root"),
])
def test_wrong_names_and_wrong_passwords_get_one_answer(door, site, name, password):
    answer = log_in(door, name, password)
    assert (answer.status, answer.code, answer.error) == (401, "E4011", WRONG)
    assert "Set-Cookie" not in answer.headers
    assert site.sql("SELECT COUNT(*) FROM session") == [["0"]]


def test_what_is_typed_in_vain_is_not_kept(door, site):
    log_in(door, "my secret passphrase", "x")
    log_in(door, "ann", "my other secret")
    rows = events(site, "sign_in_failed")
    assert [(address, detail) for _, address, detail in rows] == [
        ("127.0.0.1", {"reason": "unknown user"}), ("127.0.0.1", {"user": "ann", "reason": "wrong password"})]
    assert "secret" not in site.log_text()


def cpu_of(site, run):
    """Seconds of processor time that the supervisor spends on it."""
    def used():
        with open(f"/proc/{site.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    before = used()
    run()
    return used() - before


def test_an_unknown_user_costs_a_hash_as_well(door, site):
    site.control.ok("POST", USERS, {"username": "nopassword", "password": people.PASSWORD})
    site.sql("UPDATE user SET password_hash = NULL WHERE username = 'nopassword'")
    def many(name):
        return cpu_of(site, lambda: [log_in(door, name.format(i), "wrong") for i in range(20)])
    site.settings["sign_in_user_failures"] = 100000
    site.restart()
    known, unknown, without = many("ann"), many("nobody{}"), many("nopassword")
    assert known > 0.1, known  # twenty hashes cannot take less
    assert unknown > known / 3 and without > known / 3, (known, unknown, without)


def test_the_loop_goes_on_while_passwords_are_checked(door, site):
    site.settings["sign_in_user_failures"] = 100000
    site.restart()
    with ThreadPoolExecutor(64) as pool:
        tries = [pool.submit(log_in, door, f"n{i}", "wrong") for i in range(300)]
        longest = 0
        while not all(one.done() for one in tries):
            begin = time.monotonic()
            assert door.ask("GET", "/healthz").status == 200
            longest = max(longest, time.monotonic() - begin)
    assert {(one.result().status, one.result().code) for one in tries} <= {(401, "E4011"), (503, "E5031")}
    assert longest < 2 * waiting.SCALE, longest
    assert log_in(door).status == 200


# ---- credentials of other requests ----


def pair(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


ODD = [
    "", " ", "Bearer", "Bearer ", "Bearer  {token}", "Bearer {token}x", "Bearer {token} {token}", "Bearer {token},{token}",
    "Bearer {token}\t", "Bearer {short}", "Bearer {other}", "Bearer {upper}", "Bearer \"{token}\"", "Bearer '{token}'",
    "Bearer {token};", "Bearer {token}%00", "Bearer null", "Bearer undefined", "Bearer 0", "Bearer 0x0", "Bearer true",
    "Bearer *", "Bearer {id}", "Bearer {session}", "Bearer {long}", "Token {token}", "Digest {token}", "Negotiate {token}",
    "{token}", "token={token}", "Bearer={token}", "Bearer:{token}", "BEARER{token}", "Basic", "Basic ", "Basic {token}",
    pair(""), pair(":"), pair("ann:" + people.PASSWORD), pair("ann:x"), pair("ann"), "Basic ====", "Basic {long}",
    "Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSJ9.", "' OR 1=1 --", "Bearer ' OR 1=1 --",
]


def test_odd_credentials_fail_closed(door, site):
    ann = people.sign_in(door, "ann")
    [[session]] = site.sql("SELECT uuid FROM session")
    words = {"token": ann.token, "short": ann.token[:-1], "upper": ann.token.swapcase(), "id": ann.id, "session": session,
             "other": ("A" if ann.token[0] != "A" else "B") + ann.token[1:], "long": "A" * 9000}
    for text in ODD:
        value = text.format(**words)
        for path in (PROFILE, "/api/tasks", "/api/system/site", "/api/files/none"):
            answer = door.ask("GET", path, headers={"Authorization": value})
            # What is surrounded by blanks alone is as good as without them (RFC 9110, section 5.5).
            if value.strip() == f"Bearer {ann.token}":
                assert answer.status != 401, (value, path)
                continue
            assert (answer.status, answer.code) == (401, "E4011"), (value, path, answer.body)
    assert ann.ok("GET", PROFILE)["username"] == "ann"


def test_a_header_without_a_space(door):
    answer = door.ask("GET", PROFILE, headers={"Authorization": "nonsense"})
    assert (answer.status, answer.error) == (401, "Invalid token format")


def test_two_headers_are_refused(door):
    ann = people.sign_in(door, "ann")
    line = f"Authorization: Bearer {ann.token}\r\n"
    for second in (line, "Authorization: Bearer x\r\n", "authorization: \r\n"):
        answer = door.raw(f"GET {PROFILE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{line}{second}\r\n".encode())
        assert answer.split(b" ", 2)[1] == b"400", answer


def test_no_credentials_are_no_fault_where_none_are_needed(door):
    assert door.ask("GET", "/api/system/site").status == 200
    assert door.ask("GET", PROFILE).status == 401
    assert door.ask("GET", f"{PROFILE}?token=x").status == 401


# ---- too many tries ----


def locked(door, name, password=people.PASSWORD):
    answer = log_in(door, name, password)
    return (answer.status, answer.code, answer.error) == (401, "E4011", "Account is locked, please try again later")


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_five_failures_lock_a_user_whether_he_exists_or_not(door, site, name):
    site.control.ok("POST", USERS, {"username": "bob", "password": people.PASSWORD})
    for _ in range(5):
        assert log_in(door, name, "wrong").error == WRONG
    assert locked(door, name, "wrong")
    assert locked(door, name)  # the right password, too
    assert log_in(door, "bob").status == 200
    assert [detail["reason"] for _, _, detail in events(site, "sign_in_failed")][-2:] == ["locked", "locked"]


def test_one_user_has_one_lock_under_all_his_names(door):
    for name in ("ann", "Ann@example.org", "ann", "ANN@example.ORG", "ann"):
        assert log_in(door, name, "wrong").error == WRONG
    assert locked(door, "ann") and locked(door, "ann@example.org")


def test_a_lock_ends_and_a_success_clears(site, http):
    site.settings.update(sign_in_window=2, sign_in_user_failures=3)
    site.start()
    site.control.ok("POST", USERS, {"username": "ann", "password": people.PASSWORD})
    for _ in range(2):
        for _ in range(2):
            assert log_in(http, "ann", "wrong").error == WRONG
        assert log_in(http).status == 200
    for _ in range(3):
        log_in(http, "ann", "wrong")
    assert locked(http, "ann")
    waiting.until(lambda: log_in(http).status == 200, 10, "the lock ends", every=0.2)


def test_tries_at_the_same_time_cannot_slip_through(door):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: log_in(door, "ann", "wrong").error, range(20)))
    assert answers.count(WRONG) == 5, answers


def test_too_many_failures_from_one_address(site, http):
    site.settings["sign_in_address_failures"] = 3
    site.start()
    site.control.ok("POST", USERS, {"username": "ann", "password": people.PASSWORD})
    for i in range(3):
        assert log_in(http).status == 200  # is none
        assert log_in(http, f"n{i}", "wrong").status == 401
    answer = log_in(http)
    assert (answer.status, answer.code) == (429, "E4291") and 0 < int(answer.headers["Retry-After"]) <= 900


# ---- the ends of a session ----


def test_the_absolute_end(site, http):
    site.settings["session_lifetime"] = 2
    site.start()
    ann = people.add(site, http, "ann")
    answers = []
    def ended():
        answers.append(ann.ask("GET", PROFILE))
        return answers[-1].status == 401
    waiting.until(ended, 15, "the session ends although it is used", every=0.1)
    assert {answer.status for answer in answers} == {200, 401} and answers[-1].code == "E4011"


def test_the_idle_end(site, http):
    site.settings["session_idle"] = 3
    site.start()
    ann, idle = people.add(site, http, "ann"), people.add(site, http, "bob")
    waiting.holds(lambda: ann.ask("GET", PROFILE).status == 200, 6, "a session in use goes on")
    assert idle.ask("GET", PROFILE).status == 401
    assert ann.ask("GET", PROFILE).status == 200


def test_a_session_survives_a_restart(door, site):
    ann = people.sign_in(door, "ann")
    site.restart()
    assert ann.ok("GET", PROFILE)["username"] == "ann"
    site.kill()
    site.start()
    assert ann.ok("GET", PROFILE)["username"] == "ann"


@pytest.mark.parametrize("path, body", [
    ("/password", {"password": "another long password"}), ("/role", {"role": "operator"}), ("", {"status": "disabled"}),
    ("", {"roles": ["viewer", "operator"]}),
])
def test_changes_of_access_end_all_sessions_at_once(door, site, path, body):
    ann, other = people.sign_in(door, "ann"), people.sign_in(door, "ann")
    token = site.control.ok("POST", f"{USERS}/ann/tokens", {"name": "ci"})["token"]
    program = people.Person(door, "ann", token)
    assert [one.ask("GET", PROFILE).status for one in (ann, other, program)] == [200] * 3
    site.control.ok("PUT", f"{USERS}/ann{path}", body)
    assert [one.ask("GET", PROFILE).status for one in (ann, other, program)] == [401] * 3


def test_who_is_disabled_hears_it_only_with_the_right_password(door, site):
    site.control.ok("PUT", f"{USERS}/ann", {"status": "disabled"})
    assert log_in(door, "ann", "wrong").error == WRONG
    answer = log_in(door)
    assert (answer.status, answer.code, answer.error) == (401, "E4011", "Account is disabled")
    site.control.ok("PUT", f"{USERS}/ann", {"status": "active"})
    assert log_in(door).status == 200


def test_a_user_who_is_disabled_behind_our_back(door, site):
    ann = people.sign_in(door, "ann")
    site.sql("UPDATE user SET status = 'locked'")
    answer = ann.ask("GET", PROFILE)
    assert (answer.status, answer.code, answer.error) == (401, "E4012", "Account is disabled")


# ---- one's own password ----


def test_changing_ones_own_password(door, site):
    ann, other = people.sign_in(door, "ann"), people.sign_in(door, "ann")
    change = {"old_password": people.PASSWORD, "new_password": "a better password"}
    assert "message" in ann.ok("PUT", f"{PROFILE}/password", change)
    assert ann.ask("GET", PROFILE).status == other.ask("GET", PROFILE).status == 401
    assert log_in(door).error == WRONG
    assert log_in(door, "ann", "a better password").status == 200
    assert [actor for actor, _, _ in events(site, "password_changed")] == [ann.id]
    assert "password" not in site.log_text().replace("wrong password", "")


@pytest.mark.parametrize("body", [
    {}, {"old_password": people.PASSWORD}, {"new_password": "a better password"},
    {"old_password": "wrong", "new_password": "a better password"}, {"old_password": people.PASSWORD, "new_password": "short"},
    {"old_password": people.PASSWORD, "new_password": "x" * 513}, {"old_password": people.PASSWORD, "new_password": 12345678},
])
def test_a_change_that_is_refused_changes_nothing(door, body):
    ann = people.sign_in(door, "ann")
    answer = ann.ask("PUT", f"{PROFILE}/password", body)
    assert (answer.status, answer.code) == (400, "E4002") and answer.error
    assert ann.ask("GET", PROFILE).status == log_in(door).status == 200


def test_the_old_password_cannot_be_guessed_here_either(door):
    ann = people.sign_in(door, "ann")
    tries = [ann.ask("PUT", f"{PROFILE}/password", {"old_password": "wrong", "new_password": "a better password"}).status
             for _ in range(7)]
    assert tries == [400] * 5 + [429] * 2


# ---- secrets ----


def test_tokens_and_passwords_are_nowhere_to_be_read(door, site):
    token = people.sign_in(door, "ann").token
    dump = json.dumps(site.sql("SELECT HEX(token_hash), LENGTH(token_hash), name, uuid FROM session")
                      + site.sql("SELECT * FROM user") + site.sql("SELECT * FROM task_event"))
    assert token not in dump and people.PASSWORD not in dump
    assert token not in site.log_text() and people.PASSWORD not in site.log_text()
    assert not any(token in text or people.PASSWORD in text for text in procfs_texts(site.process.pid))


def procfs_texts(pid):
    for name in ("cmdline", "environ"):
        try:
            with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
                yield file.read()
        except PermissionError:
            assert os.getuid() != 0


def test_there_is_no_account_from_the_beginning(site, http):
    site.start()
    assert site.control.request("GET", USERS).envelope["total"] == 0
    for name in ("admin", "root", "taskyard", "user", "test"):
        for password in ("admin", "password", "changeme", "taskyard", name):
            assert log_in(http, name, password).status in (401, 429)


# ---- without the database ----


def test_without_the_database_nobody_is_signed_out(make_site, own_database):
    own_database.start()
    site = make_site(own_database)
    http = site.listen_http()
    site.start()
    ann, late = people.add(site, http, "ann"), people.add(site, http, "late")
    assert ann.ask("GET", PROFILE).status == 200
    own_database.kill()
    waiting.until(lambda: site.control.status()["database"]["state"] != "ready", 20, "the loss is noticed")
    for person in (ann, late, people.Person(http, "x", "A" * 43)):
        for path in (PROFILE, "/api/user-tasks", "/api/tasks"):
            begin = time.monotonic()
            answer = person.ask("GET", path)
            assert (answer.status, answer.code) == (503, "E5031"), (person.name, path, answer.body)
            assert time.monotonic() - begin < 2 * waiting.SCALE
    answer = log_in(http)
    assert (answer.status, answer.code) == (503, "E5031")
    own_database.start()
    waiting.until(site.ready, 40, "the database is back")
    for person in (ann, late):
        waiting.until(lambda: person.ask("GET", PROFILE).status != 503, 20, "its readers are back")
        assert person.ok("GET", PROFILE)["username"] == person.name
    assert people.Person(http, "x", "A" * 43).ask("GET", PROFILE).status == 401


def test_a_database_that_hangs(make_site, own_database, measure):
    own_database.start()
    site = make_site(own_database)
    http = site.listen_http()
    site.start()
    ann = people.add(site, http, "ann")
    own_database.freeze()
    for token in (ann.token, "A" * 43):
        begin = time.monotonic()
        answer = people.Person(http, "x", token).ask("GET", PROFILE)
        measure(f"an answer without the database: {1000 * (time.monotonic() - begin):.0f} ms")
        assert (answer.status, answer.code[:4]) == (503, "E503"), answer.body
        assert time.monotonic() - begin < 2 * waiting.SCALE
    own_database.thaw()
    waiting.until(lambda: ann.ask("GET", PROFILE).status == 200, 30, "it goes on")
