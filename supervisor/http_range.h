/* SPDX-License-Identifier: MIT */
/* Conditions and ranges of RFC 9110 (sections 13 and 14), and the name of a file for RFC 6266.
 * Pure.
 */
#ifndef SUPERVISOR_HTTP_RANGE_H
#define SUPERVISOR_HTTP_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_DATE_SIZE 30

struct http_range {
    uint64_t first;
    uint64_t length;
};

enum http_range_kind {
    HTTP_RANGE_WHOLE, /* no range, one that is not understood, or several: the whole is sent */
    HTTP_RANGE_PART,
    HTTP_RANGE_UNSATISFIABLE
};

/* `text` is the header Range, or NULL. *range is filled in all but the last case. */
enum http_range_kind http_range_parse(const char *text, uint64_t size, struct http_range *range);

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_date_format(int64_t seconds, char date[HTTP_DATE_SIZE]);

/* The state of a file: a strong entity tag with its quotes or NULL, and when it was changed last.
 */
struct http_version {
    const char *etag;
    int64_t changed_s;
};
/* True if the client has this version: the headers If-None-Match and If-Modified-Since, or NULL. */
bool http_version_is_known(const struct http_version *version, const char *none_match,
                           const char *modified_since);
/* True if a range may be taken from this version: the header If-Range, or NULL. */
bool http_version_may_be_continued(const struct http_version *version, const char *if_range);

/* The value of Content-Disposition for a file of this name, which may hold anything. To be freed.
 */
char *http_disposition(const char *name, bool attachment);
/* True if a browser could run what a file of this type holds. */
bool http_type_is_active(const char *content_type);

#endif
