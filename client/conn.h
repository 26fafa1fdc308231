/* SPDX-License-Identifier: MIT */
/* One libcurl handle that speaks HTTP over the control socket. One thread at a time. */
#ifndef CLIENT_CONN_H
#define CLIENT_CONN_H

#include <curl/curl.h>
#include <taskyard/client.h>

struct conn {
    CURL *easy;
    const char *socket_path; /* borrowed from the client */
};

/* libcurl's global state; safe to call again and from several threads. False if libcurl cannot
 * start. */
bool conn_library_init(void);

void conn_init(struct conn *conn, const char *socket_path);
void conn_clear(struct conn *conn);

/* Forgets the options of the last request and sets those common to all; an open connection is kept.
 */
void conn_prepare(struct conn *conn, const char *path);

/* The transfer failed before anything was sent, for want of room in the supervisor's queue: worth
 * another try soon. */
bool conn_was_turned_away(const struct conn *conn, CURLcode code);

/* Turns a failed transfer into an error. */
void conn_explain(const struct conn *conn, CURLcode code, struct taskyard_error *error);

#endif
