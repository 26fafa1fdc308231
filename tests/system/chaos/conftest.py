# SPDX-License-Identifier: MIT
"""What the tests of faults share. They want a build with crash points: script/test chaos, script/chaos --long."""

import os
import subprocess
import types

import pytest


# How much of everything: the short form runs with all tests, the long one by hand (docs/reliability.md).
FIGURES = {
    "short": types.SimpleNamespace(rounds=1, kills=10, tasks=300, database_kills=3, upgrades=5, lost_commits=40,
                                   outage_s=5, lossy_tasks=40, running=20, fight_s=3, held_s=3, races=40),
    "long": types.SimpleNamespace(rounds=20, kills=200, tasks=20000, database_kills=50, upgrades=50, lost_commits=2000,
                                  outage_s=60, lossy_tasks=1000, running=200, fight_s=60, held_s=90, races=1000),
}


def chosen():
    return FIGURES[os.environ.get("TASKYARD_CHAOS", "short")]


def crash_points():
    """As the program itself names them, so that none is forgotten."""
    program = f"{os.environ['TASKYARD_PREFIX']}/sbin/taskyard-supervisor"
    done = subprocess.run([program, "--crash-points"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program} is no build with --enable-crash-points: {done.stderr}"
    return done.stdout.split()


def pytest_generate_tests(metafunc):
    if "point" in metafunc.fixturenames:
        metafunc.parametrize("point", crash_points())
        metafunc.parametrize("round_number", range(chosen().rounds))


@pytest.fixture
def figures():
    return chosen()


@pytest.fixture
def books(make_ledger):
    return make_ledger()


@pytest.fixture
def site(make_site, proxy):
    """Behind the proxy."""
    return proxy.let_in(make_site(proxy))
