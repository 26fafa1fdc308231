# SPDX-License-Identifier: MIT
"""Fills the tables with tasks that have ended, as if the service had run for months."""

import time

from helpers import account, waiting

PORTION = 100000
# What the server may do while it is filled: cache more, and write its log later.
FILLING = {"innodb_buffer_pool_size": 2 << 30, "innodb_log_file_size": 1 << 30, "innodb_flush_log_at_trx_commit": 0}
TASKS = """INSERT INTO task (uuid, type, status, creator_id, attempt, progress, created_at, updated_at, due_at, started_at, finished_at,
 result) SELECT LOWER(INSERT(INSERT(INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-')),
 ELT(1 + seq % 7, 'import', 'report', 'mail', 'user_export', 'backup', 'index', 'thumbnail'), ELT(1 + (seq % 50 = 0), 'success', 'failed'),
 CONCAT('user-', seq % 997), 1, 100, {at}, {at}, {at}, {at}, {at}, '{{"rows":1}}' FROM seq_{first}_to_{last}"""
ATTEMPTS = """INSERT INTO attempt (task_id, attempt, node, incarnation, cause, exit_status, progress, cpu_us, peak_memory_bytes, started_at,
 finished_at) SELECT id, 1, 'bench', '00000000-0000-4000-8000-000000000000', status, 0, 100, 900, 1048576, started_at, finished_at FROM task
 WHERE id > {after}"""
AT = "NOW(6) - INTERVAL 90 DAY + INTERVAL seq SECOND_MICROSECOND"


def rows(rig):
    [[count]] = rig.site.sql("select count(*) from task")
    return int(count)


def fill(rig, wanted):
    """Until the table has so many tasks. Returns rows a second. Afterwards the server is as it was, and what it has to
    write is written."""
    before = have = rows(rig)
    began = time.monotonic()
    usual = {name: int(rig.database.sql(f"select @@{name}")[0][0]) for name in FILLING}
    set_variables(rig, FILLING)
    while have < wanted:
        last = min(have + PORTION, wanted)
        [[after]] = rig.site.sql("select coalesce(max(id), 0) from task")
        long_sql(rig, TASKS.format(at=AT, first=have + 1, last=last))
        long_sql(rig, ATTEMPTS.format(after=after))
        have = last
    long_sql(rig, "analyze table task, attempt")
    set_variables(rig, usual)
    settle(rig)
    return (have - before) / (time.monotonic() - began)


def set_variables(rig, values):
    for name, value in values.items():
        rig.database.sql(f"set global {name} = {value}")
        waiting.until(lambda name=name, value=value: rig.database.sql(f"select @@{name}") == [[str(value)]], 120, f"{name} is {value}")


def settle(rig):
    """Until the server has nothing left to write or to purge."""
    rig.database.sql("set global innodb_max_dirty_pages_pct_lwm = 0.001, innodb_max_dirty_pages_pct = 0")
    waiting.until(lambda: rig.counters()["Innodb_buffer_pool_pages_dirty"] < 50, 300, "all is written", every=0.5)
    rig.database.sql("set global innodb_max_dirty_pages_pct = default, innodb_max_dirty_pages_pct_lwm = default")


def long_sql(rig, statement):
    done = account.run(["mariadb", "--no-defaults", f"--socket={rig.database.socket}", f"--database={rig.site.name}"], input=statement,
                       timeout=600)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def short_count(count):
    return f"{count // 1000000} M" if count >= 1000000 else f"{count // 1000} k"
