/* SPDX-License-Identifier: MIT */
/* libcurl's multi interface behind one pollable descriptor: an epoll set of libcurl's sockets, one
 * timer for its time limits and its owner's, and a wake-up for other threads. One thread at a time,
 * except pump_wake. */
#ifndef CLIENT_PUMP_H
#define CLIENT_PUMP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#define PUMP_NEVER INT64_MAX

struct pump {
    CURLM *multi;
    int epoll_fd; /* readable when pump_wait has something to do */
    int timer_fd;
    int wake_fd;
    int64_t curl_at_ms;  /* when libcurl wants to be called, or PUMP_NEVER */
    int64_t owner_at_ms; /* when the owner wants to be woken, or PUMP_NEVER */
};

int64_t pump_now_ms(void); /* monotonic */

/* False with errno set; the pump needs no pump_clear then. */
bool pump_init(struct pump *pump);
/* Every easy handle must have been removed before. */
void pump_clear(struct pump *pump);

/* Ends a pump_wait, now or the next one. Any thread. */
void pump_wake(const struct pump *pump);

/* Moment at which pump_wait is to end by itself. */
void pump_set_timer(struct pump *pump, int64_t at_ms);

/* Waits at most timeout_ms (< 0: no limit) for anything, and lets libcurl do its work. */
void pump_wait(struct pump *pump, int timeout_ms);

/* The next transfer that has ended, or NULL. */
CURL *pump_next_done(struct pump *pump, CURLcode *code);

#endif
