# SPDX-License-Identifier: MIT
"""What a service manager hears (sd_notify(3)): a socket of the test stands for systemd's."""

import json
import os
import select
import signal
import socket
import time

import pytest

from helpers import account, waiting

WATCHDOG_SECONDS = 1
LOOK = """
import json, os
os.write(3, (json.dumps({"result": dict(os.environ)}) + "\\n").encode())
"""
WAIT = 'while [ ! -e "$0.go" ]; do sleep 0.02; done'


class Manager:
    """The receiving end. `heard` holds the assignments, one string each, in the order in which they came."""

    def __init__(self):
        self.name = f"taskyard-test-{os.getpid()}-{os.urandom(4).hex()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(f"\0{self.name}")
        self.heard = []

    def listen(self):
        while True:
            try:
                self.heard += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def wait_for(self, word, after=0, seconds=20):
        """Waits until something that begins with `word` has come behind the first `after` ones; returns its place. Wakes
        up with what comes: a test may have to act at once."""
        def find():
            select.select([self.socket], [], [], 0.01)
            return next((place + 1 for place, text in enumerate(self.listen()) if place >= after and text.startswith(word)), 0)
        return waiting.until(find, seconds, lambda: f"{word} after {self.heard[after:]}", every=0) - 1


@pytest.fixture
def manager():
    manager = Manager()
    yield manager
    manager.socket.close()


def launch(site, manager):
    site.write_config()
    environment = {**account.environment(), "NOTIFY_SOCKET": f"@{manager.name}",
                   "WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1000000)}
    site.process = account.start(site.supervisor(), site.log, env=environment)


def test_ready_reloading_alive_stopping(site, manager):
    launch(site, manager)
    place = manager.wait_for("READY=1")
    assert site.answers()  # ready means listening
    place = manager.wait_for("STATUS=0 tasks running, the database is ready")
    for _ in range(3):
        place = manager.wait_for("WATCHDOG=1", place + 1)
    site.process.send_signal(signal.SIGHUP)
    place = manager.wait_for("RELOADING=1", place + 1)
    assert manager.wait_for("MONOTONIC_USEC=") == place + 1
    place = manager.wait_for("READY=1", place + 1)
    assert site.stop() == 0
    place = manager.wait_for("STOPPING=1", place + 1)
    assert "READY=1" not in manager.listen()[place:]


def test_the_watchdog_is_fed_twice_in_its_time(site, manager):
    launch(site, manager)
    place = manager.wait_for("READY=1")
    began = time.monotonic()
    for _ in range(6):
        place = manager.wait_for("WATCHDOG=1", place + 1)
    # Six halves of the limit; a loop that feeds it only once in its time would need twice as long.
    assert time.monotonic() - began < 5 * WATCHDOG_SECONDS * waiting.SCALE


def test_without_a_database_it_is_ready_and_alive_and_says_what_is_missing(make_site, own_database, manager):
    site = make_site(own_database)  # not started
    launch(site, manager)
    place = manager.wait_for("READY=1")
    manager.wait_for("STATUS=0 tasks running, the database is not available")
    place = manager.wait_for("WATCHDOG=1", place + 1)
    own_database.start()
    place = manager.wait_for("STATUS=0 tasks running, the database is ready", place + 1)
    own_database.freeze()
    try:
        for _ in range(4):
            place = manager.wait_for("WATCHDOG=1", place + 1)
    finally:
        own_database.thaw()


def test_a_drain_asks_for_more_time_while_it_lasts(site, control, manager):
    site.settings["drain_timeout"] = 600
    site.shell("wait", WAIT)
    launch(site, manager)
    manager.wait_for("STATUS=0 tasks running, the database is ready")
    control.worker_pid(control.create("wait"))
    place = manager.wait_for("STATUS=1 task running")
    site.process.send_signal(signal.SIGTERM)
    place = manager.wait_for("STOPPING=1", place)
    for _ in range(3):
        place = manager.wait_for("EXTEND_TIMEOUT_USEC=30000000", place + 1)
    site.program("wait.go", "")
    assert site.process.wait(20) == 0


def test_a_task_cannot_speak_for_the_service(site, control, manager):
    site.python("look", LOOK)
    launch(site, manager)
    manager.wait_for("STATUS=0 tasks running, the database is ready")
    environment = json.loads(control.run("look")["result"])
    assert "TASKYARD_TASK_ID" in environment
    assert not [name for name in environment if name.startswith(("NOTIFY_", "WATCHDOG_", "LISTEN_", "INVOCATION_"))]


def test_nothing_is_said_when_nobody_listens(site, manager):
    """NOTIFY_SOCKET names a socket that is gone: no error, no delay."""
    manager.socket.close()
    launch(site, manager)
    waiting.until(site.ready, 20, "the supervisor is ready")
    assert site.stop() == 0
