# SPDX-License-Identifier: MIT
"""Headers of every answer, HEAD and OPTIONS, and scripts of other origins."""

import subprocess

import pytest

from helpers.http import RawAnswers

FRONT = "https://front.example"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.fixture
def http(site):
    site.listen_http()
    site.start()
    return site.http


@pytest.fixture
def open_http(site):
    """With an origin that may read the answers."""
    site.settings["cors_origins"] = FRONT
    site.listen_http()
    site.start()
    return site.http


@pytest.fixture
def routes(site):
    """(method, path) of everything that is served on the network."""
    site.write_config()
    done = subprocess.run(site.supervisor("--routes"), capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [(method, path.replace("{}", "x")) for method, path, listeners, *_ in rows if listeners != "control"]


def cors_headers(answer):
    return {name: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}


def test_headers_of_every_answer(http, routes):
    assert len(routes) > 20
    for method, path in [*routes, ("GET", "/api/nothing"), ("PATCH", "/api/tasks"), ("TRACE", "/healthz"),
                         ("POST", "/api/tasks")]:
        answer = http.ask(method, path, headers={"Origin": FRONT})
        assert len(answer.headers["Trace-Id"]) == 32, (method, path)
        for name, value in SECURITY.items():
            assert answer.headers[name] == value or (name == "Content-Security-Policy" and "default-src 'none'" in
                                                     answer.headers[name]), (method, path, name, answer.headers[name])
            assert len(answer.headers.get_all(name)) == 1, (method, path, name)
        assert answer.headers["Server"] is None and answer.headers["X-Powered-By"] is None
        assert not cors_headers(answer), "no other origin is allowed"


def test_headers_of_a_refusal(http):
    answer = RawAnswers(http.raw(b"GET / HTTP/1.1\r\n\r\n")).all[0]
    assert answer.status == 400
    for name, value in SECURITY.items():
        assert answer.headers[name] == value


def test_head_is_get_without_the_body(http, routes):
    for method, path in routes:
        if method != "GET" or path.endswith("events") or path == "/metrics":
            continue
        get, head = http.ask("GET", path), http.ask("HEAD", path)
        assert (head.status, head.body) == (get.status, b""), path
        assert abs(int(head.headers["Content-Length"]) - len(get.body)) < 20, path
        assert head.headers["Content-Type"] == get.headers["Content-Type"], path
    connection = http.connection()
    for _ in range(3):
        assert http.ask_on(connection, "HEAD", "/healthz").status == 200
    connection.close()


def test_options_say_what_an_address_takes(http):
    answer = http.ask("OPTIONS", "/api/tasks")
    assert (answer.status, answer.body) == (204, b"")
    assert "GET" in answer.headers["Allow"].split(", ")
    assert not cors_headers(answer)
    assert http.ask("OPTIONS", "/api/nothing").status == 404


def test_a_listed_origin(open_http, routes):
    for method, path in routes:
        if path.endswith("events"):
            continue
        answer = open_http.ask(method, path, headers={"Origin": FRONT})
        assert answer.headers["Access-Control-Allow-Origin"] == FRONT, path
        assert "Origin" in answer.headers["Vary"], path
        assert answer.headers["Access-Control-Allow-Credentials"] is None, path


def test_a_preflight(open_http):
    answer = open_http.ask("OPTIONS", "/api/tasks/x", headers={
        "Origin": FRONT, "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization"})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == FRONT
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "content-type", "x-scope-orgid", "x-base-path", "accept-language"} <= allowed


@pytest.mark.parametrize("origin", ["https://front.example.evil", "http://front.example", "https://front.example:444",
                                    "https://FRONT.example", "null", "*", "https://evil.example"])
def test_an_origin_that_is_not_listed(open_http, origin):
    for method in ("GET", "OPTIONS"):
        answer = open_http.ask(method, "/api/tasks", headers={"Origin": origin})
        assert not cors_headers(answer)
        assert answer.headers["Vary"] == "Origin"


def test_errors_can_be_read_too(open_http):
    text = f"GET /healthz HTTP/1.1\r\nHost: a\r\nOrigin: {FRONT}\r\nConnection: close\r\n\r\n".encode()
    assert RawAnswers(open_http.raw(text)).all[0].headers["Access-Control-Allow-Origin"] == FRONT
    answer = open_http.ask("GET", "/api/tasks", headers={"Origin": FRONT})
    assert answer.status == 401 and answer.headers["Access-Control-Allow-Origin"] == FRONT


def test_the_control_socket_knows_no_origins(site, control):
    site.settings["cors_origins"] = FRONT
    site.start()
    assert not cors_headers(control.request("GET", "/api/status", headers={"Origin": FRONT}))


@pytest.mark.parametrize("name, value, word", [
    ("cors_origins", "https://front.example/", "cors_origins"),
    ("cors_origins", "*", "cors_origins"),
    ("trusted_proxies", "10.0.0.1/8", "trusted_proxies"),
    ("trusted_proxies", "localhost", "trusted_proxies"),
    ("max_connections", 1, "max_connections"),
    ("max_connections_per_address", 0, "max_connections_per_address"),
    ("upload_max", 10, "upload_max"),
    ("upload_quota_mb", -1, "upload_quota_mb"),
    ("head_timeout", 0.0, "head_timeout"),
    ("write_timeout", 1e9, "write_timeout"),
])
def test_settings_that_make_no_sense(site, name, value, word):
    site.settings[name] = value
    site.write_config()
    done = subprocess.run(site.supervisor("--check"), capture_output=True, text=True, check=False)
    assert done.returncode != 0 and word in done.stderr, done.stderr
