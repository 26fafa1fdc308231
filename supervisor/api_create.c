/* SPDX-License-Identifier: MIT */
/* The addresses at which front ends make tasks, as the descriptors of types declare them
 * (type_create.h). Nothing here knows any type. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/service.h"
#include "supervisor/task_json.h"
#include "supervisor/type.h"
#include "supervisor/type_create.h"

#include <stdlib.h>
#include <string.h>

#define KEY_HEADER "Idempotency-Key"
#define KEY_MAX 128

struct creation {
    struct http_call *call;
    char *payload;
};

/* The key may have made another task, with another payload or at another address. */
static bool is_the_same(const struct creation *creation, const struct task *task)
{
    return strcmp(task->type, http_call_type(creation->call)->name) == 0 && task->payload != NULL &&
           strcmp(task->payload, creation->payload) == 0;
}

static void created_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    struct creation *creation = arg;

    (void)count;
    if (result != STORE_OK)
        http_reply_store(creation->call, result, "task");
    else if (!is_the_same(creation, &tasks[0]))
        http_reply_error(creation->call, "E4091",
                         "this " KEY_HEADER " was used for a different request; choose another");
    else
        http_reply_data(creation->call, task_json(&tasks[0], TASK_JSON_WHOLE));
    free(creation->payload);
    free(creation);
}

/* The payload as text, to be freed; NULL: the call has been answered. */
static char *read_payload(struct http_call *call)
{
    json_object *body = http_call_body(call), *payload;
    struct create_fault fault;
    char *text;

    payload = create_rules_apply(&http_call_type(call)->create->rules, body, &fault);
    if (payload == NULL) {
        http_reply_error(call, fault.code, "%s", fault.text);
        free(fault.text);
        return NULL;
    }
    text = xstrdup(json_object_to_json_string_ext(payload, JSON_C_TO_STRING_PLAIN |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(payload);
    if (strlen(text) <= SERVICE_PAYLOAD_MAX)
        return text;
    http_reply_error(call, "E4131", "the payload is larger than %d bytes", SERVICE_PAYLOAD_MAX);
    free(text);
    return NULL;
}

/* False: the call has been answered. */
static bool key_is_good(struct http_call *call, const char *key)
{
    size_t length = key != NULL ? strlen(key) : 1;

    if (length >= 1 && length <= KEY_MAX && (key == NULL || utf8_is_valid(key, length)))
        return true;
    http_reply_error(call, "E4002", KEY_HEADER " must be 1 to %d bytes of UTF-8", KEY_MAX);
    return false;
}

void api_create_endpoint(struct http_call *call)
{
    const struct task_type *type = http_call_type(call);
    struct service_create request = {.type = type->name,
                                     .creator = http_call_who(call)->id,
                                     .max_retries = type->create->max_retries,
                                     .count = 1,
                                     .idempotency_key = http_call_header(call, KEY_HEADER)};
    struct creation *creation;
    char *payload;

    if (!key_is_good(call, request.idempotency_key) || (payload = read_payload(call)) == NULL)
        return;
    creation = xcalloc(1, sizeof(*creation));
    creation->call = call;
    creation->payload = payload;
    request.payload = payload;
    service_create(http_call_app(call), &request, http_call_who(call), created_cb, creation);
}
