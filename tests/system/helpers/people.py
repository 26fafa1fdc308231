# SPDX-License-Identifier: MIT
"""Users who have signed in over the public listener."""

from . import waiting
from .http import Http, free_port

PASSWORD = "a long enough password"


def open_door(site):
    """Gives a site that is not started yet a public listener; returns its client."""
    port = free_port()
    site.settings["listen"] = f"127.0.0.1:{port}"
    return Http(port)


class Person:
    """A user with a token. ask() is as Http's, with the token; `None` for nobody."""

    def __init__(self, http, name=None, token=None, user=None):
        self.http = http
        self.name = name
        self.token = token
        self.user = user or {}

    @property
    def id(self):
        return self.user.get("id")

    def ask(self, method, path, body=None, headers=None, query=None):
        words = dict(headers or {})
        if self.token:
            words.setdefault("Authorization", f"Bearer {self.token}")
        return self.http.ask(method, path, body, words, query)

    def ok(self, method, path, body=None, query=None):
        answer = self.ask(method, path, body, query=query)
        assert (answer.status, answer.code) == (200, "0"), (self.name, method, path, answer.status, answer.body[:500])
        return answer.data

    def task(self, control, kind, **options):
        """A task of theirs, made by a module."""
        return control.create(kind, creator=self.id, **options)


def nobody(http):
    return Person(http)


def sign_in(http, name, password=PASSWORD):
    """Over the network the service waits 230 ms for the database and then says 503: on a machine whose disk is busy somebody
    who wants to sign in tries again, as a person would."""
    answers = []

    def answered():
        answers.append(http.ask("POST", "/api/authorization/auth/login", {"username": name, "password": password}))
        return answers[-1].status != 503

    waiting.until(answered, 10, "the database has time for a sign-in")
    assert answers[-1].status == 200, (name, answers[-1].body)
    return Person(http, name, answers[-1].data["token"], answers[-1].data["user"])


def add(site, http, name, role="viewer"):
    """A new user with this role, signed in."""
    site.control.ok("POST", "/api/authorization/users", {"username": name, "password": PASSWORD, "role": role})
    return sign_in(http, name)


