/* SPDX-License-Identifier: MIT */
/* The names of the causes. */
#include "common/attempt_cause.h"

#include <string.h>

static const char *const names[CAUSE_COUNT] = {
    [CAUSE_NONE] = "",
    [CAUSE_SUCCESS] = "success",
    [CAUSE_ERROR] = "error",
    [CAUSE_EXIT] = "exit",
    [CAUSE_SIGNAL] = "signal",
    [CAUSE_START] = "start",
    [CAUSE_UNREGISTERED] = "unregistered",
    [CAUSE_PROTOCOL] = "protocol",
    [CAUSE_RESULT] = "result",
    [CAUSE_TIMEOUT] = "timeout",
    [CAUSE_STALL] = "stall",
    [CAUSE_CPU_LIMIT] = "cpu_limit",
    [CAUSE_FILE_SIZE_LIMIT] = "file_size_limit",
    [CAUSE_MEMORY] = "memory",
    [CAUSE_CANCEL] = "cancel",
    [CAUSE_KILL] = "kill",
    [CAUSE_INTERRUPTED] = "interrupted",
    [CAUSE_LOST] = "lost",
    [CAUSE_RESOURCES] = "resources",
};

const char *attempt_cause_name(enum attempt_cause cause)
{
    return names[cause];
}

bool attempt_cause_parse(const char *name, enum attempt_cause *cause)
{
    for (int i = CAUSE_NONE + 1; i < CAUSE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *cause = (enum attempt_cause)i;
            return true;
        }
    }
    return false;
}
