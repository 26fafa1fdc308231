/* SPDX-License-Identifier: MIT */
/* Builds the packets for the template, and the environment it starts with. */
#include "supervisor/template_order.h"
#include "common/json_util.h"
#include "common/order.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/config.h"
#include "supervisor/program.h"
#include "supervisor/run.h"
#include "supervisor/type.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static void add_list(json_object *order, const char *key, char *const *list)
{
    json_object *array = json_object_new_array();

    for (; *list != NULL; list++)
        json_object_array_add(array, json_object_new_string(*list));
    json_object_object_add(order, key, array);
}

static void add_limit(json_object *limits, const char *key, int64_t value)
{
    if (value > 0)
        json_add_int(limits, key, value);
}

json_object *template_order_type(const struct task_type *type)
{
    json_object *order = json_object_new_object(), *limits = json_object_new_object();

    json_add_string(order, "op", "type");
    json_add_string(order, "name", type->name);
    json_add_string(order, "plugin", type->plugin);
    if (type->command != NULL)
        add_list(order, "command", type->command);
    add_list(order, "environment", type->environment);
    json_add_string(order, "user", type->user != NULL ? type->user : "");
    add_limit(limits, "memory_bytes", type->limits.memory_bytes);
    add_limit(limits, "cpu_seconds", type->limits.cpu_seconds);
    add_limit(limits, "processes", type->limits.processes);
    add_limit(limits, "open_files", type->limits.open_files);
    add_limit(limits, "file_size_bytes", type->limits.file_size_bytes);
    json_object_object_add(order, "limits", limits);
    if (type->no_network)
        json_add_string(order, "network", "none");
    if (type->read_only)
        json_add_bool(order, "read_only", true);
    return order;
}

json_object *template_order_spawn(const struct run *run, const char *mark_prefix)
{
    json_object *order = json_object_new_object();
    char *mark = xasprintf("%s-%016" PRIx64, mark_prefix, run->number);

    json_add_string(order, "op", "spawn");
    json_add_int(order, "run", (int64_t)run->number);
    json_add_string(order, "mark", mark);
    json_add_string(order, "type", run->task.type);
    json_add_string(order, "task", run->task.id);
    json_add_int(order, "attempt", run->task.attempt);
    json_add_string(order, "creator", run->task.creator_id);
    json_add_string(order, "work_dir", run->work_dir);
    free(mark);
    return order;
}

int template_order_process(struct app *app, int socket, pid_t *pid)
{
    char *arguments[] = {app->config->worker_program, NULL};
    char *mark = xasprintf("%s=%s-%016x", ORDER_MARK_VARIABLE, app->mark_prefix, 0);
    char *parent = xasprintf("TASKYARD_SUPERVISOR_PID=%d", (int)getpid());
    const char *attempts = cgroup_attempts_path(app->cgroup);
    char *cgroup = attempts != NULL ? xasprintf("%s=%s", ORDER_CGROUP_VARIABLE, attempts) : NULL;
    char *environment[] = {mark,           parent, "PATH=/usr/local/bin:/usr/bin:/bin",
                           "LANG=C.UTF-8", cgroup, NULL};
    int error = program_start(arguments, environment, socket, pid);

    free(mark);
    free(parent);
    free(cgroup);
    return error;
}
