# SPDX-License-Identifier: MIT
"""Sessions with the database beside those of the supervisor: they hold locks, transactions and connections."""

import contextlib
import subprocess

from . import account


@contextlib.contextmanager
def client_of(database, *words):
    """An SQL client that stays, speaking to the database as the account that owns it."""
    words_of_popen = account.popen_words()
    words_of_popen.update(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process = subprocess.Popen(["mariadb", "--no-defaults", f"--socket={database.socket}", "--batch", "--force",
                                "--unbuffered", "--skip-column-names", *words], **words_of_popen)
    account.started.add(process.pid)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(30)


def tell(process, statement):
    """Runs it, and comes back with its rows when it has been run; what fails has none."""
    process.stdin.write(f"{statement}; select 'done';\n")
    process.stdin.flush()
    rows = []
    for line in process.stdout:
        if line.strip() == "done":
            return rows
        rows.append(line.strip())
    raise AssertionError(f"the session has ended instead of: {statement}")
