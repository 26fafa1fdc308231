/* SPDX-License-Identifier: MIT */
/* Keeps a completion table up to date: holds the event stream open while somebody waits, connects
 * again when it breaks, and asks for the tasks in doubt, one at a time. Only the thread that drives
 * it may call these functions. */
#ifndef CLIENT_FOLLOW_H
#define CLIENT_FOLLOW_H

#include "client/buffer.h"
#include "client/complete_table.h"
#include "client/conn.h"
#include "client/pump.h"
#include "client/sse.h"

struct follow {
    struct pump *pump;            /* borrowed */
    struct complete_table *table; /* borrowed */
    struct conn stream;
    struct sse *sse;      /* NULL while the stream is closed */
    bool live;            /* the stream's answer has begun: every event from now on is heard */
    int64_t live_at_ms;   /* when that was */
    int64_t stream_at_ms; /* not opened again before */
    int64_t idle_at_ms;   /* when an unwanted stream is closed; PUMP_NEVER while it is wanted */
    unsigned pause_ms;    /* next pause between attempts to connect */
    struct conn check;
    char *checking; /* NULL or the id being asked for */
    uint64_t checking_since;
    struct buffer answer;
    int64_t check_at_ms;   /* nothing is asked before, after a failure */
    int64_t recheck_at_ms; /* when everything is asked for again, for safety */
};

void follow_init(struct follow *follow, struct pump *pump, struct complete_table *table,
                 const char *socket_path);
void follow_clear(struct follow *follow);

/* Takes in what libcurl has finished, starts what is due and sets the pump's timer. Call before and
 * after pump_wait. */
void follow_step(struct follow *follow);

#endif
