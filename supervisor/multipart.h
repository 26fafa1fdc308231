/* SPDX-License-Identifier: MIT */
/* Bodies of type multipart/form-data (RFC 7578), as browsers send files. Strict and small: no text
 * before the first part or after the last, no nesting, few parts. Pure. */
#ifndef SUPERVISOR_MULTIPART_H
#define SUPERVISOR_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#define MULTIPART_PARTS_MAX 20
#define MULTIPART_NAME_SIZE 65       /* of a field, with its NUL */
#define MULTIPART_FILENAME_SIZE 1025 /* as the client gave it, with its NUL */

struct multipart_part {
    char name[MULTIPART_NAME_SIZE];
    char filename[MULTIPART_FILENAME_SIZE]; /* may be anything: never a path of ours */
    bool is_file;                           /* it came with a filename */
    const char *data;                       /* in the body */
    size_t size;
};

struct multipart {
    struct multipart_part parts[MULTIPART_PARTS_MAX];
    size_t count;
};

/* `content_type` is the whole header. NULL, or what is wrong as the end of a sentence that begins
 * with "the form". */
const char *multipart_parse(const char *content_type, const char *body, size_t size,
                            struct multipart *form);

/* The first part of that name which is no file; NULL if there is none. */
const struct multipart_part *multipart_field(const struct multipart *form, const char *name);

#endif
