/* SPDX-License-Identifier: MIT */
/* What lists have in common: the page that is asked for, and filters that must be fit for the
 * database. Loop thread only. */
#ifndef SUPERVISOR_API_QUERY_H
#define SUPERVISOR_API_QUERY_H

#include <stdbool.h>
#include <stddef.h>

struct http_call;

struct api_page {
    unsigned current;   /* from 1 */
    unsigned page_size; /* 1 to 100 */
};
#define API_PAGE_LAST 1000000000 /* pages are not counted beyond */

/* The query's `current` and `page_size`, corrected: below 1 or no number is page 1; a size below 1,
 * above 100 or no number is 10. The same again for each call. */
struct api_page api_page(const struct http_call *call);

/* A filter: NULL if it is absent or empty. False if no stored text can be like it: longer than
 * `most` bytes, or not UTF-8. */
bool api_filter(const struct http_call *call, const char *name, size_t most, const char **text);

/* Answers with an empty page. */
void api_reply_empty_page(struct http_call *call);

#endif
