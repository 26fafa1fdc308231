/* SPDX-License-Identifier: MIT */
/* The envelope of every JSON answer: {"code":"0","data":...} or {"code":"E4041","err":"..."}. Pure.
 */
#ifndef CLIENT_ENVELOPE_H
#define CLIENT_ENVELOPE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <taskyard/client.h>

/* Opens the answer `body` that came with the HTTP status. Gives `data` (the caller's; an empty
 * object if there is none), or with `page` {"data", "total", "current", "page_size"}. NULL with
 * *error (not NULL) filled otherwise. */
json_object *envelope_open(const char *body, size_t size, int http_status, bool page,
                           struct taskyard_error *error);

#endif
