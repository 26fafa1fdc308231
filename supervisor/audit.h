/* SPDX-License-Identifier: MIT */
/* What the audit trail says of tries that failed. What succeeds is written with the change itself,
 * by the store. Loop thread only. */
#ifndef SUPERVISOR_AUDIT_H
#define SUPERVISOR_AUDIT_H

#include <stdint.h>

struct app;
struct store_actor;

/* Keeps a flood of refusals out of the database. */
struct audit_limit {
    int64_t began_ms; /* of the present second */
    unsigned written; /* in it */
    uint64_t dropped; /* since the last one that was written; told with the next */
};

/* Somebody was not allowed to do something: a row "refused", at most 10 a second. */
void audit_refused(struct app *app, const struct store_actor *who, const char *method,
                   const char *path);

#endif
