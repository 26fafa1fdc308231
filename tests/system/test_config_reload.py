# SPDX-License-Identifier: MIT
"""The configuration read again while everything runs: what changes at once, what waits, and a file that is refused."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from helpers import account, waiting


def reload(site, control, **settings):
    site.settings.update(settings)
    site.write_config()
    return control.ok("POST", "/api/task-types/reload")


def test_settings_that_may_change_do_so_at_once(site, control):
    site.start()
    answer = reload(site, control, log_level="debug", drain_timeout=7)
    assert sorted(answer["changed"]) == ["drain_timeout", "log_level"]
    assert answer["problems"] == [] and answer["restart_needed"] == []
    assert "settings in use from now on: drain_timeout, log_level" in site.log_text()
    site.process.send_signal(signal.SIGTERM)
    waiting.until(lambda: "have 7 s to end by themselves" in site.log_text(), 20, "the new drain timeout counts")


def test_a_changed_list_counts_from_the_next_request_on(site, control):
    http = site.listen_http()
    site.start()
    origin = "https://front.example"

    def allowed():
        answer = http.ask("GET", "/healthz", headers={"Origin": origin})
        return answer.headers.get("Access-Control-Allow-Origin")

    assert allowed() is None
    site.settings["cors_origins"] = List([origin])
    assert reload(site, control)["changed"] == ["cors_origins"]
    assert allowed() == origin
    site.settings["cors_origins"] = List([])
    assert reload(site, control)["changed"] == ["cors_origins"]
    assert allowed() is None


class List(list):
    """A list as the configuration writes it."""

    def __str__(self):
        return "{" + ", ".join(f'"{word}"' for word in self) + "}"


def test_settings_that_need_a_restart_are_named_until_it_comes(site, control):
    site.start()
    answer = reload(site, control, node="elsewhere", sign_in_window=60)
    assert sorted(answer["restart_needed"]) == ["node", "sign_in_window"]
    assert answer["changed"] == [] and answer["problems"] == []
    assert control.status()["node"] != "elsewhere"
    assert "settings that wait for a restart: sign_in_window, node" in site.log_text()
    assert sorted(reload(site, control)["restart_needed"]) == ["node", "sign_in_window"]
    site.restart()
    assert control.status()["node"] == "elsewhere"
    assert reload(site, control)["restart_needed"] == []


def test_a_broken_file_changes_nothing_and_says_why(site, control):
    site.shell("steady", "true")
    site.start()
    site.settings["drain_timeout"] = -1
    site.settings["log_level"] = "debug"
    site.write_config()
    site.shell("late", "true")
    done = site.cli("reload", status=6)
    assert "settings in use" not in site.log_text()
    assert "drain_timeout must be from 0 to 86400 seconds" in site.log_text()
    assert "the configuration is not fit for use; the one in use stays" in site.log_text()
    assert done is not None
    assert sorted(site.type_names()) == ["late", "steady"], "types are read all the same"
    assert control.run("steady")["status"] == "success"
    site.write(site.config, "log_level = \"debug\n")
    [problem] = control.ok("POST", "/api/task-types/reload")["problems"]
    assert problem.startswith(f"{site.config}:"), problem
    os.unlink(site.config)
    [problem] = control.ok("POST", "/api/task-types/reload")["problems"]
    assert "cannot read the configuration" in problem and site.config in problem
    assert control.run("late")["status"] == "success"


def test_a_hang_up_reads_the_configuration_too(site, control):
    site.start()
    site.settings["drain_timeout"] = 8
    site.write_config()
    site.reload()
    assert "settings in use from now on: drain_timeout" in site.log_text()


def test_types_move_with_their_directory(site, control):
    site.shell("old", "true")
    site.start()
    elsewhere = f"{site.directory}/more.d"
    os.mkdir(elsewhere)
    account.give(elsewhere)
    site.write(f"{elsewhere}/new.conf", 'type new { runner = command command = {"/bin/true"} }\n')
    assert reload(site, control, types_dir=elsewhere)["changed"] == ["types_dir"]
    assert site.type_names() == ["new"]


def test_files_beside_it_are_read_in_order_and_win(site, control):
    directory = f"{site.directory}/conf.d"
    os.mkdir(directory)
    account.give(directory)
    site.write(f"{directory}/20-second.conf", 'node = "second"\n')
    site.write(f"{directory}/10-first.conf", 'node = "first"\ndatabase { port = 3307 }\n')
    site.write(f"{directory}/30-not-this.conf.dpkg-old", 'node = "old"\n')
    site.start()  # the socket and the name of the database are still those of the first file
    assert control.status()["node"] == "second"
    wrong = site.write(f"{directory}/40-wrong.conf", "colour = 3\n")
    [problem] = control.ok("POST", "/api/task-types/reload")["problems"]
    assert problem.startswith(f"{wrong}:1: "), problem


def test_an_account_for_tasks_needs_privilege(site, control):
    site.shell("one", "true")
    site.type("own", ["/bin/true"], user=f'"{account.entry().pw_name}"')
    site.settings["task_user"] = "nobody"
    site.start()
    assert site.type_names() == ["own"]
    [problem] = control.ok("POST", "/api/task-types/reload")["problems"]
    assert 'running as user "nobody" needs a supervisor with privilege' in problem
    assert reload(site, control, task_user="")["changed"] == ["task_user"]
    assert site.type_names() == ["one", "own"]
    assert control.run("one")["status"] == "success"


def test_each_of_several_reloads_at_once_is_answered(site, control):
    """The later one overtakes the earlier one, whose caller hears of the later."""
    site.start()
    site.type("late", ["/bin/true"])
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: control.request("POST", "/api/task-types/reload").status, range(6)))
    assert answers == [200] * 6
    assert "late" in site.type_names()
