/* SPDX-License-Identifier: MIT */
/* Which tasks are waited for, and what is known about them. Knows nothing of connections. Every
 * function may be called from any thread.
 *
 * A task is "in doubt" if its end may have been told while nobody listened: it has to be asked for.
 * Events that arrive between the sending of a create and the registration of its task are kept
 * aside meanwhile (table_begin ... table_end). */
#ifndef CLIENT_COMPLETE_TABLE_H
#define CLIENT_COMPLETE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <taskyard/client.h>

#define TABLE_UNKNOWN 0 /* a moment at which the stream was not heard */

struct complete_table;

/* A callback that is due. */
struct table_ready {
    taskyard_complete_fn fn;
    void *arg;
    char *id;
    char *status;
    char *result; /* NULL */
    char *error;  /* NULL */
    STAILQ_ENTRY(table_ready) link;
};

struct complete_table *table_new(void);
void table_free(struct complete_table *table);

/* A create is about to be sent; gives the moment for table_add. */
uint64_t table_begin(struct complete_table *table);
void table_add(struct complete_table *table, uint64_t since, const struct taskyard_object *task,
               taskyard_complete_fn fn, void *arg);
void table_end(struct complete_table *table);

/* The stream is heard from now on (all tasks are in doubt), or no longer. */
void table_set_live(struct complete_table *table, bool live);
/* Everything is to be asked for again. */
void table_doubt_all(struct complete_table *table);

/* An event of the stream. */
void table_event(struct complete_table *table, const struct taskyard_object *task);

/* A task in doubt, for the caller to free, and the moment of the question; NULL if there is none.
 * It stays in doubt. */
char *table_next_doubt(struct complete_table *table, uint64_t *since);
/* The answer. task NULL: there is no such task any more. */
void table_answer(struct complete_table *table, uint64_t since, const char *id,
                  const struct taskyard_object *task);

/* Somebody waits for a task, or is creating one. */
bool table_is_wanted(struct complete_table *table);
bool table_has_doubt(struct complete_table *table);
bool table_has_ready(struct complete_table *table);
/* Tasks whose callback has not been taken. */
size_t table_outstanding(struct complete_table *table);

/* NULL if nothing is due. The caller frees it with table_ready_free. */
struct table_ready *table_take_ready(struct complete_table *table);
void table_ready_free(struct table_ready *ready);

#endif
