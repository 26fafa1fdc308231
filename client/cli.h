/* SPDX-License-Identifier: MIT */
/* What the commands of the `taskyard` program share: global options, exit codes, errors, and the
 * list of commands. */
#ifndef CLIENT_CLI_H
#define CLIENT_CLI_H

#include "common/id.h"
#include <argp.h>
#include <stdbool.h>
#include <taskyard/client.h>

/* Documented in docs/cli.md: scripts rely on them. */
enum cli_exit {
    CLI_OK = 0,          /* done; with --wait: the task succeeded */
    CLI_FAILED = 1,      /* the task waited for has failed */
    CLI_USAGE = 2,       /* wrong arguments, unreadable input */
    CLI_NOT_FOUND = 3,   /* no such task, user or file */
    CLI_CANCELLED = 4,   /* the task waited for was cancelled */
    CLI_UNREACHABLE = 5, /* the supervisor or its database is away */
    CLI_REFUSED = 6      /* not allowed, in conflict, a bad value; a file that cannot be written */
};

struct cli {
    const char *socket_path; /* NULL: the library's default */
    bool json;
    struct taskyard_client *client; /* opened by cli_parse */
};

/* Parses a command's arguments, adding the global options to its own, then opens the client. Exits
 * on --help, --version and wrong usage. `argp` is that of the command, without children. */
void cli_parse(struct cli *cli, const struct argp *argp, int argc, char **argv, void *input);
const struct argp *cli_global_argp(void);

/* A parser for commands without options: stores up to `room` arguments, complains unless there are
 * at least `least`. */
struct cli_arguments {
    char **values; /* into argv */
    int least;
    int room;
    int count;
};
error_t cli_arguments_parser(int key, char *arg, struct argp_state *state);

/* Prints "taskyard: ..." on standard error. */
void cli_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Complains about a failed call, with what to do about it, and gives the exit code. */
int cli_fail(const struct cli *cli, const struct taskyard_error *error);
/* The exit code of a failed call. Pure. */
enum cli_exit cli_exit_of_error(const struct taskyard_error *error);
/* The exit code of a finished task. Pure. */
enum cli_exit cli_exit_of_status(const char *status);

/* Whole number of at most `most`, or a usage error that names the option. */
unsigned long cli_number(struct argp_state *state, const char *option, const char *text,
                         unsigned long least, unsigned long most);

/* Keeps the next word of a command that takes at most `most`; one more is a usage error. */
void cli_add_word(struct argp_state *state, char *words[], int *count, int most, char *word);

/* Prints an object as JSON: on several lines, or (line) on one. */
void cli_print_json(const struct taskyard_object *object, bool line);

/* The whole id of a task given by its id or by at least 6 first characters. CLI_OK, or the exit
 * code after a complaint. */
int cli_resolve(struct cli *cli, const char *given, char id[ID_SIZE]);

/* The id of a user given by name or id; "system" stays. The same kind of answer. */
int cli_resolve_user(struct cli *cli, const char *given, char id[ID_SIZE]);

/* Commands: argv[0] is "taskyard NAME". Each gives an exit code. */
int cli_create(struct cli *cli, int argc, char **argv);
int cli_list(struct cli *cli, int argc, char **argv);
int cli_show(struct cli *cli, int argc, char **argv);
int cli_logs(struct cli *cli, int argc, char **argv);
int cli_cancel(struct cli *cli, int argc, char **argv);
int cli_kill(struct cli *cli, int argc, char **argv);
int cli_pause(struct cli *cli, int argc, char **argv);
int cli_resume(struct cli *cli, int argc, char **argv);
int cli_retry(struct cli *cli, int argc, char **argv);
int cli_delete(struct cli *cli, int argc, char **argv);
int cli_watch(struct cli *cli, int argc, char **argv);
int cli_artifact(struct cli *cli, int argc, char **argv);
int cli_attempts(struct cli *cli, int argc, char **argv);
int cli_timeline(struct cli *cli, int argc, char **argv);
int cli_top(struct cli *cli, int argc, char **argv);
int cli_settings(struct cli *cli, int argc, char **argv);
int cli_types(struct cli *cli, int argc, char **argv);
int cli_reload(struct cli *cli, int argc, char **argv);
int cli_role(struct cli *cli, int argc, char **argv);
int cli_token(struct cli *cli, int argc, char **argv);
int cli_user(struct cli *cli, int argc, char **argv);
int cli_status(struct cli *cli, int argc, char **argv);
int cli_purge(struct cli *cli, int argc, char **argv);
int cli_doctor(struct cli *cli, int argc, char **argv);
int cli_drain(struct cli *cli, int argc, char **argv);
int cli_upgrade(struct cli *cli, int argc, char **argv);

#endif
