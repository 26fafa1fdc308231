/* SPDX-License-Identifier: MIT */
/* One walk along one index of `task`, newest first: the pieces that a search is made of. Each stops
 * after a fixed number of rows, so its time does not grow with the history. Database threads only;
 * false: the connection has an error. */
#ifndef SUPERVISOR_STORE_ARM_H
#define SUPERVISOR_STORE_ARM_H

#include "supervisor/store_search.h"

/* Members that are NULL do not restrict. */
struct store_arm {
    const char *index;
    const char *creator_id;
    const char *type;
    const char *status;
    uint64_t first_id, end_id; /* first_id <= id < end_id */
    /* Looked up in each row, as no index has them: */
    const char *statuses;     /* names joined by "," */
    const char *id_pattern;   /* LIKE ... ESCAPE '!' */
    const char *type_pattern; /* leaves out types that have an arm of their own */
};

/* Every condition is in the index: counts the matches (STORE_SEARCH_MAX at most) into
 * search->total, and adds the first `want`. */
bool store_arm_walk(struct store_conn *conn, const struct store_arm *arm, size_t want,
                    struct store_search *search);
/* The same without the counting. */
bool store_arm_take(struct store_conn *conn, const struct store_arm *arm, size_t want,
                    struct store_search *search);
/* The index leads to few rows: looks at all of them, adds and counts those that match. */
bool store_arm_gather(struct store_conn *conn, const struct store_arm *arm,
                      struct store_search *search);
/* The index leads to any number of rows: looks at the newest STORE_ARM_LOOK only. */
#define STORE_ARM_LOOK 20000
bool store_arm_look(struct store_conn *conn, const struct store_arm *arm,
                    struct store_search *search);

/* Everybody's newest of one status that many have, created at that time (0: ever) or later, which
 * is from arm->first_id on. No index has them in the order of ids (each claim and each end would
 * write it); the claim's has them in the order of due times, none of which is before the creation,
 * and which for the newest STORE_SEARCH_MAX comes to nearly the same. */
bool store_arm_newest_due(struct store_conn *conn, const struct store_arm *arm, int64_t from_us,
                          struct store_search *search);

#endif
