/* SPDX-License-Identifier: MIT */
/* `taskyard logs`: what a task has written, page by page; with -f until it ends. */
#include "client/cli.h"
#include "client/cli_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE_SIZE 1000
#define FOLLOW_PAUSE_MS 300
#define AWAY_MAX 400 /* pauses: two minutes */

struct logs {
    struct cli *cli;
    char id[ID_SIZE];
    bool follow;
    char *given;
    char after[32];  /* id of the last line printed, "" before the first */
    int64_t attempt; /* of the last line printed */
    size_t count;
};

static const struct argp_option logs_options[] = {
    {"follow", 'f', NULL, 0, "Go on printing until the task has ended", 0},
    {0},
};

static error_t logs_parser(int key, char *arg, struct argp_state *state)
{
    struct logs *logs = state->input;

    switch (key) {
    case 'f':
        logs->follow = true;
        return 0;
    case ARGP_KEY_ARG:
        if (logs->given != NULL)
            argp_error(state, "too many arguments: \"%s\"", arg);
        logs->given = arg;
        return 0;
    case ARGP_KEY_END:
        if (logs->given == NULL)
            argp_error(state, "which task?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void logs_print_text(struct logs *logs, const struct taskyard_object *line)
{
    int64_t attempt = taskyard_int(line, "attempt", 0);
    const char *level = taskyard_string(line, "level");
    char *message = format_safe(taskyard_string(line, "message"), 0);
    char time[FORMAT_TIME_SIZE];

    if (attempt != logs->attempt && (logs->count > 0 || attempt > 1))
        printf("--- attempt %lld ---\n", (long long)attempt);
    logs->attempt = attempt;
    format_time(taskyard_string(line, "created_at"), true, time);
    printf("%s  %-5.5s  %s\n", time, level != NULL ? level : "info", message);
    free(message);
}

/* With -f --json one object a line; otherwise one array. */
static void logs_print(struct logs *logs, const struct taskyard_object *line)
{
    if (!logs->cli->json)
        logs_print_text(logs, line);
    else if (logs->follow)
        cli_print_json(line, true);
    else
        printf("%s\n%s", logs->count > 0 ? "," : "[", taskyard_json(line, false));
    logs->count++;
}

/* Prints what is new. False with *error filled. */
static bool logs_catch_up(struct logs *logs, struct taskyard_error *error)
{
    size_t i, count;

    do {
        struct taskyard_object *lines =
            taskyard_logs(logs->cli->client, logs->id, *logs->after != '\0' ? logs->after : NULL,
                          PAGE_SIZE, error);

        if (lines == NULL)
            return false;
        count = taskyard_count(lines);
        for (i = 0; i < count; i++) {
            const char *id = taskyard_string(taskyard_item(lines, i), "id");

            logs_print(logs, taskyard_item(lines, i));
            if (id != NULL)
                snprintf(logs->after, sizeof(logs->after), "%s", id);
        }
        taskyard_object_free(lines);
    } while (count == PAGE_SIZE);
    fflush(stdout);
    return true;
}

static bool logs_task_ended(struct logs *logs, bool *ended, struct taskyard_error *error)
{
    struct taskyard_object *task = taskyard_get(logs->cli->client, logs->id, error);

    if (task == NULL)
        return false;
    *ended = taskyard_status_is_final(taskyard_string(task, "status"));
    taskyard_object_free(task);
    return true;
}

/* The state is asked for before the lines, so that the last round after the end misses none. A
 * supervisor that is away for a moment (restart, database) is waited for. */
static int logs_follow(struct logs *logs)
{
    const struct timespec pause = {.tv_nsec = FOLLOW_PAUSE_MS * 1000000L};
    struct taskyard_error error;
    bool ended = false, reached = false;
    int away = 0;

    for (;;) {
        if (logs_task_ended(logs, &ended, &error) && logs_catch_up(logs, &error)) {
            reached = true;
            away = 0;
            if (ended)
                return CLI_OK;
        } else if (!reached || cli_exit_of_error(&error) != CLI_UNREACHABLE || ++away > AWAY_MAX) {
            return cli_fail(logs->cli, &error);
        }
        nanosleep(&pause, NULL);
    }
}

static int logs_all(struct logs *logs)
{
    struct taskyard_error error;
    bool done;

    done = logs_catch_up(logs, &error);
    if (logs->cli->json && (done || logs->count > 0))
        puts(logs->count > 0 ? "\n]" : "[]");
    return done ? CLI_OK : cli_fail(logs->cli, &error);
}

int cli_logs(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.options = logs_options,
                                     .parser = logs_parser,
                                     .args_doc = "ID",
                                     .doc = "Print what a task has written."};
    struct logs logs = {.cli = cli};
    int status;

    cli_parse(cli, &argp, argc, argv, &logs);
    status = cli_resolve(cli, logs.given, logs.id);
    if (status != CLI_OK)
        return status;
    return logs.follow ? logs_follow(&logs) : logs_all(&logs);
}
