/* SPDX-License-Identifier: MIT */
/* `taskyard doctor`: the supervisor's program looks, since it knows the configuration, the
 * descriptors and the database. */
#include "client/cli.h"
#include "common/xalloc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct argp_option doctor_options[] = {
    {"config", 'c', "FILE", 0, "look at this configuration instead of the service's own", 0}, {0}};

static error_t doctor_parser(int key, char *arg, struct argp_state *state)
{
    char **config = state->input;

    if (key == ARGP_KEY_ARG)
        argp_usage(state);
    if (key != 'c')
        return ARGP_ERR_UNKNOWN;
    *config = xasprintf("--config=%s", arg);
    return 0;
}

int cli_doctor(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .options = doctor_options,
        .parser = doctor_parser,
        .doc = "Look for what keeps the service from working: configuration, types, rights, disk, "
               "limits, containment, database; and say what to do. As root, or as the account of "
               "the service. Exit status 0 if nothing keeps it from working."};
    char *config = NULL;

    (void)cli;
    argp_parse(&argp, argc, argv, 0, NULL, &config);
    execl(TASKYARD_SUPERVISOR, TASKYARD_SUPERVISOR, "--doctor", config, (char *)NULL);
    cli_complain("cannot run %s: %s", TASKYARD_SUPERVISOR, strerror(errno));
    return CLI_UNREACHABLE;
}
