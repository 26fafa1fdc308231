/* SPDX-License-Identifier: MIT */
/* `taskyard top`: what a running task is doing, again every second on a terminal, else once. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "client/cli_grid.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_S 1
#define CLEAR_SCREEN "\033[H\033[J"

static void top_add_wait(struct grid *grid, const struct taskyard_object *process)
{
    const struct taskyard_object *on = taskyard_member(process, "waits_on");
    const char *call = taskyard_string(process, "system_call");

    if (on != NULL)
        grid_addf(grid, "%s(%lld) %s", call, (long long)taskyard_int(on, "fd", -1),
                  taskyard_string(on, "target"));
    else
        grid_add(grid, call);
}

static void top_add(struct grid *grid, const struct taskyard_object *process)
{
    const char *command = taskyard_string(process, "command");
    char age[FORMAT_SHORT_SIZE], memory[FORMAT_SHORT_SIZE];

    format_duration(taskyard_int(process, "age_ms", 0) * 1000, age);
    format_bytes(taskyard_int(process, "memory_bytes", 0), memory);
    grid_addf(grid, "%lld", (long long)taskyard_int(process, "pid", 0));
    grid_add(grid, taskyard_string(process, "state"));
    grid_addf(grid, "%.1f", taskyard_number(process, "cpu_percent", 0));
    grid_addf(grid, "%.2f s", (double)taskyard_int(process, "cpu_ms", 0) / 1000);
    grid_add(grid, memory);
    grid_addf(grid, "%lld", (long long)taskyard_int(process, "threads", 0));
    grid_add(grid, age);
    top_add_wait(grid, process);
    grid_add(grid, taskyard_string(process, "wait_channel"));
    grid_addf(grid, "%*s%s", 2 * (int)taskyard_int(process, "depth", 0), "",
              command != NULL ? command : taskyard_string(process, "name"));
}

static void top_print_tree(const struct taskyard_object *processes)
{
    struct grid *grid =
        grid_new(">PID|STATE|>% CPU|>CPU|>MEMORY|>THREADS|>AGE|CALL|WAITS IN|COMMAND", 10);
    size_t i;

    for (i = 0; i < taskyard_count(processes); i++)
        top_add(grid, taskyard_item(processes, i));
    if (grid_rows(grid) > 0)
        grid_print(grid, stdout);
    grid_free(grid);
}

static void top_print(const char *id, const struct taskyard_object *seen)
{
    const struct taskyard_object *processes = taskyard_member(seen, "processes");
    int64_t total = taskyard_int(seen, "total", 0), shown = (int64_t)taskyard_count(processes);
    char *summary = format_safe(taskyard_string(seen, "summary"), 0), silent[FORMAT_SHORT_SIZE];

    printf("%s  %s\n", id, summary);
    if (taskyard_int(seen, "attempt", 0) > 0) {
        format_duration(taskyard_int(seen, "last_message_ms", 0) * 1000, silent);
        printf("attempt %lld, last message %s ago, %lld process%s%s\n\n",
               (long long)taskyard_int(seen, "attempt", 0), silent, (long long)total,
               total == 1 ? "" : "es", shown < total ? "; the first of them:" : "");
    }
    top_print_tree(processes);
    fflush(stdout);
    free(summary);
}

/* True if there is more to come. */
static bool top_show(const struct cli *cli, const char *id, const struct taskyard_object *seen)
{
    bool again = isatty(STDOUT_FILENO) && !cli->json;

    if (cli->json) {
        cli_print_json(seen, false);
        return false;
    }
    if (again)
        fputs(CLEAR_SCREEN, stdout);
    top_print(id, seen);
    return again && taskyard_int(seen, "attempt", 0) > 0;
}

int cli_top(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .args_doc = "ID",
        .doc = "Show what a running task is doing: a sentence, and its processes with what each "
               "waits for. On a terminal it is shown again every second until the task has ended."};
    const struct timespec pause = {.tv_sec = PAUSE_S};
    struct cli_arguments arguments = {.least = 1, .room = 1};
    struct taskyard_error error;
    struct taskyard_object *seen;
    char *given, id[ID_SIZE];
    bool more = true;
    int status;

    arguments.values = &given;
    cli_parse(cli, &argp, argc, argv, &arguments);
    status = cli_resolve(cli, given, id);
    while (status == CLI_OK && more) {
        seen = taskyard_processes(cli->client, id, &error);
        if (seen == NULL)
            return cli_fail(cli, &error);
        more = top_show(cli, id, seen);
        taskyard_object_free(seen);
        if (more)
            nanosleep(&pause, NULL);
    }
    return status;
}
