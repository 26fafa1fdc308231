/* SPDX-License-Identifier: MIT */
/* Small pieces are copied into the buffer, long ones are referred to; how much of these is unsent
 * is counted. */
#include "supervisor/http_large.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/http_internal.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#define COPY_MAX 4096
#define UNSENT_MAX (256UL * 1024 * 1024) /* one more answer may be begun below it */

struct http_large {
    struct evbuffer *text; /* begins with the envelope's first member */
    bool many;
};

static size_t unsent; /* bytes that are referred to */

bool http_large_has_room(struct http_call *call)
{
    if (unsent < UNSENT_MAX)
        return true;
    http_reply_error(call, "E5031",
                     "too many large answers wait for their clients; try again later");
    return false;
}

static void add(struct evbuffer *text, const char *bytes, size_t size)
{
    if (evbuffer_add(text, bytes, size) != 0)
        abort();
}

static void sent_cb(const void *bytes, size_t size, void *arg)
{
    (void)arg;
    unsent -= size;
    free((void *)bytes);
}

static void add_members(struct evbuffer *text, struct json_text *members)
{
    if (members->size <= COPY_MAX) {
        add(text, members->bytes, members->size);
        json_text_clear(members);
        return;
    }
    if (evbuffer_add_reference(text, members->bytes, members->size, sent_cb, NULL) != 0)
        abort();
    unsent += members->size;
    *members = (struct json_text){0};
}

struct http_large *http_large_new(void)
{
    struct http_large *array = xcalloc(1, sizeof(*array));

    array->text = evbuffer_new();
    if (array->text == NULL)
        abort();
    add(array->text, "{\"data\":[", strlen("{\"data\":["));
    return array;
}

void http_large_add(struct http_large *array, json_object *object, struct json_text *members)
{
    const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE);

    if (array->many)
        add(array->text, ",", 1);
    array->many = true;
    add(array->text, text, strlen(text) - 1); /* all but its end */
    if (members->bytes != NULL)
        add_members(array->text, members);
    add(array->text, "}", 1);
    json_object_put(object);
}

/* `rest` has the members behind the array; taken over. */
static void reply(struct http_call *call, struct http_large *array, json_object *rest)
{
    const char *text;

    json_add_string(rest, "code", "0");
    json_add_string(rest, "trace_id", call->trace_id);
    text = json_object_to_json_string_ext(rest, JSON_C_TO_STRING_PLAIN);
    add(array->text, "],", 2);
    add(array->text, text + 1, strlen(text) - 1);
    json_object_put(rest);
    http_reply_text(call, 200, array->text);
    free(array);
}

void http_reply_large(struct http_call *call, struct http_large *array)
{
    reply(call, array, json_object_new_object());
}

void http_reply_large_page(struct http_call *call, struct http_large *array, uint64_t total,
                           unsigned current, unsigned page_size)
{
    json_object *rest = json_object_new_object();

    json_add_int(rest, "total", (int64_t)total);
    json_add_int(rest, "current", current);
    json_add_int(rest, "page_size", page_size);
    reply(call, array, rest);
}
