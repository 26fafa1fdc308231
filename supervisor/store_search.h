/* SPDX-License-Identifier: MIT */
/* Which tasks a filter means, newest first, in a time that does not grow with the history: every
 * query walks an index in the order asked for and stops early. Reader threads only. */
#ifndef SUPERVISOR_STORE_SEARCH_H
#define SUPERVISOR_STORE_SEARCH_H

#include "supervisor/store.h"

struct store_conn;

#define STORE_SEARCH_MAX                                                                           \
    10000 /* counting and paging stop here; who looks for older tasks narrows the filter */

struct store_search {
    uint64_t *row_ids; /* newest first; freed by store_search_clear() */
    size_t count, room;
    uint64_t total; /* of all pages, at most STORE_SEARCH_MAX */
};

/* The first `want` matches (or more). False: the connection has an error. */
bool store_search_run(struct store_conn *conn, const struct store_list_filter *filter, size_t want,
                      struct store_search *search);
void store_search_clear(struct store_search *search);

#endif
