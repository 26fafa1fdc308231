/* SPDX-License-Identifier: MIT */
/* Where a request comes from: the client behind trusted proxies, and the web origin of the page
 * that sent it. Pure. */
#ifndef SUPERVISOR_HTTP_ORIGIN_H
#define SUPERVISOR_HTTP_ORIGIN_H

#include "supervisor/config_http.h"
#include "supervisor/ip_range.h"

#include <stdbool.h>

#define HTTP_HOST_SIZE 262

/* What a request says about its way; NULL where it says nothing. Lists are joined by commas in the
 * order of the headers. */
struct http_forwarded {
    const char *for_list; /* X-Forwarded-For */
    const char *proto;    /* X-Forwarded-Proto */
    const char *host;     /* X-Forwarded-Host */
};

/* The client as the outermost trusted proxy saw it. */
struct http_client {
    struct ip_address address;
    bool is_https;
    char host[HTTP_HOST_SIZE]; /* what the client calls us, with a port if it is unusual */
};

/* `direct` is the other end of the connection, `host` the header Host. */
void http_client_find(struct http_client *client, const struct config_http *config,
                      const struct ip_address *direct, const char *host,
                      const struct http_forwarded *forwarded);

/* True if a page of our own sent the request, or nobody but the user. `origin` and `fetch_site` are
 * the headers Origin and Sec-Fetch-Site, or NULL. */
bool http_origin_is_same(const struct http_client *client, const char *origin,
                         const char *fetch_site);
/* True if the configuration lets scripts of this origin read our answers. */
bool http_origin_is_listed(const struct config_http *config, const char *origin);

#endif
