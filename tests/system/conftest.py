# SPDX-License-Identifier: MIT
"""Fixtures of the system tests: a private database for the whole run, and a supervisor of its own for each test."""

import itertools
import os
import pathlib
import signal

import pytest

from helpers import account, audit, ledger
from helpers.database import Database
from helpers.proxy import Proxy
from helpers.site import Site

ROOT = pathlib.Path(__file__).resolve().parents[2]
numbers = itertools.count(1)
measured = []


def pytest_configure():
    account.become_subreaper()
    # A shell that starts us in the background has Ctrl-C ignored, and so would every program under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def prefix():
    """Where the programs under test are installed."""
    path = os.environ.get("TASKYARD_PREFIX")
    assert path, "set TASKYARD_PREFIX to an installed tree (script/test system does)"
    assert os.access(f"{path}/sbin/taskyard-supervisor", os.X_OK), f"no supervisor below {path}"
    return path


@pytest.fixture(scope="session")
def root():
    """The source tree."""
    return ROOT


@pytest.fixture(scope="session")
def shared_database(prefix):
    database = Database(prefix, syncs=False).start()
    yield database
    database.remove()


@pytest.fixture
def own_database(prefix):
    """For tests that freeze or kill it. Not started."""
    database = Database(prefix, syncs=False)
    yield database
    database.remove()


@pytest.fixture
def proxy(shared_database):
    """Between a site and the database: proxy.let_in(site)."""
    made = Proxy(shared_database)
    yield made
    made.remove()


@pytest.fixture
def make_site(prefix, shared_database):
    """make_site(database=None, name=None): any number of supervisors; each is stopped and looked over at the end."""
    made = []

    def make(database=None, name=None):
        site = Site(prefix, database or shared_database, name or f"t{os.getpid()}_{next(numbers)}")
        made.append(site)
        return site

    yield make
    problems = [problem for site in reversed(made) for problem in site.close()]
    problems += audit.reap_adopted()
    assert not problems, problems


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def control(site):
    return site.control


@pytest.fixture(scope="session")
def ledger_program(tmp_path_factory):
    return ledger.compile_worker(tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def make_ledger(ledger_program):
    made = []

    def make():
        made.append(ledger.Ledger(ledger_program))
        return made[-1]

    yield make
    for each in made:
        each.remove()


@pytest.fixture
def measure():
    """measure(text): a figure for the end of the report. Figures never decide a test."""
    return measured.append


def pytest_terminal_summary(terminalreporter):
    if measured:
        terminalreporter.section("figures")
        for line in measured:
            terminalreporter.write_line(line)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the end of the supervisor's log beside a failure."""
    outcome = yield
    report = outcome.get_result()
    site = getattr(item, "funcargs", {}).get("site")
    if report.failed and call.when == "call" and site and os.path.exists(site.log):
        report.sections.append(("supervisor log", site.log_tail()))
