/* SPDX-License-Identifier: MIT */
/* `taskyard attempts` and `taskyard timeline`: the past of a task. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "client/cli_grid.h"

#include <stdio.h>
#include <string.h>

typedef struct taskyard_object *(*history_fn)(struct taskyard_client *client, const char *id,
                                              struct taskyard_error *error);
typedef void (*history_row_fn)(struct grid *grid, const struct taskyard_object *row);

static void history_print(const struct taskyard_object *rows, struct grid *grid,
                          history_row_fn row_fn)
{
    size_t i;

    for (i = 0; i < taskyard_count(rows); i++)
        row_fn(grid, taskyard_item(rows, i));
    if (grid_rows(grid) > 0)
        grid_print(grid, stdout);
}

static int history_run(struct cli *cli, const char *given, history_fn fn, struct grid *grid,
                       history_row_fn row_fn)
{
    struct taskyard_error error;
    struct taskyard_object *rows;
    char id[ID_SIZE];
    int status = cli_resolve(cli, given, id);

    if (status != CLI_OK)
        return status;
    rows = fn(cli->client, id, &error);
    if (rows == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(rows, false);
    else
        history_print(rows, grid, row_fn);
    taskyard_object_free(rows);
    return CLI_OK;
}

static void attempts_add_end(struct grid *grid, const struct taskyard_object *row)
{
    const char *signal = taskyard_string(row, "signal");
    int64_t exit_status = taskyard_int(row, "exit_status", -1);

    if (signal != NULL && *signal != '\0')
        grid_add(grid, signal);
    else if (exit_status >= 0)
        grid_addf(grid, "exit %lld", (long long)exit_status);
    else
        grid_add(grid, NULL);
}

static void attempts_row(struct grid *grid, const struct taskyard_object *row)
{
    char started[FORMAT_TIME_SIZE], taken[FORMAT_SHORT_SIZE] = "-", memory[FORMAT_SHORT_SIZE];
    const char *cause = taskyard_string(row, "cause");
    int64_t from, to;

    format_time(taskyard_string(row, "started_at"), true, started);
    if (format_parse_time(taskyard_string(row, "started_at"), &from) &&
        format_parse_time(taskyard_string(row, "finished_at"), &to))
        format_duration(to - from, taken);
    format_bytes(taskyard_int(row, "peak_memory_bytes", 0), memory);
    grid_addf(grid, "%lld", (long long)taskyard_int(row, "attempt", 0));
    grid_add(grid, started);
    grid_add(grid, taken);
    grid_add(grid, cause != NULL && *cause != '\0' ? cause : "running");
    attempts_add_end(grid, row);
    grid_addf(grid, "%.2f s", taskyard_number(row, "cpu_seconds", 0));
    grid_add(grid, taskyard_int(row, "peak_memory_bytes", 0) > 0 ? memory : NULL);
    grid_addf(grid, "%lld", (long long)taskyard_int(row, "pid", 0));
    grid_add(grid, taskyard_string(row, "node"));
    grid_add(grid, taskyard_string(row, "error"));
}

int cli_attempts(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser, .args_doc = "ID", .doc = "List the executions of a task."};
    char *given;
    struct cli_arguments arguments = {.values = &given, .least = 1, .room = 1};
    struct grid *grid = grid_new(">#|STARTED|>TIME|CAUSE|END|>CPU|>MEMORY|>PID|NODE|ERROR", 10);
    int status;

    cli_parse(cli, &argp, argc, argv, &arguments);
    status = history_run(cli, given, taskyard_attempts, grid, attempts_row);
    grid_free(grid);
    return status;
}

static void timeline_row(struct grid *grid, const struct taskyard_object *row)
{
    const struct taskyard_object *detail = taskyard_member(row, "detail");
    int64_t attempt = taskyard_int(row, "attempt", 0);
    char time[FORMAT_TIME_SIZE];

    format_time(taskyard_string(row, "created_at"), true, time);
    grid_add(grid, time);
    grid_add(grid, taskyard_string(row, "kind"));
    if (attempt > 0)
        grid_addf(grid, "%lld", (long long)attempt);
    else
        grid_add(grid, NULL);
    if (taskyard_string(row, "address") != NULL)
        grid_addf(grid, "%s from %s", taskyard_string(row, "actor"),
                  taskyard_string(row, "address"));
    else
        grid_add(grid, taskyard_string(row, "actor"));
    grid_add(grid, detail != NULL ? taskyard_json(detail, false) : taskyard_string(row, "detail"));
}

int cli_timeline(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.parser = cli_arguments_parser,
                                     .args_doc = "ID",
                                     .doc = "List what happened to a task, and who did it."};
    char *given;
    struct cli_arguments arguments = {.values = &given, .least = 1, .room = 1};
    struct grid *grid = grid_new("TIME|EVENT|>ATTEMPT|BY|DETAIL", 5);
    int status;

    cli_parse(cli, &argp, argc, argv, &arguments);
    status = history_run(cli, given, taskyard_timeline, grid, timeline_row);
    grid_free(grid);
    return status;
}
