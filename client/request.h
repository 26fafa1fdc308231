/* SPDX-License-Identifier: MIT */
/* One blocking request of a client, and the parts requests are made of. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "client/buffer.h"
#include "client/conn.h"
#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>

struct complete;

struct taskyard_client {
    char *socket_path;
    pthread_mutex_t lock; /* guards what follows, held during a request */
    struct conn conn;     /* for blocking requests */
    bool reached;         /* the supervisor has answered at least once */
    unsigned timeout_ms;  /* of a request, 0: none */
    struct complete *
        complete; /* NULL until a callback, the descriptor or the thread is asked for; then fixed */
};

struct request {
    const char *method; /* GET POST PUT DELETE */
    char *path;         /* with its query; owned, freed by request_run */
    json_object *body;  /* NULL; owned, released by request_run */
    bool page;          /* the answer is a page */
};

/* The completion side, made at first use; NULL with *error filled if the system refuses. */
struct complete *client_complete_or_error(struct taskyard_client *client,
                                          struct taskyard_error *error);

/* Carries out a request and consumes it. The opened answer, or NULL with *error filled (may be
 * NULL). */
struct taskyard_object *request_run(struct taskyard_client *client, struct request *request,
                                    struct taskyard_error *error);
/* The same for answers that say nothing but "done". */
bool request_run_plain(struct taskyard_client *client, struct request *request,
                       struct taskyard_error *error);

/* "/api/tasks/ID" + tail, the name escaped; NULL with *error (may be NULL) if the name is missing.
 * Caller frees. */
char *request_path(const char *base, const char *name, const char *tail,
                   struct taskyard_error *error);

/* Adds "?name=value" or "&name=value" to a path unless value is NULL. */
void request_query(char **path, const char *name, const char *value);
void request_query_number(char **path, const char *name, unsigned long value); /* unless 0 */

/* CURLOPT_WRITEFUNCTION that adds to a struct buffer, up to REQUEST_ANSWER_MAX. */
#define REQUEST_ANSWER_MAX ((size_t)512 * 1024 * 1024)
size_t request_write_cb(char *data, size_t size, size_t count, void *arg);

#endif
