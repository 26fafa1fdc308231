/* SPDX-License-Identifier: MIT */
/* The rules of signing in by password: how often somebody may try, what is checked, and that nobody
 * learns from the answer or its time whether a user exists. Passwords are checked on a thread of
 * their own, with a bounded queue. Loop thread only. */
#ifndef SUPERVISOR_SIGN_IN_H
#define SUPERVISOR_SIGN_IN_H

#include "supervisor/store_sessions.h"
#include "supervisor/token.h"

struct app;
struct sign_in;

struct sign_in *sign_in_new(struct app *app);
void sign_in_free(struct sign_in *sign_in);

enum sign_in_outcome {
    SIGN_IN_OK,
    SIGN_IN_WRONG,    /* no such user, or not his password */
    SIGN_IN_DISABLED, /* the password is right, but he may not */
    SIGN_IN_LOCKED,   /* this user has failed too often, whether he exists or not */
    SIGN_IN_TOO_MANY, /* this address has */
    SIGN_IN_BUSY,     /* too many passwords wait to be checked */
    SIGN_IN_STORE     /* see `result` */
};

struct sign_in_answer {
    enum sign_in_outcome outcome;
    enum store_result result;
    unsigned wait_s;                   /* LOCKED, TOO_MANY: until the next try */
    const char *token;                 /* OK of sign_in_begin(): the only time it is seen */
    const struct store_user_row *user; /* the same: roles with permissions */
    int64_t expires_at_us;
};
typedef void (*sign_in_fn)(void *arg, const struct sign_in_answer *answer);

/* Copied; passwords are wiped after use. */
struct sign_in_request {
    const char *username; /* or e-mail address */
    const char *password;
    const char *new_password; /* of sign_in_change_password() */
    const char *user_agent;   /* NULL */
};

/* Checks a password and begins a session. */
void sign_in_begin(struct app *app, const struct sign_in_request *request,
                   const struct store_actor *who, sign_in_fn done, void *arg);
/* Checks a user's password and gives him another; ends all his sessions. Same limits. */
void sign_in_change_password(struct app *app, const struct sign_in_request *request,
                             const struct store_actor *who, sign_in_fn done, void *arg);

#endif
