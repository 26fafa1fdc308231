/* SPDX-License-Identifier: MIT */
/* Taskyard: the header for authors of task types in C or C++ (plugins).
 *
 * A plugin is a shared object that exports one symbol, `taskyard_plugin`. It needs no library of
 * Taskyard's:
 *
 *     #include <taskyard/task.h>
 *
 *     static int run_hello(struct taskyard_task *task, void *runner)
 *     {
 *         for (int percent = 0; percent <= 100; percent += 10) {
 *             if (taskyard_cancelled(task))
 *                 return TASKYARD_CANCELLED;
 *             taskyard_progress(task, percent, NULL);
 *         }
 *         taskyard_set_result(task, "{\"hello\":\"world\"}");
 *         return TASKYARD_OK;
 *     }
 *
 *     static const struct taskyard_runner runners[] = {
 *         {.type = "hello", .run = run_hello},
 *         {.type = NULL},
 *     };
 *     TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {
 *         TASKYARD_TASK_ABI,
 *         runners,
 *     };
 *
 *     cc -shared -fPIC -Wl,-z,defs -o hello.so hello.c
 *
 * How a plugin lives: it is loaded into a process that has one thread and runs nothing (the
 * template), or, if it needs libraries of its own, by each worker. For every attempt at a task a
 * fresh process is cloned from the template; it runs `create`, `run` and `destroy` of one runner
 * and ends. So a runner may leak, crash or exit without harm to anything but its own attempt, and
 * nothing it keeps in memory is seen by the next one.
 *
 * Code that runs at load time (constructors, C++ globals) must not start threads, open files or
 * connect anywhere: the clones would share what it opened. Runners may do all of that. Handlers of
 * pthread_atfork(3) are not called.
 *
 * The process has its own session, a private working directory (removed after the attempt), an
 * environment made from nothing, default signal dispositions, and the descriptors 0 (payload), 1
 * and 2 (log lines of level info and error) and 3 (messages to the supervisor) and no others.
 * Descriptor 3 is for the functions below only.
 *
 * SIGTERM means "please stop": it is caught, makes taskyard_cancelled() true, and interrupts
 * waiting system calls (EINTR, no SA_RESTART). A runner that has not ended when the type's grace
 * time is over is killed.
 *
 * All functions below may be called from any thread of the runner's process; none but
 * taskyard_cancelled() from a signal handler, and none in a process that the runner forks. Texts
 * are UTF-8, copied before the call returns. */
#ifndef TASKYARD_TASK_H
#define TASKYARD_TASK_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Grows when a plugin built before would no longer work. A plugin of another number is refused with
 * a clear line. New functions are added at the end of struct taskyard_host and do not change it. */
#define TASKYARD_TASK_ABI 1

/* What a runner returns. */
enum taskyard_status {
    TASKYARD_OK = 0,       /* success; the last taskyard_set_result() is the task's result */
    TASKYARD_FAILED = 1,   /* failed with the text of the last taskyard_fail() */
    TASKYARD_CANCELLED = 2 /* stopped because taskyard_cancelled() was true */
};

enum taskyard_level {
    TASKYARD_DEBUG = 0,
    TASKYARD_INFO = 1,
    TASKYARD_WARN = 2,
    TASKYARD_ERROR = 3
};

struct taskyard_task;

/* The functions of the process that loaded the plugin; use the wrappers below, not these. */
struct taskyard_host {
    size_t size; /* bytes of this table: tells which functions a host has */
    const char *(*id)(const struct taskyard_task *task);
    const char *(*type)(const struct taskyard_task *task);
    int (*attempt)(const struct taskyard_task *task);
    const char *(*creator)(const struct taskyard_task *task);
    const char *(*work_dir)(const struct taskyard_task *task);
    const char *(*payload)(struct taskyard_task *task, size_t *size);
    int (*cancelled)(const struct taskyard_task *task);
    void (*progress)(struct taskyard_task *task, int percent, const char *text);
    int (*set_result)(struct taskyard_task *task, const char *json);
    int (*set_error)(struct taskyard_task *task, const char *format, va_list arguments);
    int (*artifact)(struct taskyard_task *task, const char *path, const char *name);
    void (*log)(struct taskyard_task *task, enum taskyard_level level, const char *format,
                va_list arguments);
};

/* One attempt at a task. Made by the host; lives until the process ends. More members follow that
 * only the host knows. */
struct taskyard_task {
    const struct taskyard_host *host;
};

/* One task type of a plugin. Unused members are zero. */
struct taskyard_runner {
    /* The name under which descriptors (types.d) and creators know it: [A-Za-z0-9_.-], at most 64
     * bytes. */
    const char *type;

    /* Does the work; returns an enum taskyard_status. `runner` is what `create` left there, or
     * NULL. */
    int (*run)(struct taskyard_task *task, void *runner);

    /* Optional: makes what `run` needs, in the process of the attempt. NULL for success; otherwise
     * the attempt fails with the text returned (which must stay valid, as a literal does), and
     * neither `run` nor `destroy` is called. */
    const char *(*create)(struct taskyard_task *task, void **runner);

    /* Optional: called after `run`, whatever it returned. What it says to taskyard_fail() is
     * ignored. */
    void (*destroy)(void *runner);
};

/* The one symbol of a plugin. */
struct taskyard_plugin {
    int abi;                               /* TASKYARD_TASK_ABI; stays first for ever */
    const struct taskyard_runner *runners; /* ended by one whose type is NULL */
};

#if defined(__GNUC__)
#define TASKYARD_FORMAT(index, first)                                                              \
    __attribute__((__format__(__printf__, index, first), __unused__))
#define TASKYARD_VISIBLE __attribute__((__visibility__("default")))
#define TASKYARD_EXPORT __attribute__((__used__))
#else
#define TASKYARD_FORMAT(index, first)
#define TASKYARD_VISIBLE
#define TASKYARD_EXPORT
#endif

/* This declaration makes the definition in a plugin visible, whatever -fvisibility says, and gives
 * it C linkage in C++. TASKYARD_EXPORT before the definition keeps it through link-time
 * optimisation. */
TASKYARD_VISIBLE extern const struct taskyard_plugin taskyard_plugin;

/* ---- what is to be done; strings live as long as the task ---- */

/* The task's id (36 characters). */
static inline const char *taskyard_task_id(const struct taskyard_task *task)
{
    return task->host->id(task);
}

/* The type it was created with. */
static inline const char *taskyard_task_type(const struct taskyard_task *task)
{
    return task->host->type(task);
}

/* 1 for the first execution of the task; grows with every retry. */
static inline int taskyard_task_attempt(const struct taskyard_task *task)
{
    return task->host->attempt(task);
}

/* The id of the user the task belongs to, or "system". */
static inline const char *taskyard_task_creator(const struct taskyard_task *task)
{
    return task->host->creator(task);
}

/* The private directory of this attempt (absolute path), also the current directory at the start.
 */
static inline const char *taskyard_task_work_dir(const struct taskyard_task *task)
{
    return task->host->work_dir(task);
}

/* The input the task was created with, JSON or plain text as its creator chose, ended by a NUL that
 * does not count; its bytes in *size (which may be NULL). NULL if there is none. Read at the first
 * call. */
static inline const char *taskyard_task_payload(struct taskyard_task *task, size_t *size)
{
    return task->host->payload(task, size);
}

/* ---- while it runs ---- */

/* Non-zero once the task is to stop. Costs nothing: ask often, at least twice a second, then clean
 * up and return TASKYARD_CANCELLED. */
static inline int taskyard_cancelled(const struct taskyard_task *task)
{
    return task->host->cancelled(task);
}

/* Tells how far it is: 0 to 100, never falling (anything else is refused, and the task's log says
 * so), with an optional short text (NULL; up to 200 bytes are kept). Cheap: call it as often as you
 * like, what repeats the last one is left out. It is also a sign of life for a type that has a
 * stall_timeout. */
static inline void taskyard_progress(struct taskyard_task *task, int percent, const char *text)
{
    task->host->progress(task, percent, text);
}

/* Adds a line to the task's log. A text of several lines becomes several lines. */
TASKYARD_FORMAT(3, 4)
static inline void taskyard_log(struct taskyard_task *task, enum taskyard_level level,
                                const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    task->host->log(task, level, format, arguments);
    va_end(arguments);
}

/* ---- how it ends ---- */

/* Sets the task's result: any JSON value, at most 1 MiB; the last call counts. Returns 0, or -1 if
 * the text is not JSON or is too long: then the attempt fails with a text that says so, unless a
 * later call succeeds. */
static inline int taskyard_set_result(struct taskyard_task *task, const char *json)
{
    return task->host->set_result(task, json);
}

/* Sets the error text, a sentence for the person who waits for the task. Always returns
 * TASKYARD_FAILED, so that a runner can say `return taskyard_fail(task, "no such user: %s",
 * name);`. It counts only if the runner returns that. */
TASKYARD_FORMAT(2, 3)
static inline int taskyard_fail(struct taskyard_task *task, const char *format, ...)
{
    va_list arguments;
    int status;

    va_start(arguments, format);
    status = task->host->set_error(task, format, arguments);
    va_end(arguments);
    return status;
}

/* Names the file that the task leaves for download: `path` is absolute or relative to the working
 * directory and must be a regular file below it; `name` is what the person's browser will call it
 * (NULL: the last part of path). The supervisor moves the file into the file store when the attempt
 * has succeeded, adds its key to the task, and makes the task's creator its owner; the last call
 * counts. Returns 0, or -1 if path is empty or outside of the working directory. */
static inline int taskyard_artifact(struct taskyard_task *task, const char *path, const char *name)
{
    return task->host->artifact(task, path, name);
}

#ifdef __cplusplus
}
#endif

#endif
