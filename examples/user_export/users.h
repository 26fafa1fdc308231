/* SPDX-License-Identifier: MIT */
/* Reading users from the database, page by page, through an account that can do nothing else. */
#ifndef USER_EXPORT_USERS_H
#define USER_EXPORT_USERS_H

#include "examples/user_export/filter.h"
#include <stdbool.h>

#define USERS_COLUMNS 10 /* of the exported table */
#define USERS_PAGE_SIZE 100

struct users;

/* Connects with what a MySQL option file says (group [client]: socket or host, user, password,
 * database). NULL with a sentence in *why, valid until the next call. `filter` must outlive it. */
struct users *users_open(const char *option_file, const struct filter *filter, const char **why);
void users_close(struct users *users);

/* How many match at this moment; -1 with a sentence in *why. */
long long users_count(struct users *users, const char **why);

/* Hands out the next page, newest users first. Each row has the cells of the header in their order;
 * they are gone when the callback returns, and a callback that returns false ends the page. Returns
 * the number of rows, 0 at the end, -1 with a sentence in *why. A user who is added or removed
 * meanwhile neither doubles nor hides another. */
typedef bool (*users_row_fn)(void *arg, const char *const cells[USERS_COLUMNS]);
int users_next_page(struct users *users, users_row_fn row, void *arg, const char **why);

#endif
