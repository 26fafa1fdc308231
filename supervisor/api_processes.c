/* SPDX-License-Identifier: MIT */
/* What a running task is doing, over HTTP. Which processes it has is found out on the loop; they
 * are looked at on the thread for slow work. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/http_call.h"
#include "supervisor/offload.h"
#include "supervisor/proc_call.h"
#include "supervisor/proc_sentence.h"
#include "supervisor/proc_summary.h"
#include "supervisor/run.h"
#include "supervisor/run_members.h"
#include "supervisor/runs.h"
#include "supervisor/service.h"

#include <stdio.h>
#include <stdlib.h>

struct job {
    struct http_call *call;
    uint64_t run_number;
    struct run_members members;
    struct proc_history history; /* the run's own, then the new one */
    struct proc_look looks[PROC_SUMMARY_MAX];
    unsigned depths[PROC_SUMMARY_MAX];
    size_t count;
};

static void add_call(json_object *object, const struct proc_look *look)
{
    const char *name = proc_call_name(look->call);
    char number[24];
    json_object *on;

    if (!look->in_call)
        return;
    snprintf(number, sizeof(number), "%ld", look->call);
    json_add_string(object, "system_call", name != NULL ? name : number);
    if (look->fd < 0)
        return;
    on = json_object_new_object();
    json_add_int(on, "fd", look->fd);
    json_add_string(on, "kind", proc_look_kind_name(look->fd_kind));
    json_add_string(on, "target", look->target);
    json_object_object_add(object, "waits_on", on);
}

static double rounded(double percent)
{
    return (double)(int64_t)(percent * 10 + 0.5) / 10;
}

static json_object *process_json(const struct proc_look *look, const struct proc_past *past,
                                 unsigned depth)
{
    json_object *object = json_object_new_object();
    const char state[] = {look->state, '\0'};

    json_add_int(object, "pid", look->pid);
    json_add_int(object, "ppid", look->parent);
    json_add_int(object, "depth", depth);
    json_add_string(object, "name", look->name);
    json_add_string(object, "command", look->command[0] != '\0' ? look->command : NULL);
    json_add_string(object, "state", state);
    json_object_object_add(object, "cpu_percent", json_object_new_double(rounded(past->percent)));
    json_add_int(object, "cpu_ms", look->cpu_ms);
    json_add_int(object, "memory_bytes", look->memory_bytes);
    json_add_int(object, "threads", look->threads);
    json_add_int(object, "age_ms", look->age_ms);
    json_add_string(object, "wait_channel",
                    look->wait_channel[0] != '\0' ? look->wait_channel : NULL);
    add_call(object, look);
    return object;
}

static void summarise(const struct job *job, const struct run *run, struct proc_summary *summary)
{
    struct proc_scene scene = {.looks = job->looks,
                               .history = &job->history,
                               .count = job->count,
                               .worker = run->pid,
                               .paused = run->task.paused_at_us != 0,
                               .now_ms = clock_ms(),
                               .silent_ms = clock_ms() - run->last_message_ms};

    proc_summary(&scene, summary);
}

static json_object *step_json(const struct proc_step *step)
{
    json_object *object = json_object_new_object();

    json_add_string(object, "code", proc_doing_code(step->doing));
    if (step->look != NULL)
        json_add_int(object, "pid", step->look->pid);
    if (step->for_ms > 0)
        json_add_int(object, "for_ms", step->for_ms);
    if (step->silent_ms > 0)
        json_add_int(object, "silent_ms", step->silent_ms);
    if (step->doing == PROC_DOING_BUSY)
        json_object_object_add(object, "cpu_percent",
                               json_object_new_double(rounded(step->percent)));
    return object;
}

/* The sentence, and what it is made of for who speaks another language. */
static void add_summary(json_object *object, const struct proc_summary *summary)
{
    json_object *steps = json_object_new_array();
    char *sentence = proc_sentence(summary);

    json_add_string(object, "summary", sentence);
    for (size_t i = 0; i < summary->count; i++)
        json_object_array_add(steps, step_json(&summary->steps[i]));
    json_object_object_add(object, "doing", steps);
    free(sentence);
}

static void reply(struct job *job, const struct run *run)
{
    json_object *object = json_object_new_object(), *array = json_object_new_array();
    struct proc_summary summary;

    summarise(job, run, &summary);
    add_summary(object, &summary);
    json_add_int(object, "attempt", run->task.attempt);
    json_add_string(object, "containment", run->leaf != NULL ? "cgroup" : "session");
    json_add_int(object, "last_message_ms", clock_ms() - run->last_message_ms);
    json_add_time(object, "paused_at", run->task.paused_at_us);
    json_add_int(object, "total", (int64_t)job->members.count);
    for (size_t i = 0; i < job->count; i++)
        json_object_array_add(array,
                              process_json(&job->looks[i], &job->history.rows[i], job->depths[i]));
    json_object_object_add(object, "processes", array);
    http_reply_data(job->call, object);
}

/* The attempt has no process. */
static void reply_idle(struct http_call *call, const char *code, const char *sentence)
{
    json_object *object = json_object_new_object(), *steps = json_object_new_array();
    json_object *step = json_object_new_object();

    json_add_string(step, "code", code);
    json_object_array_add(steps, step);
    json_add_string(object, "summary", sentence);
    json_object_object_add(object, "doing", steps);
    json_object_object_add(object, "processes", json_object_new_array());
    http_reply_data(call, object);
}

static void look_at_all(void *arg)
{
    struct job *job = arg;

    for (size_t i = 0; i < job->members.count && job->count < PROC_SUMMARY_MAX; i++)
        if (proc_look(&job->members.rows[i], &job->looks[job->count]))
            job->count++;
    proc_summary_sort(job->looks, job->depths, job->count);
    proc_history_add(&job->history, job->looks, job->count, clock_ms());
}

static void looked_cb(void *arg)
{
    struct job *job = arg;
    struct run *run = runs_by_number(http_call_app(job->call)->runs, job->run_number);

    if (run == NULL || run->phase == RUN_ENDED) {
        reply_idle(job->call, "not_running", "not running");
    } else {
        if (run->history == NULL)
            run->history = xmalloc(sizeof(*run->history));
        *run->history = job->history;
        reply(job, run);
    }
    run_members_free(&job->members);
    free(job);
}

static void begin(struct http_call *call, struct run *run)
{
    struct job *job = xcalloc(1, sizeof(*job));

    job->call = call;
    job->run_number = run->number;
    if (run->history != NULL)
        job->history = *run->history;
    run_members_read(run, &job->members);
    offload_run(http_call_app(call)->offload, look_at_all, looked_cb, job);
}

/* It does not run here, or does not exist. */
static void found_cb(void *arg, enum store_result result, const struct task *task)
{
    (void)task;
    if (result == STORE_OK)
        reply_idle(arg, "not_running", "not running");
    else
        http_reply_store(arg, result, "task");
}

void api_task_processes(struct http_call *call)
{
    const char *id = http_call_part(call, 0);
    struct run *run;

    if (!http_call_id_is_good(call))
        return;
    run = service_live_run(http_call_app(call), id, http_call_who(call));
    if (run == NULL)
        service_get(http_call_app(call), id, http_call_who(call), found_cb, call);
    else if (run->pid == 0)
        reply_idle(call, "being_started", "being started");
    else
        begin(call, run);
}
