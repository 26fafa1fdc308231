# SPDX-License-Identifier: MIT
"""HTTP over the public listener: as a client library speaks it, and byte by byte."""

import http.client
import json
import socket
from urllib.parse import urlencode

from . import openapi, waiting
from .control import Answer, ask_on

HOST = "127.0.0.1"


def free_port():
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Http:
    ask_on = staticmethod(ask_on)

    def __init__(self, port, timeout=20):
        self.port = port
        self.timeout = timeout

    @property
    def host(self):
        return f"{HOST}:{self.port}"

    def ask(self, method, path, body=None, headers=None, query=None):
        """One request on a connection of its own."""
        connection = self.connection()
        try:
            return ask_on(connection, method, path, body, headers, query)
        finally:
            connection.close()

    def connection(self):
        """For several requests in a row, with ask_on()."""
        return http.client.HTTPConnection(HOST, self.port, timeout=self.timeout)

    def ok(self, method, path, body=None, headers=None, query=None):
        """The data of an answer that must be a success."""
        answer = self.ask(method, path, body, headers, query)
        assert (answer.status, answer.code) == (200, "0"), (method, path, answer.status, answer.body[:500])
        return answer.data

    def refused(self, method, path, status, code, body=None, headers=None, query=None):
        """The error sentence of an answer that must be this error."""
        answer = self.ask(method, path, body, headers, query)
        assert (answer.status, answer.code) == (status, code), (method, path, answer.status, answer.body[:500])
        assert answer.error
        return answer.error

    # ---- bytes ----

    def open(self):
        """A connected socket."""
        client = socket.create_connection((HOST, self.port), timeout=self.timeout * waiting.SCALE)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def raw(self, *pieces):
        """Sends bytes as they are and gives all that comes back until the server closes."""
        with self.open() as client:
            for piece in pieces:
                client.sendall(piece)
            return receive_all(client)


def receive_all(client):
    received = b""
    while chunk := client.recv(65536):
        received += chunk
    return received


class RawAnswers:
    """The answers in a stream of bytes, one after the other, each with its body as its own length says."""

    def __init__(self, data):
        self.all = []
        while data:
            source = Bytes(data)
            response = http.client.HTTPResponse(source)
            response.begin()
            self.all.append(Answer(response))
            data = source.rest()


class Bytes:
    """What HTTPResponse takes for a socket."""

    def __init__(self, data):
        import io
        self.file = io.BufferedReader(io.BytesIO(data))
        self.file_close, self.file.close = self.file.close, lambda: None

    def makefile(self, *_words):
        return self.file

    def rest(self):
        return self.file.read()
