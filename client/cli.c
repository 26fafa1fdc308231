/* SPDX-License-Identifier: MIT */
/* What all commands share: option parsing over argp, errors with advice, exit codes. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "common/xalloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_SOCKET = 0x100, OPTION_JSON };

static const struct argp_option global_options[] = {
    {"socket", OPTION_SOCKET, "PATH", 0,
     "Control socket of the supervisor (default: $TASKYARD_SOCKET, or " TASKYARD_DEFAULT_SOCKET ")",
     0},
    {"json", OPTION_JSON, NULL, 0, "Print JSON, for programs", 0},
    {NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0},
    {0},
};

static error_t global_parser(int key, char *arg, struct argp_state *state)
{
    struct cli *cli = state->input;

    switch (key) {
    case OPTION_SOCKET:
        if (*arg == '\0')
            argp_error(state, "--socket: the path is empty");
        cli->socket_path = arg;
        return 0;
    case OPTION_JSON:
        cli->json = true;
        return 0;
    case 'h':
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp *cli_global_argp(void)
{
    static const struct argp argp = {.options = global_options, .parser = global_parser};

    return &argp;
}

/* A command's parser and its input, wrapped so that the global options reach struct cli. */
struct wrapped {
    struct cli *cli;
    argp_parser_t parser;
    void *input;
};

static error_t wrapped_parser(int key, char *arg, struct argp_state *state)
{
    struct wrapped *wrapped = state->input;
    error_t result = ARGP_ERR_UNKNOWN;

    if (key == ARGP_KEY_INIT)
        state->child_inputs[0] = wrapped->cli;
    state->input = wrapped->input;
    if (wrapped->parser != NULL)
        result = wrapped->parser(key, arg, state);
    state->input = wrapped;
    return result;
}

void cli_parse(struct cli *cli, const struct argp *argp, int argc, char **argv, void *input)
{
    struct argp_child children[] = {{cli_global_argp(), 0, "Options of every command:", 0}, {0}};
    struct wrapped wrapped = {.cli = cli, .parser = argp->parser, .input = input};
    struct argp whole = *argp;
    struct taskyard_error error;

    whole.parser = wrapped_parser;
    whole.children = children;
    argp_parse(&whole, argc, argv, 0, NULL, &wrapped);
    cli->client = taskyard_open(cli->socket_path, &error);
    if (cli->client == NULL)
        exit(cli_fail(cli, &error));
}

error_t cli_arguments_parser(int key, char *arg, struct argp_state *state)
{
    struct cli_arguments *arguments = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (arguments->count == arguments->room)
            argp_error(state, "too many arguments: \"%s\"", arg);
        arguments->values[arguments->count++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (arguments->count < arguments->least)
            argp_error(state, "too few arguments");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void cli_complain(const char *format, ...)
{
    va_list arguments;
    char *text, *safe;

    va_start(arguments, format);
    text = xvasprintf(format, arguments);
    va_end(arguments);
    safe = format_safe(text, 0);
    fflush(stdout);
    fprintf(stderr, "taskyard: %s\n", safe);
    free(safe);
    free(text);
}

static const char *cli_advice(const struct cli *cli, const struct taskyard_error *error)
{
    if (error->kind != TASKYARD_ERROR_UNREACHABLE)
        return "";
    if (cli->client != NULL && access(taskyard_socket_path(cli->client), W_OK) == -1 &&
        errno == EACCES)
        return "; be root, the account of the service, or in the group that control_group names";
    return "; is it running? Use --socket or TASKYARD_SOCKET";
}

enum cli_exit cli_exit_of_error(const struct taskyard_error *error)
{
    switch (error->kind) {
    case TASKYARD_ERROR_NONE:
        return CLI_OK;
    case TASKYARD_ERROR_ANSWERED:
        if (error->http_status == 404)
            return CLI_NOT_FOUND;
        return error->http_status >= 500 ? CLI_UNREACHABLE : CLI_REFUSED;
    case TASKYARD_ERROR_ARGUMENT:
        return CLI_USAGE;
    case TASKYARD_ERROR_WRITE:
        return CLI_REFUSED;
    default:
        return CLI_UNREACHABLE;
    }
}

int cli_fail(const struct cli *cli, const struct taskyard_error *error)
{
    if (error->code[0] != '\0')
        cli_complain("%s (%s)", error->message, error->code);
    else
        cli_complain("%s%s", error->message, cli_advice(cli, error));
    return cli_exit_of_error(error);
}

enum cli_exit cli_exit_of_status(const char *status)
{
    if (status != NULL && strcmp(status, "success") == 0)
        return CLI_OK;
    return status != NULL && strcmp(status, "cancelled") == 0 ? CLI_CANCELLED : CLI_FAILED;
}

unsigned long cli_number(struct argp_state *state, const char *option, const char *text,
                         unsigned long least, unsigned long most)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || value < least || value > most)
        argp_error(state, "%s: \"%s\" is not a whole number from %lu to %lu", option, text, least,
                   most);
    return value;
}

void cli_add_word(struct argp_state *state, char *words[], int *count, int most, char *word)
{
    if (*count == most)
        argp_error(state, "too many arguments: \"%s\"", word);
    words[(*count)++] = word;
}

void cli_print_json(const struct taskyard_object *object, bool line)
{
    puts(taskyard_json(object, !line));
    if (line)
        fflush(stdout);
}
