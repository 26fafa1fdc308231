# SPDX-License-Identifier: MIT
"""Artifacts go from the work directory into the file store, and from nowhere else."""

import hashlib
import json
import os

import pytest

from helpers import waiting

REPORT = """
printf 'name;value\\nünï;1\\n' > report.csv
echo '{"artifact":"report.csv"}' >&3
"""


def download(control, task):
    return control.request("GET", f"/api/files/{task['artifact_file_key']}")


def test_an_artifact_is_stored_and_can_be_fetched(site, control):
    site.shell("report", REPORT)
    site.start()
    task = control.run("report")
    assert task["status"] == "success"
    assert task["artifact_file_name"] == "report.csv"
    answer = download(control, task)
    body = "name;value\nünï;1\n".encode()
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "report.csv" in answer.headers["Content-Disposition"]
    [row] = site.sql("select size, sha256, content_type, owner_id, name from file"
                     f" where file_key = '{task['artifact_file_key']}'")
    assert row[:2] == [str(len(body)), hashlib.sha256(body).hexdigest()]
    assert row[2].startswith("text/csv") and row[3:] == ["system", "report.csv"]


def test_the_owner_is_the_creator(site, control):
    site.shell("report", REPORT)
    site.start()
    user = control.ok("POST", "/api/authorization/users", 
                      {"username": "ada", "role": "viewer", "password": "a long password"})
    task = control.run("report", creator="ada")
    assert task["creator_id"] == user["id"]
    assert site.sql("select owner_id from file") == [[user["id"]]]


def test_an_artifact_may_have_a_name_of_its_own(site, control):
    site.shell("named", 'mkdir sub; echo x > sub/a.txt; echo \'{"artifact":"sub/a.txt","name":"Für Ada.txt"}\' >&3')
    site.start()
    task = control.run("named")
    assert task["artifact_file_name"] == "Für Ada.txt"
    assert download(control, task).body == b"x\n"


def test_an_absolute_path_inside_the_work_directory_is_fine(site, control):
    site.shell("absolute", 'echo x > a.txt; echo "{\\"artifact\\":\\"$TASKYARD_WORK_DIR/a.txt\\"}" >&3')
    site.start()
    task = control.run("absolute")
    assert task["status"] == "success", task.get("error")
    assert download(control, task).body == b"x\n"


def test_the_last_artifact_counts(site, control):
    site.shell("two", 'echo 1 > a; echo 2 > b; echo \'{"artifact":"a"}\' >&3; echo \'{"artifact":"b"}\' >&3')
    site.start()
    assert download(control, control.run("two")).body == b"2\n"


def test_a_large_artifact(site, control):
    site.shell("large", 'head -c 30000000 /dev/zero > big.bin; echo \'{"artifact":"big.bin"}\' >&3')
    site.start()
    task = control.run("large")
    answer = download(control, task)
    assert answer.status == 200 and len(answer.body) == 30_000_000
    assert site.sql("select sha256 from file") == [[hashlib.sha256(bytes(30_000_000)).hexdigest()]]


def test_an_empty_artifact(site, control):
    site.shell("empty", ': > nothing; echo \'{"artifact":"nothing"}\' >&3')
    site.start()
    task = control.run("empty")
    assert task["status"] == "success"
    assert download(control, task).body == b""


@pytest.mark.parametrize("name, text", [
    ("missing", 'echo \'{"artifact":"nowhere"}\' >&3'),
    ("symlink", 'ln -s /etc/passwd link; echo \'{"artifact":"link"}\' >&3'),
    ("inside_symlink", 'echo x > a; ln -s a link; echo \'{"artifact":"link"}\' >&3'),
    ("directory_symlink", 'ln -s /etc dir; echo \'{"artifact":"dir/passwd"}\' >&3'),
    ("fifo", 'mkfifo pipe; echo \'{"artifact":"pipe"}\' >&3'),
    ("directory", 'mkdir dir; echo \'{"artifact":"dir"}\' >&3'),
    ("dots", 'echo \'{"artifact":"../../../../../../../etc/passwd"}\' >&3'),
    ("absolute", 'echo \'{"artifact":"/etc/passwd"}\' >&3'),
    ("device", 'echo \'{"artifact":"/dev/zero"}\' >&3'),
    ("empty_name", 'echo x > a; echo \'{"artifact":""}\' >&3; exit 1'),
])
def test_what_is_not_a_plain_file_of_the_task_is_refused(site, control, name, text):
    site.shell(name, text)
    site.start()
    task = control.run(name)
    assert task["status"] == "failed", task
    assert task["error"]
    assert "artifact_file_key" not in task
    assert site.sql("select count(*) from file") == [["0"]]


def test_a_hard_link_to_a_file_of_others_does_not_leak(site, control):
    """A file that lies elsewhere too cannot be changed after it was stored."""
    outside = site.write(f"{site.directory}/outside", "first")
    site.shell("link", f'ln {outside} mine && echo \'{{"artifact":"mine"}}\' >&3')
    site.start()
    task = control.run("link")
    if task["status"] == "success":
        with open(outside, "w", encoding="ascii") as file:
            file.write("later")
        assert download(control, task).body == b"first"
    else:
        assert task["error"]


# Exchanges the artifacts of all tasks with links to a secret, as fast as it can (renameat2(2), RENAME_EXCHANGE).
SWAPPER = """
import ctypes, glob, os, sys
libc = ctypes.CDLL(None, use_errno=True)
os.write(3, b'{"progress":1}\\n')
swaps = 0
while not os.path.exists(__file__ + ".go"):
    for path in glob.glob("%s/*/out") + glob.glob("%s/*/*/out"):
        link = path + ".link"
        try:
            os.symlink("%s", link)
        except OSError:
            pass
        swaps += libc.renameat2(-100, path.encode(), -100, link.encode(), 2) == 0
os.write(3, b'{"result":%%d}\\n' %% swaps)
"""
SWAPS = int(os.environ.get("TASKYARD_TEST_SWAPS", "100"))


def test_a_file_that_is_exchanged_while_it_is_stored(site, control, measure):
    """By another task under the same account: what is stored is the file or nothing, never what a link leads to."""
    secret = site.write(f"{site.directory}/secret", "secret", 0o600)
    work = f"{site.state}/work"
    site.python("swapper", SWAPPER % (work, work, secret))
    site.shell("report", 'echo mine > out; echo \'{"artifact":"out"}\' >&3')
    site.start()
    swapper = control.create("swapper")
    waiting.until(lambda: control.get(swapper)["progress"] == 1, 10, "it swaps")
    ends = [control.wait(task, seconds=60) for task in control.create("report", count=SWAPS)]
    site.program("swapper.go", "")
    swaps = int(control.wait(swapper)["result"])
    stored = [download(control, task).body for task in ends if task["status"] == "success"]
    assert all(body == b"mine\n" for body in stored), set(stored)
    assert all("artifact_file_key" not in task and task["error"] for task in ends if task["status"] != "success")
    measure(f"{swaps} exchanges of {SWAPS} files with links: {len(stored)} files were stored, no secret")


@pytest.mark.parametrize("given", ["../../evil", "a/b.txt", "line\nbreak.txt", "x" * 500, ".", "..", "quote\".txt"])
def test_a_name_for_the_artifact_is_made_harmless_or_refused(site, control, given):
    site.python("named", "import json, os\nopen('a', 'w').write('x')\n"
                f"os.write(3, (json.dumps({{'artifact': 'a', 'name': {given!r}}}) + '\\n').encode())")
    site.start()
    task = control.run("named")
    if task["status"] == "failed":
        assert task["error"]
        return
    name = task["artifact_file_name"]
    assert name not in (".", "..") and len(name.encode()) <= 255
    assert "/" not in name and "\n" not in name
    answer = download(control, task)
    assert answer.status == 200 and "\n" not in answer.headers["Content-Disposition"]


def test_a_failed_attempt_leaves_no_artifact(site, control):
    site.shell("fails", 'echo x > a; echo \'{"artifact":"a"}\' >&3; exit 1')
    site.start()
    task = control.run("fails")
    assert task["status"] == "failed" and "artifact_file_key" not in task


def test_the_artifact_is_kept_over_a_retry_of_the_store(site, control):
    site.shell("report", REPORT)
    site.start()
    task = control.run("report")
    site.restart()
    assert download(control, control.get(task)).status == 200


def test_unknown_files_are_404(site, control):
    site.start()
    for key in ("00000000-0000-4000-8000-000000000000", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "x"):
        assert control.request("GET", f"/api/files/{key}").status == 404


def test_stored_files_are_private(site, control):
    site.shell("report", REPORT)
    site.start()
    control.run("report")
    found = [os.path.join(path, name) for path, _, names in os.walk(f"{site.state}/files") for name in names]
    assert len(found) == 1, found
    assert os.stat(found[0]).st_mode & 0o007 == 0, json.dumps(found)


def test_what_is_said_about_a_path_is_bounded(site, control):
    site.python("deep", "import json, os\nos.write(3, json.dumps({'artifact': '\\x1b[31m' + 'x/' * 20000}).encode() + b'\\n')\n")
    site.start()
    task = control.run("deep")
    assert task["status"] == "failed"
    assert task["error"].startswith('the artifact "') and len(task["error"].encode()) <= 4096
    assert "\x1b" not in task["error"]
