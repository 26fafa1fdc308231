# SPDX-License-Identifier: MIT
"""A database that is there and does not do its work, and a supervisor that is held: under load, for some seconds each."""

import contextlib
import signal
import time

import pytest

from helpers import load, waiting
from helpers.audit import audit
from helpers.proxy import PASSWORD, Proxy
from helpers.sql_session import client_of, tell

TROUBLE_S = 3


# ---- the troubles: each lasts as long as its block ----

@contextlib.contextmanager
def frozen(site, proxy):
    proxy.database.freeze()
    try:
        yield
    finally:
        proxy.database.thaw()


@contextlib.contextmanager
def read_only(site, proxy):
    proxy.database.sql("set global read_only = 1")
    try:
        yield
    finally:
        proxy.database.sql("set global read_only = 0")


@contextlib.contextmanager
def rows_locked(site, proxy):
    """Longer than a statement of ours waits for a lock."""
    with client_of(proxy.database, f"--database={site.name}") as other:
        # In a deadlock with the supervisor it may be the one to lose.
        waiting.until(lambda: tell(other, "start transaction; select count(*) from task for update"), 30, "the locks are held")
        yield
        tell(other, "rollback")


@contextlib.contextmanager
def too_many_connections(site, proxy):
    """After a moment's interruption there is no room for us."""
    with contextlib.ExitStack() as stack:
        proxy.database.sql("set global max_connections = 10")
        proxy.cut()
        waiting.until(lambda: room_taken(proxy, stack), 20, "all connections are taken")
        proxy.mend()
        yield
        proxy.database.sql("set global max_connections = 100")


def room_taken(proxy, stack):
    """One connection more; true when the server has no other."""
    with client_of(proxy.database, "-uproxied", f"-p{PASSWORD}", "-e", "select 1") as probe:
        probe.stdout.read()
    if probe.returncode != 0:
        return True
    stack.enter_context(client_of(proxy.database, "-uproxied", f"-p{PASSWORD}"))
    return False


@contextlib.contextmanager
def stopped(site, proxy):
    """The supervisor itself, as by a debugger or a machine that sleeps."""
    site.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        site.process.send_signal(signal.SIGCONT)


@pytest.fixture
def own_proxy(own_database):
    made = Proxy(own_database.start())
    yield made
    made.remove()


@pytest.mark.parametrize("trouble", [frozen, read_only, rows_locked, too_many_connections, stopped])
def test_trouble_under_load(trouble, own_proxy, make_site, books, measure):
    site = own_proxy.let_in(make_site(own_proxy))
    load.describe(site, books)
    site.start()
    client = load.Load(site, 10 ** 9, every=0.005).start()
    waiting.until(lambda: load.ended(site) >= 30 or client.problems, 60, "tasks run")
    with trouble(site, own_proxy):
        began = time.monotonic()
        waiting.until(lambda: time.monotonic() - began >= TROUBLE_S, 2 * TROUBLE_S, "the trouble lasts")
    after = len(client.expected)
    waiting.until(lambda: len(client.expected) > after + 20 or client.problems, 60, "it goes on")
    client.end()
    assert client.done()
    load.wait_for_all(site, client.expected, 60)
    waiting.until(lambda: site.control.request("GET", "/api/tasks").status == 200, 30, "reads work")
    found = audit(site, client.expected, books, client.once)
    measure(f"{trouble.__name__} for {TROUBLE_S} s, {len(client.expected)} tasks, {client.refused} refusals, the slowest "
            f"after {client.slowest_refusal * 1000:.0f} ms, the loop late by itself for "
            f"{site.control.metric('taskyard_loop_blocked_max_seconds') * 1000:.0f} ms at most: {found.text()}")
    found.clean()
