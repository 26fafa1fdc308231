/* SPDX-License-Identifier: MIT */
/* Tables of what is kept of a run and of its type: of the type, what still matters once the worker
 * runs; the descriptor may have been changed or removed meanwhile. */
#include "supervisor/run_handover.h"
#include "common/fd_util.h"
#include "common/fields.h"
#include "common/hex.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/progress.h"
#include "supervisor/reaper.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"

#include <stdlib.h>
#include <string.h>

#define R(member) FIELD(struct run, member)
#define T(member) FIELD(struct task_type, member)

static const struct field run_fields[] = {
    R(number),
    R(task.row_id),
    R(task.type),
    R(task.progress),
    R(task.progress_text),
    R(task.payload),
    R(task.creator_id),
    R(task.artifact_file_key),
    R(task.artifact_file_name),
    R(task.attempt),
    R(task.retry_count),
    R(task.auto_retry_count),
    R(task.max_retries),
    R(task.crash_count),
    R(task.created_at_us),
    R(task.updated_at_us),
    R(task.due_at_us),
    R(task.started_at_us),
    R(task.cancel_requested_at_us),
    R(task.paused_at_us),
    R(pid),
    R(deleted),
    R(work_dir),
    R(started_ms),
    R(last_message_ms),
    R(result),
    R(error),
    R(said_error),
    R(said_cancelled),
    R(said_start_error),
    R(bad_result),
    R(artifact_path),
    R(artifact_name),
    R(refused),
    R(log_bytes),
    R(log_lines),
    R(log_dropped),
    R(last_error_line),
    R(stop),
    R(stop_actor),
    R(stop_address),
    R(killed_by),
    R(stop_ms),
    R(kill_ms),
    R(kills),
    R(processes),
    R(pause_ms),
    R(paused_ms),
    R(frozen),
    R(pause_actor),
    R(pause_address),
};
static const struct field type_fields[] = {
    T(name),
    T(max_retries),
    T(backoff_ms),
    T(backoff_max_ms),
    T(timeout_ms),
    T(stall_timeout_ms),
    T(grace_ms),
    T(on_interrupt),
    T(retry_on),
    T(limits.memory_bytes),
    T(limits.cpu_seconds),
    T(limits.processes),
    T(limits.open_files),
    T(limits.file_size_bytes),
};
#define RUN_FIELDS (sizeof(run_fields) / sizeof(run_fields[0]))
#define TYPE_FIELDS (sizeof(type_fields) / sizeof(type_fields[0]))

static const char *const pipe_names[RUN_STREAMS] = {"messages", "stdout", "stderr"};

/* ---- writing ---- */

static json_object *pipe_json(const struct run_pipe *pipe)
{
    json_object *object = json_object_new_object();
    struct wire_partial partial = wire_reader_partial(pipe->reader);
    char *bytes = xmalloc(2 * partial.size + 1); /* of a line that is not complete: anything */

    hex_write(bytes, partial.data, partial.size);
    json_add_int(object, "fd", pipe->fd);
    json_add_string(object, "partial", bytes);
    json_add_bool(object, "skipping", partial.skipping);
    free(bytes);
    return object;
}

json_object *run_handover_write(const struct run *run)
{
    json_object *object = json_object_new_object(), *type = json_object_new_object();

    fields_write(object, run, run_fields, RUN_FIELDS);
    json_add_string(object, "task.id", run->task.id);
    fields_write(type, run->type, type_fields, TYPE_FIELDS);
    json_object_object_add(object, "type", type);
    for (int stream = 0; stream < RUN_STREAMS; stream++)
        json_object_object_add(object, pipe_names[stream], pipe_json(&run->pipes[stream]));
    if (run->leaf != NULL)
        json_object_object_add(object, "leaf", cgroup_leaf_hand_over(run->leaf));
    return object;
}

void run_handover_keep(struct run *run, void *arg)
{
    const bool *keep = arg;

    for (int stream = 0; stream < RUN_STREAMS; stream++)
        if (run->pipes[stream].fd >= 0)
            fd_set_cloexec(run->pipes[stream].fd, !*keep);
}

/* ---- reading ---- */

static bool read_type(json_object *object, struct task_type *type, const char **wrong)
{
    json_object *policy;

    *wrong = "type";
    return json_object_object_get_ex(object, "type", &policy) &&
           fields_read(policy, type, type_fields, TYPE_FIELDS, wrong) && type->name != NULL;
}

static bool read_pipe(json_object *object, struct run_pipe *pipe, const char **wrong)
{
    const char *hex = NULL;
    int64_t fd = -1;
    json_object *part;
    struct wire_partial partial = {0};
    char *bytes;
    bool good;

    *wrong = pipe_names[pipe->stream];
    if (!json_object_object_get_ex(object, *wrong, &part) ||
        json_get_int(part, "fd", -1, INT32_MAX, &fd) != JSON_OK ||
        json_get_bool(part, "skipping", &partial.skipping) != JSON_OK ||
        json_get_string(part, "partial", &hex) != JSON_OK)
        return false;
    pipe->fd = (int)fd;
    pipe->reader = run_output_reader(pipe->stream);
    partial.size = strlen(hex) / 2;
    partial.data = bytes = xmalloc(partial.size + 1);
    good = hex_read(bytes, partial.size, hex) && wire_reader_resume(pipe->reader, &partial);
    free(bytes);
    return good;
}

static bool read_run(json_object *object, struct run *run, const char **wrong)
{
    const char *id = NULL;

    if (!fields_read(object, run, run_fields, RUN_FIELDS, wrong))
        return false;
    *wrong = "task.id";
    if (json_get_string(object, "task.id", &id) != JSON_OK || strlen(id) >= sizeof(run->task.id))
        return false;
    strcpy(run->task.id, id);
    for (int stream = 0; stream < RUN_STREAMS; stream++) {
        run->pipes[stream] = (struct run_pipe){.run = run, .stream = stream, .fd = -1};
        if (!read_pipe(object, &run->pipes[stream], wrong))
            return false;
    }
    *wrong = "number, pid, task.type, task.creator_id or work_dir";
    return run->number > 0 && run->pid > 1 && run->task.type != NULL &&
           run->task.creator_id != NULL && run->work_dir != NULL;
}

bool run_handover_is_good(json_object *object, const char **wrong)
{
    struct run run = {0};
    struct task_type type = {0};
    bool good = read_run(object, &run, wrong) && read_type(object, &type, wrong);

    for (int stream = 0; stream < RUN_STREAMS; stream++)
        wire_reader_free(run.pipes[stream].reader);
    fields_clear(&run, run_fields, RUN_FIELDS);
    fields_clear(&type, type_fields, TYPE_FIELDS);
    return good;
}

/* ---- going on ---- */

static bool take_leaf(struct run *run, json_object *object)
{
    json_object *leaf;

    if (!json_object_object_get_ex(object, "leaf", &leaf))
        return true;
    run->leaf = cgroup_leaf_take_over(run->app->cgroup, leaf, run->number);
    return run->leaf != NULL;
}

void run_handover_read(struct app *app, json_object *object)
{
    struct run *run = xcalloc(1, sizeof(*run));
    const char *wrong;

    run->app = app;
    run->type = xcalloc(1, sizeof(*run->type));
    run->type->references = 1;
    if (!read_run(object, run, &wrong) || !read_type(object, run->type, &wrong))
        fatal("a task that was left to this program cannot be read: %s", wrong);
    run->task.status = TASK_RUNNING;
    run->phase = RUN_RUNNING;
    runs_take_over(app->runs, run);
    runs_set_pid(app->runs, run, run->pid);
    if (!take_leaf(run, object) || !run_output_resume(run))
        fatal("task %s: its pipes or its cgroup are gone", run->task.id);
    reaper_watch(run);
    run_pause_resume(run);
    run_arm_timer(run);
    progress_changed(run); /* the last one may not have been stored */
}
