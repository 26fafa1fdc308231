/* SPDX-License-Identifier: MIT */
/* What one program of the supervisor leaves to the next when it is replaced in place (execve(2)):
 * a JSON object in a sealed file in memory (memfd_create(2)). Descriptors are told by number; they
 * stay open across the call. Times are those of CLOCK_MONOTONIC, which goes on. */
#ifndef SUPERVISOR_HANDOVER_H
#define SUPERVISOR_HANDOVER_H

#include <json-c/json.h>
#include <stdint.h>

/* To be raised with every change of what is left, here or in run_handover.c, and in common/order.h:
 * a program refuses what it does not know, and the one before it goes on. */
#define HANDOVER_FORMAT 2
#define HANDOVER_VARIABLE "TASKYARD_HANDOVER" /* the number of the descriptor */

/* Texts that are absent are NULL, descriptors -1. */
struct handover {
    unsigned format;
    int pid; /* ours: another process may not use it */
    char *version;
    char *state_dir, *node;
    char *incarnation;
    unsigned upgrades; /* of this process so far, with this one */
    int64_t began_ms;  /* when the last program stopped to claim */

    int lock_fd;
    int public_fd;
    char *listen; /* as in the configuration */
    int control_fd;
    char *control_socket;

    int template_pid, template_fd;
    char *cgroup_base; /* NULL: attempts are contained by session */
    unsigned last_leaf;
    unsigned last_work_dir;
    uint64_t last_run;
    uint64_t last_event;

    json_object *runs; /* an array: run_handover.h */
};

/* A descriptor that is closed on exec; -1 with errno set. */
int handover_write(const struct handover *handover);
/* NULL, with the reason in *why (static text), if it is none that we can use. The descriptor stays
 * the caller's. */
struct handover *handover_read(int fd, const char **why);
void handover_free(struct handover *handover);

#endif
