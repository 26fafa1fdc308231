# SPDX-License-Identifier: MIT
"""Runs the parts of script/bench, each against a database of its own, and prints what they measured."""

import argparse
import importlib
import os
import platform
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "system")]

from helpers import account  # noqa: E402

import calibrate  # noqa: E402
from report import Report  # noqa: E402
from rig import Rig  # noqa: E402

PARTS = ("throughput", "latency", "reads", "memory", "storms", "scale")
ALSO = ("peers",)  # only when asked for: it installs the others


def describe_machine(report, rig):
    report.fact("date", time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC")
    report.fact("machine", f"{os.cpu_count()} processors, Linux {platform.release()}")
    report.fact("database", "MariaDB " + rig.database.sql("select version()")[0][0] + ", every commit flushed")
    report.fact("processors that others keep busy", f"{calibrate.processors_busy():.2f}")


def calibrate_all(context, report, machine=False):
    with Rig(context.prefix, context.build) as rig:
        if machine:
            describe_machine(report, rig)
        calibrate.everything(rig, report)


def sizes(text):
    """`10k,1m` as numbers."""
    return [int(word.lower().replace("m", "000000").replace("k", "000")) for word in text.split(",")]


def read_words():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--json")
    words.add_argument("--quick", action="store_true")
    words.add_argument("--rows", type=sizes)
    words.add_argument("parts", nargs="*", choices=[*PARTS, *ALSO, []], default=[])
    context = words.parse_args()
    context.prefix = os.environ["TASKYARD_PREFIX"]
    context.build = os.environ["TASKYARD_BUILD"]
    return context


def run_part(part, context, report):
    """False if it broke off: the others are measured all the same."""
    try:
        importlib.import_module(part).run(context, report)
    except Exception:  # whatever it was, it is shown
        traceback.print_exc()
        return False
    finally:
        if context.json:
            report.write(context.json)
    return True


def main():
    context = read_words()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended on the way out
    report = Report()
    account.become_subreaper()
    calibrate_all(context, report, machine=True)
    broken = [part for part in context.parts or PARTS if not run_part(part, context, report)]
    calibrate_all(context, report)
    report.print_calibrations()
    if context.json:
        report.write(context.json)
    if broken:
        sys.exit(f"these parts have not come to their end: {', '.join(broken)}")


main()
