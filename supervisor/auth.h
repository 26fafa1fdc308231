/* SPDX-License-Identifier: MIT */
/* From the credentials of a request to a principal. Principals are kept in memory for some seconds,
 * so that polling does not ask the database each time; every change of a user, a role or a session
 * that goes through this supervisor forgets them at once. Loop thread only. */
#ifndef SUPERVISOR_AUTH_H
#define SUPERVISOR_AUTH_H

#include "supervisor/principal.h"

struct app;
struct auth;

struct auth *auth_new(struct app *app);
void auth_free(struct auth *auth);

struct auth_credentials {
    const char *authorization; /* value of the header Authorization, NULL if there is none */
    const char *cookie;        /* token of the session cookie, NULL if there is none */
};

enum auth_outcome {
    AUTH_OK,
    AUTH_ANONYMOUS, /* no credentials; or a cookie that is worth nothing (any more) */
    AUTH_REFUSED,   /* an Authorization header that is malformed, unknown or ended: `why` says it */
    AUTH_DISABLED,  /* the session is fine, its user may not sign in any more: `why` says it */
    AUTH_UNAVAILABLE, /* the database is needed and away */
};
/* `principal` only with AUTH_OK: a reference for the callee. */
typedef void (*auth_fn)(void *arg, enum auth_outcome outcome, struct principal *principal,
                        const char *why);
/* Answers through `done`, at once or later; `deadline_ms` bounds the wait. */
void auth_identify(struct app *app, const struct auth_credentials *credentials,
                   unsigned deadline_ms, auth_fn done, void *arg);

/* Is that session still good, as far as memory knows? For streams that last: they are no use of a
 * session. Has it read again if it has not been for some time; the next call tells the outcome. */
bool auth_is_current(struct app *app, const struct principal *principal);

/* Forgets what is remembered of a user ("": of everybody, after a change of roles). */
void auth_forget(struct app *app, const char *user_id);
/* The same for one session or API token. */
void auth_forget_session(struct app *app, const char *session_id);

#endif
