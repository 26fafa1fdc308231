/* SPDX-License-Identifier: MIT */
/* Starting a program of our own: the only place in the supervisor that makes a process; workers are
 * cloned by the template. Loop thread only. */
#ifndef SUPERVISOR_PROGRAM_H
#define SUPERVISOR_PROGRAM_H

#include <sys/types.h>

#define PROGRAM_FD 3

/* In a session of its own, with no signal blocked, `fd` as descriptor 3, standard output to our
 * standard error, and nothing else of ours but the environment that is given. 0 or an errno
 * (posix_spawn(3)). */
int program_start(char *const arguments[], char *const environment[], int fd, pid_t *pid);

#endif
