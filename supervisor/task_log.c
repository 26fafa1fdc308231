/* SPDX-License-Identifier: MIT */
/* Gathers log lines and flushes them every 200 ms, or when a batch is full. While the database is
 * away lines wait in memory up to a limit, beyond which they are dropped and counted by the caller.
 */
#include "supervisor/task_log.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/run.h"
#include "supervisor/store.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define FLUSH_MS 200
#define BATCH_MAX 500

struct task_log {
    struct app *app;
    struct event *timer;
    struct store_log_line lines[BATCH_MAX]; /* messages owned */
    size_t count;
    size_t bytes;         /* of the lines above */
    size_t waiting_bytes; /* handed to the store and not answered */
};

struct batch {
    struct task_log *log;
    size_t bytes;
};

static void flush_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    task_log_flush(arg);
}

struct task_log *task_log_new(struct app *app)
{
    struct task_log *log = xcalloc(1, sizeof(*log));

    log->app = app;
    log->timer = evtimer_new(app->base, flush_cb, log);
    return log;
}

static void forget_lines(struct task_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        free((char *)log->lines[i].message);
    log->count = 0;
    log->bytes = 0;
}

void task_log_free(struct task_log *log)
{
    if (log == NULL)
        return;
    forget_lines(log);
    event_free(log->timer);
    free(log);
}

bool task_log_add(struct task_log *log, uint64_t row_id, int attempt, enum log_level level,
                  const char *message)
{
    struct timeval soon = {.tv_usec = FLUSH_MS * 1000};
    size_t size = strlen(message);

    if (log->waiting_bytes + log->bytes + size > TASK_LOG_WAITING_MAX)
        return false;
    if (log->count == BATCH_MAX)
        task_log_flush(log);
    if (log->count == 0)
        evtimer_add(log->timer, &soon);
    log->lines[log->count++] = (struct store_log_line){.row_id = row_id,
                                                       .attempt = attempt,
                                                       .level = level,
                                                       .at_us = clock_wall_us(),
                                                       .message = xstrdup(message)};
    log->bytes += size + 1;
    return true;
}

bool task_log_add_output(struct run *run, enum log_level level, const char *text, size_t size)
{
    char *clean;
    bool added;

    if (run->log_lines >= TASK_LOG_LINES_MAX || run->log_bytes + size > TASK_LOG_BYTES_MAX) {
        run->log_dropped++;
        return false;
    }
    clean = utf8_sanitise(text, size, TASK_LOG_LINE_MAX);
    run->log_lines++;
    run->log_bytes += strlen(clean);
    added = task_log_add(run->app->task_log, run->task.row_id, run->task.attempt, level, clean);
    run->log_dropped += !added;
    free(clean);
    return added;
}

static void stored_cb(void *arg, enum store_result result)
{
    struct batch *batch = arg;

    if (result != STORE_OK)
        log_error("%zu bytes of task logs could not be stored: %s", batch->bytes,
                  store_result_name(result));
    batch->log->waiting_bytes -= batch->bytes;
    free(batch);
}

void task_log_flush(struct task_log *log)
{
    struct batch *batch;

    if (log->count == 0)
        return;
    batch = xcalloc(1, sizeof(*batch));
    batch->log = log;
    batch->bytes = log->bytes;
    log->waiting_bytes += log->bytes;
    store_log_append(log->app->store, log->lines, log->count, stored_cb, batch);
    forget_lines(log);
    evtimer_del(log->timer);
}
