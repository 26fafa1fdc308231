/* SPDX-License-Identifier: MIT */
/* The completion side of a client: who waits for which task, and the running of callbacks, in the
 * caller's loop or in a thread. The model is described in <taskyard/client.h>. Any thread, except
 * complete_free. */
#ifndef CLIENT_COMPLETE_H
#define CLIENT_COMPLETE_H

#include "client/complete_table.h"
#include <stdbool.h>
#include <stdint.h>

struct complete;

#define COMPLETE_UNKNOWN TABLE_UNKNOWN

/* NULL with errno set. */
struct complete *complete_new(const char *socket_path);
/* Stops the thread, drops what has not run. NULL is fine. */
void complete_free(struct complete *complete);

/* Around the request that creates tasks; complete_add for each of them in between. */
uint64_t complete_begin(struct complete *complete);
void complete_add(struct complete *complete, uint64_t since, const struct taskyard_object *task,
                  taskyard_complete_fn fn, void *arg);
void complete_end(struct complete *complete);

int complete_fd(const struct complete *complete);
int complete_run(struct complete *complete, int timeout_ms); /* -1 with EBUSY */
bool complete_start_thread(struct complete *complete);       /* false with errno set */
size_t complete_outstanding(struct complete *complete);

#endif
