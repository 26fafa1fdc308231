# SPDX-License-Identifier: MIT
"""A C program of somebody else, built with pkg-config against the installed library: creation and on_complete."""

import json
import os
import signal
import subprocess

import pytest

from helpers import account

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <taskyard/client.h>

static void on_complete(void *arg, const char *id, const char *status, const char *result, const char *error)
{
    printf("%s %s %s %s %s\n", (const char *)arg, id, status, result ? result : "-", error ? error : "-");
    fflush(stdout);
}

/* Usage: program SOCKET TYPE...; prints `created TYPE ID` for each, then what the callbacks are told. */
int main(int argc, char **argv)
{
    struct taskyard_error error;
    struct taskyard_client *client = taskyard_open(argv[1], &error);
    if (!client)
        return 1;
    for (int i = 2; i < argc; i++) {
        struct taskyard_create_options options = TASKYARD_CREATE_OPTIONS;
        options.payload = "{\"from\":\"c\"}";
        options.on_complete = on_complete;
        options.on_complete_arg = argv[i];
        struct taskyard_object *task = taskyard_create(client, argv[i], &options, &error);
        if (!task) {
            fprintf(stderr, "%s\n", error.message);
            taskyard_close(client);
            return 2;
        }
        printf("created %s %s\n", argv[i], taskyard_string(task, "id"));
        taskyard_object_free(task);
    }
    fflush(stdout);
    while (taskyard_outstanding(client) > 0)
        taskyard_run_callbacks(client, 1000);
    taskyard_close(client);
    return 0;
}
"""


@pytest.fixture(scope="module")
def program(prefix, tmp_path_factory):
    """Built as docs/client.md says."""
    directory = tmp_path_factory.mktemp("client")
    source = directory / "program.c"
    source.write_text(PROGRAM)
    environment = {**os.environ, "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libtaskyard"], env=environment, check=True,
                           capture_output=True, text=True).stdout.split()
    sanitizer = ["-fsanitize=address,undefined"] if prefix.endswith("asan") else []
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", *sanitizer, "-o", str(directory / "program"), str(source),
                    *flags, f"-Wl,-rpath,{prefix}/lib"], check=True)
    place = account.fresh_directory()
    os.rename(directory / "program", f"{place}/program")
    yield f"{place}/program"
    account.remove(place)


def start(program, site, *types):
    process = subprocess.Popen([program, site.socket, *types], stdout=subprocess.PIPE, text=True,
                               **account.popen_words())
    account.started.add(process.pid)
    return process


def test_on_complete_for_success_failed_and_cancelled(site, control, program):
    site.shell("good", "cat; echo '{\"result\":{\"rows\":2}}' >&3")
    site.shell("bad", "echo '{\"error\":\"it rained\"}' >&3")
    site.shell("wait", "exec sleep 300")
    site.start()
    process = start(program, site, "good", "bad", "wait", "nobody_knows_me")
    created = {}
    for _ in range(4):
        _, kind, identifier = process.stdout.readline().split()
        created[kind] = identifier
    control.worker_pid(created["wait"])
    control.cancel(created["wait"])
    text, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    told = {line.split()[0]: line.split(" ", 4)[1:] for line in text.splitlines()}
    assert told["good"][:2] == [created["good"], "success"] and json.loads(told["good"][2]) == {"rows": 2}
    assert told["bad"] == [created["bad"], "failed", "-", "it rained"]
    assert told["wait"][:3] == [created["wait"], "cancelled", "-"]
    assert told["nobody_knows_me"][1:] == ["failed", "-", "task type not registered"]
    assert control.get(created["good"])["payload"] == '{"from":"c"}'
    assert len(text.splitlines()) == 4, "each is told once"


def test_an_end_during_a_restart_of_the_supervisor_is_not_missed(site, control, program):
    site.shell("wait", 'while [ ! -e "$0.go" ]; do sleep 0.02; done; echo \'{"result":1}\' >&3')
    site.settings["drain_timeout"] = 20
    site.start()
    process = start(program, site, "wait")
    _, _, identifier = process.stdout.readline().split()
    control.worker_pid(identifier)
    site.process.send_signal(signal.SIGTERM)
    site.program("wait.go", "")
    site.process.wait(20)
    site.start()
    text, _ = process.communicate(timeout=40)
    assert text.split()[:3] == ["wait", identifier, "success"]


def test_without_a_supervisor_creation_says_so(site, program):
    site.write_config()
    process = subprocess.run([program, site.socket, "good"], capture_output=True, text=True, timeout=30, check=False)
    assert process.returncode == 2 and process.stderr


def test_the_library_shows_only_its_own_names(prefix):
    shown = subprocess.run(["nm", "-D", "--defined-only", f"{prefix}/lib/libtaskyard.so.0"], check=True,
                           capture_output=True, text=True).stdout
    names = [line.split()[-1] for line in shown.splitlines()]
    odd = [name for name in names if not name.startswith(("taskyard_", "_", "LIBTASKYARD", "TASKYARD"))]
    assert names and not odd, odd
