/* SPDX-License-Identifier: MIT */
/* Runs a plugin's runner in a prepared clone. */
#ifndef WORKER_RUN_PLUGIN_H
#define WORKER_RUN_PLUGIN_H

#include "worker/types.h"

/* `environment` becomes the process's own. Never returns: ends the process with _exit(2), so that
 * nothing registered in the template runs. */
_Noreturn void run_plugin(const struct worker_type *type, const struct order_spawn *spawn,
                          char **environment);

#endif
