/* SPDX-License-Identifier: MIT */
/* A plugin for the tests: one type for each thing that a runner can do right or wrong. */
#include <taskyard/task.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything the host tells, as a result. */
static int run_probe(struct taskyard_task *task, void *runner)
{
    size_t size = 99;
    const char *payload = taskyard_task_payload(task, &size);
    char json[2048], file[4096];

    (void)runner;
    taskyard_progress(task, 10, "begun");
    taskyard_progress(task, 10, "begun");
    printf("a line of standard output\n");
    taskyard_log(task, TASKYARD_WARN, "line %d\nline %d", 1, 2);
    snprintf(json, sizeof(json),
             "{\"id\":\"%s\",\"type\":\"%s\",\"attempt\":%d,\"creator\":\"%s\",\"payload\":\"%s\","
             "\"size\":%zu,\"mark\":\"%s\",\"secret\":%s,\"parent\":%d,\"session\":%s}",
             taskyard_task_id(task), taskyard_task_type(task), taskyard_task_attempt(task),
             taskyard_task_creator(task), payload != NULL ? payload : "(none)", size,
             getenv("TASKYARD_MARK"), getenv("SECRET") != NULL ? "true" : "false", (int)getppid(),
             getsid(0) == getpid() ? "true" : "false");
    taskyard_set_result(task, json);
    snprintf(file, sizeof(file), "%s/report.csv", taskyard_task_work_dir(task));
    taskyard_artifact(task, file, "r.csv");
    printf("refused: %d %d\n", taskyard_artifact(task, "/etc/passwd", NULL),
           taskyard_artifact(task, "a/../../b", NULL));
    printf("no newline at the end");
    return TASKYARD_OK;
}

static int run_wait(struct taskyard_task *task, void *runner)
{
    (void)runner;
    taskyard_progress(task, 1, "waiting");
    while (!taskyard_cancelled(task))
        usleep(10000);
    return TASKYARD_CANCELLED;
}

static int run_fail(struct taskyard_task *task, void *runner)
{
    (void)runner;
    return taskyard_fail(task, "the %s is %s", "printer", "on fire");
}

static int run_bad_result(struct taskyard_task *task, void *runner)
{
    (void)runner;
    return taskyard_set_result(task, "{\"half\":") == -1 ? TASKYARD_OK : TASKYARD_FAILED;
}

static int run_odd_return(struct taskyard_task *task, void *runner)
{
    (void)task;
    (void)runner;
    return 17;
}

static int run_crash(struct taskyard_task *task, void *runner)
{
    (void)task;
    (void)runner;
    signal(SIGABRT, SIG_DFL);
    abort();
}

static const char *create_refused(struct taskyard_task *task, void **runner)
{
    (void)task;
    (void)runner;
    return "out of paper";
}

static const char *create_text(struct taskyard_task *task, void **runner)
{
    (void)task;
    *runner = strdup("made before");
    return NULL;
}

static int run_made(struct taskyard_task *task, void *runner)
{
    taskyard_log(task, TASKYARD_INFO, "%s", (const char *)runner);
    return TASKYARD_OK;
}

static void destroy_text(void *runner)
{
    printf("destroyed: %s\n", (const char *)runner);
    free(runner);
}

static void *report(void *task)
{
    for (int i = 0; i < 500; i++)
        taskyard_log(task, TASKYARD_DEBUG, "0123456789012345678901234567890123456789");
    return NULL;
}

static int run_threads(struct taskyard_task *task, void *runner)
{
    pthread_t threads[4];

    (void)runner;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, report, task);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return TASKYARD_OK;
}

#ifdef PROBE_NEEDS_UUID
#include <uuid.h>

/* Makes this a plugin with a library of its own, beside those of the template. */
void (*const probe_needs)(uuid_t) = uuid_generate;
#endif

static const struct taskyard_runner runners[] = {
    {.type = "probe", .run = run_probe},
    {.type = "wait", .run = run_wait},
    {.type = "fail", .run = run_fail},
    {.type = "bad_result", .run = run_bad_result},
    {.type = "odd_return", .run = run_odd_return},
    {.type = "crash", .run = run_crash},
    {.type = "refused", .run = run_made, .create = create_refused},
    {.type = "made", .run = run_made, .create = create_text, .destroy = destroy_text},
    {.type = "threads", .run = run_threads},
    {.type = NULL},
};

TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
