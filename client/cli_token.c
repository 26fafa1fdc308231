/* SPDX-License-Identifier: MIT */
/* `taskyard token add|list|remove`. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "client/cli_grid.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_NAME = 0x200, OPTION_EXPIRES };

#define DAYS_MAX 36500

struct token_arguments {
    char *words[3]; /* verb, user, id */
    int count;
    const char *name;
    unsigned long days; /* 0: no end */
};

static const struct argp_option token_options[] = {
    {NULL, 0, NULL, 0, "add:", 1},
    {"name", OPTION_NAME, "TEXT", 0, "What the token is for (needed)", 1},
    {"expires", OPTION_EXPIRES, "DAYS", 0, "Days until it ends (default: it does not)", 1},
    {0},
};

static void token_check(struct argp_state *state, const struct token_arguments *arguments)
{
    const char *verb = arguments->count > 0 ? arguments->words[0] : "";
    int wanted = strcmp(verb, "add") == 0 || strcmp(verb, "list") == 0 ? 2
                 : strcmp(verb, "remove") == 0                         ? 3
                                                                       : 0;

    if (wanted == 0)
        argp_error(state, "add, list or remove?");
    if (wanted != arguments->count)
        argp_error(state, "it is: token %s USER%s", verb, wanted == 3 ? " ID" : "");
    if (strcmp(verb, "add") == 0 && arguments->name == NULL)
        argp_error(state, "--name must say what the token is for");
}

static error_t token_parser(int key, char *arg, struct argp_state *state)
{
    struct token_arguments *arguments = state->input;

    switch (key) {
    case OPTION_NAME:
        arguments->name = arg;
        return 0;
    case OPTION_EXPIRES:
        arguments->days = cli_number(state, "--expires", arg, 1, DAYS_MAX);
        return 0;
    case ARGP_KEY_ARG:
        cli_add_word(state, arguments->words, &arguments->count, 3, arg);
        return 0;
    case ARGP_KEY_END:
        token_check(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The token is printed here and nowhere else: the supervisor keeps a hash of it. */
static int token_add(struct cli *cli, const struct token_arguments *arguments)
{
    struct taskyard_error error;
    struct taskyard_object *token = taskyard_token_add(
        cli->client, arguments->words[1], arguments->name, (unsigned)arguments->days, &error);

    if (token == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(token, false);
    else
        puts(taskyard_string(token, "token"));
    taskyard_object_free(token);
    return CLI_OK;
}

static void token_add_row(struct grid *grid, const struct taskyard_object *token)
{
    static const char *const times[] = {"created_at", "seen_at", "expires_at"};
    char text[FORMAT_TIME_SIZE];

    grid_add(grid, taskyard_string(token, "name"));
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        format_time(taskyard_string(token, times[i]), false, text);
        grid_add(grid, text);
    }
    grid_add(grid, taskyard_string(token, "id"));
}

static int token_list(struct cli *cli, const struct token_arguments *arguments)
{
    struct taskyard_error error;
    struct taskyard_object *tokens = taskyard_tokens(cli->client, arguments->words[1], &error);
    struct grid *grid;

    if (tokens == NULL)
        return cli_fail(cli, &error);
    grid = grid_new("NAME|CREATED|LAST USED|ENDS|ID", 5);
    for (size_t i = 0; i < taskyard_count(tokens); i++)
        token_add_row(grid, taskyard_item(tokens, i));
    if (cli->json)
        cli_print_json(tokens, false);
    else if (grid_rows(grid) > 0)
        grid_print(grid, stdout);
    grid_free(grid);
    taskyard_object_free(tokens);
    return CLI_OK;
}

static int token_remove(struct cli *cli, const struct token_arguments *arguments)
{
    struct taskyard_error error;

    if (!taskyard_token_remove(cli->client, arguments->words[1], arguments->words[2], &error))
        return cli_fail(cli, &error);
    if (cli->json)
        puts("{\"removed\":true}");
    return CLI_OK;
}

int cli_token(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.options = token_options,
                                     .parser = token_parser,
                                     .args_doc = "add USER\nlist USER\nremove USER ID",
                                     .doc = "API tokens, with which programs act for a user."};
    struct token_arguments arguments = {.count = 0};

    cli_parse(cli, &argp, argc, argv, &arguments);
    if (strcmp(arguments.words[0], "add") == 0)
        return token_add(cli, &arguments);
    if (strcmp(arguments.words[0], "list") == 0)
        return token_list(cli, &arguments);
    return token_remove(cli, &arguments);
}
