/* SPDX-License-Identifier: MIT */
/* `taskyard cancel`, `retry` and `delete`: the same change for one or several tasks. */
#include "client/cli.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool (*change_fn)(struct taskyard_client *client, const char *id,
                          struct taskyard_error *error);

struct change {
    struct cli *cli;
    change_fn fn;
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
        printf("%s  %s\n", id, status);
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

static int change_one(struct change *change, const char *given)
{
    struct taskyard_error error;
    char id[ID_SIZE];
    int status = cli_resolve(change->cli, given, id);

    if (status != CLI_OK)
        return status;
    if (!change->fn(change->cli->client, id, &error)) {
        if (error.code[0] != '\0') { /* which of several */
            cli_complain("%s: %s (%s)", id, error.message, error.code);
            return cli_exit_of_error(&error);
        }
        return cli_fail(change->cli, &error);
    }
    change_print(change, id);
    return CLI_OK;
}

/* Goes on after a failure; the exit code is that of the first one. */
static int change_run(struct cli *cli, const struct argp *argp, int argc, char **argv,
                      struct change *change)
{
    char **given = xcalloc((size_t)argc, sizeof(*given));
    struct cli_arguments arguments = {.values = given, .least = 1, .room = argc};
    int first = CLI_OK, status, i;

    change->cli = cli;
    cli_parse(cli, argp, argc, argv, &arguments);
    for (i = 0; i < arguments.count; i++) {
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
