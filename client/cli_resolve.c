/* SPDX-License-Identifier: MIT */
/* Finds the task that a person means by the first characters of its id, and the user meant by a
 * name. */
#include "client/cli.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PREFIX_LEAST 6
#define PAGE_SIZE 100

/* The one task of the page whose id begins with the prefix, counted in *found. */
static const char *resolve_match(const struct taskyard_object *tasks, const char *prefix,
                                 size_t *found)
{
    const char *match = NULL;
    size_t i;

    *found = 0;
    for (i = 0; i < taskyard_count(tasks); i++) {
        const char *id = taskyard_string(taskyard_item(tasks, i), "id");

        if (id != NULL && strncasecmp(id, prefix, strlen(prefix)) == 0) {
            match = id;
            (*found)++;
        }
    }
    return match;
}

static int resolve_prefix(struct cli *cli, const char *prefix, char id[ID_SIZE])
{
    struct taskyard_filter filter = {.page_size = PAGE_SIZE, .search = prefix};
    struct taskyard_error error;
    struct taskyard_object *page = taskyard_list(cli->client, &filter, &error);
    const char *match;
    size_t found;

    if (page == NULL)
        return cli_fail(cli, &error);
    match = resolve_match(taskyard_member(page, "data"), prefix, &found);
    if (found == 1)
        snprintf(id, ID_SIZE, "%s", match);
    else if (found == 0)
        cli_complain("no task has an id that begins with %s", prefix);
    else
        cli_complain("%zu tasks have ids that begin with %s; give more of it", found, prefix);
    taskyard_object_free(page);
    if (found == 1)
        return CLI_OK;
    return found == 0 ? CLI_NOT_FOUND : CLI_USAGE;
}

int cli_resolve(struct cli *cli, const char *given, char id[ID_SIZE])
{
    size_t length = strlen(given);

    if (id_is_valid(given)) {
        snprintf(id, ID_SIZE, "%s", given);
        return CLI_OK;
    }
    if (length < PREFIX_LEAST || length >= ID_SIZE ||
        strspn(given, "0123456789abcdefABCDEF-") != length) {
        cli_complain("\"%s\" is neither the id of a task nor its first %d or more characters",
                     given, PREFIX_LEAST);
        return CLI_USAGE;
    }
    return resolve_prefix(cli, given, id);
}

/* Looks at one page of users; false at the last one. */
static bool resolve_user_page(const struct taskyard_object *page, const char *name,
                              char id[ID_SIZE])
{
    const struct taskyard_object *users = taskyard_member(page, "data");
    size_t i;

    for (i = 0; i < taskyard_count(users); i++) {
        const struct taskyard_object *user = taskyard_item(users, i);
        const char *username = taskyard_string(user, "username");

        if (username != NULL && strcmp(username, name) == 0)
            snprintf(id, ID_SIZE, "%s", taskyard_string(user, "id"));
    }
    return taskyard_count(users) == PAGE_SIZE;
}

int cli_resolve_user(struct cli *cli, const char *given, char id[ID_SIZE])
{
    struct taskyard_error error;
    unsigned number = 1;
    bool more = true;

    *id = '\0';
    if (strcmp(given, "system") == 0 || id_is_valid(given)) {
        snprintf(id, ID_SIZE, "%s", given);
        return CLI_OK;
    }
    while (more && *id == '\0') {
        struct taskyard_object *page =
            taskyard_users(cli->client, given, number++, PAGE_SIZE, &error);

        if (page == NULL)
            return cli_fail(cli, &error);
        more = resolve_user_page(page, given, id);
        taskyard_object_free(page);
    }
    if (*id == '\0')
        cli_complain("there is no user \"%s\"", given);
    return *id != '\0' ? CLI_OK : CLI_NOT_FOUND;
}
