/* SPDX-License-Identifier: MIT */
/* `taskyard settings`, `types`, `reload`, `purge` and `drain`. */
#include "client/cli.h"
#include "client/cli_grid.h"

#include <stdio.h>
#include <string.h>

#define SETTINGS_ARGUMENTS 3

static const char *settings_value(const struct taskyard_object *settings, const char *name)
{
    const struct taskyard_object *value = taskyard_member(settings, name);

    if (value == NULL)
        return NULL;
    return taskyard_text(value) != NULL ? taskyard_text(value) : taskyard_json(value, false);
}

static void settings_print_all(const struct taskyard_object *settings)
{
    struct grid *grid = grid_new("", 2);
    const char *name;
    size_t i;

    for (i = 0; (name = taskyard_name(settings, i)) != NULL; i++) {
        grid_add(grid, name);
        grid_add(grid, settings_value(settings, name));
    }
    grid_print(grid, stdout);
    grid_free(grid);
}

static int settings_print_one(const struct taskyard_object *settings, const char *name)
{
    const char *value = settings_value(settings, name);

    if (value == NULL) {
        cli_complain("there is no setting \"%s\"; `taskyard settings` lists them", name);
        return CLI_NOT_FOUND;
    }
    puts(value);
    return CLI_OK;
}

/* only: NULL, or the one asked for. */
static int settings_show(struct cli *cli, struct taskyard_object *settings,
                         const struct taskyard_error *error, const char *only)
{
    int status = CLI_OK;

    if (settings == NULL)
        return cli_fail(cli, error);
    if (cli->json)
        cli_print_json(settings, false);
    else if (only != NULL)
        status = settings_print_one(settings, only);
    else
        settings_print_all(settings);
    taskyard_object_free(settings);
    return status;
}

static error_t settings_parser(int key, char *arg, struct argp_state *state)
{
    struct cli_arguments *arguments = state->input;
    const char *verb = arguments->count > 0 ? arguments->values[0] : "get";

    if (key == ARGP_KEY_END && strcmp(verb, "get") != 0 && strcmp(verb, "set") != 0)
        argp_error(state, "\"%s\" is neither get nor set", verb);
    if (key == ARGP_KEY_END && strcmp(verb, "set") == 0 && arguments->count != 3)
        argp_error(state, "set needs a name and a value");
    if (key == ARGP_KEY_END && strcmp(verb, "get") == 0 && arguments->count > 2)
        argp_error(state, "get takes one name");
    return cli_arguments_parser(key, arg, state);
}

int cli_settings(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.parser = settings_parser,
                                     .args_doc = "[get [NAME]]\nset NAME VALUE",
                                     .doc = "Show or change settings. A change applies at once."};
    char *words[SETTINGS_ARGUMENTS] = {NULL};
    struct cli_arguments arguments = {.values = words, .room = SETTINGS_ARGUMENTS};
    struct taskyard_error error;
    struct taskyard_object *settings;

    cli_parse(cli, &argp, argc, argv, &arguments);
    if (arguments.count == 3)
        settings = taskyard_setting_set(cli->client, words[1], words[2], &error);
    else
        settings = taskyard_settings(cli->client, &error);
    return settings_show(cli, settings, &error, words[1]);
}

/* ---- types ---- */

static void types_add_seconds(struct grid *grid, const struct taskyard_object *type,
                              const char *name)
{
    double seconds = taskyard_number(type, name, 0);

    if (seconds > 0)
        grid_addf(grid, "%g s", seconds);
    else
        grid_add(grid, NULL);
}

/* What its tasks are kept from. */
static void types_add_isolation(struct grid *grid, const struct taskyard_object *type)
{
    const char *network = taskyard_string(type, "network");
    bool no_network = network != NULL && strcmp(network, "none") == 0;
    bool read_only = taskyard_bool(type, "read_only", false);

    if (no_network || read_only)
        grid_addf(grid, "%s%s%s", no_network ? "network" : "", no_network && read_only ? ", " : "",
                  read_only ? "writing" : "");
    else
        grid_add(grid, NULL);
}

static void types_print(const struct taskyard_object *types)
{
    struct grid *grid =
        grid_new("NAME|RUNNER|>RETRIES|>TIMEOUT|>STALL|>GRACE|INTERRUPTED|KEPT FROM|SOURCE", 9);
    size_t i;

    for (i = 0; i < taskyard_count(types); i++) {
        const struct taskyard_object *type = taskyard_item(types, i);

        grid_add(grid, taskyard_string(type, "name"));
        grid_add(grid, taskyard_string(type, "runner"));
        grid_addf(grid, "%lld", (long long)taskyard_int(type, "max_retries", 0));
        types_add_seconds(grid, type, "timeout");
        types_add_seconds(grid, type, "stall_timeout");
        types_add_seconds(grid, type, "grace");
        grid_add(grid, taskyard_string(type, "on_interrupt"));
        types_add_isolation(grid, type);
        grid_add(grid, taskyard_string(type, "source"));
    }
    grid_print(grid, stdout);
    grid_free(grid);
}

int cli_types(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.parser = cli_arguments_parser,
                                     .doc = "List the task types that are loaded."};
    struct cli_arguments arguments = {0};
    struct taskyard_error error;
    struct taskyard_object *types;

    cli_parse(cli, &argp, argc, argv, &arguments);
    types = taskyard_types(cli->client, &error);
    if (types == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(types, false);
    else
        types_print(types);
    taskyard_object_free(types);
    return CLI_OK;
}

/* `listen` and so on, one line each behind what is said of all of them. */
static void setting_names_print(const struct taskyard_object *names, const char *what)
{
    for (size_t i = 0; i < taskyard_count(names); i++)
        printf("%s: %s\n", what, taskyard_text(taskyard_item(names, i)));
}

static void reload_print(const struct taskyard_object *answer)
{
    const struct taskyard_object *problems = taskyard_member(answer, "problems");
    const char *message = taskyard_string(answer, "message");
    size_t i;

    if (message != NULL)
        puts(message);
    setting_names_print(taskyard_member(answer, "changed"), "changed");
    setting_names_print(taskyard_member(answer, "restart_needed"), "changes with a restart");
    for (i = 0; i < taskyard_count(problems); i++) {
        const struct taskyard_object *problem = taskyard_item(problems, i);

        cli_complain("%s", taskyard_text(problem) != NULL ? taskyard_text(problem)
                                                          : taskyard_json(problem, false));
    }
}

/* REFUSED if the configuration or a descriptor is wrong: the other descriptors are loaded all the
 * same. */
int cli_reload(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .doc = "Read the configuration and the type descriptors again. Exit status 6 if one of "
               "them is wrong; a wrong configuration changes nothing, other descriptors are "
               "loaded all the same."};
    struct cli_arguments arguments = {0};
    struct taskyard_error error;
    struct taskyard_object *answer;
    int status;

    cli_parse(cli, &argp, argc, argv, &arguments);
    answer = taskyard_types_reload(cli->client, &error);
    if (answer == NULL)
        return cli_fail(cli, &error);
    if (cli->json)
        cli_print_json(answer, false);
    else
        reload_print(answer);
    status = taskyard_count(taskyard_member(answer, "problems")) > 0 ? CLI_REFUSED : CLI_OK;
    taskyard_object_free(answer);
    return status;
}

/* Until nothing is left to remove: the sums of what each call has told. */
int cli_purge(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .doc = "Remove what is older than the settings say, and print how much that was."};
    static const char *const names[] = {"tasks", "artifacts", "log_lines", "audit_events"};
    struct cli_arguments arguments = {0};
    struct taskyard_error error;
    struct taskyard_object *purged;
    long long sums[4] = {0};
    bool more;

    cli_parse(cli, &argp, argc, argv, &arguments);
    do {
        purged = taskyard_purge(cli->client, &error);
        if (purged == NULL)
            return cli_fail(cli, &error);
        for (size_t i = 0; i < 4; i++)
            sums[i] += taskyard_int(purged, names[i], 0);
        more = taskyard_bool(purged, "more", false);
        taskyard_object_free(purged);
    } while (more);
    printf(cli->json
               ? "{\"tasks\":%lld,\"artifacts\":%lld,\"log_lines\":%lld,\"audit_events\":%lld}\n"
               : "removed %lld tasks, %lld artifacts, %lld log lines, %lld audit events\n",
           sums[0], sums[1], sums[2], sums[3]);
    return CLI_OK;
}

int cli_drain(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .doc = "Stop the supervisor as SIGTERM does: it takes no new tasks, gives running ones "
               "the drain time, and ends."};
    struct cli_arguments arguments = {0};
    struct taskyard_error error;

    cli_parse(cli, &argp, argc, argv, &arguments);
    if (!taskyard_drain(cli->client, &error))
        return cli_fail(cli, &error);
    puts(cli->json ? "{\"draining\":true}" : "draining");
    return CLI_OK;
}
