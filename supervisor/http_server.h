/* SPDX-License-Identifier: MIT */
/* The listeners: one on TCP for everybody, one on a unix socket for local modules and the CLI; one
 * router behind both. */
#ifndef SUPERVISOR_HTTP_SERVER_H
#define SUPERVISOR_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct app;
struct http_server;
struct type_registry;

/* NULL, with the reason logged, if an address cannot be listened on. At the addresses that the
 * program before us has listened on we go on with its sockets (app->handover). */
struct http_server *http_server_new(struct app *app);
/* No new connections; those that wait for an answer get it. */
void http_server_stop_listening(struct http_server *server);

/* ---- an upgrade ---- */

/* New connections wait in the queues of the listeners, or no longer. */
void http_server_hold(struct http_server *server, bool hold);
/* How many connections have a request or an answer under way; also those that have been accepted
 * and have not sent anything yet. Streams of events are not counted: they have no end. */
size_t http_server_busy(const struct http_server *server);
/* The descriptors of both listeners, -1: there is none. They stay the server's. */
void http_server_hand_over(const struct http_server *server, int *public_fd, int *control_fd);

/* Every route on a line, those of types too: method, path, listeners, who may; separated by tabs.
 */
void http_routes_print(FILE *out, const struct type_registry *types);
/* Whether a POST to this path is taken by the service itself. */
bool http_routes_have(const char *path);
void http_server_free(struct http_server *server);

#endif
