/* SPDX-License-Identifier: MIT */
/* One file of the outbox: the end of an attempt as a JSON object, version 1. Pure functions. */
#ifndef SUPERVISOR_OUTBOX_RECORD_H
#define SUPERVISOR_OUTBOX_RECORD_H

#include "supervisor/store.h"

struct outbox_record {
    char task_id[TASK_ID_SIZE];
    struct store_finish finish; /* points into the record */
    struct store_file artifact;
    void *json; /* holds the strings */
};

/* The caller frees it. ended_at_us (Unix time in microseconds) is for people who look at the file.
 */
char *outbox_record_text(const char *task_id, const struct store_finish *finish,
                         int64_t ended_at_us);
/* False, and *why (static text): it is not a whole record of a version known here. The record
 * points into itself and cannot be moved. */
bool outbox_record_parse(const char *text, size_t size, struct outbox_record *record,
                         const char **why);
/* Frees what the record points to. */
void outbox_record_clear(struct outbox_record *record);

#endif
