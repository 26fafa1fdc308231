/* SPDX-License-Identifier: MIT */
/* Removing old history at once. One request works for a second at most; `more` says that another
 * one has something to do. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/http_call.h"
#include "supervisor/retention.h"

#define BUDGET_MS 1000

static void purged_cb(void *arg, enum store_result result, const struct retention_removed *removed,
                      bool more)
{
    struct http_call *call = arg;
    json_object *answer;

    if (result != STORE_OK) {
        http_reply_store(call, result, "history");
        return;
    }
    answer = json_object_new_object();
    json_add_int(answer, "tasks", (int64_t)removed->tasks);
    json_add_int(answer, "artifacts", (int64_t)removed->files);
    json_add_int(answer, "log_lines", (int64_t)removed->log_lines);
    json_add_int(answer, "audit_events", (int64_t)removed->events);
    json_add_bool(answer, "more", more);
    http_reply_data(call, answer);
}

void api_purge(struct http_call *call)
{
    retention_purge(http_call_app(call), BUDGET_MS, purged_cb, call);
}
