/* SPDX-License-Identifier: MIT */
/* The functions behind <taskyard/task.h>: what a plugin's runner says becomes lines on
 * descriptor 3. Lives in the clone. */
#ifndef WORKER_SDK_H
#define WORKER_SDK_H

#include "common/wire.h"
#include "taskyard/task.h"
#include "worker/order.h"

/* One task per process. Strings of `spawn` are borrowed. */
struct taskyard_task *sdk_task_new(const struct order_spawn *spawn);
void sdk_task_free(struct taskyard_task *task);

/* Makes SIGTERM set the flag that taskyard_cancelled() reads. No SA_RESTART: waiting calls return
 * EINTR. */
void sdk_catch_sigterm(void);

/* Says how the runner ended, from what it returned and what it said before; gives the exit status
 * of the process. */
int sdk_finish(struct taskyard_task *task, int returned);

/* Writes one message to descriptor 3, in one piece also when several threads talk. A supervisor
 * that is gone ends the process by SIGPIPE, or is ignored where the runner ignores that signal. */
void sdk_send(const struct wire_message *message);

/* Writes {"start_error": ...}; for the clone before its program or runner has begun. */
void sdk_start_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
