/* SPDX-License-Identifier: MIT */
/* `taskyard cancel`, `kill`, `pause`, `resume`, `retry` and `delete`: the same change for one or
 * several tasks. */
#include "client/cli.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_REASON 256 /* an option without a letter */

typedef bool (*change_fn)(struct taskyard_client *client, const char *id,
                          struct taskyard_error *error);

struct change {
    struct cli *cli;
    change_fn fn;        /* NULL: a kill */
    const char *reason;  /* of a kill, NULL: none is given */
    bool deletes;        /* there may be nothing left to show */
    const char *running; /* NULL, or what happens to a task that runs */
    size_t printed;
};

static void change_print_text(const char *id, const struct taskyard_object *task,
                              const struct change *change)
{
    const char *status = taskyard_string(task, "status");

    if (task == NULL)
        printf("%s  %s\n", id, change->deletes ? "deleted" : "done");
    else if (strcmp(status, "running") == 0 && change->running != NULL)
        printf("%s  %s, %s\n", id, status, change->running);
    else
        printf("%s  %s%s\n", id, status,
               taskyard_string(task, "paused_at") != NULL ? ", paused" : "");
}

static void change_print(struct change *change, const char *id)
{
    struct taskyard_object *task = taskyard_get(change->cli->client, id, NULL);

    if (!change->cli->json)
        change_print_text(id, task, change);
    else if (task != NULL)
        printf("%s\n%s", change->printed > 0 ? "," : "[", taskyard_json(task, false));
    else
        printf("%s\n{\"id\":\"%s\",\"deleted\":true}", change->printed > 0 ? "," : "[", id);
    change->printed++;
    taskyard_object_free(task);
}

static bool change_apply(const struct change *change, const char *id, struct taskyard_error *error)
{
    if (change->fn == NULL)
        return taskyard_kill(change->cli->client, id, change->reason, error);
    return change->fn(change->cli->client, id, error);
}

static int change_one(struct change *change, const char *given)
{
    struct taskyard_error error;
    char id[ID_SIZE];
    int status = cli_resolve(change->cli, given, id);

    if (status != CLI_OK)
        return status;
    if (!change_apply(change, id, &error)) {
        if (error.code[0] != '\0') { /* which of several */
            cli_complain("%s: %s (%s)", id, error.message, error.code);
            return cli_exit_of_error(&error);
        }
        return cli_fail(change->cli, &error);
    }
    change_print(change, id);
    return CLI_OK;
}

struct change_arguments {
    struct cli_arguments ids; /* first: cli_arguments_parser() is given the whole */
    const char *reason;
};

/* Goes on after a failure; the exit code is that of the first one. */
static int change_run(struct cli *cli, const struct argp *argp, int argc, char **argv,
                      struct change *change)
{
    char **given = xcalloc((size_t)argc, sizeof(*given));
    struct change_arguments arguments = {.ids = {.values = given, .least = 1, .room = argc}};
    int first = CLI_OK, status, i;

    change->cli = cli;
    cli_parse(cli, argp, argc, argv, &arguments);
    change->reason = arguments.reason;
    for (i = 0; i < arguments.ids.count; i++) {
        status = change_one(change, given[i]);
        if (first == CLI_OK)
            first = status;
    }
    if (cli->json)
        puts(change->printed > 0 ? "\n]" : "[]");
    free(given);
    return first;
}

int cli_cancel(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .args_doc = "ID...",
        .doc = "Stop tasks. A running one is asked to end, and killed with everything it has "
               "started when its grace time is over."};
    struct change change = {.fn = taskyard_cancel, .running = "being cancelled"};

    return change_run(cli, &argp, argc, argv, &change);
}

static error_t kill_parser(int key, char *arg, struct argp_state *state)
{
    struct change_arguments *arguments = state->input;

    if (key != KEY_REASON)
        return cli_arguments_parser(key, arg, state);
    arguments->reason = arg;
    return 0;
}

int cli_kill(struct cli *cli, int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"reason", KEY_REASON, "TEXT", 0, "Why; kept with the task and in the audit trail", 0},
        {0}};
    static const struct argp argp = {
        .options = options,
        .parser = kill_parser,
        .args_doc = "ID...",
        .doc = "End all processes of tasks at once, without their grace time: for those that are "
               "stuck. Pending ones are cancelled."};
    struct change change = {.running = "being killed"};

    return change_run(cli, &argp, argc, argv, &change);
}

int cli_pause(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .args_doc = "ID...",
        .doc = "Stop running tasks where they are, until they are resumed. Their timeouts stand "
               "still. Others are left as they are."};
    struct change change = {.fn = taskyard_pause};

    return change_run(cli, &argp, argc, argv, &change);
}

int cli_resume(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser, .args_doc = "ID...", .doc = "Let paused tasks go on."};
    struct change change = {.fn = taskyard_resume};

    return change_run(cli, &argp, argc, argv, &change);
}

int cli_retry(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .args_doc = "ID...",
        .doc = "Run failed or cancelled tasks again. Others are left as they are."};
    struct change change = {.fn = taskyard_retry};

    return change_run(cli, &argp, argc, argv, &change);
}

int cli_delete(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.parser = cli_arguments_parser,
                                     .args_doc = "ID...",
                                     .doc = "Delete tasks. A running one is cancelled first."};
    struct change change = {
        .fn = taskyard_delete, .deletes = true, .running = "deleted when it has ended"};

    return change_run(cli, &argp, argc, argv, &change);
}
