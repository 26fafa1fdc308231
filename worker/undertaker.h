/* SPDX-License-Identifier: MIT */
/* What the template does when its supervisor is gone: ends every process that belongs to that life
 * of the supervisor. */
#ifndef WORKER_UNDERTAKER_H
#define WORKER_UNDERTAKER_H

#include <sys/types.h>

#define UNDERTAKER_INCARNATION_LENGTH 32

/* Kills what lives in the cgroup directory `cgroup` (NULL: none) and below, every process whose
 * mark begins with these 32 characters, every process in the session of one, and every descendant
 * of one, except ourselves and `spared`, until two looks in a row find none, for 10 seconds at
 * most. Returns how many it signalled. */
unsigned undertaker_bury(const char *incarnation, pid_t spared, const char *cgroup);

#endif
