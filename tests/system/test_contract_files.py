# SPDX-License-Identifier: MIT
"""Files as a front end sees them: contents, signed links, uploads, lists. (test_visibility.py: of others.)"""

import hashlib
import hmac
import os
import re
import time
import uuid

import pytest

from helpers import people

BOUNDARY = "----boundary7MA4YWxk"


def form(*parts):
    """The body of a form: (name, value) or (name, file name, bytes)."""
    body = b""
    for name, *rest in parts:
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        body += f'; filename="{rest[0]}"\r\nContent-Type: x/y'.encode() if len(rest) == 2 else b""
        data = rest[-1]
        body += b"\r\n\r\n" + (data if isinstance(data, bytes) else data.encode()) + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def post(person, *parts, body=None, content_type=f"multipart/form-data; boundary={BOUNDARY}"):
    return person.ask("POST", "/api/files", form(*parts) if body is None else body, {"Content-Type": content_type})


def upload(person, *parts):
    answer = post(person, *parts)
    assert (answer.status, answer.code) == (200, "0"), answer.body
    return answer.data


@pytest.fixture
def town(site):
    http = site.listen_http()
    site.shell("report", "printf 'a,b\\n1,2\\n' > report.csv; echo '{\"artifact\":\"report.csv\"}' >&3")
    site.start()
    site.people = {"root": people.add(site, http, "root", "admin"), "ann": people.add(site, http, "ann", "viewer"),
                   "bob": people.add(site, http, "bob", "viewer")}
    return site


@pytest.fixture
def ann(town):
    return town.people["ann"]


@pytest.fixture
def key(ann, control):
    """An artifact of hers."""
    return control.run("report", creator=ann.id)["artifact_file_key"]


def stored(town):
    return sorted(os.listdir(f"{town.state}/files"))


# ---- contents ----

def test_an_artifact_is_fetched(ann, key):
    answer = ann.ask("GET", f"/api/files/{key}")
    assert (answer.status, answer.body) == (200, b"a,b\n1,2\n")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r"inline; .*report\.csv.*", answer.headers["Content-Disposition"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    answer = ann.ask("GET", f"/api/files/{key}", query={"method": "download"})
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_parts_of_it(ann, key):
    answer = ann.ask("GET", f"/api/files/{key}", headers={"Range": "bytes=4-"})
    assert (answer.status, answer.body, answer.headers["Content-Range"]) == (206, b"1,2\n", "bytes 4-7/8")
    assert ann.ask("GET", f"/api/files/{key}", headers={"Range": "bytes=8-"}).status == 416
    stamp = ann.ask("GET", f"/api/files/{key}").headers["Last-Modified"]
    answer = ann.ask("GET", f"/api/files/{key}", headers={"If-Modified-Since": stamp})
    assert (answer.status, answer.body) == (304, b"")


def test_deleting_the_task_leaves_the_file(ann, control):
    task = control.run("report", creator=ann.id)
    control.delete(task)
    assert ann.ask("GET", f"/api/files/{task['artifact_file_key']}").status == 200


def test_a_file_whose_bytes_are_gone_or_are_not_a_plain_file(town, ann, key):
    path = f"{town.state}/files/{key}"
    os.rename(path, f"{path}.away")
    assert ann.ask("GET", f"/api/files/{key}").status == 404
    for make in (os.mkfifo, os.mkdir, lambda name: os.symlink(f"{path}.away", name),
                 lambda name: os.link(f"{path}.away", name)):
        make(path)
        assert ann.ask("GET", f"/api/files/{key}").status == 404
        os.rmdir(path) if os.path.isdir(path) else os.remove(path)


# ---- signed links ----

def sign(person, key):
    data = person.ok("GET", f"/api/files/{key}", query={"method": "sign"})
    assert set(data) == {"signature", "expires"} and type(data["expires"]) is int
    assert len(data["signature"]) == 64 and set(data["signature"]) <= set("0123456789abcdef")
    return data


def test_a_link_works_without_signing_in(town, ann, key):
    link = sign(ann, key)
    assert 0 <= link["expires"] - (time.time() + 600) + 60 <= 120
    answer = town.http.ask("GET", f"/api/files/{key}", query=link)
    assert (answer.status, answer.body) == (200, b"a,b\n1,2\n")
    answer = town.http.ask("GET", f"/api/files/{key}", query={**link, "method": "download"})
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert town.http.ask("GET", f"/api/files/{key}", headers={"Range": "bytes=0-2"}, query=link).body == b"a,b"


def test_a_tampered_link_is_denied(town, ann, key, control):
    link, other = sign(ann, key), control.run("report", creator=ann.id)["artifact_file_key"]
    bad = [{**link, "expires": link["expires"] + 1}, {**link, "expires": link["expires"] - 601},
           {**link, "signature": link["signature"][:-1]}, {**link, "signature": link["signature"] + "0"},
           {**link, "signature": link["signature"].upper() if not link["signature"].isdigit() else "0" * 64},
           {**link, "signature": "0" * 64}, {**link, "signature": sign(ann, other)["signature"]}]
    for query in bad:
        for person in (people.nobody(town.http), ann):  # a signature stands instead of a session
            answer = person.ask("GET", f"/api/files/{key}", query=query)
            assert (answer.status, answer.code, answer.error) == (403, "E4031", "Access denied"), query
    for query in ({"signature": link["signature"]}, {"expires": link["expires"]}, {**link, "expires": "x"},
                  {**link, "expires": 0}, {**link, "expires": -1}, {**link, "expires": 10**30}, {**link,
                                                                                                 "signature": ""}):
        assert town.http.ask("GET", f"/api/files/{key}", query=query).status == 403
        assert ann.ask("GET", f"/api/files/{key}", query=query).status == 200  # no signature: the session counts
    assert town.http.ask("GET", f"/api/files/{other}", query=link).status == 403


def test_an_old_link_is_dead_and_a_new_one_lives_through_a_restart(town, ann, key):
    link = sign(ann, key)
    [[secret]] = town.sql("SELECT value FROM setting WHERE name = 'file_link_secret'")
    assert len(secret) == 64
    town.restart()
    assert town.http.ask("GET", f"/api/files/{key}", query=link).status == 200
    assert town.sql("SELECT value FROM setting WHERE name = 'file_link_secret'") == [[secret]]
    now = int(time.time())
    assert town.http.ask("GET", f"/api/files/{key}", query=link_of(secret, key, now - 1)).status == 403
    assert town.http.ask("GET", f"/api/files/{key}", query=link_of(secret, key, now + 100)).status == 200


def link_of(secret, key, expires):
    """As whoever knows the secret would make it."""
    message = f"{key}:{expires}".encode()
    return {"expires": expires, "signature": hmac.new(bytes.fromhex(secret), message, "sha256").hexdigest()}


def test_the_secret_is_nowhere_to_be_seen(town, ann, key):
    sign(ann, key)
    [[secret]] = town.sql("SELECT value FROM setting WHERE name = 'file_link_secret'")
    root = town.people["root"]
    for path in ("/api/system/task-settings", "/api/system/task-settings/fields", "/api/system/audit-events",
                 "/api/status"):
        body = root.ask("GET", path).body.decode()
        assert secret not in body and "file_link_secret" not in body
    assert secret not in town.log_text()


# ---- uploads ----

def test_an_upload_is_stored(town, ann):
    data = bytes(range(256)) * 5000
    [file] = upload(ann, ("file", "päper.bin", data), ("access", "owner"), ("type", "import"))
    assert set(file) == {"id", "created_at", "updated_at", "name", "size", "access", "type"}
    assert (file["name"], file["size"], file["access"], file["type"]) == ("päper.bin", len(data), "owner", "import")
    answer = ann.ask("GET", f"/api/files/{file['id']}")
    assert (answer.body, answer.headers["Content-Type"]) == (data, "application/octet-stream")
    assert stored(town) == [file["id"]]
    [[digest, owner]] = town.sql("SELECT sha256, owner_id FROM file")
    assert (digest, owner) == (hashlib.sha256(data).hexdigest(), ann.id)


def test_defaults_and_several_files(ann):
    first, second = upload(ann, ("file", "a.txt", b"1"), ("file", "b.html", b""))
    assert (first["access"], first["type"], second["size"]) == ("private", "upload", 0)
    answer = ann.ask("GET", f"/api/files/{second['id']}")
    assert answer.headers["Content-Disposition"].startswith("attachment;")  # a browser must not run it


@pytest.mark.parametrize("given, name", [
    ("../../../etc/passwd", "passwd"), ("C:\\x\\y.txt", "y.txt"), ("", "file"), ("..", "file"), ("a/", "file"),
    ("%22;x=%0D%0ASet-Cookie: a=b", '";x=??Set-Cookie: a=b'), ("'; DROP TABLE file; --", "'; DROP TABLE file; --"),
    ("<img src=x onerror=alert(1)>.svg", "<img src=x onerror=alert(1)>.svg"), ("x" * 900 + ".txt", "x" * 255),
    ("a\0b.txt", None),
])
def test_names_are_for_people_only(town, ann, given, name):
    answer = post(ann, ("file", given, b"data"))
    if name is None:
        assert (answer.status, answer.code) == (400, "E4002") and stored(town) == []
        return
    [file] = answer.data
    shown = file["name"].replace("�", "?").replace("_", "?") if "\n" in given or "%0" in given else file["name"]
    assert shown == name
    assert stored(town) == [file["id"]]
    answer = ann.ask("GET", f"/api/files/{file['id']}")
    assert answer.body == b"data" and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("parts, code, word", [
    ([("access", "private")], "E4001", "file"), ([("file", "a text field")], "E4001", "file"),
    ([("other", "a.txt", b"x")], "E4002", "file"), ([("file", "a.txt", b"x"), ("access", "everybody")], "E4002",
                                                    "access"),
    ([("file", "a.txt", b"x"), ("access", "PUBLIC")], "E4002", "access"),
    ([("file", "a.txt", b"x"), ("type", "x" * 65)], "E4002", "type"),
    ([("file", "a.txt", b"x"), ("type", b"\xff")], "E4002", "type"),
    ([("file", f"{i}.txt", b"x") for i in range(21)], "E4002", "form"),
])
def test_a_bad_form_is_refused_and_leaves_nothing(town, ann, parts, code, word):
    answer = post(ann, *parts)
    assert (answer.status, answer.code) == (400, code) and word in answer.error
    assert stored(town) == [] and town.sql("SELECT COUNT(*) FROM file") == [["0"]]


def test_a_malformed_body_is_refused(ann):
    whole = form(("file", "a.txt", b"x"))
    for body in (b"", whole[:-6], b"junk" + whole, whole + b"junk", whole.replace(b"\r\n", b"\n")):
        assert post(ann, body=body).status == 400
    assert post(ann, body=whole, content_type="multipart/form-data").status == 400
    assert post(ann, body=b"{}", content_type="application/json").status == 415


def test_too_large_is_413(town, ann):
    town.settings["upload_max"] = 100000
    town.restart()
    assert post(ann, ("file", "a", b"x" * 99000)).status == 200
    answer = post(ann, ("file", "a", b"x" * 300000))
    assert (answer.status, answer.code) == (413, "E4131")
    assert len(stored(town)) == 1


def test_a_user_keeps_no_more_than_his_quota(town, ann):
    town.settings["upload_quota_mb"] = 1
    town.restart()
    upload(ann, ("file", "a", b"x" * 600000))
    answer = post(ann, ("file", "b", b"x" * 300000), ("file", "c", b"x" * 300000))
    assert (answer.status, answer.code) == (413, "E4132") and "1 MiB" in answer.error
    assert len(stored(town)) == 1 and len(ann.ok("GET", "/api/files")) == 1
    upload(ann, ("file", "d", b"x" * (1048576 - 600000)))
    assert post(ann, ("file", "e", b"x")).status == 413
    upload(town.people["bob"], ("file", "f", b"x" * 600000))
    town.settings["upload_quota_mb"] = 0
    town.write_config()
    town.reload()
    upload(ann, ("file", "g", b"x" * 600000))


def test_without_a_place_on_the_disk_nothing_is_noted(town, ann):
    os.rename(f"{town.state}/files", f"{town.state}/away")
    answer = post(ann, ("file", "a", b"x"))
    assert (answer.status, answer.code) == (500, "E5001")
    assert town.sql("SELECT COUNT(*) FROM file") == [["0"]]
    os.rename(f"{town.state}/away", f"{town.state}/files")


# ---- lists ----

def test_ones_own_files_newest_first(town, ann, key):
    made = [upload(ann, ("file", f"{i}.txt", b"x"))[0]["id"] for i in range(12)]
    upload(town.people["bob"], ("file", "bob.txt", b"x"))
    answer = ann.ask("GET", "/api/files")
    assert set(answer.envelope) == {"code", "data", "trace_id"}
    assert [file["id"] for file in answer.data] == [*made[::-1], key]
    answer = ann.ask("GET", "/api/files", query={"current": 2, "page_size": 5})
    assert [file["id"] for file in answer.data] == made[::-1][5:10]
    assert [answer.envelope[name] for name in ("total", "current", "page_size")] == [13, 2, 5]
    assert ann.ask("GET", "/api/files", query={"current": 10**9}).data == []
    assert town.people["root"].ok("GET", "/api/files") == []


# ---- who may ----

@pytest.mark.parametrize("access, anonymous, other", [("public", 200, 200), ("private", 403, 200), ("owner", 403, 404)])
def test_access_classes(town, ann, access, anonymous, other):
    [file] = upload(ann, ("file", "a.txt", b"x"), ("access", access))
    path = f"/api/files/{file['id']}"
    assert ann.ask("GET", path).status == town.people["root"].ask("GET", path).status == 200
    assert town.http.ask("GET", path).status == anonymous
    assert town.people["bob"].ask("GET", path).status == other
    signing = town.http.ask("GET", path, query={"method": "sign"})
    assert signing.status == anonymous
    assert town.people["bob"].ask("GET", path, query={"method": "sign"}).status == other


def test_unknown_keys_look_like_hidden_ones(town, ann):
    [file] = upload(ann, ("file", "a.txt", b"x"), ("access", "owner"))
    for name in (str(uuid.uuid4()), file["id"].upper(), "x", "..", "a" * 36, "%2e%2e%2f", file["id"] + "%00"):
        hidden, answer = (town.people["bob"].ask("GET", f"/api/files/{one}") for one in (file["id"], name))
        assert answer.status in (404, 400) if "%00" in name else (answer.status, answer.error) == (404, hidden.error)
    for name in (file["id"], str(uuid.uuid4()), "x"):
        answer = town.http.ask("GET", f"/api/files/{name}")
        assert (answer.status, answer.code, answer.error) == (403, "E4031", "Access denied")
