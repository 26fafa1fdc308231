# SPDX-License-Identifier: MIT
"""bash completion as it is installed, asked the way bash asks it, beside a running supervisor."""

import re
import subprocess

import pytest

from helpers import account

# Fills in what bash would know at a press of the TAB key behind the words given, and prints the answers.
ASK = """
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_taskyard
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(site, prefix):
    site.examples("noop", "word_count")
    site.start()

    def ask(*words):
        done = account.run(
            ["bash", "-c", ASK, "bash", f"{prefix}/share/bash-completion/completions/taskyard", f"{prefix}/bin/taskyard", *words],
            env={**account.environment(), "TASKYARD_SOCKET": site.socket})
        assert (done.returncode, done.stderr) == (0, ""), done
        return set(done.stdout.split())

    return ask


def test_it_is_registered_for_the_command(prefix):
    text = subprocess.run(["bash", "-c", '. "$1"; complete -p taskyard', "bash",
                           f"{prefix}/share/bash-completion/completions/taskyard"], capture_output=True, text=True, check=True)
    assert text.stdout == "complete -F _taskyard taskyard\n"


def test_commands_and_options(complete):
    assert complete("s") == {"show", "settings", "status"}
    assert complete("create", "--pay") == {"--payload"}
    assert complete("logs", "--f") == {"--follow"}
    assert complete("list", "--status", "f") == {"failed"}
    assert complete("user", "p") == {"passwd"}
    assert complete("user", "add", "--role", "") == {"admin", "operator", "viewer"}
    assert complete("settings", "") == {"get", "set"}
    assert complete("settings", "set", "task_m") == {"task_max_concurrent"}


@pytest.mark.parametrize("command", ["user", "role", "token"])
def test_it_offers_what_the_command_says_that_it_takes(complete, prefix, command):
    said = account.run([f"{prefix}/bin/taskyard", command], env=account.environment()).stderr.splitlines()[0]
    words = set(re.findall(r"[a-z]+", said.partition(": ")[2])) - {"or"}
    assert len(words) >= 3 and complete(command, "") == words


def test_a_value_behind_an_equals_sign(complete, site):
    """As the manual writes them; bash makes three words of it."""
    assert complete("list", "--status", "=", "ru") == {"running"}
    assert complete("list", "--status", "=") == {"pending", "running", "success", "failed", "cancelled"}
    assert complete("--socket", "=", site.socket, "s") == {"show", "settings", "status"}
    assert complete("--socket", "=", "/nonexistent.sock", "create", "") == set()


def test_what_the_supervisor_knows(complete, control):
    assert complete("create", "") == {"noop", "noop_command", "word_count"}
    assert complete("create", "w") == {"word_count"}
    good = control.run("noop")["id"]
    bad = control.run("word_count", "/nonexistent/file", max_retries=0)["id"]
    assert complete("show", good[:4]) == {good}
    assert complete("retry", "") == {bad}
    assert complete("cancel", "") == set()


def test_without_a_supervisor_it_is_silent(complete, site):
    site.stop()
    assert complete("create", "") == set()
    assert "cancel" in complete("c")
