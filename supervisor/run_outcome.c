/* SPDX-License-Identifier: MIT */
/* The outcome table. No side effects, no clock, no I/O. */
#include "supervisor/run_outcome.h"

#include <signal.h>
#include <sys/wait.h>

static struct run_verdict verdict(enum task_status status, enum attempt_cause cause)
{
    return (struct run_verdict){.status = status, .cause = cause};
}

/* A failure that another attempt may cure. */
static struct run_verdict failed(const struct run_facts *facts, enum attempt_cause cause)
{
    struct run_verdict result = verdict(TASK_FAILED, cause);

    if (facts->auto_retry_count < facts->max_retries && (facts->retry_on & CAUSE_BIT(cause)) != 0) {
        result.status = TASK_PENDING;
        result.count_auto_retry = true;
    }
    return result;
}

/* Who has sent a signal that we have not: the kernel, for a limit, or somebody unknown. */
static enum attempt_cause signal_cause(const struct run_facts *facts)
{
    int number = WTERMSIG(facts->wait_status);

    if (facts->limits_cpu && (number == SIGXCPU || (number == SIGKILL && facts->spent_cpu)))
        return CAUSE_CPU_LIMIT;
    if (facts->limits_file_size && number == SIGXFSZ)
        return CAUSE_FILE_SIZE_LIMIT;
    if ((facts->oom_killed && number == SIGKILL) || facts->lacked_memory)
        return CAUSE_MEMORY;
    return CAUSE_SIGNAL;
}

/* The end of an attempt that nobody asked for. */
static struct run_verdict natural_end(const struct run_facts *facts)
{
    if (facts->said_start_error)
        return failed(facts, CAUSE_START);
    if (WIFSIGNALED(facts->wait_status))
        return failed(facts, signal_cause(facts));
    if (facts->said_cancelled)
        return verdict(TASK_CANCELLED, CAUSE_CANCEL);
    if (facts->said_error)
        return failed(facts, CAUSE_ERROR);
    if (WEXITSTATUS(facts->wait_status) != 0)
        return failed(facts, facts->oom_killed || facts->lacked_memory ? CAUSE_MEMORY : CAUSE_EXIT);
    if (facts->bad_result)
        return failed(facts, CAUSE_RESULT);
    return verdict(TASK_SUCCESS, CAUSE_SUCCESS);
}

/* A runner that was asked to stop but came to its proper end first: its result counts. Without a
 * result an exit status of 0 only says that it obeyed. */
static bool finished_all_the_same(const struct run_facts *facts)
{
    return WIFEXITED(facts->wait_status) && WEXITSTATUS(facts->wait_status) == 0 &&
           facts->has_result && !facts->said_cancelled && !facts->said_error && !facts->bad_result;
}

static struct run_verdict interrupted(const struct run_facts *facts, enum attempt_cause cause)
{
    return verdict(facts->on_interrupt == ON_INTERRUPT_REQUEUE ? TASK_PENDING : TASK_FAILED, cause);
}

static struct run_verdict lost(const struct run_facts *facts)
{
    struct run_verdict result = interrupted(facts, CAUSE_LOST);

    result.count_crash = true;
    if (facts->crash_count + 1 > RUN_CRASHES_MAX)
        result.status = TASK_FAILED;
    return result;
}

/* A person wants it over. */
static bool is_asked(const struct run_facts *facts)
{
    return facts->stop == STOP_CANCEL || facts->stop == STOP_KILL;
}

static struct run_verdict asked(const struct run_facts *facts)
{
    return verdict(TASK_CANCELLED, facts->stop == STOP_KILL ? CAUSE_KILL : CAUSE_CANCEL);
}

struct run_verdict run_outcome(const struct run_facts *facts)
{
    if (facts->stop == STOP_LOST)
        return lost(facts);
    if (!facts->registered)
        return verdict(TASK_FAILED, CAUSE_UNREGISTERED);
    if (facts->start_errno != 0) {
        struct run_verdict result = verdict(TASK_PENDING, CAUSE_RESOURCES);
        if (is_asked(facts))
            return asked(facts);
        result.uncount_attempt = true;
        return result;
    }
    if (facts->stop == STOP_NONE || (!is_asked(facts) && facts->said_start_error))
        return natural_end(facts);
    if ((is_asked(facts) || facts->stop == STOP_SHUTDOWN) && finished_all_the_same(facts))
        return verdict(TASK_SUCCESS, CAUSE_SUCCESS);
    switch (facts->stop) {
    case STOP_CANCEL:
    case STOP_KILL:
        return asked(facts);
    case STOP_TIMEOUT:
        return failed(facts, CAUSE_TIMEOUT);
    case STOP_STALL:
        return failed(facts, CAUSE_STALL);
    case STOP_PROTOCOL:
        return failed(facts, CAUSE_PROTOCOL);
    default:
        return interrupted(facts, CAUSE_INTERRUPTED);
    }
}

unsigned run_outcome_retry_delay_ms(unsigned backoff_ms, unsigned backoff_max_ms,
                                    int auto_retry_count, unsigned random)
{
    uint64_t delay = backoff_ms;

    for (int i = 0; i < auto_retry_count && delay < backoff_max_ms; i++)
        delay *= 2;
    if (delay > backoff_max_ms)
        delay = backoff_max_ms;
    return (unsigned)(delay * (800 + random % 401) / 1000);
}
