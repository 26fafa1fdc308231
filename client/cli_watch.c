/* SPDX-License-Identifier: MIT */
/* `taskyard watch`: one line for each change, of one task until it has ended, or of all until
 * interrupted. */
#include "client/cli.h"
#include "client/cli_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECONNECT_PAUSE_MS 1000
#define RECONNECT_MAX 120 /* pauses in a row */

struct watch_output {
    const struct cli *cli;
    unsigned away; /* attempts to connect that failed in a row */
};

static void watch_print_text(const struct taskyard_object *task)
{
    const char *text = taskyard_string(task, "progress_text");
    char time[FORMAT_TIME_SIZE], *safe, *type;

    if (taskyard_status_is_final(taskyard_string(task, "status")) &&
        taskyard_string(task, "error") != NULL)
        text = taskyard_string(task, "error");
    safe = format_safe(text, 0);
    type = format_safe(taskyard_string(task, "type"), 0);
    format_time(taskyard_string(task, "updated_at"), true, time);
    printf("%s  %s  %-9s  %3d%%  %s%s%s\n", time, taskyard_string(task, "id"),
           taskyard_string(task, "status"), (int)taskyard_int(task, "progress", 0), type,
           *safe != '\0' ? "  " : "", safe);
    fflush(stdout);
    free(safe);
    free(type);
}

static bool watch_print(void *arg, const struct taskyard_event *event)
{
    struct watch_output *output = arg;

    if (event->kind != TASKYARD_EVENT_TASK)
        return true;
    output->away = 0;
    if (output->cli->json)
        cli_print_json(event->task, true);
    else
        watch_print_text(event->task);
    return true;
}

static int watch_one(struct cli *cli, const char *given, struct watch_output *output)
{
    struct taskyard_error error;
    struct taskyard_object *task;
    char id[ID_SIZE];
    int status = cli_resolve(cli, given, id);

    if (status != CLI_OK)
        return status;
    task = taskyard_wait(cli->client, id, -1, watch_print, output, &error);
    if (task == NULL)
        return cli_fail(cli, &error);
    status = cli_exit_of_status(taskyard_string(task, "status"));
    taskyard_object_free(task);
    return status;
}

/* Changes while the connection is broken are not seen; a line on standard error says so. */
static int watch_all(struct cli *cli, struct watch_output *output)
{
    const struct timespec pause = {.tv_sec = RECONNECT_PAUSE_MS / 1000};
    struct taskyard_error error;
    bool reached = false;

    for (;;) {
        (void)taskyard_watch(cli->client, NULL, 0, watch_print, output, &error);
        reached = reached || error.kind == TASKYARD_ERROR_LOST;
        if (!reached || cli_exit_of_error(&error) != CLI_UNREACHABLE ||
            output->away > RECONNECT_MAX)
            return cli_fail(cli, &error);
        if (error.kind == TASKYARD_ERROR_LOST)
            output->away = 0;
        if (output->away++ == 0)
            cli_complain("%s; connecting again, changes until then are not shown", error.message);
        nanosleep(&pause, NULL);
    }
}

int cli_watch(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.parser = cli_arguments_parser,
                                     .args_doc = "[ID]",
                                     .doc =
                                         "Print a line for each change: of one task until it has "
                                         "ended (exit status as of create --wait), or of all "
                                         "tasks. With --json one task object a line."};
    char *given = NULL;
    struct cli_arguments arguments = {.values = &given, .room = 1};
    struct watch_output output = {.cli = cli};

    cli_parse(cli, &argp, argc, argv, &arguments);
    return given != NULL ? watch_one(cli, given, &output) : watch_all(cli, &output);
}
