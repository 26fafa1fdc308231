# SPDX-License-Identifier: MIT
"""What becomes of files in the store that no row of the database speaks of, and that all others stay."""

import os
import uuid

import pytest

from helpers import account, waiting
from helpers.sql_session import client_of, tell

FILE = "echo bytes >out.txt; echo '{\"artifact\":\"out.txt\"}' >&3"
ROW = ("insert into file (file_key, name, content_type, owner_id, access, purpose, size, sha256, created_at, updated_at) "
       "values ('{}', 'a', 'text/plain', 'system', 'owner', 'artifact', 1, repeat('0', 64), utc_timestamp(6), utc_timestamp(6))")


@pytest.fixture
def site(site):
    site.shell("file", FILE)
    return site.start()


def put(site, name):
    """A file in the store without a row; its name."""
    site.write(f"{site.state}/files/{name}", "x")
    return name


def files(site):
    return set(os.listdir(f"{site.state}/files"))


def some_more_than(site, count):
    """So many files that they are asked for in several steps."""
    return [put(site, str(uuid.uuid4())) for _ in range(count)]


def test_files_without_a_row_are_removed_and_no_others(site, control):
    owned = {control.run("file")["artifact_file_key"] for _ in range(3)}
    deleted = control.run("file")["artifact_file_key"]
    site.sql(f"update file set deleted_at = utc_timestamp(6) where file_key = '{deleted}'")
    strange = {put(site, "README"), put(site, str(uuid.uuid4()) + ".old")}
    some_more_than(site, 150)
    site.kill()
    site.start()
    waiting.until(lambda: files(site) == owned | {deleted} | strange, 20, lambda: f"only they are left: {files(site)}")
    waiting.until(lambda: "removed 150 files" in site.log_text(), 10, "and the log says so")
    assert control.run("file")["status"] == "success"


@pytest.mark.parametrize("end, stays", [("commit", True), ("rollback", False)])
def test_a_row_that_is_being_written_is_waited_for(site, end, stays):
    """As by a supervisor that died while its COMMIT was on its way."""
    doubtful, lost = put(site, str(uuid.uuid4())), put(site, str(uuid.uuid4()))
    with client_of(site.database, f"--database={site.name}") as other:
        tell(other, "start transaction; " + ROW.format(doubtful))
        site.kill()
        site.start()
        waiting.holds(lambda: doubtful in files(site), 1, "nobody knows yet")
        tell(other, end)
        waiting.until(lambda: lost not in files(site), 20, "the other one is removed")
    waiting.until(lambda: (doubtful in files(site)) == stays, 10, f"it is {'kept' if stays else 'removed'}")


def test_another_database_has_no_say(site, make_site):
    """A state directory that is put beside an empty database, by mistake or after a loss, loses no file."""
    key = site.control.run("file")["artifact_file_key"]
    site.stop()
    other = make_site()
    other.state = site.state
    other.start()
    waiting.until(lambda: "not the database of the life before" in other.log_text(), 10, "it is told")
    assert key in files(site)
    account.end(other.process)


def test_what_is_written_meanwhile_stays(site, control):
    """Files of this life are no matter of the sweep, however their rows come."""
    some_more_than(site, 300)
    site.kill()
    site.start()
    keys = {control.run("file")["artifact_file_key"] for _ in range(5)}
    waiting.until(lambda: files(site) == keys, 20, lambda: f"only they are left: {len(files(site))}")
    for key in keys:
        assert control.request("GET", f"/api/files/{key}").body == b"bytes\n"
