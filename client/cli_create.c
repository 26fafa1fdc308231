/* SPDX-License-Identifier: MIT */
/* `taskyard create`: one task or many, and waiting for them. */
#include "client/cli_create.h"
#include "client/cli.h"
#include "client/cli_payload.h"
#include "client/cli_wait.h"
#include "common/xalloc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_PAYLOAD = 0x200,
    OPTION_MAX_RETRIES,
    OPTION_CREATOR,
    OPTION_COUNT,
    OPTION_KEY,
    OPTION_WAIT
};

static const struct argp_option create_options[] = {
    {"payload", OPTION_PAYLOAD, "TEXT|@FILE|-", 0,
     "What the task is to work on: the text itself, a file's content, or standard input", 0},
    {"max-retries", OPTION_MAX_RETRIES, "N", 0, "Automatic retries (default: the type's)", 0},
    {"creator", OPTION_CREATOR, "USER", 0, "User name or id the task belongs to (default: system)",
     0},
    {"count", OPTION_COUNT, "N", 0, "Create N tasks like this; prints N lines", 0},
    {"idempotency-key", OPTION_KEY, "KEY", 0,
     "Creating again with the same key gives the first task again", 0},
    {"wait", OPTION_WAIT, NULL, 0, "Wait for the end; exit status 0 success, 1 failed, 4 cancelled",
     0},
    {0},
};

void create_defaults(struct create_arguments *arguments)
{
    memset(arguments, 0, sizeof(*arguments));
    arguments->max_retries = -1;
}

static error_t create_parser(int key, char *arg, struct argp_state *state)
{
    struct create_arguments *arguments = state->input;

    switch (key) {
    case OPTION_PAYLOAD:
        arguments->payload = arg;
        return 0;
    case OPTION_MAX_RETRIES:
        arguments->max_retries = (int)cli_number(state, "--max-retries", arg, 0, INT_MAX);
        return 0;
    case OPTION_CREATOR:
        arguments->creator = arg;
        return 0;
    case OPTION_COUNT:
        arguments->count = cli_number(state, "--count", arg, 1, 10000000);
        return 0;
    case OPTION_KEY:
        arguments->idempotency_key = arg;
        return 0;
    case OPTION_WAIT:
        arguments->wait = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->type != NULL)
            argp_error(state, "too many arguments: \"%s\"", arg);
        arguments->type = arg;
        return 0;
    case ARGP_KEY_END:
        if (arguments->type == NULL)
            argp_error(state, "which type? `taskyard types` lists them");
        if (arguments->count > 0 && arguments->idempotency_key != NULL)
            argp_error(state, "--idempotency-key is for one task, not for --count");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp *create_argp(void)
{
    static const struct argp argp = {.options = create_options,
                                     .parser = create_parser,
                                     .args_doc = "TYPE",
                                     .doc = "Create a task and print its id, alone on a line."};

    return &argp;
}

/* One task: printed at once, so that an interrupted wait leaves the id behind. */
static int create_one(struct cli *cli, const struct create_arguments *arguments,
                      const struct taskyard_create_options *options)
{
    struct taskyard_error error;
    struct taskyard_object *task = taskyard_create(cli->client, arguments->type, options, &error);
    const char *id = taskyard_string(task, "id");
    int status = CLI_OK;

    if (task == NULL)
        return cli_fail(cli, &error);
    if (id == NULL) {
        cli_complain("the supervisor answered without an id");
        status = CLI_UNREACHABLE;
    } else {
        if (!cli->json)
            puts(id);
        else if (!arguments->wait)
            cli_print_json(task, false);
        fflush(stdout);
        if (arguments->wait)
            status = wait_one(cli, id);
    }
    taskyard_object_free(task);
    return status;
}

/* The ids of a --count, kept for the final JSON of --wait. */
struct created {
    char (*ids)[ID_SIZE];
    size_t count;
};

static void create_print(const struct cli *cli, const struct taskyard_object *tasks, bool first,
                         bool keep, struct created *created)
{
    size_t i, count = taskyard_count(tasks);

    if (keep)
        created->ids = xrealloc(created->ids, created->count + count, sizeof(*created->ids));
    for (i = 0; i < count; i++) {
        const struct taskyard_object *task = taskyard_item(tasks, i);
        const char *id = taskyard_string(task, "id");

        if (keep)
            snprintf(created->ids[created->count + i], ID_SIZE, "%s", id != NULL ? id : "");
        else if (cli->json)
            printf("%s%s", first && i == 0 ? "[\n" : ",\n", taskyard_json(task, false));
        else if (id != NULL)
            puts(id);
    }
    created->count += count;
    fflush(stdout);
}

/* All of them in requests of at most TASKYARD_CREATE_MAX; what was created before a failure stays.
 */
static int create_batches(struct cli *cli, const struct create_arguments *arguments,
                          const struct taskyard_create_options *options, bool keep,
                          struct created *created)
{
    struct taskyard_error error;
    struct taskyard_object *tasks;
    unsigned long left = arguments->count;

    while (left > 0) {
        unsigned part = left < TASKYARD_CREATE_MAX ? (unsigned)left : TASKYARD_CREATE_MAX;

        tasks = taskyard_create_many(cli->client, arguments->type, options, part, &error);
        if (tasks == NULL)
            break;
        create_print(cli, tasks, left == arguments->count, keep, created);
        taskyard_object_free(tasks);
        left -= part;
    }
    if (cli->json && !keep)
        puts(created->count > 0 ? "\n]" : "[]");
    return left > 0 ? cli_fail(cli, &error) : CLI_OK;
}

static void create_print_ended(struct cli *cli, const struct created *created)
{
    size_t i;

    putchar('[');
    for (i = 0; i < created->count; i++) {
        struct taskyard_object *task = taskyard_get(cli->client, created->ids[i], NULL);

        if (task != NULL) /* a deleted one is left out */
            printf("%s\n%s", i > 0 ? "," : "", taskyard_json(task, false));
        taskyard_object_free(task);
    }
    puts("\n]");
}

static int create_many(struct cli *cli, const struct create_arguments *arguments,
                       struct taskyard_create_options *options)
{
    struct wait_many many = {0};
    struct created created = {0};
    bool keep = cli->json && arguments->wait;
    int status, waited;

    if (arguments->wait) {
        options->on_complete = wait_complete;
        options->on_complete_arg = &many;
    }
    status = create_batches(cli, arguments, options, keep, &created);
    many.expected = created.count;
    if (arguments->wait && created.count > 0) {
        waited = wait_many_run(cli, &many);
        status = status != CLI_OK ? status : waited;
    }
    if (keep)
        create_print_ended(cli, &created);
    free(created.ids);
    return status;
}

int cli_create(struct cli *cli, int argc, char **argv)
{
    struct create_arguments arguments;
    struct taskyard_create_options options = TASKYARD_CREATE_OPTIONS;
    char *payload = NULL, *why;
    int status;

    create_defaults(&arguments);
    cli_parse(cli, create_argp(), argc, argv, &arguments);
    if (arguments.payload != NULL && (payload = payload_read(arguments.payload, &why)) == NULL) {
        cli_complain("%s", why);
        free(why);
        return CLI_USAGE;
    }
    options.payload = payload;
    options.max_retries = arguments.max_retries;
    options.creator = arguments.creator;
    options.idempotency_key = arguments.idempotency_key;
    status = arguments.count > 0 ? create_many(cli, &arguments, &options)
                                 : create_one(cli, &arguments, &options);
    free(payload);
    return status;
}
