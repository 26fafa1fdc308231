/* SPDX-License-Identifier: MIT */
/* The strict reading of a request's head, done on the raw bytes before libevent
 * sees any of them: what two programs could understand in two ways (RFC 9112,
 * section 11.2) is refused. Pure. */
#ifndef SUPERVISOR_HTTP_HEAD_H
#define SUPERVISOR_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX (16 * 1024)  /* bytes, with the empty line at the end */
#define HTTP_TARGET_MAX (8 * 1024) /* bytes of path and query */
#define HTTP_HEADER_COUNT_MAX 100
#define HTTP_METHOD_SIZE 8

/* Why a request is refused: the code of the envelope and a sentence, both
 * static. */
struct http_fault {
    const char *code; /* "E4003"; NULL: nothing is wrong */
    const char *text;
};

/* Starts as all zeros. The members up to `wants_close` are meant once the head
 * is complete. */
struct http_head {
    size_t size; /* bytes of the head */
    char method[HTTP_METHOD_SIZE];
    size_t path_at; /* where in the bytes the path begins */
    size_t path_length;
    uint64_t content_length;
    bool expects_continue;
    bool wants_close; /* Connection: close */
    struct http_fault fault;

    /* how far the reading is */
    size_t scanned;
    size_t line_at;
    unsigned header_count;
    unsigned seen; /* a bit for each header that may come once */
    bool after_cr;
    bool is_old; /* HTTP/1.0 */
};

enum http_head_state { HTTP_HEAD_INCOMPLETE, HTTP_HEAD_COMPLETE, HTTP_HEAD_FAULTY };

/* Reads on where the last call ended; `bytes` is the request from its first
 * byte. A fault is told as soon as its bytes are there, and is final. */
enum http_head_state http_head_read(struct http_head *head, const char *bytes, size_t size);

#endif
