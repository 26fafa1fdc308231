# SPDX-License-Identifier: MIT
"""What belongs to somebody else does not exist, however it is asked for."""

import json
import uuid
from urllib.parse import quote

import pytest

from helpers import people


@pytest.fixture
def town(site):
    http = site.listen_http()
    site.shell("forever",
               'echo secret-of-$TASKYARD_CREATOR; echo \'{"progress":5,"text":"secret text"}\' >&3; sleep 1000')
    site.shell("report", "echo secret > r.csv; echo '{\"artifact\":\"r.csv\"}' >&3")
    site.start()
    site.people = {name: people.add(site, http, name, role)
                   for name, role in (("root", "admin"), ("ann", "operator"), ("bob", "operator"), ("eve", "viewer"))}
    return site


@pytest.fixture
def world(town, control):
    """A running and a finished task of each, and what they left."""
    town.control.limit(20)
    town.tasks = {}
    for name in ("root", "ann", "bob"):
        owner = town.people[name]
        running = control.create("forever", creator=owner.id, payload={"for": name})
        done = control.run("report", creator=owner.id)
        control.logged(running, "secret-of")
        control.wait(running, "running")
        town.tasks[name] = (running, done)
    return town


READS = ("", "/logs", "/attempts", "/timeline", "/events")
CHANGES = (("POST", "/cancel"), ("POST", "/retry"), ("DELETE", ""))


def is_missing(answer):
    return (answer.status, answer.code, answer.error) == (404, "E4041", "there is no such task")


def state(town):
    return town.sql("SELECT uuid, status, retry_count, deleted_at, cancel_requested_at FROM task ORDER BY id")


def test_every_id_swapped(world):
    """Each may do nothing with the tasks of the others, and they stay as they are."""
    before = state(world)
    missing = str(uuid.uuid4())
    for asker, owner in (("ann", "bob"), ("bob", "ann"), ("ann", "root")):
        person = world.people[asker]
        for task in (*world.tasks[owner], {"id": missing}):
            for method, path in [("GET", path) for path in READS] + list(CHANGES):
                answer = person.ask(method, f"/api/tasks/{task['id']}{path}")
                assert is_missing(answer), (asker, owner, method, path, answer.body)
                assert set(answer.envelope) == {"code", "err", "trace_id"}
    assert state(world) == before


def test_ways_to_write_an_id(world):
    before = state(world)
    foreign, own = world.tasks["bob"][0]["id"], world.tasks["ann"][0]["id"]
    spellings = [foreign.upper(), f" {foreign}", f"{foreign} ", f"{foreign}%20", f"%20{foreign}", f"{foreign}%00",
                 f"{foreign}%0a",
                 foreign.replace("-", ""), "{" + foreign + "}", f"urn:uuid:{foreign}", f"{own},{foreign}",
                 f"{own}/../{foreign}",
                 f"{own}%2f..%2f{foreign}", f"./{foreign}", f"%2e/{foreign}", f"{own}/%2e%2e/{foreign}",
                 f"{foreign};", f"{foreign}?id={own}",
                 "%" + foreign, foreign[:-1] + "_", foreign[:8] + "%", "*", "0", "1", "-1", "null", "undefined", "0x1",
                 f"{foreign}'--", f"' OR uuid='{foreign}", "".join(f"%{ord(c):02x}" for c in foreign)]
    for spelling in spellings:
        for method, path in [("GET", path) for path in READS] + list(CHANGES):
            answer = world.people["ann"].ask(method, f"/api/tasks/{quote(spelling, safe='%/?=;,')}{path}")
            assert answer.status in (400, 404, 405), (spelling, method, path, answer.status)
            assert b"secret" not in answer.body and b'"id"' not in answer.body
    assert state(world) == before


def test_lists_hold_ones_own_only(world):
    ann, foreign = world.people["ann"], world.tasks["bob"]
    mine = {task["id"] for task in world.tasks["ann"]}
    queries = [{}, {"creator": "bob"}, {"creator": world.people["bob"].id}, {"creator": "system"}, {"creator": ""},
               {"creator": "%"},
               {"creator_id": world.people["bob"].id}, {"search": ""}, {"search": "%"}, {"search": "e"},
               {"page_size": 100},
               {"status": "running,success"}, {"type": "forever"}, {"created_from": "2000-01-01T00:00:00Z"},
               {"search": "forever", "creator": "bob", "status": "running"}]
    for query in queries:
        answer = ann.ask("GET", "/api/tasks", query=query)
        assert answer.status == 200 and {row["id"] for row in answer.data} <= mine, query
        assert answer.envelope["total"] <= 2
    for task in foreign:
        for search in (task["id"], task["id"][:8], task["id"].upper(), task["id"][:2]):
            answer = ann.ask("GET", "/api/tasks", query={"search": search})
            assert {row["id"] for row in answer.data} <= mine
        assert ann.ask("GET", "/api/tasks", query={"search": task["id"]}).envelope["total"] == 0
    for path in ("/api/userTasks", "/api/user-tasks"):
        for query in (None, {"creator": "bob"}, {"user_id": world.people["bob"].id}):
            assert {row["id"] for row in ann.ok("GET", path, query=query)} == mine


def test_an_administrator_sees_all_but_his_own_list_is_his_own(world):
    root = world.people["root"]
    everything = {task["id"] for tasks in world.tasks.values() for task in tasks}
    assert {row["id"] for row in root.ok("GET", "/api/tasks", query={"page_size": 100})} == everything
    assert {row["id"] for row in root.ok("GET", "/api/userTasks")} == {task["id"] for task in world.tasks["root"]}
    running, done = world.tasks["bob"]
    assert root.ok("GET", f"/api/tasks/{done['id']}")["id"] == done["id"]
    assert root.ok("POST", f"/api/tasks/{running['id']}/cancel")["message"] == "Task cancelled"
    assert root.ask("GET", f"/api/files/{done['artifact_file_key']}").body == b"secret\n"


def test_the_permission_is_needed_for_ones_own_too(world, control):
    eve = world.people["eve"]
    task = control.create("forever", creator=eve.id)
    for path in READS[:-1]:
        assert eve.ask("GET", f"/api/tasks/{task['id']}{path}").status == 200
    for method, path in CHANGES:
        for target in (task["id"], world.tasks["bob"][0]["id"], str(uuid.uuid4())):  # nor does it tell which exist
            answer = eve.ask(method, f"/api/tasks/{target}{path}")
            assert (answer.status, answer.code, answer.error) == (403, "E4031",
                                                                  "No permission to perform this operation")
    assert control.get(task)["status"] in ("pending", "running")


def test_nobody_sees_nothing(world):
    nobody = people.nobody(world.http)
    for path in ("/api/tasks", "/api/userTasks",
                 *(f"/api/tasks/{world.tasks['bob'][0]['id']}{path}" for path in READS)):
        answer = nobody.ask("GET", path)
        assert (answer.status, answer.code) == (401, "E4011") and b"secret" not in answer.body
    for method, path in CHANGES:
        assert nobody.ask(method, f"/api/tasks/{world.tasks['bob'][0]['id']}{path}").status == 401


def test_what_only_modules_may_do(world):
    for person in world.people.values():
        task = world.tasks["ann"][1]["id"]
        for method, path, body in (("POST", "/api/tasks", {"type": "forever", "creator": "root"}), ("GET",
                                                                                                    "/api/events",
                                                                                                    None),
                                   ("PUT", f"/api/tasks/{task}/artifact", {"file_key": str(uuid.uuid4())}),
                                   ("POST", "/api/drain", None), ("POST", "/api/task-types/reload", None)):
            assert person.ask(method, path, body).status in (404, 405), (person.name, path)


# ---- files ----

def test_files_of_others(world):
    key, ann = world.tasks["bob"][1]["artifact_file_key"], world.people["ann"]
    link = world.people["bob"].ok("GET", f"/api/files/{key}", query={"method": "sign"})
    unknown = ann.ask("GET", f"/api/files/{uuid.uuid4()}")
    for query in (None, {"method": "sign"}, {"method": "download"}, {"signature": link["signature"]},
                  {"expires": link["expires"]}):
        answer = ann.ask("GET", f"/api/files/{key}", query=query)
        assert (answer.status, answer.code, answer.error) == (404, "E4041", unknown.error)
    for spelling in (key.upper(), f"%20{key}", f"{key}%00", f"..%2ffiles%2f{key}", f"../files/{key}", f"{key}.new",
                     f"./{key}"):
        answer = ann.ask("GET", f"/api/files/{spelling}", query={"method": "sign"})
        assert answer.status in (400, 404) and b"secret" not in answer.body and b"signature" not in answer.body
    mine = world.tasks["ann"][1]["artifact_file_key"]
    assert ann.ask("GET", f"/api/files/{mine}", query=link).status == 403  # a link opens its own file only
    assert ann.ask("GET", f"/api/files/{key}", query=link).body == b"secret\n"  # and for whoever has it
    assert [row["id"] for row in ann.ok("GET", "/api/files")] == [mine]


# ---- streams ----

def first_events(person, path, headers=None):
    """What a stream says before its first pause; or the answer that it is not one."""
    connection = person.http.connection()
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {person.token}", **(headers or {})})
        response = connection.getresponse()
        if response.status != 200:
            return response.status, response.read()
        seen = b""
        while b"\n\n" not in seen:
            seen += response.readline()
        return 200, seen
    finally:
        connection.close()


def test_streams_tell_of_ones_own_only(world, control):
    ann = world.people["ann"]
    for headers in (None, {"Last-Event-ID": "1"}, {"Last-Event-ID": "0"}):
        assert first_events(ann, f"/api/tasks/{world.tasks['bob'][0]['id']}/events", headers)[0] == 404
    connection = ann.http.connection()
    connection.request("GET", "/api/userTasks/events", headers={"Authorization": f"Bearer {ann.token}"})
    response = connection.getresponse()
    foreign = [control.create("report", creator=world.people[name].id) for name in ("bob", "root")]
    for task in foreign:
        control.wait(task)
    own = control.run("report", creator=ann.id)
    seen, ids = {}, {own["id"], *(task["id"] for task in world.tasks["ann"])}
    while seen.get(own["id"]) != "success":
        line = response.readline().decode()
        if line.startswith("data:"):
            rows = json.loads(line[5:])
            for row in rows if isinstance(rows, list) else [rows]:
                seen[row["id"]] = row["status"]
    connection.close()
    assert set(seen) <= ids
