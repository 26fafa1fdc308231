/* SPDX-License-Identifier: MIT */
/* What an ended attempt means for its task: one pure function over facts, tested as a full table.
 */
#ifndef SUPERVISOR_RUN_OUTCOME_H
#define SUPERVISOR_RUN_OUTCOME_H

#include "common/attempt_cause.h"
#include "supervisor/store.h"
#include "supervisor/type.h"

/* Attempts of one task that may be lost to crashes of the supervisor before it is taken for their
 * cause. */
#define RUN_CRASHES_MAX 3

/* Why the supervisor itself ended an attempt. The first reason stays, except that a cancel
 * overrules the others, and a kill a cancel. */
enum stop_reason {
    STOP_NONE,
    STOP_CANCEL,
    STOP_TIMEOUT,
    STOP_STALL,
    STOP_PROTOCOL, /* too many refused messages */
    STOP_SHUTDOWN, /* the supervisor stops and the drain time is over */
    STOP_LOST,     /* found by the next supervisor: the one that ran it died */
    STOP_KILL      /* a person did not grant it its grace */
};

struct run_facts {
    enum stop_reason stop;
    bool registered;       /* its type is loaded */
    int start_errno;       /* 0, or why no process could be made */
    bool said_start_error; /* the process could not become its program */
    int wait_status;       /* as from wait4(2); meaningless when nothing ran */
    bool said_error;
    bool said_cancelled;
    bool has_result;
    bool bad_result;                   /* result or artifact over a limit or unusable */
    bool limits_cpu, limits_file_size; /* its type does */
    bool spent_cpu;     /* used as much processor time as the kernel grants beyond that limit */
    bool oom_killed;    /* the kernel has killed one of its processes for want of memory */
    bool lacked_memory; /* its type limits memory, and that was its last complaint */
    unsigned retry_on;  /* CAUSE_BIT()s of the failures that its type wants tried again */
    enum on_interrupt on_interrupt;
    int auto_retry_count;
    int max_retries;
    int crash_count;
};

struct run_verdict {
    enum task_status status; /* TASK_PENDING: another attempt */
    enum attempt_cause cause;
    bool count_auto_retry;
    bool count_crash;
    bool uncount_attempt;
};

struct run_verdict run_outcome(const struct run_facts *facts);

/* Milliseconds before automatic retry number auto_retry_count + 1: doubles from backoff_ms to
 * backoff_max_ms, spread by `random` (any number) over 80 % to 120 % so that a crowd of failures
 * does not come back as one. */
unsigned run_outcome_retry_delay_ms(unsigned backoff_ms, unsigned backoff_max_ms,
                                    int auto_retry_count, unsigned random);

#endif
