# SPDX-License-Identifier: MIT
"""Holds every answer of the service against docs/openapi.json: path, status, content type, every member."""

import functools
import json
import pathlib
import re

import jsonschema

FILE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
METHODS = ("get", "post", "put", "delete", "patch")
SAMPLE = 50  # members of a long array that are looked at
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

formats = jsonschema.FormatChecker(["uuid"])
formats.checks("date-time")(lambda value: not isinstance(value, str) or bool(TIME.fullmatch(value)))

seen = set()  # (operationId, status) of every answer that was checked


@functools.cache
def document():
    return json.loads(FILE.read_text(encoding="utf-8"))


def plain(path):
    """A path template with the names of its parts left out: what `taskyard-supervisor --routes` prints."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@functools.cache
def operations():
    """{(METHOD, path template): operation}."""
    return {(method.upper(), path): item[method]
            for path, item in document()["paths"].items() for method in METHODS if method in item}


@functools.cache
def templates():
    """(regular expression, template), those with the fewest variable parts first."""
    rows = [(re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                                for part in re.split(r"(\{[^}]*\})", path))), path)
            for path in document()["paths"]]
    return sorted(rows, key=lambda row: row[1].count("{"))


def find(method, path):
    """The operation of a request, or None."""
    for pattern, template in templates():
        if pattern.fullmatch(path) and (method, template) in operations():
            return operations()[method, template]
    return None


def resolve(thing):
    """Follows a $ref to its end."""
    while "$ref" in thing:
        target = document()
        for part in thing["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        thing = target
    return thing


def validator(schema):
    return jsonschema.Draft202012Validator({**schema, "components": document()["components"]}, format_checker=formats)


@functools.cache
def media_validator(name, status, kind):
    operation = next(row for row in operations().values() if row["operationId"] == name)
    return validator(resolve(operation["responses"][status])["content"][kind]["schema"])


@functools.cache
def error_validator():
    return validator({"$ref": "#/components/schemas/Error"})


def shortened(envelope):
    data = envelope.get("data")
    return {**envelope, "data": data[:SAMPLE]} if isinstance(data, list) and len(data) > SAMPLE else envelope


def complain(where, errors):
    text = [f"{'/'.join(map(str, error.path))}: {error.message[:300]}" for error in errors]
    assert not text, f"{where} does not answer as docs/openapi.json says: {text}"


def check_json(where, check, answer, is_envelope):
    body = json.loads(answer.body)
    complain(where, check.iter_errors(shortened(body) if is_envelope else body))
    if is_envelope:
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8", where
        assert answer.headers["Trace-Id"] == body["trace_id"], where


def check_undocumented(where, path, answer):
    """An address that the document does not have: an error in our envelope, or an endpoint of a test's own type."""
    if not path.startswith("/api"):
        return
    if answer.status >= 400:
        check_json(where, error_validator(), answer, True)
        assert answer.code.startswith(f"E{answer.status}"), where


def media_kind(response, answer):
    """Which of the content types that are documented an answer has."""
    kind = (answer.headers.get("Content-Type") or "").split(";")[0]
    return next((one for one in (kind, "*/*") if one in response.get("content", {})), None)


def check(method, path, answer):
    """Fails if an answer is not what the document says. `path` without its query."""
    path = path.partition("?")[0]
    operation = find(method, path)
    where = f"{method} {path} {answer.status}"
    if method in ("HEAD", "OPTIONS"):
        return
    status = str(answer.status)
    if operation is None or (status in document()["x-anywhere"] and status not in operation["responses"]):
        check_undocumented(where, path, answer)
        return
    assert status in operation["responses"], f"{where}: {operation['operationId']} has no such status in docs/openapi.json"
    response = resolve(operation["responses"][status])
    kind = media_kind(response, answer)
    assert kind or not answer.body, f"{where}: content type {answer.headers.get('Content-Type')} is not documented"
    if kind == "application/json":
        check_json(where, media_validator(operation["operationId"], status, kind), answer,
                   operation["operationId"] != "getOpenapi" or answer.status != 200)
    if answer.status >= 400:
        assert answer.code.startswith(f"E{status}"), where
    seen.add((operation["operationId"], answer.status))
