/* SPDX-License-Identifier: MIT */
/* Messages about one attempt, with what it is in the fields of the journal. */
#include "common/log.h"
#include "supervisor/run.h"

void run_journal(const struct run *run, enum log_level level, const char *format, ...)
{
    const struct log_about about = {.task_id = run->task.id,
                                    .type = run->task.type,
                                    .creator = run->task.creator_id,
                                    .attempt = run->task.attempt,
                                    .pid = run->pid};
    va_list arguments;

    va_start(arguments, format);
    log_vabout(&about, level, format, arguments);
    va_end(arguments);
}
