/* SPDX-License-Identifier: MIT */
/* Plugins: shared objects with runners in them (<taskyard/task.h>).
 *
 * Every mapping of the template makes every clone slower: libmariadb with libssl and libcrypto
 * costs a sixth of the clones a second. So a plugin is first tried in a process of its own; the
 * template keeps it only if it brings no other library along, and otherwise the worker loads it. A
 * plugin that crashes or starts threads when it is loaded does so where it hurts nobody. */
#ifndef WORKER_PLUGIN_H
#define WORKER_PLUGIN_H

#include "taskyard/task.h"
#include <stdbool.h>

/* Tries a plugin in a process of its own. False with a fresh sentence in *why (caller frees) if it
 * cannot serve `type`. *alone: it needs no library that is not loaded already. Only for a process
 * with one thread. */
bool plugin_try(const char *path, const char *type, bool *alone, char **why);

/* Loads a plugin for good. NULL with a fresh sentence in *why (caller frees). */
const struct taskyard_runner *plugin_load(const char *path, const char *type, char **why);

#endif
