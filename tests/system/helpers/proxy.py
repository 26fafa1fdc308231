# SPDX-License-Identifier: MIT
"""Stands between a supervisor and its database: cuts the line, makes it slow, and loses COMMITs or the answers to them."""

import collections
import random
import selectors
import socket
import threading
import time

from . import account
from .statements import Statements

COMMIT = b"\x07\x00\x00\x00\x03COMMIT"
BLOCK = 65536
PASSWORD = "through the proxy"


class Proxy:
    """Passes bytes between unix sockets, in a thread of its own. Has what a site wants of a database."""

    def __init__(self, database, seed=0):
        self.database = database
        self.directory = account.fresh_directory()
        self.socket = f"{self.directory}/proxy.sock"
        self.random = random.Random(seed)
        self.loss = 0.0     # the share of COMMITs that are lost
        self.ways = ("commit", "answer")    # how: before the database sees them, or on the way back
        self.lost = {"commit": 0, "answer": 0}
        self.lost_of = collections.Counter()    # by what the transaction was for (statements.SORTS)
        self.passed_of = collections.Counter()  # those that were not lost
        self.statements = {}    # client -> what goes over it
        self.peers = {}     # socket -> the one at the other end
        self.clients = set()  # those on which supervisors speak
        self.is_cut = False
        self.delay = 0.0    # seconds by which each statement comes later
        self.late = collections.deque()  # (when, client, data)
        self.selector = selectors.DefaultSelector()
        self.wake, self.woken = socket.socketpair()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.socket)
        self.listener.listen(64)
        account.give(self.socket)
        for each in (self.listener, self.woken):
            self.selector.register(each, selectors.EVENT_READ)
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    # ---- what a site asks a database for ----

    def sql(self, statement, name=None):
        return self.database.sql(statement, name)

    def let_in(self, site):
        """Signs in by password: by its socket the database would see the account of this process."""
        self.database.sql(f"create user if not exists 'proxied'@'localhost' identified by '{PASSWORD}';"
                          f"grant all privileges on `{site.name}`.* to 'proxied'@'localhost'")
        path = site.write(f"{site.directory}/password", PASSWORD, 0o600)
        site.login = f'user = "proxied" password_file = "{path}"'
        return site

    # ---- what tests do ----

    def cut(self):
        """From now on the database is away: open connections end, new ones end at once."""
        self.is_cut = True
        self.wake.send(b"x")

    def mend(self):
        self.is_cut = False

    def slow_down(self, seconds):
        """0: what has been held goes on at once."""
        self.delay = seconds
        self.wake.send(b"x")

    def lose(self, share, *ways):
        """ways: "commit", "answer"; both if none is named."""
        self.loss, self.ways = share, ways or ("commit", "answer")

    def remove(self):
        self.stopping = True
        self.wake.send(b"x")
        self.thread.join(10)
        account.remove(self.directory)

    # ---- the thread ----

    def run(self):
        while not self.stopping:
            for key, _ in self.selector.select(0.05 if self.late else None):
                self.serve(key.fileobj)
            self.send_late()
        for each in [self.listener, *self.peers]:
            each.close()

    def serve(self, ready):
        if ready is self.woken:
            self.woken.recv(16)
            for each in [*self.peers] if self.is_cut else []:
                self.drop(each)
        elif ready is self.listener:
            self.accept()
        elif ready in self.peers:
            try:
                self.carry(ready, self.peers[ready])
            except OSError:
                self.drop(ready)

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            if self.is_cut:
                raise OSError
            server.connect(self.database.socket)
        except OSError:
            client.close()
            server.close()
            return
        self.peers.update({client: server, server: client})
        self.clients.add(client)
        self.statements[client] = Statements()
        for each in (client, server):
            self.selector.register(each, selectors.EVENT_READ)

    def carry(self, ready, other):
        data = ready.recv(BLOCK)
        self.note(ready, other, data)
        if not data:
            self.drop(ready)
        elif ready in self.clients and data == COMMIT and self.is_to_be_lost(ready):
            self.lose_commit(ready, other, data)
        elif ready in self.clients and (self.delay or self.late):
            self.late.append((time.monotonic() + self.delay, ready, data))
        else:
            other.sendall(data)

    def note(self, ready, other, data):
        if ready in self.clients:
            self.statements[ready].from_client(data)
        else:
            self.statements[other].from_server(data)

    def is_to_be_lost(self, client):
        lost = self.random.random() < self.loss
        (self.lost_of if lost else self.passed_of).update(self.statements[client].commit())
        return lost

    def send_late(self):
        while self.late and (not self.delay or self.late[0][0] <= time.monotonic()):
            _, client, data = self.late.popleft()
            if client in self.peers:
                self.carry_on(client, data)

    def carry_on(self, client, data):
        try:
            self.peers[client].sendall(data)
        except OSError:
            self.drop(client)

    def lose_commit(self, client, server, data):
        what = self.random.choice(self.ways)
        self.lost[what] += 1
        if what == "answer":
            server.sendall(data)
            server.recv(BLOCK)  # it is committed
        self.drop(client)

    def drop(self, one):
        other = self.peers.pop(one, None)
        if other is None:
            return
        self.peers.pop(other)
        for each in (one, other):
            self.selector.unregister(each)
            self.clients.discard(each)
            self.statements.pop(each, None)
            each.close()
