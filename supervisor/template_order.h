/* SPDX-License-Identifier: MIT */
/* The packets the supervisor sends to the template (common/order.h), as JSON objects the caller
 * releases. */
#ifndef SUPERVISOR_TEMPLATE_ORDER_H
#define SUPERVISOR_TEMPLATE_ORDER_H

#include <json-c/json.h>

struct run;
struct task_type;

json_object *template_order_type(const struct task_type *type);
json_object *template_order_spawn(const struct run *run, const char *mark_prefix);

#endif
