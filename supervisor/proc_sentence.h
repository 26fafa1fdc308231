/* SPDX-License-Identifier: MIT */
/* A summary of what processes do, in words. Pure. */
#ifndef SUPERVISOR_PROC_SENTENCE_H
#define SUPERVISOR_PROC_SENTENCE_H

#include "supervisor/proc_summary.h"

/* One sentence without a full stop, like "blocked 412 s reading from a pipe"; caller frees. */
char *proc_sentence(const struct proc_summary *summary);

#endif
