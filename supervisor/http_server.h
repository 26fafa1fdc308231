/* SPDX-License-Identifier: MIT */
/* The listeners: one on TCP for everybody, one on a unix socket for local modules and the CLI; one
 * router behind both. */
#ifndef SUPERVISOR_HTTP_SERVER_H
#define SUPERVISOR_HTTP_SERVER_H

struct app;
struct http_server;

/* NULL, with the reason logged, if an address cannot be listened on. */
struct http_server *http_server_new(struct app *app);
/* No new connections; those that wait for an answer get it. */
void http_server_stop_listening(struct http_server *server);
void http_server_free(struct http_server *server);

#endif
