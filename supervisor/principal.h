/* SPDX-License-Identifier: MIT */
/* Who a request comes from and what he may do, as found out once for each request. Immutable once
 * it is shared; counted references. Loop thread only. */
#ifndef SUPERVISOR_PRINCIPAL_H
#define SUPERVISOR_PRINCIPAL_H

#include "common/id.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum principal_kind {
    PRINCIPAL_ANONYMOUS, /* nobody has signed in */
    PRINCIPAL_PEER,      /* a process on this machine, over the control socket: may do everything */
    PRINCIPAL_USER       /* a user, by session or API token */
};

#define PRINCIPAL_ID_SIZE 64
#define PRINCIPAL_NAME_SIZE 65

struct principal {
    unsigned references;
    enum principal_kind kind;
    char id[PRINCIPAL_ID_SIZE];         /* user's id, "uid:1000" for a peer, "" for nobody */
    char username[PRINCIPAL_NAME_SIZE]; /* of a user */
    bool sees_all;                      /* a peer, or a user with the role admin */
    char **permissions;                 /* sorted; of all his roles */
    size_t permission_count;
    char session_id[ID_SIZE]; /* "" for others than users */
    bool is_token;            /* the session is an API token: not begun by signing in */
    bool by_cookie;           /* a browser sent the credentials by itself: origins matter */
    bool password_expired;    /* nothing is done for him before he has changed it */
};

/* One reference, no permissions. */
struct principal *principal_new(enum principal_kind kind, const char *id);
struct principal *principal_peer(uid_t uid);
struct principal *principal_ref(struct principal *principal);
void principal_unref(struct principal *principal); /* NULL is fine */

/* While it is being made: adds a permission, in any order, twice does no harm. */
void principal_grant(struct principal *principal, const char *permission);

/* Those who see all may do all. */
bool principal_may(const struct principal *principal, const char *permission);

#endif
