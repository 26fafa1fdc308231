/* SPDX-License-Identifier: MIT */
/* The audit trail over HTTP. */
#include "common/id.h"
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/api_query.h"
#include "supervisor/app.h"
#include "supervisor/http_call.h"
#include "supervisor/store_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILTER_MAX 64 /* bytes of a kind or an actor */

static json_object *row_json(const struct store_audit_row *row)
{
    json_object *object = json_object_new_object(), *detail;
    const char *why;
    char id[24];

    snprintf(id, sizeof(id), "%" PRIu64, row->id);
    json_add_string(object, "id", id);
    json_add_string(object, "kind", row->kind);
    json_add_string(object, "actor", row->actor);
    json_add_string(object, "actor_name", row->actor_name);
    json_add_string(object, "address", row->address);
    json_add_string(object, "task_id", row->task_id);
    if (row->attempt > 0)
        json_add_int(object, "attempt", row->attempt);
    if (row->detail != NULL &&
        (detail = json_parse_text(row->detail, strlen(row->detail), &why)) != NULL)
        json_object_object_add(object, "detail", detail);
    json_add_time(object, "created_at", row->created_at_us);
    return object;
}

static void list_cb(void *arg, enum store_result result, const struct store_audit_row *rows,
                    size_t count, uint64_t total)
{
    struct api_page page = api_page(arg);
    json_object *array;

    if (result != STORE_OK) {
        http_reply_store(arg, result, "audit trail");
        return;
    }
    array = json_object_new_array_ext((int)count);
    for (size_t i = 0; i < count; i++)
        json_object_array_add(array, row_json(&rows[i]));
    http_reply_page(arg, array, total, page.current, page.page_size);
}

void api_audit_events(struct http_call *call)
{
    struct api_page page = api_page(call);
    struct store_audit_filter filter = {.page = page.current, .page_size = page.page_size};

    if (!api_filter(call, "kind", FILTER_MAX, &filter.kind) ||
        !api_filter(call, "actor", FILTER_MAX, &filter.actor) ||
        !api_filter(call, "task_id", FILTER_MAX, &filter.task_id) ||
        (filter.task_id != NULL && !id_is_valid(filter.task_id)))
        api_reply_empty_page(call);
    else
        store_audit_list(http_call_app(call)->store, &filter, http_call_deadline(call), list_cb,
                         call);
}
