/* SPDX-License-Identifier: MIT */
/* Who watches which tasks. Each change of a task's status or progress is handed to its watchers at
 * once, from memory; the newest ones are kept, so that a watcher who was away can be told what he
 * missed. Loop thread only. */
#ifndef SUPERVISOR_EVENTS_H
#define SUPERVISOR_EVENTS_H

#include "common/task.h"
#include <stdbool.h>
#include <stdint.h>

struct events;
struct events_watch;

struct events *events_new(void);
void events_free(struct events *events); /* no watch may be left */

/* Tells the watchers of this task how it is now. */
void events_task(struct events *events, const struct task *task);
/* The number of the newest event; they count from 1. */
uint64_t events_last(const struct events *events);
/* For an upgrade: they go on after this one. */
void events_set_last(struct events *events, uint64_t number);

/* `json` is the task as an object without its payload; valid during the call. The watch may be
 * ended in it, but for a call from events_replay(). */
typedef void (*events_fn)(void *arg, uint64_t number, const char *json);

/* What a watcher may see; NULL: it does not matter. Copied. */
struct events_filter {
    const char *task_id;
    const char *creator_id;
};
struct events_watch *events_watch(struct events *events, const struct events_filter *filter,
                                  events_fn tell, void *arg);
void events_unwatch(struct events_watch *watch);
/* Tells once more all that came after the event of this number. False if that is not known: there
 * was no such event, or too much has happened since. Then nothing is told. */
bool events_replay(struct events_watch *watch, uint64_t number);

#endif
