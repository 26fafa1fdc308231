/* SPDX-License-Identifier: MIT */
/* How often somebody may fail. Counts tries by a key (a user, an address) in a table of bounded
 * size; time is told by the caller, in milliseconds of a clock that does not jump. */
#ifndef SUPERVISOR_LOGIN_LIMIT_H
#define SUPERVISOR_LOGIN_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct login_limit;

/* `tries` failures within `window_s` seconds of the first one lock the key for as long. The table
 * holds `room` keys; the one not tried for the longest time gives way to a new one. */
struct login_limit *login_limit_new(unsigned tries, unsigned window_s, size_t room);
void login_limit_free(struct login_limit *limit);

/* Before each try. It counts as a failure until it is taken back, so that tries at the same time
 * cannot slip through. False: the key is locked, nothing was counted. */
bool login_limit_take(struct login_limit *limit, const char *key, int64_t now_ms);
/* The try was none: takes it back, and the lock with it if it was the last one. */
void login_limit_give_back(struct login_limit *limit, const char *key);
/* All is forgotten, as after a success. */
void login_limit_clear(struct login_limit *limit, const char *key);
/* Milliseconds until a locked key may be tried again; 0: it may now. */
int64_t login_limit_wait(const struct login_limit *limit, const char *key, int64_t now_ms);

#endif
