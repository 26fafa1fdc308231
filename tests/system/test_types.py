# SPDX-License-Identifier: MIT
"""Type descriptors: what is loaded, what is refused and how it is said."""

import os
import shutil
import signal

import pytest

from helpers import account, procfs, waiting
from helpers.plugin import build_plugin

WRONG = {
    "no_runner": ("type t {\n}\n", 1),
    "unknown_word": ('type t {\n  runner = command\n  command = {"/bin/true"}\n  colour = 3\n}\n', 4),
    "wrong_runner": ('type t {\n  runner = magic\n  command = {"/bin/true"}\n}\n', 2),
    "empty_command": ("type t {\n  runner = command\n  command = {}\n}\n", 1),
    "relative_command": ('type t {\n  runner = command\n  command = {"true"}\n}\n', 1),
    "plugin_missing": ("type t {\n  runner = plugin\n}\n", 1),
    "negative": ('type t {\n  runner = command\n  command = {"/bin/true"}\n  timeout = -5\n}\n', 1),
    "word_for_number": ('type t {\n  runner = command\n  command = {"/bin/true"}\n  max_retries = many\n}\n', 4),
    "no_end": ('type t {\n  runner = command\n', 1),
    "on_interrupt": ('type t {\n  runner = command\n  command = {"/bin/true"}\n  on_interrupt = explode\n}\n', 1),
}

PLUGIN = r"""
#include <taskyard/task.h>
int not_a_runner_table = 1;
"""


def reload_problems(control):
    return control.ok("POST", "/api/task-types/reload")["problems"]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_descriptor_is_reported_with_file_and_line_and_the_others_load(site, control, name):
    text, least_line = WRONG[name]
    site.shell("good", "true")
    path = site.descriptor("bad", text)
    site.start()
    assert site.type_names() == ["good"]
    lines = [line for line in site.log_text().splitlines() if path in line]
    assert lines, site.log_text()
    numbers = [int(line.split(f"{path}:")[1].split(":")[0]) for line in lines if f"{path}:" in line]
    assert numbers and max(numbers) >= least_line, lines
    problems = reload_problems(control)
    assert any(path in problem for problem in problems), problems
    assert control.run("good")["status"] == "success"


def test_a_type_registered_twice_is_an_error(site, control):
    site.descriptor("a", 'type twice {\n  runner = command\n  command = {"/bin/true"}\n}\n')
    second = site.descriptor("b", 'type twice {\n  runner = command\n  command = {"/bin/false"}\n}\n')
    site.start()
    assert second in site.log_text()
    assert any(second in problem and "twice" in problem for problem in reload_problems(control))
    assert site.type_names().count("twice") <= 1


def test_a_fresh_installation_has_no_types(site):
    site.start()
    assert site.type_names() == []


def test_one_file_may_hold_several_types(site, control):
    site.descriptor("many", 'type one { runner = command command = {"/bin/true"} }\n'
                            'type two { runner = command command = {"/bin/false"} }\n')
    site.start()
    assert sorted(site.type_names()) == ["one", "two"]
    assert control.run("one")["status"] == "success"
    assert control.run("two")["status"] == "failed"


def test_what_is_loaded_is_told(site, control):
    path = site.shell("shown", "true", max_retries=3, timeout=60, grace=5, on_interrupt="fail")
    site.start()
    [row] = control.ok("GET", "/api/task-types")
    assert row["name"] == "shown" and row["runner"] == "command"
    assert (row["max_retries"], row["timeout"], row["grace"], row["on_interrupt"]) == (3, 60, 5, "fail")
    assert row["source"].startswith(f"{path}:")


def test_files_that_are_not_descriptors_are_left_alone(site):
    site.write(f"{site.types}/README", "nothing")
    site.write(f"{site.types}/old.conf.dpkg-old", "type x {")
    site.write(f"{site.types}/.hidden.conf", "type x {")
    site.start()
    assert site.type_names() == []


def test_sighup_reads_types_again(site, control):
    site.shell("first", "true")
    site.start()
    assert control.run("second")["error"] == "task type not registered"
    site.shell("second", "true")
    os.remove(f"{site.types}/first.conf")
    site.process.send_signal(signal.SIGHUP)
    waiting.until(lambda: site.type_names() == ["second"], 10, "the new set of types")
    assert control.run("second")["status"] == "success"
    assert control.run("first")["error"] == "task type not registered"


def test_a_task_that_runs_survives_a_reload(site, control):
    site.shell("wait", 'while [ ! -e "$0.go" ]; do sleep 0.02; done')
    site.start()
    task = control.create("wait")
    pid = control.worker_pid(task)
    site.reload()
    assert control.workers()[task["id"]]["pid"] == pid
    site.program("wait.go", "")
    assert control.wait(task)["status"] == "success"


def test_an_unknown_type_fails_when_it_is_claimed(site, control):
    site.start()
    task = control.run("nobody_knows_me", max_retries=3)
    assert (task["status"], task["error"]) == ("failed", "task type not registered")
    assert (task["attempt"], task["auto_retry_count"]) == (1, 0)
    [attempt] = control.attempts(task)
    assert attempt["cause"] == "unregistered"


@pytest.mark.parametrize("name", ["", "x" * 65, 7, None, ["brief"]])
def test_a_type_name_that_cannot_be_is_refused(site, control, name):
    site.start()
    answer = control.request("POST", "/api/tasks", {"type": name})
    assert answer.status == 400 and answer.code in ("E4001", "E4002"), answer.body


WRONG_ABI = r"""
#include <taskyard/task.h>
static const struct taskyard_runner runners[] = {{.type = NULL}};
TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI + 41, runners};
"""


def test_a_plugin_of_another_abi_is_refused(site, control, prefix, tmp_path):
    library = build_plugin(prefix, tmp_path, site, WRONG_ABI)
    site.shell("good", "true")
    path = site.type("odd", plugin=library)
    site.start()
    waiting.until(lambda: "odd" not in site.type_names(), 5, "it is not among the types")
    problems = reload_problems(control)
    assert any(path in problem and "42" in problem for problem in problems), problems
    assert control.run("odd")["status"] == "failed"
    assert control.run("good")["status"] == "success"


def test_a_plugin_without_a_runner_is_refused(site, control, prefix, tmp_path):
    library = build_plugin(prefix, tmp_path, site, PLUGIN)
    site.shell("good", "true")
    site.type("odd", plugin=library)
    site.start()
    waiting.until(lambda: library in site.log_text(), 5, "the plugin is named in the log")
    task = control.run("odd")
    assert task["status"] == "failed"
    assert control.run("good")["status"] == "success"


def test_a_plugin_that_is_gone_when_the_template_comes_back(site, control):
    """Its tasks fail like those of any type that is not there, and do not hold up the others."""
    library = shutil.copy(site.example_plugin("noop"), site.programs)
    site.type("noop", plugin=library)
    site.shell("brief", "true")
    site.start()
    assert control.run("noop")["status"] == "success"
    [template] = procfs.children(site.process.pid)
    os.unlink(library)
    os.kill(template.pid, signal.SIGKILL)
    waiting.until(lambda: "the template is back" in site.log_text(), 10, "there is another template")
    task = control.run("noop")
    assert (task["status"], task["error"]) == ("failed", "task type not registered")
    assert control.run("brief")["status"] == "success"
    assert site.type_names() == ["brief"]


def test_a_plugin_that_is_missing_is_refused(site, control):
    site.shell("good", "true")
    path = site.type("odd", plugin="/nonexistent/odd.so")
    site.start()
    assert any(path in problem and "plugin" in problem for problem in reload_problems(control))
    assert control.run("odd")["status"] == "failed"
    assert control.run("good")["status"] == "success"


def test_check_tells_what_is_wrong_without_starting(site):
    site.shell("good", "true")
    site.write_config()
    done = account.run(site.supervisor("--check"))
    assert done.returncode == 0, done.stderr
    path = site.descriptor("bad", "type t {\n  runner = magic\n}\n")
    done = account.run(site.supervisor("--check"))
    assert done.returncode != 0
    assert f"{path}:" in done.stdout + done.stderr


def test_a_wrong_configuration_is_refused_with_file_and_line(site):
    site.write_config()
    with open(site.config, "a", encoding="utf-8") as file:
        file.write("nonsense = 3\n")
    done = account.run(site.supervisor())
    assert done.returncode not in (0, -11, -6)
    assert f"{site.config}:" in done.stderr


def test_more_types_than_a_socket_holds(site, control):
    """The template is told them as it reads them, at the start and at a reload; wrong ones among them change nothing for others."""
    for number in range(600):
        site.type(f"many_{number:03}", ["/bin/true"], environment=["PADDING=" + "x" * 500],
                  user='"nobody_at_all"' if number % 50 == 7 else '""')
    site.start()
    good = [f"many_{number:03}" for number in range(600) if number % 50 != 7]
    assert sorted(site.type_names()) == good
    assert len([line for line in reload_problems(control) if "nobody_at_all" in line]) == 12
    assert sorted(site.type_names()) == good
    for kind in (good[0], good[300], good[-1]):
        assert control.run(kind)["status"] == "success"
