/* SPDX-License-Identifier: MIT */
/* What a type keeps from its tasks beside limits: the network, and all files but those of the work
 * directory. Both by namespaces of the kernel; with privilege of one's own (CAP_SYS_ADMIN, for the
 * network CAP_NET_ADMIN too), else in a user namespace, where the kernel gives these to everybody.
 * Never without: what cannot be had is an error. */
#ifndef WORKER_ISOLATION_H
#define WORKER_ISOLATION_H

#include <stdbool.h>

struct isolation {
    bool no_network; /* a network of its own with nothing but a loopback interface */
    bool read_only;  /* every file system, but for the work directory */
};

bool isolation_is_wanted(const struct isolation *isolation);

/* True if this process may make namespaces by itself: then isolation_enter() comes before the
 * privilege is given up, else after. */
bool isolation_is_privileged(const struct isolation *isolation);

/* In a clone, with one thread: enters them. `work_dir` exists. False with errno, and the step that
 * failed in *what (static text). Without privilege it leaves the process with every capability in
 * its user namespace: identity_drop() follows. */
bool isolation_enter(const struct isolation *isolation, const char *work_dir, const char **what);

/* In the template: tries it in a process of its own. False with a fresh sentence in *why (caller
 * frees) that names the setting and says what to do. */
bool isolation_try(const struct isolation *isolation, char **why);

#endif
