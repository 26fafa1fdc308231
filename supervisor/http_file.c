/* SPDX-License-Identifier: MIT */
/* A pump for each download: the next piece is read when the client has taken the last one, so slow
 * readers cost a piece each and nothing more. */
#include "supervisor/http_file.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/http_conn.h"
#include "supervisor/http_internal.h"
#include "supervisor/http_range.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64 * 1024)
#define DOWNLOADS_MAX 512 /* each holds a descriptor and a piece */
#define UNKNOWN_TYPE "application/octet-stream"

struct pump {
    struct http_conn *conn;
    struct evhttp_request *request;
    int fd;
    uint64_t at;
    uint64_t left;
};

static unsigned pump_count;

static void pump_free(struct pump *pump)
{
    close(pump->fd);
    free(pump);
    pump_count--;
}

static void closed(void *arg)
{
    pump_free(arg);
}

static void pump_end(struct pump *pump)
{
    struct evhttp_request *request = pump->request;

    http_conn_stream_ends(pump->conn);
    pump_free(pump);
    evhttp_send_reply_end(request);
}

/* One piece; NULL if the file is shorter than it was or cannot be read. */
static struct evbuffer *read_piece(struct pump *pump)
{
    struct evbuffer *piece = evbuffer_new();
    struct evbuffer_iovec room;
    size_t wanted = pump->left < PIECE ? pump->left : PIECE;
    ssize_t got;

    if (piece == NULL || evbuffer_reserve_space(piece, (ev_ssize_t)wanted, &room, 1) != 1)
        abort();
    do
        got = pread(pump->fd, room.iov_base, wanted, (off_t)pump->at);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        log_warn("a file could not be sent to its end: %s",
                 got < 0 ? strerror(errno) : "it has become shorter");
        evbuffer_free(piece);
        return NULL;
    }
    room.iov_len = (size_t)got;
    evbuffer_commit_space(piece, &room, 1);
    return piece;
}

static void pump_next(struct evhttp_connection *evcon, void *arg)
{
    struct pump *pump = arg;
    struct evbuffer *piece;
    size_t size;

    (void)evcon;
    if (pump->left == 0) {
        pump_end(pump);
        return;
    }
    piece = read_piece(pump);
    if (piece == NULL) {
        http_conn_close(pump->conn); /* so that the client sees that something is missing */
        return;
    }
    size = evbuffer_get_length(piece);
    pump->at += size;
    pump->left -= size;
    http_conn_send(pump->conn, piece, pump_next, pump);
    evbuffer_free(piece);
}

static void pump_start(struct http_call *call, int fd, const struct http_range *range, int status)
{
    struct pump *pump = xcalloc(1, sizeof(*pump));

    pump_count++;
    *pump = (struct pump){.conn = call->conn,
                          .request = call->request,
                          .fd = fd,
                          .at = range->first,
                          .left = range->length};
    http_send_start(call, status);
    http_conn_stream(call->conn, false, closed, pump);
    http_call_free(call);
    pump_next(NULL, pump);
}

/* ---- headers ---- */

/* RFC 9110, section 8.3.1, in the characters that types have. A label of JSON would make the web
 * console take the file for an envelope. */
static bool is_good_type(const char *type)
{
    size_t length = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "!#$&^_.+-/ ;=\"");

    return length > 0 && type[length] == '\0' && strchr(type, '/') != NULL &&
           strncasecmp(type, "application/json", strlen("application/json")) != 0;
}

static void set_headers(struct http_call *call, const struct http_file *file, const char *etag)
{
    const char *type = is_good_type(file->content_type) ? file->content_type : UNKNOWN_TYPE;
    bool attachment = file->attachment || http_type_is_active(type);
    char *disposition = http_disposition(file->name, attachment);
    char date[HTTP_DATE_SIZE];

    http_date_format(file->mtime_s, date);
    http_set_header(call, "Content-Type", type);
    http_set_header(call, "Content-Disposition", disposition);
    http_set_header(call, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_set_header(call, "Last-Modified", date);
    http_set_header(call, "Accept-Ranges", "bytes");
    if (etag != NULL)
        http_set_header(call, "ETag", etag);
    free(disposition);
}

static void set_number(struct http_call *call, const char *name, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    http_set_header(call, name, text);
}

static void set_content_range(struct http_call *call, const struct http_range *range, uint64_t size)
{
    char text[80];

    if (range != NULL)
        snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->first,
                 range->first + range->length - 1, size);
    else
        snprintf(text, sizeof(text), "bytes */%" PRIu64, size);
    http_set_header(call, "Content-Range", text);
}

static void refuse_range(struct http_call *call, const struct http_file *file)
{
    close(file->fd);
    set_content_range(call, NULL, file->size);
    http_reply_error(call, "E4161", "the file has %" PRIu64 " bytes; that range is not in it",
                     file->size);
}

static void send_range(struct http_call *call, const struct http_file *file,
                       const struct http_range *range, int status)
{
    bool is_head = evhttp_request_get_command(call->request) == EVHTTP_REQ_HEAD;

    if (status == 206)
        set_content_range(call, range, file->size);
    set_number(call, "Content-Length", range->length);
    if (!is_head && call->conn != NULL) {
        pump_start(call, file->fd, range, status);
        return;
    }
    close(file->fd);
    http_send(call, status, NULL);
}

static void send_known(struct http_call *call, const struct http_file *file, const char *etag)
{
    close(file->fd);
    set_headers(call, file, etag);
    http_send(call, 304, NULL);
}

void http_reply_file(struct http_call *call, const struct http_file *file)
{
    char etag[80];
    struct http_version version = {.changed_s = file->mtime_s};
    struct http_range range;
    enum http_range_kind kind = HTTP_RANGE_WHOLE;

    if (file->sha256 != NULL) {
        snprintf(etag, sizeof(etag), "\"%s\"", file->sha256);
        version.etag = etag;
    }
    if (http_version_is_known(&version, http_call_header(call, "If-None-Match"),
                              http_call_header(call, "If-Modified-Since"))) {
        send_known(call, file, version.etag);
        return;
    }
    if (pump_count >= DOWNLOADS_MAX) {
        close(file->fd);
        http_reply_error(call, "E5031", "too many downloads at this moment; try again later");
        return;
    }
    if (http_version_may_be_continued(&version, http_call_header(call, "If-Range")))
        kind = http_range_parse(http_call_header(call, "Range"), file->size, &range);
    else
        range = (struct http_range){.length = file->size};
    if (kind == HTTP_RANGE_UNSATISFIABLE) {
        refuse_range(call, file);
        return;
    }
    set_headers(call, file, version.etag);
    send_range(call, file, &range, kind == HTTP_RANGE_PART ? 206 : 200);
}
