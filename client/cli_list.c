/* SPDX-License-Identifier: MIT */
/* `taskyard list` and `taskyard show`. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "client/cli_grid.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPTION_TYPE = 0x200,
    OPTION_STATUS,
    OPTION_CREATOR,
    OPTION_SEARCH,
    OPTION_PAGE,
    OPTION_PAGE_SIZE,
    OPTION_ALL
};

#define PAGE_SIZE_MAX 100

struct list_arguments {
    struct taskyard_filter filter;
    bool all;
};

static const struct argp_option list_options[] = {
    {"type", OPTION_TYPE, "TYPE", 0, "Only tasks of this type", 0},
    {"status", OPTION_STATUS, "STATUS", 0,
     "Only these: pending, running, success, failed, cancelled", 0},
    {"creator", OPTION_CREATOR, "USER", 0, "Only tasks of this user (name or id), or system", 0},
    {"search", OPTION_SEARCH, "TEXT", 0, "Start of an id, or part of a type", 0},
    {"page", OPTION_PAGE, "N", 0, "Page to show (default 1)", 0},
    {"page-size", OPTION_PAGE_SIZE, "N", 0, "Tasks on a page, 1-100 (default 10)", 0},
    {"all", OPTION_ALL, NULL, 0, "All pages", 0},
    {0},
};

static void list_check_status(struct argp_state *state, const char *status)
{
    if (strcmp(status, "pending") != 0 && strcmp(status, "running") != 0 &&
        !taskyard_status_is_final(status))
        argp_error(state,
                   "--status: \"%s\" is none of pending, running, success, failed, cancelled",
                   status);
}

static error_t list_parser(int key, char *arg, struct argp_state *state)
{
    struct list_arguments *arguments = state->input;

    switch (key) {
    case OPTION_TYPE:
        arguments->filter.type = arg;
        return 0;
    case OPTION_STATUS:
        list_check_status(state, arg);
        arguments->filter.status = arg;
        return 0;
    case OPTION_CREATOR:
        arguments->filter.creator = arg;
        return 0;
    case OPTION_SEARCH:
        arguments->filter.search = arg;
        return 0;
    case OPTION_PAGE:
        arguments->filter.page = (unsigned)cli_number(state, "--page", arg, 1, INT_MAX);
        return 0;
    case OPTION_PAGE_SIZE:
        arguments->filter.page_size =
            (unsigned)cli_number(state, "--page-size", arg, 1, PAGE_SIZE_MAX);
        return 0;
    case OPTION_ALL:
        arguments->all = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "too many arguments: \"%s\"", arg);
        return 0;
    case ARGP_KEY_END:
        if (arguments->all && arguments->filter.page > 1)
            argp_error(state, "--page is one page, --all is every one");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* How long it has run: to its end, or until now. */
static void list_taken(const struct taskyard_object *task, char text[FORMAT_SHORT_SIZE])
{
    int64_t from, to;

    strcpy(text, "-");
    if (format_parse_time(taskyard_string(task, "started_at"), &from) &&
        format_parse_time(taskyard_string(task, "finished_at"), &to))
        format_duration(to - from, text);
}

static void list_add_row(struct grid *grid, const struct taskyard_object *task)
{
    const char *status = taskyard_string(task, "status");
    char created[FORMAT_TIME_SIZE], taken[FORMAT_SHORT_SIZE];

    format_time(taskyard_string(task, "created_at"), false, created);
    list_taken(task, taken);
    grid_add(grid, taskyard_string(task, "id"));
    grid_add(grid, taskyard_string(task, "type"));
    grid_add(grid, taskyard_string(task, "cancel_requested_at") != NULL &&
                           !taskyard_status_is_final(status)
                       ? "cancelling"
                       : status);
    grid_addf(grid, "%d%%", (int)taskyard_int(task, "progress", 0));
    grid_add(grid, taskyard_string(task, "creator_id"));
    grid_add(grid, created);
    grid_add(grid, taken);
}

/* What a walk through the pages has collected. */
struct list_output {
    const struct cli *cli;
    struct grid *grid;
    size_t count;
    int64_t total;
};

static void list_add_page(struct list_output *output, const struct taskyard_object *page)
{
    const struct taskyard_object *tasks = taskyard_member(page, "data");
    size_t i;

    for (i = 0; i < taskyard_count(tasks); i++) {
        const struct taskyard_object *task = taskyard_item(tasks, i);

        if (output->cli->json)
            printf("%s\n%s", output->count > 0 ? "," : "[", taskyard_json(task, false));
        else
            list_add_row(output->grid, task);
        output->count++;
    }
    output->total = taskyard_int(page, "total", 0);
}

static int list_walk(struct cli *cli, struct list_arguments *arguments, struct list_output *output)
{
    struct taskyard_error error;
    struct taskyard_object *page;
    size_t before;

    do {
        page = taskyard_list(cli->client, &arguments->filter, &error);
        if (page == NULL)
            return cli_fail(cli, &error);
        before = output->count;
        list_add_page(output, page);
        taskyard_object_free(page);
        arguments->filter.page++;
    } while (arguments->all && output->count > before);
    return CLI_OK;
}

static void list_finish(const struct list_output *output)
{
    if (output->cli->json) {
        puts(output->count > 0 ? "\n]" : "[]");
        return;
    }
    if (output->count > 0 || isatty(STDOUT_FILENO))
        grid_print(output->grid, stdout);
    if (isatty(STDOUT_FILENO) && (int64_t)output->count < output->total)
        printf("%zu of %lld tasks; --page, --page-size and --all show others\n", output->count,
               (long long)output->total);
}

static int list_run(struct cli *cli, struct list_arguments *arguments)
{
    struct list_output output = {.cli = cli};
    int status;

    output.grid = grid_new("ID|TYPE|STATUS|>PROGRESS|CREATOR|CREATED|>TIME", 7);
    status = list_walk(cli, arguments, &output);
    if (status == CLI_OK || output.count > 0)
        list_finish(&output);
    grid_free(output.grid);
    return status;
}

int cli_list(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .options = list_options, .parser = list_parser, .doc = "List tasks, newest first."};
    struct list_arguments arguments = {.filter = {.page = 1}};
    char creator[ID_SIZE];
    int status;

    cli_parse(cli, &argp, argc, argv, &arguments);
    if (arguments.all)
        arguments.filter.page_size = PAGE_SIZE_MAX;
    if (arguments.filter.creator != NULL) {
        status = cli_resolve_user(cli, arguments.filter.creator, creator);
        if (status != CLI_OK)
            return status;
        arguments.filter.creator = creator;
    }
    return list_run(cli, &arguments);
}

/* ---- show ---- */

static void show_text(const struct taskyard_object *task, const char *title, const char *name)
{
    const char *text = taskyard_string(task, name);
    char *safe;

    if (text == NULL)
        return;
    safe = format_safe_lines(text, 15);
    printf("%-13s  %s\n", title, safe);
    free(safe);
}

static void show_time(const struct taskyard_object *task, const char *title, const char *name)
{
    char text[FORMAT_TIME_SIZE];

    if (taskyard_string(task, name) == NULL)
        return;
    format_time(taskyard_string(task, name), true, text);
    printf("%-13s  %s\n", title, text);
}

static void show_task(const struct taskyard_object *task)
{
    show_text(task, "id", "id");
    show_text(task, "type", "type");
    show_text(task, "status", "status");
    printf("%-13s  %d%%\n", "progress", (int)taskyard_int(task, "progress", 0));
    show_text(task, "doing", "progress_text");
    show_text(task, "creator", "creator_id");
    printf("%-13s  %d\n", "attempts", (int)taskyard_int(task, "attempt", 0));
    printf("%-13s  %d automatic of at most %d, %d by hand\n", "retries",
           (int)taskyard_int(task, "auto_retry_count", 0),
           (int)taskyard_int(task, "max_retries", 0), (int)taskyard_int(task, "retry_count", 0));
    show_time(task, "created", "created_at");
    show_time(task, "due", "due_at");
    show_time(task, "started", "started_at");
    show_time(task, "paused", "paused_at");
    show_time(task, "cancel asked", "cancel_requested_at");
    show_time(task, "finished", "finished_at");
    show_text(task, "payload", "payload");
    show_text(task, "result", "result");
    show_text(task, "error", "error");
    show_text(task, "artifact", "artifact_file_name");
    show_text(task, "artifact key", "artifact_file_key");
}

int cli_show(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser, .args_doc = "ID", .doc = "Show everything about a task."};
    char *given, id[ID_SIZE];
    struct cli_arguments arguments = {.values = &given, .least = 1, .room = 1};
    struct taskyard_error error;
    struct taskyard_object *task;
    int status;

    cli_parse(cli, &argp, argc, argv, &arguments);
    status = cli_resolve(cli, given, id);
    if (status != CLI_OK)
        return status;
    task = taskyard_get(cli->client, id, &error);
    if (task == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(task, false);
    else
        show_task(task);
    taskyard_object_free(task);
    return CLI_OK;
}
