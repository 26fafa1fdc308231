/* SPDX-License-Identifier: MIT */
/* Who watches which tasks. Each change of a task's status or progress is handed to its watchers at
 * once, from memory. Loop thread only. */
#ifndef SUPERVISOR_EVENTS_H
#define SUPERVISOR_EVENTS_H

#include "common/task.h"
#include <stdint.h>

struct events;
struct events_watch;

struct events *events_new(void);
void events_free(struct events *events); /* no watch may be left */

/* Tells the watchers of this task and of all tasks how it is now. */
void events_task(struct events *events, const struct task *task);

/* `json` is the task as an object without its payload; valid during the call. The watch may be
 * ended in it. */
typedef void (*events_fn)(void *arg, uint64_t number, const char *json);

/* task_id NULL: all tasks. */
struct events_watch *events_watch(struct events *events, const char *task_id, events_fn tell,
                                  void *arg);
void events_unwatch(struct events_watch *watch);

#endif
