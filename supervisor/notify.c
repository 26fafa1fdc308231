/* SPDX-License-Identifier: MIT */
/* Every message is best effort: a service manager that cannot be reached is no error of ours. The
 * descriptor of the socket is opened for each message by the library, so no task can inherit it. */
#include "supervisor/notify.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/loop.h"
#include "supervisor/runs.h"
#include "supervisor/store.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#define TICK_MAX_US 5000000
/* Longer than what may follow the last tick of a drain: the store's close waits for five seconds.
 */
#define EXTEND_US "30000000"

struct notify {
    struct app *app;
    struct event *timer;
    char *status;  /* the line that was told last */
    bool ready;    /* told once */
    bool stopping; /* told: there is no way back */
};

static void tell(const char *message)
{
#ifdef HAVE_LIBSYSTEMD
    sd_notify(0, message);
#else
    (void)message;
#endif
}

/* How often the service manager wants to hear from us, 0 if it does not care. */
static uint64_t watchdog_us(void)
{
    uint64_t limit_us = 0;

#ifdef HAVE_LIBSYSTEMD
    if (sd_watchdog_enabled(0, &limit_us) <= 0)
        limit_us = 0;
#endif
    return limit_us;
}

static const char *database_text(const struct app *app)
{
    switch (store_state(app->store, NULL)) {
    case STORE_READY:
        return "the database is ready";
    case STORE_STALLED:
        return "the database does not answer";
    case STORE_REFUSED:
        return "the database cannot be used";
    case STORE_CONNECTING:
        break;
    }
    return "the database is not available";
}

void notify_status(struct notify *notify)
{
    size_t tasks;
    char *status;

    if (notify == NULL)
        return;
    tasks = runs_live(notify->app->runs);
    status = xasprintf("STATUS=%s%zu task%s running, %s", notify->stopping ? "Stopping: " : "",
                       tasks, tasks == 1 ? "" : "s", database_text(notify->app));
    if (notify->status != NULL && strcmp(notify->status, status) == 0) {
        free(status);
        return;
    }
    free(notify->status);
    notify->status = status;
    tell(status);
}

static void tick_cb(evutil_socket_t fd, short what, void *arg)
{
    struct notify *notify = arg;

    (void)fd, (void)what;
    tell(notify->stopping ? "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=" EXTEND_US : "WATCHDOG=1");
    notify_status(notify);
}

struct notify *notify_new(struct app *app)
{
    struct notify *notify = xcalloc(1, sizeof(*notify));
    uint64_t tick_us = watchdog_us() / 2;
    struct timeval interval;

    if (tick_us == 0 || tick_us > TICK_MAX_US)
        tick_us = TICK_MAX_US;
    interval.tv_sec = (time_t)(tick_us / 1000000);
    interval.tv_usec = (suseconds_t)(tick_us % 1000000);
    notify->app = app;
    notify->timer = loop_urgent_new(app->base, -1, EV_PERSIST, tick_cb, notify);
    event_add(notify->timer, &interval);
    return notify;
}

void notify_free(struct notify *notify)
{
    if (notify == NULL)
        return;
    event_free(notify->timer);
    free(notify->status);
    free(notify);
}

void notify_ready(struct notify *notify)
{
    if (notify == NULL || notify->stopping || notify->app->store == NULL)
        return; /* the last: still before the listening, and no worker could be started */
    notify->ready = true;
    tell("READY=1");
    notify_status(notify);
}

/* Before the first "ready" the service is starting, not reloading. The manager compares the time
 * with that of its own request (systemd 253 and later). */
void notify_reloading(struct notify *notify)
{
    char *message;

    if (notify == NULL || !notify->ready || notify->stopping)
        return;
    message = xasprintf("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_us());
    tell(message);
    free(message);
}

void notify_stopping(struct notify *notify)
{
    if (notify == NULL || notify->stopping)
        return;
    notify->stopping = true;
    tell("STOPPING=1\nEXTEND_TIMEOUT_USEC=" EXTEND_US);
    notify_status(notify);
}
