/* SPDX-License-Identifier: MIT */
/* The envelope around an array whose elements may be large: their long members come as text that a
 * database thread has written, and go to the client without being copied. */
#ifndef SUPERVISOR_HTTP_LARGE_H
#define SUPERVISOR_HTTP_LARGE_H

#include "common/json_text.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct http_call;
struct http_large;

/* Before the rows are asked for: false, and the call has been answered with 503, while too many
 * bytes of such answers wait for their clients. */
bool http_large_has_room(struct http_call *call);

struct http_large *http_large_new(void);
/* One element: the object, which is taken over, with `members` behind its own. Their bytes are
 * taken over. */
void http_large_add(struct http_large *array, json_object *object, struct json_text *members);

/* Both end the call and the array. */
void http_reply_large(struct http_call *call, struct http_large *array);
void http_reply_large_page(struct http_call *call, struct http_large *array, uint64_t total,
                           unsigned current, unsigned page_size);

#endif
