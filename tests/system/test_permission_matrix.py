# SPDX-License-Identifier: MIT
"""docs/permissions.md is the truth: every row of its tables, with every role, on one's own things and on those of others."""

import itertools
import pathlib
import re

import pytest

from helpers import account, openapi, people
from test_openapi import MULTIPART, REPORT, SLEEP, UPLOAD

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
ROLES = ("admin", "operator", "viewer", "plain", "anonymous")
names = itertools.count(1)


def table():
    """{(METHOD, path): {listener, needs, roles, others}}"""
    rows = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if len(cells) == 6 and re.fullmatch("GET|POST|PUT|DELETE", cells[0]):
            assert (cells[0], cells[1]) not in rows, f"twice: {cells[:2]}"
            rows[cells[0], cells[1]] = dict(zip(("listener", "needs", "roles", "others"), cells[2:]))
    return rows


TABLE = table()
PUBLIC = {key: row for key, row in TABLE.items() if row["listener"] != "control"}


@pytest.fixture
def world(site):
    return World(site)


class World:
    """A site with a user of each role, and another whose things are foreign to all but the administrator."""

    def __init__(self, site):
        self.site = site
        self.control = site.control
        self.http = people.open_door(site)
        site.examples()
        site.shell("report", REPORT)
        site.python("forever", SLEEP)
        site.start()
        self.control.limit(100)
        self.control.ok("POST", "/api/authorization/roles", {"name": "plain", "permissions": []})
        self.people = {role: people.add(site, self.http, f"the-{role}", role) for role in ROLES if role != "anonymous"}
        self.people["anonymous"] = people.nobody(self.http)
        self.other = people.add(site, self.http, "other", "admin")

    def fresh(self, role):
        """Somebody with this role who may lose his session."""
        return people.add(self.site, self.http, f"u{next(names)}", role)

    def task(self, owner, kind="forever"):
        return (owner if owner.id else self.other).task(self.control, kind)

    def file(self, owner):
        return self.control.wait(self.task(owner, "report"))["artifact_file_key"]

    def role(self):
        name = f"r{next(names)}"
        self.control.ok("POST", "/api/authorization/roles", {"name": name, "permissions": []})
        return name

    def user(self):
        name = f"n{next(names)}"
        self.control.ok("POST", "/api/authorization/users", {"username": name, "password": people.PASSWORD})
        return name

    def token(self, user):
        return self.control.ok("POST", f"/api/authorization/users/{user}/tokens", {"name": "x"})["id"]


def request_for(world, method, path, owner):
    """(path, body, headers) of a request that succeeds for whoever may do it; `owner` owns what it is about."""
    body = headers = None
    if path.startswith("/api/tasks/{id}"):
        task = world.task(owner)
        if path.endswith("/retry"):
            world.control.cancel(task)
            world.control.wait(task)
        path = path.replace("{id}", task["id"])
    elif path == "/api/files/{key}":
        path = path.replace("{key}", world.file(owner))
    elif path == "/api/files" and method == "POST":
        body, headers = UPLOAD, MULTIPART
    elif path.startswith("/api/task-schedules/{id}"):
        path, body = path.replace("{id}", "none"), {"enabled": True} if path.endswith("toggle") else None
    elif "{token_id}" in path:
        user = world.user()
        path = path.replace("{id}", user).replace("{token_id}", world.token(user))
    elif path.startswith("/api/authorization/users/{id}"):
        path = path.replace("{id}", world.user())
    elif path.startswith("/api/authorization/roles/{id}"):
        path = path.replace("{id}", world.role())
    return path, body or BODIES.get((method, openapi.plain(re.sub(r"/(n|r)\d+", "/{}", path)))), headers


def new_name():
    return f"m{next(names)}"


class Bodies(dict):
    """Fresh names each time."""

    def get(self, key, default=None):
        value = super().get(key, default)
        return value() if callable(value) else value


BODIES = Bodies({
    ("POST", "/api/authorization/auth/login"): {"username": "the-viewer", "password": people.PASSWORD},
    ("PUT", "/api/authorization/profile/password"): {"old_password": people.PASSWORD, "new_password": people.PASSWORD + "!"},
    ("PUT", "/api/system/task-settings"): {"task_max_concurrent": 100},
    ("POST", "/api/authorization/users"): lambda: {"username": new_name(), "password": people.PASSWORD},
    ("PUT", "/api/authorization/users/{}"): {"full_name": "X"},
    ("PUT", "/api/authorization/users/{}/password"): {"password": people.PASSWORD},
    ("PUT", "/api/authorization/users/{}/role"): {"role": "viewer"},
    ("POST", "/api/authorization/users/{}/tokens"): {"name": "x"},
    ("POST", "/api/authorization/users/export"): {},
    ("POST", "/api/authorization/roles"): lambda: {"name": new_name(), "permissions": []},
    ("PUT", "/api/authorization/roles/{}"): {"description": "X"},
})
ENDS_THE_SESSION = {"/api/authorization/auth/logout", "/api/authorization/profile/password"}
NOTHING_THERE = {"/api/task-schedules/{id}/toggle", "/api/task-schedules/{id}/trigger"}


def may(row, role):
    if row["needs"] in ("anybody", "signed-in"):
        return row["needs"] == "anybody" or role != "anonymous"
    return role in row["roles"].split(", ")


def expected(path, row, role, foreign):
    """The status that the table promises."""
    if not may(row, role):
        return 401 if role == "anonymous" else 403
    if path in NOTHING_THERE:
        return 404
    if row["others"] == "by its access":
        return 403 if role == "anonymous" else 404 if foreign and role != "admin" else 200
    return 404 if foreign and row["others"] == "404" and role != "admin" else 200


def send(person, method, path, body, headers):
    """The status alone: a stream is not waited for."""
    if not path.endswith("/events"):
        answer = person.ask(method, path, body, headers)
        return answer.status, answer.body[:300]
    connection = person.http.connection()
    try:
        words = {"Authorization": f"Bearer {person.token}"} if person.token else {}
        connection.request(method, path, headers=words)
        return connection.getresponse().status, b"(a stream)"
    finally:
        connection.close()


def test_the_table_has_every_route_and_no_other(site):
    site.examples()
    site.write_config()
    done = account.run(site.supervisor("--routes"))
    assert done.returncode == 0, done.stderr
    routes = {(method, openapi.plain(path)): (listener, access)
              for method, path, listener, access in (line.split("\t") for line in done.stdout.splitlines())}
    assert routes == {(method, openapi.plain(path)): (row["listener"], row["needs"])
                      for (method, path), row in TABLE.items()}


def test_the_default_roles_hold_what_the_table_says(world):
    """Both ways: no permission is held by a role that the table does not name."""
    held = {role["name"]: {permission["code"] for permission in role["permissions"] or []}
            for role in world.control.ok("GET", "/api/authorization/roles")}
    for (method, path), row in TABLE.items():
        if ":" not in row["needs"]:
            continue
        for role in ("operator", "viewer", "plain"):
            assert (row["needs"] in held[role]) == may(row, role), (method, path, role)


@pytest.mark.parametrize("role", ROLES)
def test_every_cell(world, role):
    wrong = []
    person = world.people[role]
    for (method, path), row in PUBLIC.items():
        for foreign in (False, True):
            if foreign and row["others"] not in ("404", "by its access"):
                continue
            asker = world.fresh(role) if path in ENDS_THE_SESSION and role != "anonymous" else person
            owner = world.other if foreign else asker
            real, body, headers = request_for(world, method, path, owner)
            status, said = send(asker, method, real, body, headers)
            if status != expected(path, row, role, foreign):
                wrong.append((method, path, "foreign" if foreign else "own", status, expected(path, row, role, foreign), said))
    assert not wrong, wrong


def test_lists_leave_out_what_belongs_to_others(world):
    """Also an administrator's own lists."""
    foreign = world.task(world.other)["id"]
    foreign_file = world.file(world.other)
    for role in ("admin", "operator", "viewer"):
        person = world.people[role]
        own = world.task(person)["id"]
        for (_, path), row in PUBLIC.items():
            if not row["others"].startswith("left out") or path.endswith("/events") or "schedules" in path:
                continue
            rows = person.ok("GET", path, query={"current": 1, "page_size": 100})
            ids = {one["id"] for one in rows}
            if path != "/api/files":
                assert own in ids, (role, path)
            sees = role == "admin" and "own only" not in row["others"]
            assert (foreign in ids) == (sees and path != "/api/files"), (role, path)
            assert foreign_file not in ids, (role, path)


def test_roles_that_change_count_at_once(world):
    """A right that is taken away is gone with the next request."""
    name = world.role()
    person = people.add(world.site, world.http, new_name(), name)
    assert person.ask("GET", "/api/tasks").status == 403
    world.control.ok("PUT", f"/api/authorization/roles/{name}", {"permissions": ["task:list"]})
    assert person.ask("GET", "/api/tasks").status == 200
    world.control.ok("PUT", f"/api/authorization/roles/{name}", {"permissions": []})
    assert person.ask("GET", "/api/tasks").status == 403


def test_there_is_no_way_to_create_any_task_over_the_network(world):
    for role, person in world.people.items():
        answer = person.ask("POST", "/api/tasks", {"type": "forever"})
        assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "E4051", "GET"), role
