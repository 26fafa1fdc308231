/* SPDX-License-Identifier: MIT */
/* One thread for work that would hold up the loop: moving and hashing files, removing trees,
 * hashing passwords. */
#ifndef SUPERVISOR_OFFLOAD_H
#define SUPERVISOR_OFFLOAD_H

struct event_base;
struct offload;

struct offload *offload_new(struct event_base *base);
/* Finishes what is queued, without calling `done` any more, and joins the thread. */
void offload_free(struct offload *offload);

/* Waits until all that is queued has been worked on; each `done` still comes on the loop. */
void offload_finish(struct offload *offload);

/* Runs work(arg) on the thread, in the order of the calls, then done(arg) on the loop (NULL:
 * nothing). */
void offload_run(struct offload *offload, void (*work)(void *arg), void (*done)(void *arg),
                 void *arg);

#endif
