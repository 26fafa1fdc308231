/* SPDX-License-Identifier: MIT */
/* `taskyard role`: what users may do. */
#include "client/cli.h"
#include "client/cli_grid.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_DESCRIPTION = 0x200, OPTION_NAME, OPTION_PERMISSION, OPTION_NO_PERMISSIONS };

#define PERMISSIONS_MAX 256

struct role_arguments {
    char *words[2]; /* verb, name */
    int count;
    const char *name;
    const char *description;
    const char *permissions[PERMISSIONS_MAX + 1]; /* NULL behind the last */
    size_t permission_count;
    bool no_permissions;
};

static const struct argp_option role_options[] = {
    {NULL, 0, NULL, 0, "add and set:", 1},
    {"description", OPTION_DESCRIPTION, "TEXT", 0, "What the role is for", 1},
    {"permission", OPTION_PERMISSION, "CODE", 0,
     "A permission, such as task:list; may be given several times. The ones given are all that the "
     "role has",
     1},
    {NULL, 0, NULL, 0, "set:", 2},
    {"name", OPTION_NAME, "NAME", 0, "A new name", 2},
    {"no-permissions", OPTION_NO_PERMISSIONS, NULL, 0, "Take all permissions away", 2},
    {0},
};

static void role_check(struct argp_state *state, const struct role_arguments *arguments)
{
    static const struct {
        const char *verb;
        int words;
        const char *usage;
    } verbs[] = {{"list", 1, "list"},
                 {"permissions", 1, "permissions"},
                 {"add", 2, "add NAME"},
                 {"set", 2, "set NAME"},
                 {"remove", 2, "remove NAME"}};

    if (arguments->count == 0)
        argp_error(state, "list, permissions, add, set or remove?");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].verb, arguments->words[0]) != 0)
            continue;
        if (verbs[i].words != arguments->count)
            argp_error(state, "it is: role %s", verbs[i].usage);
        return;
    }
    argp_error(state, "\"%s\" is none of list, permissions, add, set, remove", arguments->words[0]);
}

static error_t role_parser(int key, char *arg, struct argp_state *state)
{
    struct role_arguments *arguments = state->input;

    switch (key) {
    case OPTION_DESCRIPTION:
        arguments->description = arg;
        return 0;
    case OPTION_NAME:
        arguments->name = arg;
        return 0;
    case OPTION_PERMISSION:
        if (arguments->permission_count == PERMISSIONS_MAX)
            argp_error(state, "more than %d permissions", PERMISSIONS_MAX);
        arguments->permissions[arguments->permission_count++] = arg;
        return 0;
    case OPTION_NO_PERMISSIONS:
        arguments->no_permissions = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_add_word(state, arguments->words, &arguments->count, 2, arg);
        return 0;
    case ARGP_KEY_END:
        role_check(state, arguments);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- lists ---- */

static char *role_codes(const struct taskyard_object *role)
{
    const struct taskyard_object *permissions = taskyard_member(role, "permissions");
    char *all = xstrdup(""), *longer;

    for (size_t i = 0; i < taskyard_count(permissions); i++) {
        const char *code = taskyard_string(taskyard_item(permissions, i), "code");
        longer = xasprintf("%s%s%s", all, i > 0 ? " " : "", code != NULL ? code : "?");
        free(all);
        all = longer;
    }
    return all;
}

static void role_print(const struct taskyard_object *roles)
{
    struct grid *grid = grid_new("NAME|KIND|DESCRIPTION|PERMISSIONS", 4);

    for (size_t i = 0; i < taskyard_count(roles); i++) {
        const struct taskyard_object *role = taskyard_item(roles, i);
        char *codes = role_codes(role);
        grid_add(grid, taskyard_string(role, "name"));
        grid_add(grid, taskyard_string(role, "role_type"));
        grid_add(grid, taskyard_string(role, "description"));
        grid_add(grid, codes);
        free(codes);
    }
    grid_print(grid, stdout);
    grid_free(grid);
}

static void role_print_permissions(const struct taskyard_object *permissions)
{
    struct grid *grid = grid_new("CODE|DESCRIPTION", 2);

    for (size_t i = 0; i < taskyard_count(permissions); i++) {
        const struct taskyard_object *permission = taskyard_item(permissions, i);
        grid_add(grid, taskyard_string(permission, "code"));
        grid_add(grid, taskyard_string(permission, "description"));
    }
    grid_print(grid, stdout);
    grid_free(grid);
}

static int role_show(struct cli *cli, bool permissions)
{
    struct taskyard_error error;
    struct taskyard_object *rows = permissions ? taskyard_permissions(cli->client, &error)
                                               : taskyard_roles(cli->client, &error);

    if (rows == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(rows, false);
    else if (permissions)
        role_print_permissions(rows);
    else
        role_print(rows);
    taskyard_object_free(rows);
    return CLI_OK;
}

/* ---- changes ---- */

static int role_write(struct cli *cli, const struct role_arguments *arguments)
{
    bool adds = strcmp(arguments->words[0], "add") == 0;
    bool has_permissions = arguments->permission_count > 0 || arguments->no_permissions;
    struct taskyard_role role = {.name = adds ? arguments->words[1] : arguments->name,
                                 .description = arguments->description,
                                 .permissions = has_permissions ? arguments->permissions : NULL};
    struct taskyard_error error;
    struct taskyard_object *written =
        adds ? taskyard_role_add(cli->client, &role, &error)
             : taskyard_role_set(cli->client, arguments->words[1], &role, &error);

    if (written == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(written, false);
    taskyard_object_free(written);
    return CLI_OK;
}

static int role_remove(struct cli *cli, const char *name)
{
    struct taskyard_error error;

    if (!taskyard_role_remove(cli->client, name, &error))
        return cli_fail(cli, &error);
    if (cli->json)
        puts("{\"removed\":true}");
    return CLI_OK;
}

int cli_role(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .options = role_options,
        .parser = role_parser,
        .args_doc = "list\npermissions\nadd NAME\nset NAME\nremove NAME",
        .doc = "Roles and their permissions. Removing a role ends the sessions of its users."};
    struct role_arguments arguments = {.count = 0};

    cli_parse(cli, &argp, argc, argv, &arguments);
    if (strcmp(arguments.words[0], "list") == 0)
        return role_show(cli, false);
    if (strcmp(arguments.words[0], "permissions") == 0)
        return role_show(cli, true);
    if (strcmp(arguments.words[0], "remove") != 0)
        return role_write(cli, &arguments);
    return role_remove(cli, arguments.words[1]);
}
