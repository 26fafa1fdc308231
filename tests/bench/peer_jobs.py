# SPDX-License-Identifier: MIT
"""What RQ and Celery are given to run. Found by them through PYTHONPATH; where Redis listens and the pipe to write to come from the
environment."""

import os
import time


def noop():
    pass


def clock():
    now = time.monotonic_ns()
    with open(os.environ["BENCH_PIPE"], "w", encoding="ascii") as pipe:
        pipe.write(f"{now}\n")


def celery_app():
    from celery import Celery
    made = Celery("peer_jobs", broker=os.environ["BENCH_REDIS"])
    made.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)
    made.task(name="noop")(noop)
    made.task(name="clock")(clock)
    return made


if "BENCH_CELERY" in os.environ:
    app = celery_app()
