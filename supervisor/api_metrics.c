/* SPDX-License-Identifier: MIT */
/* The figures for Prometheus, from memory alone: they are there when the database is not. */
#include "common/log.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/heartbeat.h"
#include "supervisor/http_call.h"
#include "supervisor/outbox.h"
#include "supervisor/principal.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/store.h"
#include "supervisor/type.h"

#include <stdlib.h>

/* A program on this machine that no proxy speaks for needs no credentials; everybody else needs the
 * permission. False: the call has been answered. */
static bool may_read(struct http_call *call)
{
    if (http_call_is_local(call))
        return true;
    if (http_call_principal(call)->kind == PRINCIPAL_ANONYMOUS) {
        http_reply_error(call, "E4011", "Not signed in, or the session has ended");
        return false;
    }
    return http_call_may(call, "system:metrics:view");
}

static void count_run(struct run *run, void *arg)
{
    struct app *app = arg;

    if (run->phase != RUN_ENDED)
        metrics_type(&app->metrics, app->types, run->task.type)->running++;
}

/* Every registered type has its series from the start, so that its first task is an increase. */
static void count_running(struct app *app)
{
    for (size_t i = 0; i < type_registry_count(app->types); i++)
        metrics_type(&app->metrics, app->types, type_registry_at(app->types, i)->name);
    for (size_t i = 0; i < app->metrics.type_count; i++)
        app->metrics.types[i].running = 0;
    runs_each(app->runs, count_run, app);
}

static struct metrics_now look(const struct app *app)
{
    return (struct metrics_now){.version = PACKAGE_VERSION,
                                .started_at_s =
                                    (clock_wall_us() / 1000 - clock_ms() + app->started_ms) / 1000,
                                .running = runs_live(app->runs),
                                .max_concurrent = scheduler_limit(app->scheduler),
                                .database_up = store_state(app->store, NULL) == STORE_READY,
                                .outbox = outbox_count(app->outbox),
                                .unavailable = store_answered(app->store, STORE_UNAVAILABLE),
                                .uncertain = store_answered(app->store, STORE_UNCERTAIN),
                                .invalid = store_answered(app->store, STORE_INVALID)};
}

void api_metrics(struct http_call *call)
{
    struct app *app = http_call_app(call);
    struct metrics_now now;
    char *text = NULL;
    size_t size = 0;
    FILE *out;

    if (!may_read(call))
        return;
    heartbeat_watched(app->heartbeat);
    count_running(app);
    now = look(app);
    out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    metrics_print(&app->metrics, &now, out);
    fclose(out);
    http_reply_bytes(call, "text/plain; version=0.0.4; charset=utf-8", text, size);
    free(text);
}
