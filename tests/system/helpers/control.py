# SPDX-License-Identifier: MIT
"""HTTP over the control socket, as a local module would speak it."""

import http.client
import json
import socket
from contextlib import contextmanager
from urllib.parse import urlencode

from . import openapi, waiting

FINAL = ("success", "failed", "cancelled")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """Status, headers, the raw body and, if it is JSON, the envelope."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        kind = response.headers.get("Content-Type", "")
        self.envelope = json.loads(self.body) if self.body and kind.startswith("application/json") else {}
        self.code = self.envelope.get("code")
        self.error = self.envelope.get("err")
        self.data = self.envelope.get("data")


def ask_on(connection, method, path, body=None, headers=None, query=None):
    """One request, its answer held against the API's description. body: anything JSON, or bytes that are sent as they are."""
    if query:
        path = f"{path}?{urlencode(query)}"
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    words = dict(headers or {})
    if data is not None:
        words.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, path, data, words)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before it was read to its end; the answer is there
    answer = Answer(connection.getresponse())
    openapi.check(method, path, answer)
    return answer


class Control:
    def __init__(self, path, timeout=20):
        self.path = path
        self.timeout = timeout

    def request(self, method, path, body=None, query=None, headers=None):
        """One request on a connection of its own."""
        connection = UnixConnection(self.path, self.timeout)
        try:
            return ask_on(connection, method, path, body, headers, query)
        finally:
            connection.close()

    def ok(self, method, path, body=None, query=None):
        """The data of an answer that must be a success."""
        answer = self.request(method, path, body, query)
        assert (answer.status, answer.code) == (200, "0"), (method, path, answer.status, answer.body[:500])
        return answer.data

    def refused(self, method, path, status, code, body=None, query=None):
        """The error sentence of an answer that must be this error."""
        answer = self.request(method, path, body, query)
        assert (answer.status, answer.code) == (status, code), (method, path, answer.status, answer.body[:500])
        assert answer.error
        return answer.error

    # ---- tasks ----

    def create(self, kind, payload=None, **options):
        """The new task, or a list of them with `count`."""
        body = {"type": kind, **options}
        if payload is not None:
            body["payload"] = payload
        return self.ok("POST", "/api/tasks", body)

    def get(self, task):
        return self.ok("GET", f"/api/tasks/{identifier(task)}")

    def attempts(self, task):
        return self.ok("GET", f"/api/tasks/{identifier(task)}/attempts")

    def timeline(self, task):
        return self.ok("GET", f"/api/tasks/{identifier(task)}/timeline")

    def kinds(self, task):
        """The kinds of what happened to a task, in order."""
        return [row["kind"] for row in self.timeline(task)]

    def logs(self, task, **query):
        return self.ok("GET", f"/api/tasks/{identifier(task)}/logs", query=query or None)

    def whole_log(self, task):
        """All rows, page by page."""
        rows = self.logs(task, limit=10000)
        page = rows
        while page:
            page = self.logs(task, limit=10000, after=page[-1]["id"])
            rows += page
        return rows

    def log_text(self, task):
        return "\n".join(row["message"] for row in self.whole_log(task))

    def cancel(self, task):
        return self.ok("POST", f"/api/tasks/{identifier(task)}/cancel")

    def retry(self, task):
        return self.ok("POST", f"/api/tasks/{identifier(task)}/retry")

    def delete(self, task):
        return self.ok("DELETE", f"/api/tasks/{identifier(task)}")

    def wait(self, task, *wanted, seconds=20):
        """The task once it has one of the wanted statuses (any final one, if none is named)."""
        wanted = wanted or FINAL
        seen = {}

        def reached():
            seen.update(task=self.get(task))
            return seen["task"]["status"] in wanted

        waiting.until(reached, seconds, lambda: f"task is {' or '.join(wanted)}: {seen.get('task')}", every=0.02)
        return seen["task"]

    def run(self, kind, payload=None, seconds=20, **options):
        """Creates a task and waits for its end."""
        return self.wait(self.create(kind, payload, **options), seconds=seconds)

    def logged(self, task, text, seconds=10):
        """Waits until the task's log contains a text."""
        waiting.until(lambda: text in self.log_text(task), seconds,
                      lambda: f"{text!r} in the log: {self.log_text(task)[:2000]!r}")

    # ---- the service ----

    def status(self):
        return self.ok("GET", "/api/status")

    def metric(self, name):
        """The value of a metric without labels."""
        lines = self.request("GET", "/metrics").body.decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def workers(self):
        return {worker["task_id"]: worker for worker in self.status().get("workers", [])}

    def worker_pid(self, task, seconds=10):
        """The process of a task's attempt, once it runs."""
        return waiting.until(lambda: self.workers().get(identifier(task), {}).get("pid"), seconds,
                             f"a worker for {identifier(task)}")

    def limit(self, value):
        self.ok("PUT", "/api/system/task-settings", {"max_concurrent": value})

    @contextmanager
    def events(self, path):
        """Opens a stream of server-sent events; gives an iterator of (event, data) that skips comments."""
        connection = UnixConnection(self.path, self.timeout)
        connection.request("GET", path, headers={"Accept": "text/event-stream"})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        try:
            yield parse_events(response)
        finally:
            connection.close()


def parse_events(response):
    name, data = "message", []
    check = openapi.validator({"$ref": "#/components/schemas/Task"})
    for raw in iter(response.readline, b""):
        line = raw.decode().rstrip("\r\n")
        if not line and data:
            event = json.loads("\n".join(data))
            if name == "task":
                openapi.complain("an event", check.iter_errors(event))
            yield name, event
        if not line:
            name, data = "message", []
        elif line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].strip())


def identifier(task):
    return task["id"] if isinstance(task, dict) else task
