/* SPDX-License-Identifier: MIT */
/* Reading the audit trail across all tasks. The rules of store.h hold. */
#ifndef SUPERVISOR_STORE_AUDIT_H
#define SUPERVISOR_STORE_AUDIT_H

#include "supervisor/store.h"

struct store_audit_filter {
    unsigned page;       /* from 1 */
    unsigned page_size;  /* 1-100 */
    const char *kind;    /* NULL */
    const char *actor;   /* NULL, or a user's name, or any id of an actor */
    const char *task_id; /* NULL, or a task's id; deleted ones too */
};

struct store_audit_row {
    uint64_t id;
    const char *kind;
    const char *actor;
    const char *actor_name; /* of a user, else NULL */
    const char *address;    /* NULL */
    const char *task_id;    /* NULL */
    int attempt;            /* 0: not about one */
    const char *detail;     /* NULL or JSON text */
    int64_t created_at_us;
};
typedef void (*store_audit_fn)(void *arg, enum store_result result,
                               const struct store_audit_row *rows, size_t count, uint64_t total);
/* Newest first; pages and totals go up to 10000. Of several conditions the rarest is looked up, the
 * others are looked for among its newest 20000. */
void store_audit_list(struct store *store, const struct store_audit_filter *filter,
                      unsigned deadline_ms, store_audit_fn done, void *arg);

#endif
