/* SPDX-License-Identifier: MIT */
/* taskyard_watch: one event stream in the calling thread, over a connection of its own. */
#include "client/request.h"
#include "client/envelope.h"
#include "client/error.h"
#include "client/pump.h"
#include "client/sse.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define SILENCE_LIMIT_S 45 /* the supervisor sends a comment every 15 s */
#define POLL_MOST_MS 1000
#define REFUSAL_MAX 65536

struct watch {
    struct conn conn;
    struct sse *sse;
    struct buffer refusal; /* the body of an answer that is not 200 */
    taskyard_event_fn event_fn;
    void *arg;
    bool stopped; /* by event_fn */
    bool too_large;
    unsigned tick_ms;
    int64_t heard_at_ms; /* the last call of event_fn */
};

static void watch_tell(struct watch *watch, enum taskyard_event_kind kind,
                       const struct taskyard_object *task)
{
    struct taskyard_event event = {.kind = kind, .task = task};

    if (watch->stopped)
        return;
    watch->stopped = !watch->event_fn(watch->arg, &event);
    watch->heard_at_ms = pump_now_ms();
}

static void watch_event(void *arg, const struct sse_event *event)
{
    struct watch *watch = arg;
    const char *why;
    json_object *task;

    if (strcmp(event->name, "task") != 0)
        return;
    task = json_parse_text(event->data, event->data_size, &why);
    if (task != NULL)
        watch_tell(watch, TASKYARD_EVENT_TASK, (struct taskyard_object *)task);
    json_object_put(task);
}

static size_t watch_write_cb(char *data, size_t size, size_t count, void *arg)
{
    struct watch *watch = arg;
    long status = 0;

    curl_easy_getinfo(watch->conn.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        if (watch->refusal.size < REFUSAL_MAX)
            buffer_add(&watch->refusal, data, size * count);
        return size * count;
    }
    watch->too_large = !sse_feed(watch->sse, data, size * count);
    return watch->stopped || watch->too_large ? 0 : size * count;
}

static void watch_prepare(struct watch *watch, const char *path)
{
    CURL *easy = watch->conn.easy;

    conn_prepare(&watch->conn, path);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, watch_write_cb);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, watch);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_LIMIT_S);
}

static int watch_poll_ms(const struct watch *watch)
{
    int64_t left_ms;

    if (watch->tick_ms == 0)
        return POLL_MOST_MS;
    left_ms = watch->heard_at_ms + watch->tick_ms - pump_now_ms();
    if (left_ms < 0)
        return 0;
    return left_ms < POLL_MOST_MS ? (int)left_ms : POLL_MOST_MS;
}

/* Runs until the stream ends or event_fn asks to stop; gives libcurl's reason. */
static CURLcode watch_drive(struct watch *watch, CURLM *multi)
{
    int running = 1, left;
    CURLMsg *message;

    watch->heard_at_ms = pump_now_ms();
    while (!watch->stopped) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        if (running == 0)
            break;
        if (watch->tick_ms != 0 && pump_now_ms() >= watch->heard_at_ms + watch->tick_ms)
            watch_tell(watch, TASKYARD_EVENT_TICK, NULL);
        if (!watch->stopped)
            (void)curl_multi_poll(multi, NULL, 0, watch_poll_ms(watch), NULL);
    }
    message = curl_multi_info_read(multi, &left);
    return message != NULL && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OK;
}

static void watch_explain(const struct watch *watch, CURLcode code, struct taskyard_error *error)
{
    long status = 0;

    curl_easy_getinfo(watch->conn.easy, CURLINFO_RESPONSE_CODE, &status);
    if (watch->too_large)
        error_set(error, TASKYARD_ERROR_PROTOCOL, "the supervisor sent an event that is too large");
    else if (code != CURLE_OK)
        conn_explain(&watch->conn, code, error);
    else if (status != 200)
        json_object_put(
            envelope_open(watch->refusal.data, watch->refusal.size, (int)status, false, error));
    else
        error_set(error, TASKYARD_ERROR_LOST, "the supervisor at %s closed the event stream",
                  watch->conn.socket_path);
}

static void watch_run(struct watch *watch, struct taskyard_error *error)
{
    CURLM *multi = curl_multi_init();
    CURLcode code;

    if (multi == NULL)
        abort();
    curl_multi_add_handle(multi, watch->conn.easy);
    code = watch_drive(watch, multi);
    if (!watch->stopped)
        watch_explain(watch, code, error);
    curl_multi_remove_handle(multi, watch->conn.easy);
    conn_clear(&watch->conn);
    curl_multi_cleanup(multi);
}

bool taskyard_watch(struct taskyard_client *client, const char *id, unsigned tick_ms,
                    taskyard_event_fn event_fn, void *arg, struct taskyard_error *error)
{
    char *path =
        id != NULL ? request_path("/api/tasks", id, "/events", error) : xstrdup("/api/events");
    struct watch watch = {.event_fn = event_fn, .arg = arg, .tick_ms = tick_ms};
    struct taskyard_error local;

    if (path == NULL)
        return false;
    error_none(&local);
    conn_init(&watch.conn, client->socket_path);
    watch.sse = sse_new(watch_event, &watch);
    watch_prepare(&watch, path);
    free(path);
    watch_run(&watch, &local);
    sse_free(watch.sse);
    buffer_clear(&watch.refusal);
    error_copy(error, &local);
    return watch.stopped;
}
