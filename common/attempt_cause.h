/* SPDX-License-Identifier: MIT */
/* Why an attempt ended: the classes that attempt.cause, the API and a type's `retry_on` know. */
#ifndef COMMON_ATTEMPT_CAUSE_H
#define COMMON_ATTEMPT_CAUSE_H

#include <stdbool.h>

enum attempt_cause {
    CAUSE_NONE, /* still running */
    CAUSE_SUCCESS,
    CAUSE_ERROR,           /* the runner said so */
    CAUSE_EXIT,            /* exit status other than 0 */
    CAUSE_SIGNAL,          /* killed by a signal that was not ours */
    CAUSE_START,           /* could not be started: no such program, plugin or directory */
    CAUSE_UNREGISTERED,    /* no type of that name */
    CAUSE_PROTOCOL,        /* too many refused lines */
    CAUSE_RESULT,          /* the result or artifact was over a limit or unusable */
    CAUSE_TIMEOUT,         /* ran too long */
    CAUSE_STALL,           /* was silent too long */
    CAUSE_CPU_LIMIT,       /* used more processor time than its type allows */
    CAUSE_FILE_SIZE_LIMIT, /* wrote a larger file than its type allows */
    CAUSE_MEMORY,          /* killed by the kernel, or failed, for want of memory */
    CAUSE_CANCEL,
    CAUSE_KILL,        /* by a person who did not grant it its grace */
    CAUSE_INTERRUPTED, /* the supervisor was stopped while it ran */
    CAUSE_LOST,        /* the supervisor died while it ran */
    CAUSE_RESOURCES,   /* the machine had no room to start it; not counted as an attempt */
    CAUSE_COUNT
};

/* As stored: success error exit signal start ... */
const char *attempt_cause_name(enum attempt_cause cause);

/* False if `name` is none of them. */
bool attempt_cause_parse(const char *name, enum attempt_cause *cause);

/* Sets of causes. */
#define CAUSE_BIT(cause) (1U << (cause))
/* After these a task may be run again by itself: another attempt may fare better. */
#define CAUSES_RETRYABLE (CAUSES_RETRIED | CAUSE_BIT(CAUSE_START))
/* After these it is, unless its type says otherwise. */
#define CAUSES_RETRIED                                                                             \
    (CAUSE_BIT(CAUSE_ERROR) | CAUSE_BIT(CAUSE_EXIT) | CAUSE_BIT(CAUSE_SIGNAL) |                    \
     CAUSE_BIT(CAUSE_PROTOCOL) | CAUSE_BIT(CAUSE_RESULT) | CAUSE_BIT(CAUSE_TIMEOUT) |              \
     CAUSE_BIT(CAUSE_STALL) | CAUSE_BIT(CAUSE_CPU_LIMIT) | CAUSE_BIT(CAUSE_FILE_SIZE_LIMIT) |      \
     CAUSE_BIT(CAUSE_MEMORY))

#endif
