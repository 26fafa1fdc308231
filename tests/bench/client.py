# SPDX-License-Identifier: MIT
"""An HTTP client that costs little itself: one connection that is kept, requests made of ready bytes, nothing checked but the status."""

import json
import socket


class Client:
    """where: the path of a unix socket, or (host, port). A request can be sent and its answer taken later."""

    def __init__(self, where, token=None):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.socket.settimeout(60)
        self.socket.connect(where)
        if not isinstance(where, str):
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = b"Host: localhost\r\n" + (f"Authorization: Bearer {token}\r\n".encode() if token else b"")

    def send(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        kind = b"Content-Type: application/json\r\n" if body is not None else b""
        line = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(data)}\r\n".encode()
        self.socket.sendall(line + self.head + kind + b"\r\n" + data)

    def receive(self):
        """The status and the body."""
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.more()
        head = received[:end].lower()
        at = head.index(b"content-length:") + 15
        total = end + 4 + int(head[at:].split(b"\r\n", 1)[0])
        while len(received) < total:
            received += self.more()
        return int(head[9:12]), received[end + 4:]

    def more(self):
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the service has closed the connection")
        return chunk

    def ask(self, method, path, body=None):
        """The `data` of an answer that must be a success."""
        self.send(method, path, body)
        status, answer = self.receive()
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer)["data"]

    def close(self):
        self.socket.close()
