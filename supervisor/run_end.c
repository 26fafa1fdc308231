/* SPDX-License-Identifier: MIT */
/* From a run to what is kept of it: the facts for the outcome table, the sentence for a person, the
 * row for the store. */
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static int64_t cpu_us(const struct run *run)
{
    return microseconds(run->usage.ru_utime) + microseconds(run->usage.ru_stime);
}

static bool has_failed(const struct run *run)
{
    return run->reaped && run->wait_status != 0;
}

/* In the words of the C library, C++ and Python. Without a limit it is the machine's memory. */
static bool lacked_memory(const struct run *run)
{
    static const char *const words[] = {"annot allocate memory", "bad_alloc", "MemoryError",
                                        "ut of memory"};

    if (!has_failed(run) || run->type == NULL || run->type->limits.memory_bytes == 0 ||
        run->last_error_line == NULL)
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(run->last_error_line, words[i]) != NULL)
            return true;
    return false;
}

static bool spent_cpu(const struct run *run)
{
    int64_t limit_s = run->type != NULL ? run->type->limits.cpu_seconds : 0;

    return limit_s > 0 && cpu_us(run) >= limit_s * 1000000;
}

struct run_facts run_facts(const struct run *run)
{
    return (struct run_facts){
        .stop = run->stop,
        .registered = run->type != NULL,
        .start_errno = run->start_errno,
        .said_start_error = run->said_start_error,
        .wait_status = run->wait_status,
        .said_error = run->said_error,
        .said_cancelled = run->said_cancelled,
        .has_result = run->result != NULL,
        .bad_result = run->bad_result,
        .on_interrupt = run->type != NULL ? run->type->on_interrupt : ON_INTERRUPT_REQUEUE,
        .auto_retry_count = run->task.auto_retry_count,
        .max_retries = run->task.max_retries,
        .crash_count = run->task.crash_count,
        .limits_cpu = run->type != NULL && run->type->limits.cpu_seconds > 0,
        .limits_file_size = run->type != NULL && run->type->limits.file_size_bytes > 0,
        .spent_cpu = spent_cpu(run),
        .oom_killed = has_failed(run) && run->leaf != NULL && cgroup_leaf_oom_kills(run->leaf) > 0,
        .lacked_memory = lacked_memory(run),
        .retry_on = run->type != NULL ? run->type->retry_on : CAUSES_RETRIED,
    };
}

/* Where a signal that is not ours has come from, as far as its number tells. */
static const char *sender_text(int number)
{
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGSYS:
    case SIGTRAP:
        return "a fault of the program";
    case SIGABRT:
        return "the program gave up by itself";
    case SIGPIPE:
        return "it wrote to a pipe or socket that nobody reads any more";
    default:
        return "not sent by Taskyard";
    }
}

static char *signal_text(int wait_status)
{
    int number = WTERMSIG(wait_status);
    const char *name = sigabbrev_np(number);

    return xasprintf("killed by SIG%s (%s)%s: %s", name != NULL ? name : "?", strsignal(number),
                     WCOREDUMP(wait_status) ? ", core dumped" : "", sender_text(number));
}

static char *cpu_limit_text(const struct run *run)
{
    return xasprintf("killed by the kernel: it had used its %lld s of processor time (cpu_seconds)",
                     (long long)run->type->limits.cpu_seconds);
}

static char *file_size_limit_text(const struct run *run)
{
    return xasprintf("killed by the kernel: it wrote to a file beyond %lld MiB (file_size_mb)",
                     (long long)(run->type->limits.file_size_bytes >> 20));
}

static char *memory_text(const struct run *run)
{
    if (!lacked_memory(run))
        return xstrdup("a process of it was killed by the kernel: its cgroup was out of memory");
    return xasprintf("out of memory: it may use %lld MiB (memory_mb): %s",
                     (long long)(run->type->limits.memory_bytes >> 20), run->last_error_line);
}

/* A shell that has seen a program of its own die of a signal exits with 128 and its number. */
#define SHELL_SIGNAL 128

static char *exit_text(const struct run *run)
{
    int status = WEXITSTATUS(run->wait_status);
    const char *name = status > SHELL_SIGNAL ? sigabbrev_np(status - SHELL_SIGNAL) : NULL;

    if (run->last_error_line != NULL)
        return xasprintf("exited with status %d: %s", status, run->last_error_line);
    if (name != NULL)
        return xasprintf("exited with status %d, as a shell does after SIG%s", status, name);
    return xasprintf("exited with status %d", status);
}

static char *stopped_text(const char *what, unsigned after_ms)
{
    return xasprintf("%s after %g s", what, after_ms / 1000.0);
}

/* The runner's own words where it has said any. */
static char *said_or(const struct run *run, const char *otherwise)
{
    return xstrdup(run->error != NULL && run->error[0] != '\0' ? run->error : otherwise);
}

char *run_error_text(const struct run *run, const struct run_verdict *verdict)
{
    switch (verdict->cause) {
    case CAUSE_NONE:
    case CAUSE_SUCCESS:
        return NULL;
    case CAUSE_ERROR:
        return said_or(run, "the runner reported an error without a text");
    case CAUSE_EXIT:
        return exit_text(run);
    case CAUSE_SIGNAL:
        return signal_text(run->wait_status);
    case CAUSE_START:
        return said_or(run, "could not be started");
    case CAUSE_UNREGISTERED:
        return xstrdup("task type not registered");
    case CAUSE_PROTOCOL:
        return xasprintf("protocol error: %d messages were refused; the log has the first",
                         WIRE_BAD_LINES_MAX);
    case CAUSE_RESULT:
        return said_or(run, "the result cannot be used");
    case CAUSE_TIMEOUT:
        return stopped_text("timed out", run->type->timeout_ms);
    case CAUSE_STALL:
        return stopped_text("stalled: ended because it had sent no message",
                            run->type->stall_timeout_ms);
    case CAUSE_CPU_LIMIT:
        return cpu_limit_text(run);
    case CAUSE_FILE_SIZE_LIMIT:
        return file_size_limit_text(run);
    case CAUSE_MEMORY:
        return memory_text(run);
    case CAUSE_CANCEL:
        return xstrdup("cancelled");
    case CAUSE_KILL:
        return xstrdup(run->killed_by);
    case CAUSE_INTERRUPTED:
        return xstrdup("interrupted: the service was stopped");
    case CAUSE_LOST:
        return xstrdup("interrupted: the service ended unexpectedly");
    case CAUSE_RESOURCES:
        return xasprintf("waiting for resources: %s", strerror(run->start_errno));
    case CAUSE_COUNT:
        break;
    }
    return NULL;
}

static unsigned due_in_ms(const struct run *run)
{
    unsigned random = 0;

    if (!run->verdict.count_auto_retry)
        return 0;
    if (getrandom(&random, sizeof(random), 0) < 0)
        random = (unsigned)run->number;
    return run_outcome_retry_delay_ms(run->type->backoff_ms, run->type->backoff_max_ms,
                                      run->task.auto_retry_count, random);
}

struct store_finish run_finish(const struct run *run)
{
    bool ran = run->reaped;

    return (struct store_finish){
        .row_id = run->task.row_id,
        .incarnation = run->app->incarnation,
        .attempt = run->task.attempt,
        .started_at_us = run->task.started_at_us,
        .status = run->verdict.status,
        .cause = run->verdict.cause,
        .progress = run->verdict.status == TASK_SUCCESS ? 100 : run->task.progress,
        .progress_text = run->task.progress_text,
        .result = run->bad_result ? NULL : run->result,
        .error = run->final_error,
        .artifact = run->artifact.key[0] != '\0' ? &run->artifact : NULL,
        .count_auto_retry = run->verdict.count_auto_retry,
        .count_crash = run->verdict.count_crash,
        .uncount_attempt = run->verdict.uncount_attempt,
        .due_in_ms = due_in_ms(run),
        .exit_status = ran && WIFEXITED(run->wait_status) ? WEXITSTATUS(run->wait_status) : -1,
        .term_signal = ran && WIFSIGNALED(run->wait_status) ? WTERMSIG(run->wait_status) : 0,
        .cpu_us = cpu_us(run),
        .peak_memory_bytes = (int64_t)run->usage.ru_maxrss * 1024,
        .pid = run->pid,
    };
}
