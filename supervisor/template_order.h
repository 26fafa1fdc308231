/* SPDX-License-Identifier: MIT */
/* The packets the supervisor sends to the template (common/order.h), as JSON objects the caller
 * releases; and the process that hears them. */
#ifndef SUPERVISOR_TEMPLATE_ORDER_H
#define SUPERVISOR_TEMPLATE_ORDER_H

#include <json-c/json.h>
#include <sys/types.h>

struct app;
struct run;
struct task_type;

json_object *template_order_type(const struct task_type *type);
json_object *template_order_spawn(const struct run *run, const char *mark_prefix);

/* Starts a template that hears orders on this socket. Returns 0 or an errno. */
int template_order_process(struct app *app, int socket, pid_t *pid);

#endif
