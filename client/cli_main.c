/* SPDX-License-Identifier: MIT */
/* The `taskyard` program: global options, then one row of the command table. */
#include "client/cli.h"
#include "common/xalloc.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "taskyard " PACKAGE_VERSION;

struct command {
    const char *name;
    int (*run)(struct cli *cli, int argc, char **argv);
};

static const struct command commands[] = {
    {"create", cli_create},     {"list", cli_list},         {"show", cli_show},
    {"logs", cli_logs},         {"cancel", cli_cancel},     {"kill", cli_kill},
    {"pause", cli_pause},       {"resume", cli_resume},     {"retry", cli_retry},
    {"delete", cli_delete},     {"watch", cli_watch},       {"artifact", cli_artifact},
    {"attempts", cli_attempts}, {"timeline", cli_timeline}, {"top", cli_top},
    {"settings", cli_settings}, {"types", cli_types},       {"reload", cli_reload},
    {"user", cli_user},         {"role", cli_role},         {"token", cli_token},
    {"status", cli_status},     {"doctor", cli_doctor},     {"purge", cli_purge},
    {"drain", cli_drain},       {"upgrade", cli_upgrade},
};

static const char main_doc[] =
    "Create and follow background tasks, and look after their supervisor.\v"
    "Commands (each has its own --help):\n"
    "  create TYPE        create a task and print its id\n"
    "  list               list tasks, newest first\n"
    "  show ID            everything about a task\n"
    "  logs [-f] ID       what a task has written\n"
    "  watch [ID]         changes as they happen\n"
    "  cancel ID...       stop tasks\n"
    "  kill ID...         end stuck tasks at once\n"
    "  pause ID...        stop running tasks where they are\n"
    "  resume ID...       let them go on\n"
    "  retry ID...        run failed or cancelled tasks again\n"
    "  delete ID...       delete tasks\n"
    "  artifact ID        download the file a task has made\n"
    "  attempts ID        the executions of a task\n"
    "  top ID             what a running task is doing\n"
    "  timeline ID        what happened to a task, and who did it\n"
    "  status             the supervisor, its database and its workers\n"
    "  types              the task types that are loaded\n"
    "  reload             read the configuration and the type descriptors again\n"
    "  settings           show or change settings\n"
    "  user               add and change users\n"
    "  role               roles and their permissions\n"
    "  token              API tokens of users, for programs\n"
    "  doctor             look for what keeps the service from working\n"
    "  purge              remove old history now\n"
    "  drain              stop the supervisor gracefully\n"
    "  upgrade            replace its program; running tasks go on\n"
    "\n"
    "Instead of a task's whole ID its first characters will do, 6 or more.\n"
    "\n"
    "Exit status: 0 done (--wait: success), 1 the task failed, 2 wrong usage, 3 not found, 4 the "
    "task was cancelled, "
    "5 supervisor or database not reachable, 6 refused.";

struct main_input {
    struct cli *cli;
    const struct command *command;
    int rest; /* index in argv of the command's own arguments */
};

static const struct command *main_find(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static error_t main_parser(int key, char *arg, struct argp_state *state)
{
    struct main_input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = input->cli;
        return 0;
    case ARGP_KEY_ARG:
        if (strcmp(arg, "help") == 0)
            argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
        input->command = main_find(arg);
        if (input->command == NULL)
            argp_error(state, "there is no command \"%s\"", arg);
        input->rest = state->next;
        state->next = state->argc; /* the rest belongs to the command */
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which command?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Output that could not be written must not look like success. */
static int main_finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_complain("cannot write the output");
        return status == CLI_OK ? CLI_REFUSED : status;
    }
    return status;
}

static int main_run(struct main_input *input, int argc, char **argv)
{
    char *name = xasprintf("taskyard %s", input->command->name);
    char **rest = argv + input->rest - 1;
    int status;

    rest[0] = name; /* the slot of the command's name: what argp calls the program */
    status = input->command->run(input->cli, argc - input->rest + 1, rest);
    free(name);
    return status;
}

int main(int argc, char **argv)
{
    struct argp_child children[] = {{cli_global_argp(), 0, "Options of every command:", 0}, {0}};
    struct argp argp = {.parser = main_parser,
                        .args_doc = "COMMAND [ARGUMENT...]",
                        .doc = main_doc,
                        .children = children};
    struct cli cli = {0};
    struct main_input input = {.cli = &cli};
    int status;

    setlocale(LC_ALL, "");
    argp_err_exit_status = CLI_USAGE;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input);
    status = main_run(&input, argc, argv);
    taskyard_close(cli.client);
    return main_finish(status);
}
