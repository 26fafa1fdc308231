/* SPDX-License-Identifier: MIT */
/* The inside of a store: its threads, its queues, and what the two sides tell each other. For
 * store.c, store_queue.c, store_link.c, store_writer.c and store_reader.c. */
#ifndef SUPERVISOR_STORE_CORE_H
#define SUPERVISOR_STORE_CORE_H

#include "supervisor/store_op.h"
#include <pthread.h>

#define STORE_WHY_SIZE 256
#define STORE_NEVER INT64_MIN /* the clock may be near zero: the machine has just started */

/* One database thread and its connection. */
struct store_link {
    struct store *store;
    struct store_conn *conn; /* used by its thread; see store_conn.h for what others may call */
    pthread_t thread;
    bool writes;
    unsigned failures;        /* its thread: attempts in vain since it was last up */
    unsigned seed;            /* its thread: for the jitter */
    bool up;                  /* under lock: connected and of the right schema */
    bool failed;              /* under lock: the newest attempt to get up was in vain */
    char why[STORE_WHY_SIZE]; /* under lock: what the database last said */
};

struct store {
    struct event_base *base;
    struct store_config config; /* its strings are copies */
    store_state_fn state_cb;
    void *state_arg;

    enum store_state state;   /* loop thread: what was last reported */
    char why[STORE_WHY_SIZE]; /* loop thread */
    bool stalled;             /* loop thread: the writer is in a call for more than a second */
    uint64_t answered[STORE_INVALID + 1]; /* loop thread: calls by their result */
    int64_t delivered_ms[2]; /* loop thread: when a read, a write was answered last, STORE_NEVER */

    pthread_mutex_t lock;
    pthread_cond_t has_writes, has_reads;
    pthread_cond_t changed;      /* stopping, or the schema became ready */
    pthread_cond_t idle;         /* the writer has nothing left */
    struct store_op_list writes; /* under lock */
    struct store_op_list reads;  /* under lock */
    struct store_op_list done;   /* under lock */
    bool stopping;               /* under lock */
    bool schema_ready;           /* under lock: readers may begin */
    bool refused;                /* under lock: the schema is newer than this program */
    bool writer_busy;            /* under lock: a group is out of the queue */

    int wake_fd;               /* eventfd: something is done, or a link's state has changed */
    struct event *wake_event;  /* loop thread */
    struct event *watch_event; /* loop thread: looks for stalls while the writer has work */

    struct store_outcomes *outcomes; /* has a lock of its own */

    struct store_link *links; /* the writer, then the readers */
    unsigned link_count;
};

/* ---- store_queue.c ---- */

/* Database threads: wait for work and take at most `max` ops (1 for readers) into `ops`. False: the
 * store is stopping and there is nothing left to take. */
bool store_queue_take(struct store_link *link, struct store_op_list *ops, size_t max);
/* Puts ops back at the head of their queue, in order; those whose caller has given up are dropped.
 */
void store_queue_give_back(struct store_link *link, struct store_op_list *ops);
/* Hands an op to the loop. It must not be touched afterwards. */
void store_queue_done(struct store *store, struct store_op *op, enum store_result result);
/* Answers those that have a deadline STORE_UNAVAILABLE and leaves the others in `ops`. */
void store_queue_fail_impatient(struct store *store, struct store_op_list *ops);
/* The same for those that still wait, if there is nobody to serve them at present: what comes later
 * is refused at once, too. */
void store_queue_fail_hopeless(struct store *store, bool writes);
/* True if the caller has given up: nothing more need be done for it. */
bool store_queue_is_abandoned(struct store *store, struct store_op *op);
/* Loop thread: answers everything that is done. */
void store_queue_deliver(struct store *store);
/* Loop thread, threads stopped: answers all that is queued STORE_UNAVAILABLE. */
void store_queue_flush(struct store *store);
/* Any thread. */
void store_wake_loop(struct store *store);

/* ---- store.c ---- */

/* Loop thread: true if calls of this kind have no hope at present. */
bool store_is_away(struct store *store, bool writes);
/* Loop thread: finds out what the state is, and tells if it has changed. */
void store_update_state(struct store *store);
/* Loop thread: begins to watch the writer for stalls. */
void store_watch(struct store *store);

/* ---- store_link.c ---- */

/* Connects, again and again, until the link is up. False: the store is stopping. */
bool store_link_up(struct store_link *link);
/* Closes the connection after an error that makes it useless and remembers what it was. */
void store_link_down(struct store_link *link);
/* Sleeps for a random time up to limit_ms; false if the store is stopping. */
bool store_link_sleep(struct store_link *link, unsigned limit_ms);

void *store_writer_main(void *link); /* store_writer.c */
void *store_reader_main(void *link); /* store_reader.c */

#endif
