/* SPDX-License-Identifier: MIT */
/* From a run to what is kept of it: the facts for the outcome table, the sentence for a person, the
 * row for the store. */
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

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
    };
}

static char *signal_text(int wait_status)
{
    const char *name = sigabbrev_np(WTERMSIG(wait_status));

    return xasprintf("killed by SIG%s (%s)%s", name != NULL ? name : "?",
                     strsignal(WTERMSIG(wait_status)),
                     WCOREDUMP(wait_status) ? ", core dumped" : "");
}

static char *exit_text(const struct run *run)
{
    int status = WEXITSTATUS(run->wait_status);

    if (run->last_error_line != NULL)
        return xasprintf("exited with status %d: %s", status, run->last_error_line);
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
    case CAUSE_CANCEL:
        return xstrdup("cancelled");
    case CAUSE_INTERRUPTED:
        return xstrdup("interrupted: the service was stopped");
    case CAUSE_LOST:
        return xstrdup("interrupted: the service ended unexpectedly");
    case CAUSE_RESOURCES:
        return xasprintf("waiting for resources: %s", strerror(run->start_errno));
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

static int64_t microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

struct store_finish run_finish(const struct run *run)
{
    bool ran = run->reaped;

    return (struct store_finish){
        .row_id = run->task.row_id,
        .incarnation = run->app->incarnation,
        .attempt = run->task.attempt,
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
        .cpu_us = microseconds(run->usage.ru_utime) + microseconds(run->usage.ru_stime),
        .peak_memory_bytes = (int64_t)run->usage.ru_maxrss * 1024,
        .pid = run->pid,
    };
}
