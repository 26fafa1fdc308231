/* SPDX-License-Identifier: MIT */
/* What a store can do with sessions: those of browsers, begun by signing in, and API tokens of
 * programs. The token itself never gets here, only its SHA-256. The rules of store.h hold. */
#ifndef SUPERVISOR_STORE_SESSIONS_H
#define SUPERVISOR_STORE_SESSIONS_H

#include "supervisor/store_users.h"

#define STORE_TOKEN_HASH_SIZE 65 /* 64 hex digits and a NUL */
#define STORE_TOKENS_MAX 100     /* API tokens of one user */

/* ---- signing in ---- */

/* What is needed to check a password. */
struct store_login_row {
    const char *id, *username, *status;
    const char *password_hash; /* NULL: he cannot sign in by password */
};
typedef void (*store_login_fn)(void *arg, enum store_result result,
                               const struct store_login_row *row);
/* By user name, or else by an e-mail address that only one user has. */
void store_login_find(struct store *store, const char *name, unsigned deadline_ms,
                      store_login_fn done, void *arg);

struct store_session_new {
    char id[ID_SIZE];
    const char *user_id;
    const char *password_hash; /* that the password was found to fit */
    const char *token_hash;
    const char *address;    /* NULL */
    const char *user_agent; /* NULL */
    unsigned lifetime_s;
};
/* Begins a session. `user` with roles and their permissions. STORE_CONFLICT: the password was
 * changed or the user disabled meanwhile. */
typedef void (*store_signed_in_fn)(void *arg, enum store_result result,
                                   const struct store_user_row *user, int64_t expires_at_us);
void store_sign_in(struct store *store, const struct store_session_new *session,
                   unsigned deadline_ms, store_signed_in_fn done, void *arg);

/* A line of the audit trail about a sign-in in vain. */
struct store_sign_in_failure {
    const char *user_id, *username; /* NULL: there is no such user; then nothing typed is kept */
    const char *reason;             /* "wrong password" ... */
    const char *address;            /* NULL */
};
void store_sign_in_failed(struct store *store, const struct store_sign_in_failure *failure,
                          unsigned deadline_ms, store_done_fn done, void *arg);

/* STORE_OK also if it has ended already. */
void store_sign_out(struct store *store, const char *session_id, const struct store_actor *who,
                    store_done_fn done, void *arg);

/* ---- while a session lasts ---- */

struct store_session_row {
    uint64_t row_id; /* for store_session_touch() */
    const char *id;
    bool is_token;              /* an API token */
    int64_t now_us;             /* by the database's clock, which the next two are by as well */
    int64_t seen_at_us;         /* last known use */
    int64_t expires_at_us;      /* 0: never */
    struct store_user_row user; /* roles with permissions */
};
/* By the token. Also finds ended ones that have not been swept away. */
typedef void (*store_session_fn)(void *arg, enum store_result result,
                                 const struct store_session_row *session);
void store_session_find(struct store *store, const char *token_hash, unsigned deadline_ms,
                        store_session_fn done, void *arg);
/* They have been used just now. No deadline. */
void store_session_touch(struct store *store, const uint64_t *row_ids, size_t count);
/* Deletes ended ones, some thousand at most. No deadline. */
void store_session_sweep(struct store *store, unsigned idle_s);

/* ---- API tokens ---- */

struct store_token_row {
    const char *id, *name;
    int64_t created_at_us, seen_at_us;
    int64_t expires_at_us; /* 0: never */
};
typedef void (*store_token_fn)(void *arg, enum store_result result, enum store_refusal refusal,
                               const struct store_token_row *token);
struct store_token_new {
    char id[ID_SIZE];
    const char *user; /* name or id */
    const char *name;
    const char *token_hash;
    unsigned days; /* until its end; 0: none */
};
void store_token_add(struct store *store, const struct store_token_new *token,
                     const struct store_actor *who, store_token_fn done, void *arg);
typedef void (*store_tokens_fn)(void *arg, enum store_result result,
                                const struct store_token_row *rows, size_t count);
/* Of a user by name or id, newest first. */
void store_token_list(struct store *store, const char *user, unsigned deadline_ms,
                      store_tokens_fn done, void *arg);
/* `token` as it was. */
void store_token_remove(struct store *store, const char *user, const char *token_id,
                        const struct store_actor *who, store_token_fn done, void *arg);

#endif
