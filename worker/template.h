/* SPDX-License-Identifier: MIT */
/* The template's loop: an order in, a clone out. One thread, no secret, nothing open but the order
 * socket. */
#ifndef WORKER_TEMPLATE_H
#define WORKER_TEMPLATE_H

#include <sys/types.h>

struct template_config {
    int socket;         /* SOCK_SEQPACKET, to the supervisor (common/order.h) */
    pid_t supervisor;   /* our parent, and that of every clone */
    const char *cgroup; /* the directory of all attempts' cgroups, NULL: they have none */
    char *mark; /* the value of TASKYARD_MARK in the process's own memory: clones overwrite it */
};

/* Serves orders until the supervisor hangs up, then ends what is left of its tasks. Returns the
 * exit status. */
int template_serve(const struct template_config *config);

#endif
