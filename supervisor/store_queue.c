/* SPDX-License-Identifier: MIT */
/* How calls travel: from the loop into a queue, from there to a database thread, and back over a
 * list and an eventfd. Deadlines are kept on the loop alone, so that they hold while every database
 * thread hangs in a call. */
#include "supervisor/store_core.h"

#include "common/xalloc.h"
#include "supervisor/clock.h"
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#define STILL_ANSWERS_MS 100    /* so long after an answer the database is taken to be there */
#define LATE_ANSWER_MAX_MS 2000 /* but nobody waits longer for one */

struct store_actor store_op_actor(struct store_op *op, const struct store_actor *who)
{
    return (struct store_actor){.id = store_arena_text(&op->arguments, who->id),
                                .address = store_arena_text(&op->arguments, who->address),
                                .sees_all = who->sees_all,
                                .deadline_ms = who->deadline_ms};
}

void *store_op_new(struct store *store, const struct store_op_kind *kind, size_t size)
{
    struct store_op *op = xcalloc(1, size);
    op->kind = kind;
    op->store = store;
    return op;
}

static void op_clear_answer(struct store_op *op)
{
    if (op->kind->clear != NULL) {
        op->kind->clear(op);
    }
    store_arena_clear(&op->answers);
}

static void op_free(struct store_op *op)
{
    op_clear_answer(op);
    store_arena_clear(&op->arguments);
    if (op->deadline != NULL) {
        event_free(op->deadline);
    }
    free(op);
}

bool store_op_run(struct store_op *op, struct store_conn *conn)
{
    op_clear_answer(op);
    op->result = STORE_OK;
    return op->kind->run(op, conn);
}

void store_wake_loop(struct store *store)
{
    uint64_t one = 1;
    ssize_t written = write(store->wake_fd, &one, sizeof one);
    (void)written; /* full means that it is awake already */
}

static struct store_op_list *queue_of(struct store *store, const struct store_op *op)
{
    return op->kind->writes ? &store->writes : &store->reads;
}

static void op_answer(struct store_op *op, enum store_result result)
{
    op->store->answered[result]++;
    op->kind->answer(op, result);
}

/* The deadline has come: withdrawn if nobody has begun, else answered now and freed when the thread
 * comes back with it. */
static void op_expire(struct store_op *op)
{
    struct store *store = op->store;
    pthread_mutex_lock(&store->lock);
    enum store_op_phase phase = op->phase;
    if (phase == STORE_OP_QUEUED) {
        TAILQ_REMOVE(queue_of(store, op), op, link);
    } else if (phase == STORE_OP_RUNNING) {
        op->abandoned = true;
    }
    pthread_mutex_unlock(&store->lock);
    if (phase == STORE_OP_QUEUED) {
        op_answer(op, STORE_UNAVAILABLE);
        op_free(op);
    } else if (phase == STORE_OP_RUNNING) {
        /* A read has no effect that could still come. */
        op_answer(op, op->kind->writes ? STORE_UNCERTAIN : STORE_UNAVAILABLE);
    }
}

/* A database that has just answered others is not away: the machine is busy, the queue long. */
static bool is_worth_waiting(const struct store_op *op)
{
    int64_t now = clock_ms(), delivered = op->store->delivered_ms[op->kind->writes];
    return delivered != STORE_NEVER && now - delivered < STILL_ANSWERS_MS &&
           now - op->submitted_ms < LATE_ANSWER_MAX_MS;
}

static void deadline_cb(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval more = {.tv_usec = STILL_ANSWERS_MS * 1000};
    struct store_op *op = arg;
    (void)fd;
    (void)what;
    if (is_worth_waiting(op)) {
        evtimer_add(op->deadline, &more);
    } else {
        op_expire(op);
    }
}

static void start_deadline(struct store_op *op, unsigned deadline_ms)
{
    struct timeval limit = {.tv_sec = deadline_ms / 1000, .tv_usec = deadline_ms % 1000 * 1000};
    op->has_deadline = true;
    op->submitted_ms = clock_ms();
    op->deadline = evtimer_new(op->store->base, deadline_cb, op);
    evtimer_add(op->deadline, &limit);
}

void store_op_submit(struct store_op *op, unsigned deadline_ms)
{
    struct store *store = op->store;
    bool writes = op->kind->writes;
    bool hopeless = deadline_ms > 0 && store_is_away(store, writes);
    if (deadline_ms > 0 && !hopeless) {
        start_deadline(op, deadline_ms);
    }
    pthread_mutex_lock(&store->lock);
    if (hopeless) {
        op->phase = STORE_OP_DONE;
        op->result = STORE_UNAVAILABLE;
        TAILQ_INSERT_TAIL(&store->done, op, link);
    } else {
        TAILQ_INSERT_TAIL(queue_of(store, op), op, link);
        pthread_cond_signal(writes ? &store->has_writes : &store->has_reads);
    }
    pthread_mutex_unlock(&store->lock);
    if (hopeless) {
        store_wake_loop(store);
    } else if (writes) {
        store_watch(store);
    }
}

static void note_writer_idle(struct store *store)
{
    store->writer_busy = false;
    if (TAILQ_EMPTY(&store->writes)) {
        pthread_cond_broadcast(&store->idle);
    }
}

bool store_queue_take(struct store_link *link, struct store_op_list *ops, size_t max)
{
    struct store *store = link->store;
    struct store_op_list *queue = link->writes ? &store->writes : &store->reads;
    pthread_mutex_lock(&store->lock);
    if (link->writes) {
        note_writer_idle(store);
    }
    while (TAILQ_EMPTY(queue) && !store->stopping) {
        pthread_cond_wait(link->writes ? &store->has_writes : &store->has_reads, &store->lock);
    }
    bool more = !store->stopping;
    for (size_t i = 0; more && i < max && !TAILQ_EMPTY(queue); i++) {
        struct store_op *op = TAILQ_FIRST(queue);
        TAILQ_REMOVE(queue, op, link);
        op->phase = STORE_OP_RUNNING;
        TAILQ_INSERT_TAIL(ops, op, link);
    }
    if (link->writes) {
        store->writer_busy = !TAILQ_EMPTY(ops);
    }
    pthread_mutex_unlock(&store->lock);
    return more;
}

static void put_done(struct store *store, struct store_op *op, enum store_result result)
{
    op->phase = STORE_OP_DONE;
    op->result = result;
    TAILQ_INSERT_TAIL(&store->done, op, link);
}

void store_queue_give_back(struct store_link *link, struct store_op_list *ops)
{
    struct store *store = link->store;
    struct store_op_list *queue = link->writes ? &store->writes : &store->reads;
    pthread_mutex_lock(&store->lock);
    while (!TAILQ_EMPTY(ops)) {
        struct store_op *op = TAILQ_LAST(ops, store_op_list);
        TAILQ_REMOVE(ops, op, link);
        if (op->abandoned) {
            put_done(store, op, STORE_UNAVAILABLE);
        } else {
            op->phase = STORE_OP_QUEUED;
            TAILQ_INSERT_HEAD(queue, op, link);
        }
    }
    if (link->writes) {
        note_writer_idle(store);
    }
    pthread_mutex_unlock(&store->lock);
    store_wake_loop(store);
}

void store_queue_done(struct store *store, struct store_op *op, enum store_result result)
{
    pthread_mutex_lock(&store->lock);
    bool first = TAILQ_EMPTY(&store->done);
    put_done(store, op, result);
    pthread_mutex_unlock(&store->lock);
    if (first) {
        store_wake_loop(store);
    }
}

void store_queue_fail_impatient(struct store *store, struct store_op_list *ops)
{
    struct store_op *op = TAILQ_FIRST(ops);
    while (op != NULL) {
        struct store_op *next = TAILQ_NEXT(op, link);
        if (op->has_deadline) {
            TAILQ_REMOVE(ops, op, link);
            store_queue_done(store, op, STORE_UNAVAILABLE);
        }
        op = next;
    }
}

void store_queue_fail_hopeless(struct store *store, bool writes)
{
    if (!store_is_away(store, writes)) {
        return;
    }
    pthread_mutex_lock(&store->lock);
    struct store_op_list *queue = writes ? &store->writes : &store->reads;
    struct store_op *op = TAILQ_FIRST(queue);
    while (op != NULL) {
        struct store_op *next = TAILQ_NEXT(op, link);
        if (op->has_deadline) {
            TAILQ_REMOVE(queue, op, link);
            put_done(store, op, STORE_UNAVAILABLE);
        }
        op = next;
    }
    pthread_mutex_unlock(&store->lock);
    store_wake_loop(store);
}

bool store_queue_is_abandoned(struct store *store, struct store_op *op)
{
    pthread_mutex_lock(&store->lock);
    bool abandoned = op->abandoned;
    pthread_mutex_unlock(&store->lock);
    return abandoned;
}

static void answer_all(struct store_op_list *ops)
{
    while (!TAILQ_EMPTY(ops)) {
        struct store_op *op = TAILQ_FIRST(ops);
        TAILQ_REMOVE(ops, op, link);
        if (!op->abandoned) {
            op_answer(op, op->result);
        }
        op_free(op);
    }
}

/* What was given up does not show that the database answers. */
static void note_delivery(struct store *store, const struct store_op_list *ops)
{
    const struct store_op *op;
    int64_t now = clock_ms();
    TAILQ_FOREACH(op, ops, link)
    {
        if (op->result != STORE_UNAVAILABLE && op->result != STORE_UNCERTAIN) {
            store->delivered_ms[op->kind->writes] = now;
        }
    }
}

void store_queue_deliver(struct store *store)
{
    struct store_op_list ops = TAILQ_HEAD_INITIALIZER(ops);
    pthread_mutex_lock(&store->lock);
    TAILQ_CONCAT(&ops, &store->done, link);
    pthread_mutex_unlock(&store->lock);
    note_delivery(store, &ops);
    answer_all(&ops);
}

void store_queue_flush(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    while (!TAILQ_EMPTY(&store->writes) || !TAILQ_EMPTY(&store->reads)) {
        struct store_op_list *queue = TAILQ_EMPTY(&store->writes) ? &store->reads : &store->writes;
        struct store_op *op = TAILQ_FIRST(queue);
        TAILQ_REMOVE(queue, op, link);
        put_done(store, op, STORE_UNAVAILABLE);
    }
    pthread_mutex_unlock(&store->lock);
    store_queue_deliver(store);
}
