/* SPDX-License-Identifier: MIT */
/* `taskyard user add|list|passwd|role|disable|enable|expire`. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "client/cli_grid.h"
#include "client/cli_secret.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_ROLE = 0x200, OPTION_EMAIL, OPTION_FULL_NAME, OPTION_PASSWORD_FILE, OPTION_KEYWORDS };

#define PAGE_SIZE 100

struct user_arguments {
    char *words[3]; /* verb, name, role */
    int count;
    const char *role;
    const char *email;
    const char *full_name;
    const char *password_file;
    const char *keywords;
};

static const struct argp_option user_options[] = {
    {NULL, 0, NULL, 0, "add:", 1},
    {"role", OPTION_ROLE, "ROLE", 0, "Role of the new user (admin, operator, viewer)", 1},
    {"email", OPTION_EMAIL, "ADDRESS", 0, "Its mail address", 1},
    {"full-name", OPTION_FULL_NAME, "NAME", 0, "Its name for people", 1},
    {NULL, 0, NULL, 0, "add and passwd:", 2},
    {"password-file", OPTION_PASSWORD_FILE, "FILE", 0,
     "First line is the password; - is standard input (default: asked for on the terminal)", 2},
    {NULL, 0, NULL, 0, "list:", 3},
    {"keywords", OPTION_KEYWORDS, "TEXT", 0,
     "Only users whose name, mail address or full name holds this", 3},
    {0},
};

static void user_check(struct argp_state *state, const struct user_arguments *arguments)
{
    static const struct {
        const char *verb;
        int words;
        const char *usage;
    } verbs[] = {{"add", 2, "add NAME"},         {"list", 1, "list"},
                 {"passwd", 2, "passwd NAME"},   {"role", 3, "role NAME ROLE"},
                 {"disable", 2, "disable NAME"}, {"enable", 2, "enable NAME"},
                 {"expire", 2, "expire NAME"}};
    size_t i;

    if (arguments->count == 0)
        argp_error(state, "add, list, passwd, role, disable, enable or expire?");
    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].verb, arguments->words[0]) != 0)
            continue;
        if (verbs[i].words != arguments->count)
            argp_error(state, "it is: user %s", verbs[i].usage);
        return;
    }
    argp_error(state, "\"%s\" is none of add, list, passwd, role, disable, enable, expire",
               arguments->words[0]);
}

static error_t user_parser(int key, char *arg, struct argp_state *state)
{
    struct user_arguments *arguments = state->input;

    switch (key) {
    case OPTION_ROLE:
        arguments->role = arg;
        return 0;
    case OPTION_EMAIL:
        arguments->email = arg;
        return 0;
    case OPTION_FULL_NAME:
        arguments->full_name = arg;
        return 0;
    case OPTION_PASSWORD_FILE:
        arguments->password_file = arg;
        return 0;
    case OPTION_KEYWORDS:
        arguments->keywords = arg;
        return 0;
    case ARGP_KEY_ARG:
        cli_add_word(state, arguments->words, &arguments->count, 3, arg);
        return 0;
    case ARGP_KEY_END:
        user_check(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int user_add(struct cli *cli, const struct user_arguments *arguments)
{
    char *password = secret_read(arguments->password_file);
    struct taskyard_user user = {.username = arguments->words[1],
                                 .email = arguments->email,
                                 .full_name = arguments->full_name,
                                 .role = arguments->role,
                                 .password = password};
    struct taskyard_error error;
    struct taskyard_object *added;

    if (password == NULL)
        return CLI_USAGE;
    added = taskyard_user_add(cli->client, &user, &error);
    secret_free(password);
    if (added == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(added, false);
    else if (taskyard_string(added, "id") != NULL)
        puts(taskyard_string(added, "id"));
    taskyard_object_free(added);
    return CLI_OK;
}

static char *user_roles(const struct taskyard_object *user)
{
    const struct taskyard_object *roles = taskyard_member(user, "roles");
    char *all = xstrdup("");
    size_t i;

    for (i = 0; i < taskyard_count(roles); i++) {
        const char *name = taskyard_string(taskyard_item(roles, i), "name");
        char *longer = xasprintf("%s%s%s", all, i > 0 ? "," : "", name != NULL ? name : "?");

        free(all);
        all = longer;
    }
    return all;
}

static void user_add_row(struct grid *grid, const struct taskyard_object *user)
{
    char *roles = user_roles(user), seen[FORMAT_TIME_SIZE];

    format_time(taskyard_string(user, "last_login"), false, seen);
    grid_add(grid, taskyard_string(user, "username"));
    grid_add(grid, roles);
    grid_add(grid, taskyard_string(user, "status"));
    grid_add(grid, taskyard_string(user, "email"));
    grid_add(grid, taskyard_string(user, "full_name"));
    grid_add(grid, seen);
    grid_add(grid, taskyard_string(user, "id"));
    free(roles);
}

static int user_list(struct cli *cli, const struct user_arguments *arguments)
{
    struct grid *grid = grid_new("NAME|ROLES|STATUS|EMAIL|FULL NAME|LAST LOGIN|ID", 7);
    struct taskyard_error error;
    size_t count, i, printed = 0;
    unsigned page_number = 1;
    int status = CLI_OK;

    do {
        struct taskyard_object *page =
            taskyard_users(cli->client, arguments->keywords, page_number++, PAGE_SIZE, &error);
        const struct taskyard_object *users = taskyard_member(page, "data");

        count = taskyard_count(users);
        if (page == NULL)
            status = cli_fail(cli, &error);
        for (i = 0; i < count; i++, printed++) {
            if (cli->json)
                printf("%s\n%s", printed > 0 ? "," : "[",
                       taskyard_json(taskyard_item(users, i), false));
            else
                user_add_row(grid, taskyard_item(users, i));
        }
        taskyard_object_free(page);
    } while (count == PAGE_SIZE);
    if (cli->json)
        puts(printed > 0 ? "\n]" : "[]");
    else if (status == CLI_OK)
        grid_print(grid, stdout);
    grid_free(grid);
    return status;
}

static int user_said(struct cli *cli, bool done, const struct taskyard_error *error)
{
    if (!done)
        return cli_fail(cli, error);
    if (cli->json)
        puts("{\"changed\":true}");
    return CLI_OK;
}

static int user_passwd(struct cli *cli, const struct user_arguments *arguments)
{
    char *password = secret_read(arguments->password_file);
    struct taskyard_error error;
    bool done;

    if (password == NULL)
        return CLI_USAGE;
    done = taskyard_user_set_password(cli->client, arguments->words[1], password, &error);
    secret_free(password);
    return user_said(cli, done, &error);
}

int cli_user(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.options = user_options,
                                     .parser = user_parser,
                                     .args_doc = "add NAME\nlist\npasswd NAME\nrole NAME ROLE\n"
                                                 "disable NAME\nenable NAME\nexpire NAME",
                                     .doc = "Add users, list them, set a password or the role, "
                                            "keep them out or let them in again, have them "
                                            "choose another password."};
    struct user_arguments arguments = {.count = 0};
    struct taskyard_error error;
    bool done;

    cli_parse(cli, &argp, argc, argv, &arguments);
    if (strcmp(arguments.words[0], "add") == 0)
        return user_add(cli, &arguments);
    if (strcmp(arguments.words[0], "list") == 0)
        return user_list(cli, &arguments);
    if (strcmp(arguments.words[0], "passwd") == 0)
        return user_passwd(cli, &arguments);
    if (strcmp(arguments.words[0], "disable") == 0 || strcmp(arguments.words[0], "enable") == 0) {
        done = taskyard_user_set_active(cli->client, arguments.words[1],
                                        arguments.words[0][0] == 'e', &error);
        return user_said(cli, done, &error);
    }
    if (strcmp(arguments.words[0], "expire") == 0) {
        done = taskyard_user_expire_password(cli->client, arguments.words[1], &error);
        return user_said(cli, done, &error);
    }
    done = taskyard_user_set_role(cli->client, arguments.words[1], arguments.words[2], &error);
    return user_said(cli, done, &error);
}
