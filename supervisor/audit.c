/* SPDX-License-Identifier: MIT */
/* Rows of the audit trail for what was refused. */
#include "supervisor/audit.h"
#include "common/json_util.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/store.h"

#include <stdlib.h>
#include <string.h>

#define PER_SECOND 10
#define PATH_SHOWN_MAX 200 /* bytes */

static bool may_write(struct app *app)
{
    struct audit_limit *limit = &app->audit_limit;
    int64_t now = clock_ms();

    if (now - limit->began_ms >= 1000) {
        limit->began_ms = now;
        limit->written = 0;
    }
    /* Nothing is queued for a database that is away. */
    if (limit->written >= PER_SECOND || store_state(app->store, NULL) != STORE_READY) {
        limit->dropped++;
        return false;
    }
    limit->written++;
    return true;
}

static json_object *detail_json(const struct app *app, const char *method, const char *path)
{
    json_object *detail = json_object_new_object();
    char *shown = utf8_sanitise(path, strlen(path), PATH_SHOWN_MAX);

    json_add_string(detail, "method", method);
    json_add_string(detail, "path", shown);
    if (app->audit_limit.dropped > 0)
        json_add_int(detail, "not_written_before", (int64_t)app->audit_limit.dropped);
    free(shown);
    return detail;
}

void audit_refused(struct app *app, const struct store_actor *who, const char *method,
                   const char *path)
{
    struct store_event event = {.kind = "refused", .actor = who->id, .address = who->address};
    json_object *detail;

    if (!may_write(app))
        return;
    detail = detail_json(app, method, path);
    event.detail = json_object_to_json_string_ext(detail, JSON_C_TO_STRING_PLAIN |
                                                              JSON_C_TO_STRING_NOSLASHESCAPE);
    store_event_append(app->store, &event, 1, NULL, NULL);
    json_object_put(detail);
    app->audit_limit.dropped = 0;
}
