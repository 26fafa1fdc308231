# SPDX-License-Identifier: MIT
"""Automatic retries with back-off, and retries by hand."""

from datetime import datetime

from helpers import waiting

FLAKY = """
echo "attempt $TASKYARD_ATTEMPT"
[ "$TASKYARD_ATTEMPT" -ge 3 ] && { echo '{"result":"at last"}' >&3; exit 0; }
echo '{"progress":30}' >&3
exit 7
"""


def seconds_between(first, second):
    form = "%Y-%m-%dT%H:%M:%S.%f%z"
    return (datetime.strptime(second, form) - datetime.strptime(first, form)).total_seconds()


def test_a_failed_attempt_is_tried_again_after_the_back_off(site, control):
    site.shell("flaky", FLAKY, max_retries=3, backoff=0.5, backoff_max=5)
    site.start()
    task = control.run("flaky")
    assert (task["status"], task["result"]) == ("success", '"at last"')
    assert (task["attempt"], task["auto_retry_count"], task["retry_count"]) == (3, 2, 0)
    attempts = control.attempts(task)
    assert [row["cause"] for row in attempts] == ["exit", "exit", "success"]
    assert [row["progress"] for row in attempts] == [30, 30, 100]
    pauses = [seconds_between(a["finished_at"], b["started_at"]) for a, b in zip(attempts, attempts[1:])]
    assert pauses[0] >= 0.35 and pauses[1] >= 0.75, "0.5 s, then 1 s, each with at most a fifth of jitter"
    assert "attempt 1" in control.log_text(task) and "attempt 3" in control.log_text(task)


def test_while_it_waits_it_is_pending_with_its_due_time_and_error(site, control):
    site.shell("broken", "exit 7", max_retries=2, backoff=60, backoff_max=100)
    site.start()
    task = control.create("broken")
    control.wait(task, "pending", "running")

    def waits():
        now = control.get(task)
        return now if now["status"] == "pending" and now["auto_retry_count"] == 1 else None

    from_now = waiting.until(waits, 10, "the task waits for its next attempt")
    assert from_now["due_at"] > from_now["created_at"]
    assert "7" in from_now["error"]
    control.cancel(task)
    assert control.get(task)["status"] == "cancelled"


def test_retries_end(site, control):
    site.shell("broken", "exit 7", max_retries=2, backoff=0.1, backoff_max=1)
    site.start()
    task = control.run("broken")
    assert (task["status"], task["attempt"], task["auto_retry_count"]) == ("failed", 3, 2)
    assert len(control.attempts(task)) == 3


def test_the_number_of_retries_given_at_creation_wins(site, control):
    site.shell("broken", "exit 7", max_retries=5, backoff=0.05, backoff_max=1)
    site.start()
    assert control.run("broken", max_retries=0)["attempt"] == 1
    assert control.run("broken", max_retries=1)["attempt"] == 2
    assert control.create("broken")["max_retries"] == 5


def test_a_retry_by_hand(site, control):
    site.shell("switch", '[ -e "$0.go" ] && exit 0; echo \'{"progress":30}\' >&3; exit 7')
    site.start()
    task = control.run("switch")
    assert task["status"] == "failed"
    site.program("switch.go", "")
    assert control.retry(task)["message"]
    task = control.wait(task, "success")
    assert (task["retry_count"], task["auto_retry_count"], task["attempt"]) == (1, 0, 2)
    assert "error" not in task
    assert [row["cause"] for row in control.attempts(task)] == ["exit", "success"], "history is kept"


def test_a_cancelled_task_can_be_retried(site, control):
    site.shell("wait", '[ -e "$0.go" ] && exit 0; exec sleep 300')
    site.start()
    task = control.create("wait")
    control.worker_pid(task)
    control.cancel(task)
    control.wait(task, "cancelled")
    site.program("wait.go", "")
    control.retry(task)
    task = control.wait(task, "success")
    assert "cancel_requested_at" not in task


def test_a_retry_in_other_states_changes_nothing(site, control):
    site.shell("wait", '[ -e "$0.go" ] && exit 0; while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    assert control.retry(task)["message"]
    assert control.workers()[task["id"]]["pid"] == pid
    site.program("wait.go", "")
    done = control.wait(task, "success")
    assert control.retry(task)["message"]
    assert control.get(task) == done


def test_the_automatic_count_begins_anew_after_a_retry_by_hand(site, control):
    site.shell("broken", "exit 7", max_retries=1, backoff=0.05, backoff_max=1)
    site.start()
    task = control.run("broken")
    assert task["attempt"] == 2
    control.retry(task)
    waiting.until(lambda: control.get(task)["attempt"] == 4, 10, "the fourth attempt")
    task = control.wait(task, "failed")
    assert (task["auto_retry_count"], task["retry_count"]) == (1, 1)
