/* SPDX-License-Identifier: MIT */
/* One call of the store on its way: made on the loop thread, run on a database thread (again, if
 * the database makes it necessary), answered on the loop thread. The files store_<subject>.c hold
 * the calls; each embeds a struct store_op first. */
#ifndef SUPERVISOR_STORE_OP_H
#define SUPERVISOR_STORE_OP_H

#include "supervisor/store.h"
#include "supervisor/store_arena.h"
#include "supervisor/store_conn.h"
#include <sys/queue.h>

struct event;
struct store_op;

struct store_op_kind {
    const char *name; /* for the log */
    bool writes;      /* goes through the writer's transactions */
    /* Database thread. Sets op->result (STORE_OK before) and its answer. False: the connection has
     * an error. Runs from the start again after an error or a commit that did not happen; `answers`
     * has been cleared by then. */
    bool (*run)(struct store_op *op, struct store_conn *conn);
    /* Loop thread, once: calls the caller's function. With STORE_UNAVAILABLE, STORE_UNCERTAIN and
     * STORE_INVALID it must not look at the answer: a database thread may still be at it. */
    void (*answer)(struct store_op *op, enum store_result result);
    /* Either thread: frees what `run` made outside the arena. NULL: nothing. */
    void (*clear)(struct store_op *op);
};

enum store_op_phase { STORE_OP_QUEUED, STORE_OP_RUNNING, STORE_OP_DONE };

struct store_op {
    TAILQ_ENTRY(store_op) link;       /* in one list of the store, or of the writer's group */
    const struct store_op_kind *kind; /* never changes */
    struct store *store;              /* never changes */
    struct store_arena arguments;     /* copies of what the caller gave; freed at the end */
    struct store_arena answers; /* made by run, freed before each further run and at the end */
    enum store_op_phase phase;  /* under the store's lock */
    bool abandoned;             /* under the store's lock: answered by its deadline while it ran */
    bool has_deadline;          /* never changes after submitting */
    enum store_result result;   /* database thread until STORE_OP_DONE, then the loop */
    struct event *deadline;     /* loop thread */
    int64_t submitted_ms;       /* loop thread */
};
TAILQ_HEAD(store_op_list, store_op);

/* A zeroed op of `size` bytes. */
void *store_op_new(struct store *store, const struct store_op_kind *kind, size_t size);
/* A copy of a caller in the op's arguments. */
struct store_actor store_op_actor(struct store_op *op, const struct store_actor *who);
/* Queues it. The store owns it from here on. */
void store_op_submit(struct store_op *op, unsigned deadline_ms);

/* Database thread: runs it once more from the start. */
bool store_op_run(struct store_op *op, struct store_conn *conn);

/* True for results that come with an answer. */
static inline bool store_op_has_answer(enum store_result result)
{
    return result == STORE_OK || result == STORE_CONFLICT || result == STORE_NOT_FOUND;
}

#endif
