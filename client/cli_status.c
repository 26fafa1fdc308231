/* SPDX-License-Identifier: MIT */
/* `taskyard status`: the supervisor, its database and what runs. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "client/cli_grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void status_add_supervisor(struct grid *grid, const struct taskyard_object *status)
{
    char up[FORMAT_SHORT_SIZE];

    format_duration(taskyard_int(status, "uptime_seconds", 0) * 1000000, up);
    grid_add(grid, "supervisor");
    grid_addf(grid, "%s on %s, pid %lld, up %s%s", taskyard_string(status, "version"),
              taskyard_string(status, "node"), (long long)taskyard_int(status, "pid", 0), up,
              taskyard_bool(status, "draining", false) ? ", draining" : "");
}

static void status_add_database(struct grid *grid, const struct taskyard_object *status)
{
    const struct taskyard_object *database = taskyard_member(status, "database");
    const char *state = taskyard_string(database, "state");
    const char *detail = taskyard_string(database, "detail");

    grid_add(grid, "database");
    if (detail != NULL && *detail != '\0')
        grid_addf(grid, "%s: %s", state, detail);
    else
        grid_add(grid, state);
}

/* A line of its own only while it is the reason why nothing is started. */
static void status_add_disk(struct grid *grid, const struct taskyard_object *status)
{
    const struct taskyard_object *disk = taskyard_member(status, "disk");

    if (!taskyard_bool(disk, "low", false))
        return;
    grid_add(grid, "disk");
    grid_addf(grid, "%lld MiB left, no task is started: make room in the state directory",
              (long long)(taskyard_int(disk, "free_bytes", 0) >> 20));
}

/* Counts are absent while the database is away; what runs is always known. */
static void status_add_tasks(struct grid *grid, const struct taskyard_object *status)
{
    int64_t pending = taskyard_int(status, "pending", -1);

    grid_add(grid, "tasks");
    if (pending >= 0)
        grid_addf(grid, "%lld running of at most %lld, %lld pending",
                  (long long)taskyard_int(status, "running", 0),
                  (long long)taskyard_int(status, "max_concurrent", 0), (long long)pending);
    else
        grid_addf(grid, "%lld running of at most %lld, pending unknown",
                  (long long)taskyard_int(status, "running", 0),
                  (long long)taskyard_int(status, "max_concurrent", 0));
}

static void status_print_workers(const struct taskyard_object *workers)
{
    struct grid *grid = grid_new("TASK|TYPE|>ATTEMPT|>PID|>PROGRESS|>TIME", 6);
    size_t i;

    for (i = 0; i < taskyard_count(workers); i++) {
        const struct taskyard_object *worker = taskyard_item(workers, i);
        char taken[FORMAT_SHORT_SIZE];

        format_duration((int64_t)(taskyard_number(worker, "seconds", 0) * 1000000), taken);
        grid_add(grid, taskyard_string(worker, "task_id"));
        grid_add(grid, taskyard_string(worker, "type"));
        grid_addf(grid, "%lld", (long long)taskyard_int(worker, "attempt", 0));
        grid_addf(grid, "%lld", (long long)taskyard_int(worker, "pid", 0));
        grid_addf(grid, "%lld%%", (long long)taskyard_int(worker, "progress", 0));
        grid_add(grid, taken);
    }
    if (grid_rows(grid) > 0) {
        putchar('\n');
        grid_print(grid, stdout);
    }
    grid_free(grid);
}

static void status_print(const struct taskyard_object *status)
{
    struct grid *grid = grid_new("", 2);

    status_add_supervisor(grid, status);
    status_add_database(grid, status);
    status_add_disk(grid, status);
    status_add_tasks(grid, status);
    grid_print(grid, stdout);
    grid_free(grid);
    status_print_workers(taskyard_member(status, "workers"));
}

int cli_status(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .doc = "Show the supervisor, its database and its workers. Answered at once, also "
               "while the database is away."};
    struct cli_arguments arguments = {0};
    struct taskyard_error error;
    struct taskyard_object *status;

    cli_parse(cli, &argp, argc, argv, &arguments);
    status = taskyard_status(cli->client, &error);
    if (status == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(status, false);
    else
        status_print(status);
    taskyard_object_free(status);
    return CLI_OK;
}
