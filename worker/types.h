/* SPDX-License-Identifier: MIT */
/* The types that the template knows: told once by the supervisor, loaded once, the same until the
 * template ends. */
#ifndef WORKER_TYPES_H
#define WORKER_TYPES_H

#include "taskyard/task.h"
#include "worker/identity.h"
#include "worker/order.h"

struct worker_type {
    char *name;
    char *plugin;                         /* path, or NULL for a command */
    const struct taskyard_runner *runner; /* of the plugin if the template holds it, else NULL */
    char **command;                       /* NULL-terminated argv, or NULL for a plugin */
    char **environment;                   /* NULL-terminated, never NULL */
    struct identity identity;
    struct order_limits limits;
    struct isolation isolation;
};

struct worker_types;
struct worker_types *worker_types_new(void);
void worker_types_free(struct worker_types *types); /* plugins stay loaded */

/* Loads a type. False with a fresh sentence in *why (caller frees): no such user, plugin not
 * loadable, wrong ABI number, no runner of that name, ... */
bool worker_types_load(struct worker_types *types, const struct order_type *order, char **why);

/* NULL if there is none. Valid as long as the set. */
const struct worker_type *worker_types_find(const struct worker_types *types, const char *name);

#endif
