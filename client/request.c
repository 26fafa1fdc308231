/* SPDX-License-Identifier: MIT */
/* Blocking requests. A request body is given to libcurl through a read function without a seek
 * function: so libcurl cannot send it a second time by itself when a kept connection dies, and a
 * task is never created twice behind the caller's back. */
#include "client/request.h"
#include "client/envelope.h"
#include "client/error.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TURNED_AWAY_TRIES 50
#define TURNED_AWAY_PAUSE_MS 50

struct body {
    const char *text;
    size_t size;
    size_t sent;
};

size_t request_write_cb(char *data, size_t size, size_t count, void *arg)
{
    struct buffer *buffer = arg;

    if (buffer->size + size * count > REQUEST_ANSWER_MAX)
        return 0;
    buffer_add(buffer, data, size * count);
    return size * count;
}

static size_t request_read_cb(char *data, size_t size, size_t count, void *arg)
{
    struct body *body = arg;
    size_t part = body->size - body->sent;

    if (part > size * count)
        part = size * count;
    memcpy(data, body->text + body->sent, part);
    body->sent += part;
    return part;
}

static struct curl_slist *request_set_body(CURL *easy, const struct request *request,
                                           struct body *body)
{
    if (request->body == NULL) {
        if (strcmp(request->method, "GET") != 0)
            curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
        if (strcmp(request->method, "POST") != 0)
            return NULL;
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        return curl_slist_append(NULL, "Content-Type:");
    }
    body->text = json_object_to_json_string_length(
        request->body, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &body->size);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, request_read_cb);
    curl_easy_setopt(easy, CURLOPT_READDATA, body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
    return curl_slist_append(NULL, "Content-Type: application/json");
}

/* Nothing was sent when the supervisor had no room for a connection, so trying again is safe for
 * every request. */
static CURLcode request_transfer(const struct conn *conn, struct body *body)
{
    const struct timespec pause = {.tv_nsec = TURNED_AWAY_PAUSE_MS * 1000000L};
    CURLcode code = curl_easy_perform(conn->easy);
    int tries;

    for (tries = 0; conn_was_turned_away(conn, code) && tries < TURNED_AWAY_TRIES; tries++) {
        nanosleep(&pause, NULL);
        body->sent = 0;
        code = curl_easy_perform(conn->easy);
    }
    return code;
}

static json_object *request_perform(struct taskyard_client *client, const struct request *request,
                                    struct taskyard_error *error)
{
    CURL *easy = client->conn.easy;
    struct buffer answer = {0};
    struct body body = {0};
    struct curl_slist *headers;
    json_object *opened = NULL;
    long status = 0;
    CURLcode code;

    conn_prepare(&client->conn, request->path);
    headers = request_set_body(easy, request, &body);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, request_write_cb);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)client->timeout_ms);
    code = request_transfer(&client->conn, &body);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    client->reached = client->reached || status > 0;
    /* A server that refuses a large body may close before it has read all of it: its answer counts.
     */
    if (code == CURLE_OK || (code == CURLE_SEND_ERROR && status >= 400))
        opened = envelope_open(answer.data, answer.size, (int)status, request->page, error);
    else
        conn_explain(&client->conn, code, error);
    curl_slist_free_all(headers);
    buffer_clear(&answer);
    return opened;
}

struct taskyard_object *request_run(struct taskyard_client *client, struct request *request,
                                    struct taskyard_error *error)
{
    struct taskyard_error local;
    json_object *opened = NULL;

    error_none(&local);
    if (request->path != NULL) {
        pthread_mutex_lock(&client->lock);
        opened = request_perform(client, request, &local);
        pthread_mutex_unlock(&client->lock);
        error_copy(error, &local);
    } /* else *error was filled by request_path */
    free(request->path);
    json_object_put(request->body);
    return (struct taskyard_object *)opened;
}

bool request_run_plain(struct taskyard_client *client, struct request *request,
                       struct taskyard_error *error)
{
    struct taskyard_object *answer = request_run(client, request, error);
    bool done = answer != NULL;

    taskyard_object_free(answer);
    return done;
}

static char *request_escape(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    char *copy;

    if (escaped == NULL)
        abort();
    copy = xstrdup(escaped);
    curl_free(escaped);
    return copy;
}

char *request_path(const char *base, const char *name, const char *tail,
                   struct taskyard_error *error)
{
    char *escaped, *path;

    if (name == NULL || *name == '\0') {
        error_set(error, TASKYARD_ERROR_ARGUMENT, "an id or name is missing");
        return NULL;
    }
    escaped = request_escape(name);
    path = xasprintf("%s/%s%s", base, escaped, tail);
    free(escaped);
    return path;
}

void request_query(char **path, const char *name, const char *value)
{
    char *escaped, *longer;

    if (*path == NULL || value == NULL)
        return;
    escaped = request_escape(value);
    longer = xasprintf("%s%c%s=%s", *path, strchr(*path, '?') != NULL ? '&' : '?', name, escaped);
    free(escaped);
    free(*path);
    *path = longer;
}

void request_query_number(char **path, const char *name, unsigned long value)
{
    char number[32];

    snprintf(number, sizeof(number), "%lu", value);
    request_query(path, name, value != 0 ? number : NULL);
}
