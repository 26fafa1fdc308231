# SPDX-License-Identifier: MIT
"""Waiting for a condition with a deadline: the only way in which these tests let time pass."""

import os
import time

# Sanitizers and slow machines make everything slower; deadlines stretch by this factor, measured limits do not.
SCALE = float(os.environ.get("TASKYARD_TEST_SCALE", "1"))


def until(condition, seconds=10, what=None, every=0.01):
    """Calls condition() until it gives something true, and returns that. Fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds * SCALE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            description = what() if callable(what) else what or condition.__doc__ or condition.__name__
            raise AssertionError(f"not within {seconds * SCALE:g} s: {description}")
        time.sleep(every)


def holds(condition, seconds, what):
    """Fails if condition() becomes false within the given time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert condition(), what
        time.sleep(0.01)
