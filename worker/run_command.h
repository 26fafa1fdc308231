/* SPDX-License-Identifier: MIT */
/* Starts a command's program in a prepared clone. */
#ifndef WORKER_RUN_COMMAND_H
#define WORKER_RUN_COMMAND_H

#include "worker/types.h"

/* Never returns: becomes the program, or says in a start_error why not and exits with 127 or 126
 * (common/exitcode.h). */
_Noreturn void run_command(const struct worker_type *type, char **environment);

/* The sentence for a program that execve(2) refused with `error`, and the exit status in *status.
 * Caller frees. */
char *run_command_problem(const char *path, int error, int *status);

#endif
