/* SPDX-License-Identifier: MIT */
/* `--wait`: following tasks to their end, with a progress bar. */
#ifndef CLIENT_CLI_WAIT_H
#define CLIENT_CLI_WAIT_H

#include "client/cli.h"

/* Gives up when the supervisor has been away for so long. */
#define WAIT_AWAY_MAX_S 120

/* Waits for one task and says how it ended. Gives the exit code. */
int wait_one(struct cli *cli, const char *id);

/* Many tasks, counted through their callbacks. Set it up, create with wait_complete and the struct
 * as argument, then run. */
struct wait_many {
    size_t expected;
    size_t success, failed, cancelled;
};
void wait_complete(void *arg, const char *id, const char *status, const char *result,
                   const char *error);
/* Runs callbacks until all have ended, and says how. Gives the exit code. */
int wait_many_run(struct cli *cli, struct wait_many *many);

#endif
