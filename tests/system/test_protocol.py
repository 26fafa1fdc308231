# SPDX-License-Identifier: MIT
"""Workers that misbehave on their pipes hurt neither the supervisor nor another task, and their log says what was dropped."""

import json
import os
import re

import pytest

from helpers import procfs, waiting

SAY = "import json, os\nsay = lambda **words: os.write(3, (json.dumps(words) + '\\n').encode())\n"


@pytest.fixture
def bystander(site, control):
    """A well-behaved task beside the others: call it to check that it still gets its turn."""
    site.shell("bystander", 'echo \'{"progress":10}\' >&3; echo \'{"result":"fine"}\' >&3')

    def check():
        task = control.run("bystander")
        assert (task["status"], task["result"]) == ("success", '"fine"')

    return check



def test_a_flood_of_lines_that_are_cut_fills_no_log(site, control):
    """What is said about each that is cut is bounded as well."""
    site.shell("long", "yes \"$(head -c 9000 /dev/zero | tr '\\0' x)\" | head -n 3000")
    site.start()
    task = control.run("long", seconds=60)
    assert task["status"] == "success"
    [[lines]] = site.sql("select count(*) from task_log")
    assert int(lines) < 1100, "4 MiB are 512 lines of 8 KiB"
    assert re.search(r"[1-9][0-9]* lines of output were dropped", control.log_text(task))


def test_an_integer_that_would_be_changed_is_refused(site, control):
    """Of more than 64 bits: nothing would tell whoever reads the result that it is another."""
    site.shell("sums", "echo '{\"result\":[18446744073709551615,1.10]}' >&3; echo '{\"result\":[18446744073709551616]}' >&3")
    site.start()
    task = control.run("sums")
    assert (task["status"], task["result"]) == ("success", "[18446744073709551615,1.10]")
    assert "an integer that does not fit into 64 bits" in control.log_text(task)
    sentence = control.refused("POST", "/api/tasks", 400, "E4002", b'{"type":"sums","payload":[-9223372036854775809]}')
    assert "an integer that does not fit into 64 bits" in sentence


def test_progress_must_be_a_rising_number_from_0_to_100(site, control):
    site.python("rules", SAY + """
for value in (30, 20, 101, -1, "50", 40.5, None, 60, 60):
    say(progress=value)
while not os.path.exists(__file__ + ".go"):
    pass
""")
    site.start()
    task = control.create("rules")
    waiting.until(lambda: control.get(task)["progress"] == 60, 10, "progress 60")
    control.cancel(task)
    task = control.wait(task)
    assert task["progress"] == 60
    assert "refused" in control.log_text(task)


def test_every_level_of_log_lines(site, control):
    site.python("levels", SAY + """
for level in ("debug", "info", "warn", "error"):
    say(log="at " + level, level=level)
say(log="no level")
say(log="odd", level="loud")
""")
    site.start()
    task = control.run("levels")
    rows = {row["message"]: row["level"] for row in control.logs(task)}
    for level in ("debug", "info", "warn", "error"):
        assert rows[f"at {level}"] == level
    assert rows["no level"] == "info"
    assert "odd" not in rows and any("refused" in message for message in rows)


@pytest.mark.parametrize("result", [{"a": [1, None, "ü"]}, [], "text", 5, -1.5, True, False])
def test_a_result_may_be_any_json(site, control, result):
    site.python("result", SAY + f"say(result=1)\nsay(result=json.loads({json.dumps(result)!r}))")
    site.start()
    task = control.run("result")
    assert json.loads(task["result"]) == result


def test_a_line_may_come_in_pieces_and_the_last_without_newline(site, control):
    site.python("pieces", """
import os, time
for piece in ('{"progr', 'ess":', '35}\\n{"res', 'ult":"whole"}'):
    os.write(3, piece.encode())
    time.sleep(0.02)
""")
    site.start()
    task = control.run("pieces")
    assert (task["status"], task["result"]) == ("success", '"whole"')


def test_what_a_result_is_stored_as_is_always_json(site, control):
    """Python writes NaN and Infinity unless told otherwise, and they are no JSON: a page that reads the result would break.
    A number is stored as it is or not at all."""
    site.python("numbers", SAY + r"""
say(result=1.5)
for value in (b"NaN", b'{"loss":Infinity}', b"[-Infinity]", b"{'a':1}", b"1.", b"[18446744073709551616]"):
    os.write(3, b'{"result":' + value + b"}\n")
""")
    site.start()
    task = control.run("numbers")
    assert (task["status"], task["result"]) == ("success", "1.5")
    assert "6 messages were refused" in control.log_text(task)


def test_an_error_makes_the_attempt_fail_even_with_exit_0(site, control):
    site.shell("sorry", 'echo \'{"error":"the file is upside down"}\' >&3; exit 0')
    site.start()
    task = control.run("sorry")
    assert (task["status"], task["error"]) == ("failed", "the file is upside down")
    assert control.attempts(task)[0]["cause"] == "error"


def test_garbage_is_refused_and_the_task_goes_on(site, control, bystander):
    site.python("garbage", SAY + r"""
for line in (b"\x00\x01\x02\n", b"\xff\xfe\n", b"{\n", b"[]\n", b"42\n", b'"x"\n', b'{"unknown":1}\n', b"\n",
             b'{"progress":5} trailing\n', b"[" * 5000 + b"\n"):
    os.write(3, line)
say(result="still here")
""")
    site.start()
    task = control.run("garbage")
    assert (task["status"], task["result"]) == ("success", '"still here"')
    assert "refused" in control.log_text(task)
    bystander()


def test_too_much_garbage_fails_the_attempt(site, control, bystander):
    site.shell("noise", 'while :; do echo nonsense >&3; done', grace=1)
    site.start()
    task = control.run("noise")
    assert task["status"] == "failed"
    assert control.attempts(task)[0]["cause"] == "protocol"
    assert task["error"]
    bystander()


# Messages as they should be, with a few bytes of each changed; some are still good.
FRAMES = SAY + r"""
import random, sys
seed, count = json.load(sys.stdin)
dice = random.Random(seed)
good = [json.dumps(message).encode() for message in (
    {"progress": 1, "text": "x"}, {"result": {"a": [1, None]}}, {"log": "line", "level": "warn"}, {"cancelled": False},
    {"log": "\u00fc" * 50}, {"progress": 0})]
def frame():
    data = bytearray(dice.choice(good))
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(data) + 1)
        piece = bytes(dice.randrange(256) for _ in range(dice.randint(0, 3)))
        data[place:place + dice.randint(0, 3)] = dice.choice([piece, b"\0", b"[", b'"', b"{", b"\xff", data[:20], b"9" * 30])
    return bytes(data).replace(b"\n", b"") + b"\n"
with os.fdopen(3, "wb", 8192) as pipe:
    for _ in range(count):
        pipe.write(frame())
    pipe.write(b'{"result":"alive"}\n{"half":')
"""


@pytest.mark.parametrize("count", [60, 10_000])
def test_frames_made_up_at_random(site, control, bystander, count):
    """As many as are borne, and many more."""
    site.python("frames", FRAMES, grace=1)
    site.start()
    for task in [control.create("frames", [seed, count]) for seed in range(8)]:
        done = control.wait(task, seconds=60)
        [attempt] = control.attempts(task)
        expected = ("success", "success") if count == 60 else ("failed", "protocol")
        assert (done["status"], attempt["cause"]) == expected, (done, attempt)
        assert count > 60 or done["result"] == '"alive"'
        refusals = [row for row in control.whole_log(task) if "a message was refused" in row["message"]]
        assert 0 < len(refusals) <= 5, "the first few are shown"
    bystander()


def test_no_message_speaks_for_another_task(site, control):
    """Whose it is, is decided by the pipe it comes from."""
    site.shell("wait", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.python("forger", SAY + """
import sys
other = json.load(sys.stdin)
for key in ("task", "id", "task_id", "uuid", "run", "attempt"):
    say(**{key: other["id"], "progress": 77, "text": "forged"})
    say(**{key: other["id"], "result": "forged"})
    say(**{key: other["id"], "log": "forged"})
say(op="spawn", run=0, task=other["id"], type="wait")
say(pid=other["pid"], run=0)
""")
    site.start()
    victim = control.create("wait")
    pid = control.worker_pid(victim)
    forger = control.run("forger", {"id": victim["id"], "pid": pid})
    assert (forger["status"], forger["result"]) == ("success", '"forged"')
    shown = control.get(victim)
    assert (shown["status"], shown["progress"]) == ("running", 0) and not shown.get("progress_text")
    assert "forged" not in control.log_text(victim)
    assert list(control.workers()) == [victim["id"]] and control.worker_pid(victim) == pid
    site.program("wait.go", "")
    done = control.wait(victim)
    assert done["status"] == "success" and not done.get("result")


COUNT_WRITES = """
create table written (n int not null); insert into written values (0);
create trigger count_written after update on task for each row
    update written set n = n + (not new.progress_text <=> old.progress_text)
"""


def test_a_flood_of_progress_is_not_written_to_the_database(site, control):
    """Half a second lies between two writes of a task's progress, and the last value is there in the end."""
    site.python("flood", SAY + "import time\nbegan = time.monotonic()\n"
                "for n in range(20_000):\n    say(progress=50, text=f'{n} of many')\n"
                "say(result=time.monotonic() - began)")
    site.start()
    site.sql(COUNT_WRITES)
    done = control.run("flood", seconds=60)
    assert (done["status"], done["progress_text"]) == ("success", "19999 of many")
    [[written]] = site.sql("select n from written")
    assert 1 <= int(written) <= 2 * float(done["result"]) + 3


def test_a_flood_of_progress_keeps_memory_flat_and_others_alive(site, control, bystander):
    site.shell("flood", """yes '{"progress":1}' >&3""", grace=1)
    site.start()
    bystander()
    before = resident_kib(site)
    tasks = control.create("flood", count=4)
    for task in tasks:
        waiting.until(lambda task=task: control.get(task)["progress"] == 1, 10, "the flood has begun")
    for _ in range(10):
        bystander()
    assert grown_kib(site, before) < 20_000
    for task in tasks:
        control.cancel(task)
        assert control.wait(task)["status"] == "cancelled"


def test_a_flood_of_output_is_cut_and_said(site, control, bystander):
    site.shell("chatter", "yes 'the same line again and again and again' | head -c 30000000; echo done >&2")
    site.start()
    before = resident_kib(site)
    task = control.create("chatter")
    bystander()
    task = control.wait(task, seconds=60)
    assert task["status"] == "success"
    assert re.search(r"dropped", control.log_text(task))
    assert grown_kib(site, before) < 60_000
    [[stored]] = site.sql("select coalesce(sum(length(message)), 0) from task_log")
    assert int(stored) < 8_000_000


def test_a_line_of_ten_megabytes(site, control, bystander):
    site.python("long", SAY + """
os.write(1, b"before\\n")
for fd in (1, 2, 3):
    with os.fdopen(os.dup(fd), "wb") as file:
        file.write(b"x" * 10_000_000 + b"\\n")
os.write(1, b"after\\n")
say(result="alive")
""")
    site.start()
    task = control.run("long", seconds=60)
    assert (task["status"], task["result"]) == ("success", '"alive"')
    messages = [row["message"] for row in control.logs(task)]
    assert "before" in messages and "after" in messages
    assert any("dropped" in message for message in messages), [message[:200] for message in messages]
    assert max(len(message) for message in messages) < 100_000
    bystander()


def test_a_result_that_is_too_large_fails_the_attempt(site, control):
    site.python("huge", SAY + 'say(result="x" * 2_000_000)')
    site.start()
    task = control.run("huge")
    assert task["status"] == "failed"
    assert "large" in task["error"]
    assert control.attempts(task)[0]["cause"] == "result"


def test_a_result_just_below_the_limit_is_kept(site, control):
    site.python("big", SAY + 'say(result="x" * 1_000_000)')
    site.start()
    task = control.run("big")
    assert task["status"] == "success", task.get("error")
    assert len(json.loads(task["result"])) == 1_000_000


def test_a_closed_pipe_is_not_the_end(site, control, bystander):
    site.shell("quiet", 'echo \'{"progress":20}\' >&3; exec 3>&-; echo later; while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.start()
    task = control.create("quiet")
    control.logged(task, "later")
    assert control.get(task)["status"] == "running"
    bystander()
    site.program("quiet.go", "")
    assert control.wait(task)["status"] == "success"


def test_a_grandchild_that_holds_the_pipes_does_not_hold_the_task(site, control, bystander):
    site.shell("parent", """
sleep 300 &
echo "{\\"result\\":$!}" >&3
exit 0
""")
    site.start()
    task = control.run("parent")
    assert task["status"] == "success"
    grandchild = int(task["result"])
    waiting.until(lambda: not procfs.alive(grandchild), 2, "the grandchild is gone")
    bystander()


def test_a_daemon_that_escapes_is_found_and_killed(site, control):
    site.python("escape", SAY + """
said = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        say(result=os.getpid())
        os.write(said[1], b"x")
        for fd in range(4):
            os.close(fd)
        while True:
            os.sched_yield()
    os.read(said[0], 1)
    os._exit(0)
os.wait()
""")
    site.start()
    task = control.run("escape")
    assert task["status"] == "success"
    waiting.until(lambda: not procfs.alive(int(task["result"])), 2, "the escaped process is gone")


LAST_WORDS = int(os.environ.get("TASKYARD_TEST_LAST_WORDS", "40"))


def test_what_is_written_at_the_very_end_is_not_lost(site, control):
    site.python("last_words", SAY + "import sys\n"
                "sys.stdout.write('line\\n' * 500)\nsys.stdout.flush()\nsay(result='x' * 60_000)\nos._exit(0)")
    site.start()
    for task in control.create("last_words", count=LAST_WORDS):
        done = control.wait(task, seconds=LAST_WORDS)
        assert done["status"] == "success" and len(json.loads(done["result"])) == 60_000
        assert len([row for row in control.logs(task, limit=1000) if row["message"] == "line"]) == 500


def test_a_runner_that_never_reads_its_payload(site, control):
    site.shell("deaf", "true")
    site.start()
    assert control.run("deaf", "x" * 200_000)["status"] == "success"


def test_odd_bytes_in_output_become_readable_text(site, control):
    site.python("bytes", "import os\nos.write(1, b'a\\x00b\\xff\\x1b[31mc\\n')")
    site.start()
    task = control.run("bytes")
    [message] = [row["message"] for row in control.logs(task)]
    assert message[0] == "a" and message[-1] == "c" and "\x1b" not in message and "\x00" not in message


def grown_kib(site, before):
    """How much more memory the supervisor has. AddressSanitizer keeps what is freed, so there it says nothing."""
    return 0 if site.prefix.endswith("asan") else resident_kib(site) - before


def resident_kib(site):
    return int(procfs.status(site.process.pid)["VmRSS"].split()[0])
