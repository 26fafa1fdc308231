/* SPDX-License-Identifier: MIT */
/* The supervisor's side of the template, the process that workers are cloned from (common/order.h).
 * Loop thread only. */
#ifndef SUPERVISOR_TEMPLATE_H
#define SUPERVISOR_TEMPLATE_H

#include "common/order.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct app;
struct run;
struct template;
struct type_registry;

/* The types the template could not load are taken out of `types`, each with its problem. After this
 * the registry is in use. NULL: the template did not get that far. Not called for a restart after a
 * crash of the template. */
typedef void (*template_ready_fn)(void *arg, struct type_registry *types);

struct template *template_new(struct app *app);
/* Tells the template to leave quietly. */
void template_free(struct template *template);

/* Starts a template with these types; the one in service goes on until the new one is ready and is
 * then told to leave. False with errno set if no process could be made. Takes over `types` only on
 * success. */
bool template_load(struct template *template, struct type_registry *types, template_ready_fn ready,
                   void *arg);

/* True while orders are taken. */
bool template_is_ready(const struct template *template);

/* Orders a worker for a run; run_spawned() is called with the answer. False with errno set if the
 * order could not be given. The descriptors stay the caller's. */
bool template_spawn(struct template *template, struct run *run, const int fds[ORDER_SPAWN_FDS]);

/* Orders that have not been answered: a child we do not know may be one of theirs. */
unsigned template_outstanding(const struct template *template);

/* True if the pid is a template's; the reaper tells such an end. */
bool template_owns(const struct template *template, pid_t pid);
void template_on_exit(struct template *template, pid_t pid, int wait_status);

/* For an upgrade: the process in service and its socket, which stay the template's. False if it is
 * not at rest: loading types, or with an order to answer. */
bool template_hand_over(const struct template *template, int *pid, int *fd);
/* The template of the program before us. It gets no orders; it watches over the workers until ours
 * is ready, and is then told to leave. */
void template_take_over(struct template *template, pid_t pid, int fd);

#endif
