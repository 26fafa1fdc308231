/* SPDX-License-Identifier: MIT */
/* The event stream and the questions behind on_complete. Nothing here fails for good: whatever goes
 * wrong is tried again. */
#include "client/follow.h"
#include "client/envelope.h"
#include "client/request.h"
#include "common/json_util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SILENCE_LIMIT_S 45 /* the supervisor sends a comment every 15 s */
#define PAUSE_LEAST_MS 100 /* between attempts to connect, doubled each time */
#define PAUSE_MOST_MS 5000
#define STEADY_MS 5000 /* a stream that lived so long starts again with the shortest pause */
#define IDLE_MS 10000  /* an unwanted stream is kept for the next create */
#define CHECK_LIMIT_MS 30000
#define CHECK_PAUSE_MS 1000
#define RECHECK_MS (300 * 1000)

void follow_init(struct follow *follow, struct pump *pump, struct complete_table *table,
                 const char *socket_path)
{
    memset(follow, 0, sizeof(*follow));
    follow->pump = pump;
    follow->table = table;
    follow->pause_ms = PAUSE_LEAST_MS;
    follow->idle_at_ms = PUMP_NEVER;
    conn_init(&follow->stream, socket_path);
    conn_init(&follow->check, socket_path);
}

/* ---- the stream ---- */

static void follow_event(void *arg, const struct sse_event *event)
{
    struct follow *follow = arg;
    const char *why;
    json_object *task;

    if (strcmp(event->name, "task") != 0)
        return;
    task = json_parse_text(event->data, event->data_size, &why);
    table_event(follow->table, (struct taskyard_object *)task);
    json_object_put(task);
}

static size_t follow_header_cb(char *data, size_t size, size_t count, void *arg)
{
    struct follow *follow = arg;
    long status = 0;

    curl_easy_getinfo(follow->stream.easy, CURLINFO_RESPONSE_CODE, &status);
    if (size * count <= 2 && status == 200 &&
        !follow->live) { /* the empty line after the headers */
        follow->live = true;
        follow->live_at_ms = pump_now_ms();
        follow->recheck_at_ms = follow->live_at_ms + RECHECK_MS;
        table_set_live(follow->table, true);
    }
    (void)data;
    return size * count;
}

static size_t follow_write_cb(char *data, size_t size, size_t count, void *arg)
{
    struct follow *follow = arg;

    if (follow->live && !sse_feed(follow->sse, data, size * count))
        return 0;
    return size * count;
}

static void follow_open_stream(struct follow *follow)
{
    CURL *easy = follow->stream.easy;

    follow->sse = sse_new(follow_event, follow);
    conn_prepare(&follow->stream, "/api/events");
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, follow_header_cb);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, follow);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, follow_write_cb);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, follow);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_LIMIT_S);
    curl_multi_add_handle(follow->pump->multi, easy);
}

static void follow_close_stream(struct follow *follow)
{
    if (follow->sse == NULL)
        return;
    curl_multi_remove_handle(follow->pump->multi, follow->stream.easy);
    sse_free(follow->sse);
    follow->sse = NULL;
    if (follow->live)
        table_set_live(follow->table, false);
    follow->live = false;
}

/* Pauses differ by chance, so that many programs do not come back in step after a restart. */
static void follow_stream_ended(struct follow *follow)
{
    int64_t now_ms = pump_now_ms();
    uint16_t chance = 0;

    (void)!getrandom(&chance, sizeof(chance), GRND_NONBLOCK);
    if (follow->live && now_ms - follow->live_at_ms >= STEADY_MS)
        follow->pause_ms = PAUSE_LEAST_MS;
    follow_close_stream(follow);
    follow->stream_at_ms = now_ms + follow->pause_ms / 2 + chance % (follow->pause_ms / 2 + 1);
    follow->pause_ms = follow->pause_ms * 2 < PAUSE_MOST_MS ? follow->pause_ms * 2 : PAUSE_MOST_MS;
}

/* ---- asking for tasks in doubt ---- */

static void follow_start_check(struct follow *follow)
{
    char *path;

    follow->checking = table_next_doubt(follow->table, &follow->checking_since);
    if (follow->checking == NULL)
        return;
    path = request_path("/api/tasks", follow->checking, "", NULL);
    conn_prepare(&follow->check, path != NULL ? path : "/");
    free(path);
    buffer_reset(&follow->answer);
    curl_easy_setopt(follow->check.easy, CURLOPT_WRITEFUNCTION, request_write_cb);
    curl_easy_setopt(follow->check.easy, CURLOPT_WRITEDATA, &follow->answer);
    curl_easy_setopt(follow->check.easy, CURLOPT_TIMEOUT_MS, (long)CHECK_LIMIT_MS);
    curl_multi_add_handle(follow->pump->multi, follow->check.easy);
}

static void follow_stop_check(struct follow *follow)
{
    if (follow->checking == NULL)
        return;
    curl_multi_remove_handle(follow->pump->multi, follow->check.easy);
    free(follow->checking);
    follow->checking = NULL;
}

static void follow_check_ended(struct follow *follow, CURLcode code)
{
    struct taskyard_error error;
    json_object *task = NULL;
    long status = 0;

    curl_easy_getinfo(follow->check.easy, CURLINFO_RESPONSE_CODE, &status);
    memset(&error, 0, sizeof(error));
    if (code == CURLE_OK)
        task = envelope_open(follow->answer.data, follow->answer.size, (int)status, false, &error);
    if (task != NULL || strcmp(error.code, "E4041") == 0)
        table_answer(follow->table, follow->checking_since, follow->checking,
                     (struct taskyard_object *)task);
    else
        follow->check_at_ms = pump_now_ms() + CHECK_PAUSE_MS;
    json_object_put(task);
    follow_stop_check(follow);
}

/* ---- the step ---- */

static void follow_take_done(struct follow *follow)
{
    CURL *easy;
    CURLcode code;

    while ((easy = pump_next_done(follow->pump, &code)) != NULL) {
        if (easy == follow->stream.easy)
            follow_stream_ended(follow);
        else
            follow_check_ended(follow, code);
    }
}

static void follow_start_due(struct follow *follow, int64_t now_ms)
{
    bool wanted = table_is_wanted(follow->table);

    if (follow->live && now_ms >= follow->recheck_at_ms) {
        follow->recheck_at_ms = now_ms + RECHECK_MS;
        table_doubt_all(follow->table);
    }
    if (wanted)
        follow->idle_at_ms = PUMP_NEVER;
    else if (follow->sse != NULL && follow->idle_at_ms == PUMP_NEVER)
        follow->idle_at_ms = now_ms + IDLE_MS;
    if (now_ms >= follow->idle_at_ms) {
        follow_close_stream(follow);
        follow->idle_at_ms = PUMP_NEVER;
    }
    if (wanted && follow->sse == NULL && now_ms >= follow->stream_at_ms)
        follow_open_stream(follow);
    if (follow->live && follow->checking == NULL && now_ms >= follow->check_at_ms)
        follow_start_check(follow);
}

static void follow_earlier(int64_t *at_ms, bool applies, int64_t other_ms)
{
    if (applies && other_ms < *at_ms)
        *at_ms = other_ms;
}

static void follow_set_timer(struct follow *follow)
{
    bool wanted = table_is_wanted(follow->table);
    int64_t at_ms = follow->idle_at_ms;

    follow_earlier(&at_ms, wanted && follow->sse == NULL, follow->stream_at_ms);
    follow_earlier(&at_ms,
                   follow->live && follow->checking == NULL && table_has_doubt(follow->table),
                   follow->check_at_ms);
    follow_earlier(&at_ms, follow->live && wanted, follow->recheck_at_ms);
    pump_set_timer(follow->pump, at_ms);
}

void follow_step(struct follow *follow)
{
    follow_take_done(follow);
    follow_start_due(follow, pump_now_ms());
    follow_set_timer(follow);
}

void follow_clear(struct follow *follow)
{
    follow_close_stream(follow);
    follow_stop_check(follow);
    conn_clear(&follow->stream);
    conn_clear(&follow->check);
    buffer_clear(&follow->answer);
}
