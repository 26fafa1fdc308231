# SPDX-License-Identifier: MIT
"""docs/openapi.json: sound in itself, complete, and what the service really answers. Beyond these tests every answer of every
system test that goes through helpers.control or helpers.http is held against it (helpers/openapi.py)."""

import json
import re

import jsonschema
import pytest

from helpers import account, openapi, people, waiting
from helpers.http import RawAnswers, receive_all

DOCUMENT = openapi.document()
OPERATIONS = sorted(openapi.operations().items())


def walk(thing, path="#"):
    """Every object and array below, with where it stands."""
    yield path, thing
    rows = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in rows:
        yield from walk(value, f"{path}/{key}")


# ---- the document by itself ----

def test_references_lead_somewhere_and_components_are_used():
    used = {thing["$ref"] for _, thing in walk(DOCUMENT) if isinstance(thing, dict) and "$ref" in thing}
    there = {f"#/components/{kind}/{name}" for kind, rows in DOCUMENT["components"].items() for name in rows
             if kind != "securitySchemes"}
    assert used <= there, used - there
    assert there <= used, f"nobody refers to {there - used}"


def test_operations_are_whole():
    ids = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    schemes = set(DOCUMENT["components"]["securitySchemes"])
    for (method, path), operation in OPERATIONS:
        where = f"{method} {path}"
        assert operation["summary"] and set(operation["tags"]) <= tags, where
        assert operation["x-listener"] in ("public", "control", "both"), where
        assert operation["x-access"] in ("anybody", "signed-in", "permission"), where
        assert ("x-permission" in operation) == (operation["x-access"] == "permission"), where
        assert {name for row in operation["security"] for name in row} <= schemes, where
        assert ({} in operation["security"]) == (operation["x-access"] == "anybody" or
                                                  operation["x-listener"] == "control"), where
        given = {row["name"] for row in map(openapi.resolve, operation.get("parameters", [])) if row["in"] == "path"}
        assert given == set(re.findall(r"\{([^}]*)\}", path)), where
        assert any(status.startswith("2") for status in operation["responses"]), where


def test_schemas_and_examples_are_valid():
    def hold(schema, value, where):
        errors = [error.message for error in openapi.validator(schema).iter_errors(value)]
        assert not errors, (where, errors)

    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            hold(schema, example, name)
    for path, thing in walk(DOCUMENT):
        if isinstance(thing, dict) and "schema" in thing and not path.startswith("#/components/schemas"):
            jsonschema.Draft202012Validator.check_schema(thing["schema"])
            examples = [thing["example"]] if "example" in thing else []
            examples += [row["value"] for row in thing.get("examples", {}).values()]
            for example in examples:
                hold(thing["schema"], example, path)


def test_objects_that_we_make_are_closed():
    """So that a member nobody has documented is found."""
    answers = [f"#/paths/{path}/{method.lower()}/responses" for method, path in openapi.operations()]
    for path, thing in walk(DOCUMENT):
        below_answer = path.startswith("#/components/schemas") or any(path.startswith(start) for start in answers)
        if below_answer and isinstance(thing, dict) and thing.get("type") == "object" and "properties" in thing \
                and path != "#/components/schemas/TaskSettingsChange":
            assert thing["additionalProperties"] is False, path


def test_errors_of_a_status_have_its_codes():
    for name, response in DOCUMENT["components"]["responses"].items():
        codes = {row["value"]["code"] for row in response["content"]["application/json"]["examples"].values()}
        statuses = {code[1:4] for code in codes}
        assert len(statuses) == 1, name
        for (method, path), operation in OPERATIONS:
            for status, row in operation["responses"].items():
                if row.get("$ref", "").endswith(f"/{name}"):
                    assert {status} == statuses, (method, path, status)


# ---- the document and the routes ----

@pytest.fixture
def routes(site):
    """{(method, path): (listener, access)} as the program prints them, with the endpoints of the example types."""
    site.examples()
    site.write_config()
    done = account.run(site.supervisor("--routes"))
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {(method, openapi.plain(path)): (listener, access) for method, path, listener, access in rows}


def test_every_route_is_documented_and_nothing_else(routes):
    documented = {(method, openapi.plain(path)):
                  (operation["x-listener"], operation.get("x-permission", operation["x-access"]))
                  for (method, path), operation in openapi.operations().items()}
    assert routes == documented


# ---- the document and the service ----

REPORT = "echo hello > report.csv\necho '{\"artifact\":\"report.csv\"}' >&3\n"
SLEEP = "import time\nprint('working', flush=True)\ntime.sleep(600)\n"


class World:
    """A site with a user of each kind, and the things that the operations are about."""

    def __init__(self, site):
        self.site = site
        self.control = site.control
        self.http = people.open_door(site)
        site.examples()
        site.python("forever", SLEEP)
        site.shell("nothing", "exit 0\n")
        site.shell("report", REPORT)
        site.start()
        self.admin = people.add(site, self.http, "root", "admin")
        self.viewer = people.add(site, self.http, "victor", "viewer")
        self.nobody = people.nobody(self.http)

    def task(self, kind="nothing"):
        return self.admin.task(self.control, kind)["id"]

    def ended(self, kind="nothing"):
        return self.control.wait(self.task(kind))

    def person(self, role="admin"):
        return people.add(self.site, self.http, f"p{next(openapi_numbers)}", role)

    def role(self):
        return self.admin.ok("POST", "/api/authorization/roles",
                             {"name": f"r{next(openapi_numbers)}", "permissions": ["task:list"]})["id"]

    def token(self):
        return self.admin.ok("POST", f"/api/authorization/users/{self.viewer.id}/tokens", {"name": "program"})["id"]

    def file(self):
        return self.ended("report")["artifact_file_key"]


openapi_numbers = iter(range(1, 10000))
UNKNOWN = "00000000-0000-4000-8000-000000000000"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=xx"}
UPLOAD = (b"--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n"
          b"Content-Type: text/plain\r\n\r\nhello\r\n--xx--\r\n")


def successes(w):
    """A request of each operation that succeeds: name -> (method, path, body, headers). Public where it can be."""
    task, user = w.task, f"/api/authorization/users/{w.viewer.id}"
    return {
        "getHealth": ("GET", "/healthz"), "getReadiness": ("GET", "/readyz"), "getMetrics": ("GET", "/metrics"),
        "getOpenapi": ("GET", "/api/openapi.json"),
        "login": ("POST", "/api/authorization/auth/login", {"username": "root", "password": people.PASSWORD}),
        "getProfile": ("GET", "/api/authorization/profile"),
        "listTasks": ("GET", "/api/tasks"),
        "createTask": ("POST", "/api/tasks", {"type": "nothing"}),
        "getTask": ("GET", f"/api/tasks/{w.ended('report')['id']}"),
        "cancelTask": ("POST", f"/api/tasks/{task()}/cancel"),
        "killTask": ("POST", f"/api/tasks/{task()}/kill", {"reason": "a test"}),
        "pauseTask": ("POST", f"/api/tasks/{task('forever')}/pause"),
        "resumeTask": ("POST", f"/api/tasks/{task('forever')}/resume"),
        "getTaskProcesses": ("GET", f"/api/tasks/{task('forever')}/processes"),
        "retryTask": ("POST", f"/api/tasks/{w.ended()['id']}/retry"),
        "deleteTask": ("DELETE", f"/api/tasks/{task()}"),
        "listTaskLogs": ("GET", f"/api/tasks/{w.ended()['id']}/logs"),
        "listTaskAttempts": ("GET", f"/api/tasks/{w.ended()['id']}/attempts"),
        "listTaskTimeline": ("GET", f"/api/tasks/{w.ended()['id']}/timeline"),
        "setTaskArtifact": ("PUT", f"/api/tasks/{task()}/artifact", {"file_key": w.file(), "file_name": "x.csv"}),
        "listUserTasks": ("GET", "/api/userTasks"), "listUserTasksAlias": ("GET", "/api/user-tasks"),
        "listTaskSchedules": ("GET", "/api/task-schedules"),
        "listTaskScheduleHistory": ("GET", "/api/task-schedules/any/history"),
        "getFile": ("GET", f"/api/files/{w.file()}"),
        "listFiles": ("GET", "/api/files"),
        "uploadFile": ("POST", "/api/files", UPLOAD, MULTIPART),
        "getTaskSettings": ("GET", "/api/system/task-settings"),
        "updateTaskSettings": ("PUT", "/api/system/task-settings", {"task_max_concurrent": 11}),
        "listTaskSettingFields": ("GET", "/api/system/task-settings/fields"),
        "listLogStorageBackends": ("GET", "/api/system/task-settings/log-storage-backends"),
        "listUsers": ("GET", "/api/authorization/users"),
        "createUser": ("POST", "/api/authorization/users", {"username": "new", "password": people.PASSWORD}),
        "getUser": ("GET", user),
        "updateUser": ("PUT", user, {"full_name": "Victor V."}),
        "listUserTokens": ("GET", f"{user}/tokens"),
        "createUserToken": ("POST", f"{user}/tokens", {"name": "program"}),
        "deleteUserToken": ("DELETE", f"{user}/tokens/{w.token()}"),
        "setUserPassword": ("PUT", f"{user}/password", {"password": people.PASSWORD}),
        "setUserRole": ("PUT", f"{user}/role", {"role": "viewer"}),
        "createUserExportTask": ("POST", "/api/authorization/users/export", {"status": "active"}),
        "listRoles": ("GET", "/api/authorization/roles"),
        "createRole": ("POST", "/api/authorization/roles", {"name": "new", "permissions": ["task:list"]}),
        "updateRole": ("PUT", f"/api/authorization/roles/{w.role()}", {"permissions": ["task:view"]}),
        "deleteRole": ("DELETE", f"/api/authorization/roles/{w.role()}"),
        "listPermissions": ("GET", "/api/authorization/permissions"),
        "listAuditEvents": ("GET", "/api/system/audit-events"),
        "getSite": ("GET", "/api/system/site"),
        "listOrganizations": ("GET", "/api/system/organizations"),
        "listOauthProviders": ("GET", "/api/oauth/providers"),
        "getStatistics": ("GET", "/api/statistics"),
        "listTaskTypes": ("GET", "/api/task-types"),
        "reloadTaskTypes": ("POST", "/api/task-types/reload"),
        "getOverview": ("GET", "/api/overview"),
        "getStatus": ("GET", "/api/status"),
        "purge": ("POST", "/api/purge"),
        "changeOwnPassword": ("PUT", "/api/authorization/profile/password",
                              {"old_password": people.PASSWORD, "new_password": people.PASSWORD + "!"}),
        "logout": ("POST", "/api/authorization/auth/logout"),
    }


STREAMS = {"watchTask", "watchUserTasks", "watchUserTasksAlias", "watchAllTasks"}
# There are no schedules, so nothing to switch or to start.
NEVER = {"toggleTaskSchedule", "triggerTaskSchedule"}
LAST = {"upgrade", "drain"}  # after them nobody answers for a while, or any more


@pytest.fixture
def world(site):
    return World(site)


def listener_of(name):
    return next(row["x-listener"] for row in openapi.operations().values() if row["operationId"] == name)


def test_every_operation_succeeds_as_documented(world):
    requests = successes(world)
    names = {operation["operationId"] for operation in openapi.operations().values()}
    assert set(requests) | STREAMS | NEVER | LAST == names
    one_off = {name: world.person() for name in ("changeOwnPassword", "logout")}
    for name, (method, path, *more) in requests.items():
        body, headers = (more + [None, None])[:2]
        listener = listener_of(name)
        if listener in ("public", "both"):
            answer = one_off.get(name, world.admin).ask(method, path, body, headers)
            assert answer.status == 200, (name, answer.status, answer.body[:500])
            assert openapi.find(method, path)["operationId"] == name
            requests[name] = None
        if listener == "control" or (listener == "both" and method == "GET"):
            answer = world.control.request(method, path, body, headers=headers)
            assert answer.status == 200, (name, answer.status, answer.body[:500])
    world.control.ok("POST", "/api/upgrade")
    waiting.until(lambda: world.control.status()["upgrades"] == 1, 30, "the upgrade is over")
    world.control.ok("POST", "/api/drain")


def test_streams_answer_as_documented(world):
    task = world.task("forever")
    for path in (f"/api/tasks/{task}/events", "/api/userTasks/events", "/api/user-tasks/events"):
        connection = world.http.connection()
        connection.request("GET", path, headers={"Authorization": f"Bearer {world.admin.token}"})
        response = connection.getresponse()
        assert response.status == 200
        assert "text/event-stream" in openapi.find("GET", path)["responses"]["200"]["content"]
        assert response.headers["Content-Type"].startswith("text/event-stream")
        connection.close()
    with world.control.events(f"/api/tasks/{task}/events") as events:
        name, data = next(events)
    assert name == "task"
    errors = [error.message for error in openapi.validator({"$ref": "#/components/schemas/Task"}).iter_errors(data)]
    assert not errors and "payload" not in data


# ---- errors ----

def public_requests():
    """(operation, request line) of each public operation, for requests byte by byte."""
    for (method, path), operation in OPERATIONS:
        if operation["x-listener"] != "control":
            path = re.sub(r"\{[^}]*\}", UNKNOWN, path)
            yield method, path, f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n".encode()


def answer_of(data):
    answers = RawAnswers(data).all
    assert len(answers) == 1, data
    return answers[0]


@pytest.mark.parametrize("rest, status, code", [
    (b"Bad Name: x\r\n\r\n", 400, "E4003"),
    (b"Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n", 413, "E4131"),
    (b"X: " + b"x" * 20000 + b"\r\n\r\n", 431, "E4311")])
def test_the_edge_refuses_on_every_route_as_documented(world, rest, status, code):
    for method, path, start in public_requests():
        answer = answer_of(world.http.raw(start + rest))
        assert (answer.status, answer.code) == (status, code), (method, path, answer.body)
        openapi.check(method, path, answer)


def test_slow_requests_are_408_as_documented(site):
    site.settings["head_timeout"] = 1.0
    http = people.open_door(site)
    site.start()
    waiting_ones = [(method, path, http.open(), start) for method, path, start in public_requests()]
    for _, _, client, start in waiting_ones:
        client.sendall(start)
    for method, path, client, _ in waiting_ones:
        with client:
            answer = answer_of(receive_all(client))
        assert (answer.status, answer.code) == (408, "E4081"), (method, path, answer.body)
        openapi.check(method, path, answer)


def test_every_route_refuses_strangers_as_documented(world):
    """401 without and with wrong credentials, 403 without the permission."""
    plain = world.person(world.admin.ok("POST", "/api/authorization/roles", {"name": "plain", "permissions": []})["name"])
    for (method, path), operation in OPERATIONS:
        if operation["x-listener"] == "control":
            continue
        path = re.sub(r"\{[^}]*\}", UNKNOWN, path)
        wrong = world.nobody.ask(method, path, headers={"Authorization": "Bearer wrong"})
        assert (wrong.status, wrong.code) == (401, "E4011"), (method, path)
        if operation["x-access"] != "anybody":
            assert world.nobody.ask(method, path).status == 401, (method, path)
        if operation["x-access"] == "permission":
            answer = plain.ask(method, path, {} if "requestBody" in operation else None)
            assert (answer.status, answer.code) == (403, "E4031"), (method, path)


def test_unknown_things_are_404_as_documented(world):
    for (method, path), operation in OPERATIONS:
        if "404" not in operation["responses"] or operation["x-listener"] == "control":
            continue
        body = BODIES_FOR_UNKNOWN.get(operation["operationId"])
        answer = world.admin.ask(method, re.sub(r"\{[^}]*\}", UNKNOWN, path), body)
        assert (answer.status, answer.code) == (404, "E4041"), (method, path, answer.body[:300])


BODIES_FOR_UNKNOWN = {
    "updateUser": {"full_name": "X"}, "setUserPassword": {"password": people.PASSWORD}, "setUserRole": {"role": "viewer"},
    "createUserToken": {"name": "x"}, "updateRole": {"description": "X"}, "toggleTaskSchedule": {"enabled": True},
}


def test_wrong_bodies_are_refused_as_documented(world):
    """400 for no JSON and for a member of the wrong kind, 415 for another content type."""
    values = {"string": 7, "integer": "many", "boolean": "perhaps", "array": "list"}
    user = f"/api/authorization/users/{world.viewer.id}"
    for (method, path), operation in OPERATIONS:
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            continue
        path = path.replace("/api/authorization/users/{id}", user)
        path = path.replace("{id}", world.role() if "roles" in path else world.task())
        ask = world.control.request if operation["x-listener"] == "control" else world.admin.ask
        wrong = ask(method, path, b"{not json", headers={"Content-Type": "application/json"})
        assert (wrong.status, wrong.code) == (400, "E4002"), (method, path, wrong.body[:300])
        if operation["x-listener"] != "control":
            wrong = ask(method, path, b"a=b", headers={"Content-Type": "text/plain"})
            assert (wrong.status, wrong.code) == (415, "E4151"), (method, path, wrong.body[:300])
        if operation["operationId"] in NEVER:
            continue
        schema = openapi.resolve(content["application/json"]["schema"])
        for name, member in schema["properties"].items():
            if openapi.resolve(member).get("type") in values:
                body = {**content["application/json"]["example"], name: values[openapi.resolve(member)["type"]]}
                wrong = ask(method, path, body)
                assert wrong.status == 400 and name in wrong.error.lower(), (method, path, name, wrong.body[:300])


def test_conflicts_are_409_as_documented(world):
    role = world.role()
    for method, path, body in (
            ("POST", "/api/authorization/users", {"username": "root", "password": people.PASSWORD}),
            ("POST", "/api/authorization/roles", {"name": "viewer", "permissions": []}),
            ("PUT", f"/api/authorization/roles/{role}", {"name": "viewer"})):
        answer = world.admin.ask(method, path, body)
        assert (answer.status, answer.code) == (409, "E4091"), (method, path, answer.body[:300])


def test_without_the_database_everything_answers_503_or_from_memory(make_site, own_database):
    own_database.start()
    world = World(make_site(own_database))
    requests = successes(world)
    requests = {name: row for name, row in requests.items() if listener_of(name) != "control"}
    own_database.kill()
    waiting.until(lambda: world.control.status()["database"]["state"] != "ready", 10, "the database is seen to be gone")
    for name, (method, path, *more) in requests.items():
        body, headers = (more + [None, None])[:2]
        answer = world.admin.ask(method, path, body, headers)
        assert answer.status in (200, 503), (name, answer.status, answer.body[:300])
        if answer.status == 503 and name != "getReadiness":
            assert answer.code == "E5031" and int(answer.headers["Retry-After"]) >= 1, name
    for name in ("getHealth", "getMetrics", "getOpenapi"):
        assert world.nobody.ask("GET", requests[name][1]).status == 200
