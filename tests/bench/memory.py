# SPDX-License-Identifier: MIT
"""Memory: of the supervisor, of a plugin worker and of the private database, as proportional set size (a page shared by n processes
counts as 1/n in each). Other servers of the same build, and other databases, that run at the same time make it less."""

from rig import Rig, pss_mib

WORKERS = 100


def run(context, report):
    report.part("memory")
    with Rig(context.prefix, context.build) as rig:
        rig.until_idle()
        report.row("memory", "supervisor, idle", pss_mib(rig.pids["supervisor"]), "MiB", at_most=12)
        report.row("memory", "private database, idle", pss_mib(rig.pids["database"]), "MiB", at_most=60)
        rig.limit(WORKERS)
        tasks = rig.create("bench_sleep", WORKERS)
        workers = rig.workers_of(tasks).values()
        report.row("memory", f"a running plugin worker, mean of {WORKERS}", sum(map(pss_mib, workers)) / WORKERS, "MiB", at_most=0.25)
        report.row("memory", f"supervisor, with {WORKERS} running", pss_mib(rig.pids["supervisor"]), "MiB")
        rig.cancel_all(tasks)
        drained = 2000 if context.quick else 20000
        rig.drain("noop", drained, 10)
        report.row("memory", f"supervisor, after {drained} tasks", pss_mib(rig.pids["supervisor"]), "MiB")
        report.row("memory", f"private database, after {drained} tasks", pss_mib(rig.pids["database"]), "MiB")
