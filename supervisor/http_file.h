/* SPDX-License-Identifier: MIT */
/* Answers that are files: whole or a range, read from the disk as the client takes them. */
#ifndef SUPERVISOR_HTTP_FILE_H
#define SUPERVISOR_HTTP_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct http_call;

/* The strings need to live for the call of http_reply_file() only. */
struct http_file {
    int fd; /* taken over */
    uint64_t size;
    int64_t mtime_s;
    const char *content_type;
    const char *name;   /* as the user gave it */
    const char *sha256; /* of the contents, in hex; NULL if it is not known */
    bool attachment;    /* to be saved; files that a browser could run always are */
};

/* Ends the call. Range, If-Range, If-None-Match and If-Modified-Since are obeyed. */
void http_reply_file(struct http_call *call, const struct http_file *file);

#endif
