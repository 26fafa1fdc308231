# SPDX-License-Identifier: MIT
"""Users and roles over the network: what can be changed, by whom, and what cannot."""

import pytest

from helpers import people, waiting

USERS = "/api/authorization/users"
ROLES = "/api/authorization/roles"
PERMISSIONS = "/api/authorization/permissions"
PROFILE = "/api/authorization/profile"


@pytest.fixture
def http(site):
    http = site.listen_http()
    site.start()
    return http


@pytest.fixture
def admin(site, http):
    return people.add(site, http, "root-admin", "admin")


def new(person, name, **members):
    return person.ok("POST", USERS, {"username": name, "password": people.PASSWORD, **members})


def refused(person, method, path, status, code, body=None):
    answer = person.ask(method, path, body)
    assert (answer.status, answer.code) == (status, code), (method, path, body, answer.status, answer.body)
    assert answer.error
    return answer.error


def names(rows):
    return [row["name"] for row in rows]


# ---- users ----


def test_the_life_of_a_user(admin, http):
    user = new(admin, "ann", email="ann@example.org", full_name="Ann Ex", phone="+49 30 1", role="operator")
    assert (user["phone"], user["status"], names(user["roles"])) == ("+49 30 1", "active", ["operator"])
    assert "last_login" not in user and "avatar" not in user
    same = admin.ok("GET", f"{USERS}/{user['id']}")
    assert same == admin.ok("GET", f"{USERS}/ann") == user
    changed = admin.ok("PUT", f"{USERS}/ann", {"full_name": "Ann Other", "phone": "", "avatar": "/a.png", "status": "disabled",
                                               "roles": ["viewer", "operator"], "unknown": 1})
    assert (changed["full_name"], changed["avatar"], changed["status"], changed["email"]) == (
        "Ann Other", "/a.png", "disabled", "ann@example.org")
    assert "phone" not in changed and names(changed["roles"]) == ["operator", "viewer"]
    assert changed["updated_at"] > user["updated_at"] and changed["created_at"] == user["created_at"]
    assert admin.ok("PUT", f"{USERS}/ann", {"roles": []})["roles"] == []
    assert admin.ok("PUT", f"{USERS}/ann", {"status": "active"})["status"] == "active"
    assert people.sign_in(http, "ann").user["roles"] == []


def test_the_list(admin):
    for i in range(12):
        new(admin, f"u{i:02}", full_name="Ünal Ex" if i % 2 else "Other", email=f"u{i}@example.org")
    admin.ok("PUT", f"{USERS}/u03", {"status": "disabled"})
    page = admin.ask("GET", USERS).envelope
    assert (page["total"], page["current"], page["page_size"], len(page["data"])) == (13, 1, 10, 10)
    assert [user["username"] for user in page["data"]] == [f"u{i:02}" for i in range(11, 1, -1)]
    assert all(role["permissions"] is None for user in page["data"] for role in user["roles"])
    assert [user["username"] for user in admin.ok("GET", USERS, query={"current": 2})] == ["u01", "u00", "root-admin"]
    for size, wanted in ((1000, 1000), (1, 1), (0, 10), (1001, 10), ("x", 10), (-1, 10)):
        assert admin.ask("GET", USERS, query={"page_size": size}).envelope["page_size"] == wanted
    for query, count in (({"keywords": "ünal"}, 6), ({"keywords": "U1@EXAMPLE"}, 1), ({"keywords": "u1"}, 3), ({"keywords": "%"}, 0),
                         ({"keywords": "_"}, 0), ({"keywords": "' OR 1=1"}, 0), ({"keywords": "x" * 300}, 0),
                         ({"status": "disabled"}, 1), ({"status": "locked"}, 0), ({"status": "nonsense"}, 13), ({"status": ""}, 13),
                         ({"keywords": "u03", "status": "active"}, 0), ({"keywords": ""}, 13)):
        page = admin.ask("GET", USERS, query=query).envelope
        assert page["total"] == len(admin.ok("GET", USERS, query={**query, "page_size": 100})) == count, query


@pytest.mark.parametrize("name", [
    "", " ", "a b", "ann ", " ann", "änn", "ann\n", "ann\0", "аdmin", "ａdmin", "admin\u200b", "a/b", "a%41", "x" * 65, "<b>",
    "a'b", "../x", None, 1, ["ann"],
])
def test_names_that_are_not_taken(admin, name):
    error = refused(admin, "POST", USERS, 400, "E4002", {"username": name, "password": people.PASSWORD})
    assert "username" in error


def test_names_that_mean_something_else(admin):
    """An id goes before a name, `system` is the service itself, and an address loses its dots."""
    bob = new(admin, "bob")
    for name in (bob["id"], "00000000-0000-0000-0000-000000000000", "system", "System", ".", ".."):
        error = refused(admin, "POST", USERS, 400, "E4002", {"username": name, "password": people.PASSWORD})
        assert "username" in error, name
    for name in ("...", "systems", bob["id"][:-1]):
        new(admin, name)


def test_names_that_look_alike(admin):
    new(admin, "ann")
    for name in ("ann", "Ann", "ANN", "Root-Admin"):
        refused(admin, "POST", USERS, 409, "E4091", {"username": name, "password": people.PASSWORD})
    new(admin, "anna")


@pytest.mark.parametrize("members, word", [
    ({"password": "short"}, "password"), ({"password": "x" * 513}, "password"), ({"password": None}, "password"),
    ({"password": 12345678}, "password"), ({"password": "annabella"}, "password"), ({"email": "no address"}, "email"),
    ({"email": "a@b@c"}, "email"), ({"email": 1}, "email"), ({"email": "a@" + "b" * 300}, "email"), ({"full_name": "a\nb"}, "full_name"),
    ({"full_name": "a\x9bb"}, "full_name"),
    ({"full_name": "x" * 256}, "full_name"), ({"phone": "1" * 65}, "phone"), ({"avatar": ["x"]}, "avatar"), ({"role": 1}, "role"),
    ({"roles": "viewer"}, "roles"), ({"roles": [1]}, "roles"), ({"roles": ["king"]}, "role"), ({"role": "Viewer"}, "role"),
])
def test_a_member_that_is_wrong_is_named(admin, members, word):
    body = {"username": "annabella", "password": people.PASSWORD, **members}
    assert word in refused(admin, "POST", USERS, 400, "E4002", body)
    assert admin.ask("GET", USERS).envelope["total"] == 1


@pytest.mark.parametrize("body", [{"status": "locked"}, {"status": "deleted"}, {"status": 1}, {"roles": ["king"]}, {"roles": {}},
                                  {"email": "x"}, {"full_name": 1}])
def test_a_change_that_is_wrong_changes_nothing(admin, body):
    before = new(admin, "ann")
    refused(admin, "PUT", f"{USERS}/ann", 400, "E4002", {"phone": "1", **body})
    assert admin.ok("GET", f"{USERS}/ann") == before


def test_who_is_not_there(admin):
    for name in ("zoe", "00000000-0000-4000-8000-000000000000", "%25", "ROOT-ADMIN", "root-admin%20"):
        refused(admin, "GET", f"{USERS}/{name}", 404, "E4041")
        refused(admin, "PUT", f"{USERS}/{name}", 404, "E4041", {"full_name": "x"})
        refused(admin, "PUT", f"{USERS}/{name}/password", 404, "E4041", {"password": people.PASSWORD})
        refused(admin, "PUT", f"{USERS}/{name}/role", 404, "E4041", {"role": "viewer"})


def test_the_last_administrator(admin, site):
    for body in ({"status": "disabled"}, {"roles": ["viewer"]}, {"roles": []}):
        error = refused(admin, "PUT", f"{USERS}/root-admin", 409, "E4091", body)
        assert "last active administrator" in error
        site.control.refused("PUT", f"{USERS}/root-admin", 409, "E4091", body)
    refused(admin, "PUT", f"{USERS}/root-admin/role", 409, "E4091", {"role": "viewer"})
    new(admin, "second", role="admin")
    admin.ok("PUT", f"{USERS}/second", {"status": "disabled"})
    refused(admin, "PUT", f"{USERS}/root-admin", 409, "E4091", {"roles": ["viewer"]})
    admin.ok("PUT", f"{USERS}/second", {"status": "active"})
    assert names(admin.ok("PUT", f"{USERS}/root-admin", {"roles": ["viewer"]})["roles"]) == ["viewer"]
    assert admin.ask("GET", PROFILE).status == 401  # signed out by it


def test_every_change_is_written_down(admin, site):
    new(admin, "ann")
    admin.ok("PUT", f"{USERS}/ann", {"status": "disabled"})
    admin.ok("PUT", f"{USERS}/ann", {"status": "active", "full_name": "X"})
    admin.ok("PUT", f"{USERS}/ann/role", {"role": "operator"})
    admin.ok("PUT", f"{USERS}/ann/password", {"password": "another long password"})
    admin.ok("POST", ROLES, {"name": "r", "permissions": []})
    admin.ok("PUT", f"{ROLES}/r", {"permissions": ["task:list"]})
    admin.ok("DELETE", f"{ROLES}/r")
    rows = site.sql(f"SELECT kind, address FROM task_event WHERE actor = '{admin.id}' ORDER BY id")
    assert [kind for kind, _ in rows] == ["signed_in", "user_created", "user_disabled", "user_enabled", "user_changed",
                                          "user_changed", "password_changed", "role_created", "role_changed", "role_deleted"]
    assert {address for _, address in rows} == {"127.0.0.1"}


# ---- roles ----


def test_roles_and_permissions(admin):
    roles = {role["name"]: role for role in admin.ok("GET", ROLES)}
    assert set(roles) == {"admin", "operator", "viewer"}
    assert {role["role_type"] for role in roles.values()} == {"system"}
    held = {name: {permission["code"] for permission in role["permissions"]} for name, role in roles.items()}
    tasks = {"task:list", "task:view"}
    assert tasks <= held["viewer"] and not {"task:cancel", "task:retry", "task:delete"} & held["viewer"]
    assert tasks | {"task:cancel", "task:retry", "task:delete"} <= held["operator"]
    known = [permission["code"] for permission in admin.ok("GET", PERMISSIONS)]
    assert len(known) == len(set(known)) and held["admin"] <= set(known)


def test_the_life_of_a_role(admin, http, site):
    role = admin.ok("POST", ROLES, {"name": "auditor", "description": "Reads", "permissions": ["system:audit:view", "task:list"]})
    assert role["role_type"] == "user" and [one["code"] for one in role["permissions"]] == ["system:audit:view", "task:list"]
    ann = people.add(site, http, "ann", "auditor")
    assert ann.ask("GET", "/api/system/audit-events").status == 200 and ann.ask("GET", ROLES).status == 403
    # As it was read it can be written.
    back = admin.ok("PUT", f"{ROLES}/{role['id']}", {"permissions": role["permissions"], "description": "x", "name": "reader"})
    assert (back["name"], back["description"], back["permissions"]) == ("reader", "x", role["permissions"])
    # What a role loses its users lose at once, and go on with the rest.
    admin.ok("PUT", f"{ROLES}/reader", {"permissions": ["task:list"]})
    assert ann.ask("GET", "/api/system/audit-events").status == 403 and ann.ask("GET", "/api/tasks").status == 200
    assert "message" in admin.ok("DELETE", f"{ROLES}/reader")
    assert ann.ask("GET", "/api/tasks").status == 401
    assert people.sign_in(http, "ann").ask("GET", "/api/tasks").status == 403
    refused(admin, "DELETE", f"{ROLES}/reader", 404, "E4041")


def test_the_permission_of_a_type_can_be_given(admin, site):
    site.descriptor("own", 'type own { runner = command command = {"/bin/true"} create { path = "/api/own" permission = "own:make" } }')
    site.reload()
    assert "own:make" in [permission["code"] for permission in admin.ok("GET", PERMISSIONS)]
    role = admin.ok("POST", ROLES, {"name": "maker", "permissions": ["own:make"]})
    assert role["permissions"][0]["code"] == "own:make"


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": "a b"}, {"name": "x" * 65}, {"name": 1}, {"name": "r", "permissions": "task:list"},
    {"name": "r", "permissions": ["nothing:like:it"]}, {"name": "r", "permissions": [1]}, {"name": "r", "permissions": ["*"]},
    {"name": "r", "description": "x" * 300}, {"name": "r", "description": 1}, {"name": "r", "permissions": [{}]},
])
def test_roles_that_are_wrong(admin, body):
    refused(admin, "POST", ROLES, 400, "E4002", body)
    assert len(admin.ok("GET", ROLES)) == 3


def test_the_roles_of_the_product_stay(admin):
    for name in ("admin", "operator", "viewer"):
        refused(admin, "DELETE", f"{ROLES}/{name}", 409, "E4091")
        refused(admin, "PUT", f"{ROLES}/{name}", 409, "E4091", {"name": "other"})
        refused(admin, "POST", ROLES, 409, "E4091", {"name": name.upper()})
    refused(admin, "PUT", f"{ROLES}/admin", 409, "E4091", {"permissions": []})
    admin.ok("PUT", f"{ROLES}/viewer", {"permissions": ["task:list"]})


# ---- reaching for more ----


@pytest.fixture
def manager(admin, http, site):
    """May change users and roles, and little else."""
    admin.ok("POST", ROLES, {"name": "manager", "permissions": [
        "authorization:user:list", "authorization:user:view", "authorization:user:create", "authorization:user:update",
        "authorization:role:create", "authorization:role:update", "authorization:role:delete", "task:list", "task:view"]})
    admin.ok("POST", ROLES, {"name": "reader", "permissions": ["task:list", "task:view"]})
    new(admin, "olga", role="operator")
    new(admin, "ray", role="reader")
    return people.add(site, http, "mia", "manager")


def test_a_manager_manages_what_is_below_him(manager, http):
    new(manager, "eve", role="reader")
    manager.ok("PUT", f"{USERS}/ray", {"full_name": "Ray"})
    manager.ok("PUT", f"{USERS}/ray/password", {"password": "another long password"})
    manager.ok("PUT", f"{USERS}/olga", {"full_name": "Olga"})
    assert manager.ok("PUT", f"{USERS}/olga", {"status": "disabled"})["status"] == "disabled"
    manager.ok("POST", ROLES, {"name": "lurker", "permissions": ["task:list"]})
    manager.ok("PUT", f"{USERS}/eve", {"roles": ["lurker"]})
    assert people.sign_in(http, "ray", "another long password").ok("GET", PROFILE)["full_name"] == "Ray"


@pytest.mark.parametrize("method, path, body", [
    ("POST", USERS, {"username": "eve", "password": people.PASSWORD, "role": "admin"}),
    ("POST", USERS, {"username": "eve", "password": people.PASSWORD, "role": "operator"}),
    ("POST", USERS, {"username": "eve", "password": people.PASSWORD}),  # a viewer may export users
    ("POST", USERS, {"username": "eve", "password": people.PASSWORD, "roles": ["reader", "admin"]}),
    ("PUT", f"{USERS}/mia", {"roles": ["manager", "admin"]}),
    ("PUT", f"{USERS}/mia/role", {"role": "admin"}),
    ("PUT", f"{USERS}/ray", {"roles": ["operator"]}),
    ("PUT", f"{USERS}/root-admin", {"full_name": "x"}),
    ("PUT", f"{USERS}/root-admin", {"email": "mia@example.org"}),
    ("PUT", f"{USERS}/root-admin", {"status": "disabled"}),
    ("PUT", f"{USERS}/root-admin/password", {"password": people.PASSWORD}),
    ("PUT", f"{USERS}/root-admin/role", {"role": "reader"}),
    ("PUT", f"{USERS}/olga/password", {"password": people.PASSWORD}),
    ("POST", f"{USERS}/root-admin/tokens", {"name": "x"}),
    ("POST", f"{USERS}/olga/tokens", {"name": "x"}),
    ("POST", ROLES, {"name": "king", "permissions": ["task:delete"]}),
    ("PUT", f"{ROLES}/manager", {"permissions": ["authorization:user:update", "task:delete"]}),
    ("PUT", f"{ROLES}/reader", {"permissions": ["task:list", "system:settings:update"]}),
    ("PUT", f"{ROLES}/operator", {"permissions": ["task:list"]}),
    ("GET", ROLES, None),
    ("GET", "/api/system/audit-events", None),
])
def test_a_manager_reaches_for_more(manager, admin, site, method, path, body):
    def state():
        return site.sql("SELECT username, status, password_hash, email, full_name FROM user ORDER BY id") + site.sql(
            "SELECT user_id, role_id FROM user_role ORDER BY 1, 2") + site.sql("SELECT * FROM role_permission ORDER BY 1, 2")
    before = state()
    refused(manager, method, path, 403, "E4031", body)
    assert state() == before
    assert admin.ask("GET", PROFILE).status == 200
    if method != "GET":
        rows = waiting.until(lambda: site.sql("SELECT actor FROM task_event WHERE kind = 'refused'"), 10, "it is written down")
        assert rows == [[manager.id]]


def test_a_session_does_not_outlive_its_rights(admin, http, site):
    second = people.add(site, http, "second", "admin")
    assert second.ask("GET", USERS).status == 200
    admin.ok("PUT", f"{USERS}/second", {"roles": ["viewer"]})
    assert second.ask("GET", ROLES).status == 401
    assert people.sign_in(http, "second").ask("GET", ROLES).status == 403
