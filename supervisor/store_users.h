/* SPDX-License-Identifier: MIT */
/* What a store can do with users and roles; sessions are in store_sessions.h. The rules of store.h
 * hold.
 *
 * Rights are looked up where the change is made, in its transaction: a caller who does not see all
 * may not change an administrator, give a role with a permission that he lacks, or get hold of the
 * account of a user who has one that he lacks. */
#ifndef SUPERVISOR_STORE_USERS_H
#define SUPERVISOR_STORE_USERS_H

#include "supervisor/store.h"
#include <string.h>

#define STORE_ROLE_ADMIN "admin" /* its users may do everything */
#define STORE_USER_ACTIVE "active"
#define STORE_USER_DISABLED "disabled"
#define STORE_USER_PASSWORD_EXPIRED "password_expired" /* may sign in, to choose another */

/* Whether somebody with this status is let in; with an expired password for nothing but a new one.
 */
static inline bool store_user_may_sign_in(const char *status)
{
    return strcmp(status, STORE_USER_ACTIVE) == 0 ||
           strcmp(status, STORE_USER_PASSWORD_EXPIRED) == 0;
}

struct store_role_row {
    const char *id, *name, *description;
    bool is_system;                 /* comes with the product: cannot be deleted or renamed */
    const char *const *permissions; /* sorted; NULL where they were not asked for */
    size_t permission_count;
    int64_t created_at_us, updated_at_us;
};

struct store_user_row {
    const char *id, *username, *email, *full_name, *phone, *avatar;
    const char *status; /* active disabled password_expired locked deleted pending_activation */
    const char *source; /* local ldap oauth */
    bool mfa_enabled, mfa_enforced;
    const struct store_role_row *roles; /* by name */
    size_t role_count;
    int64_t created_at_us, updated_at_us;
    int64_t last_login_us, password_changed_at_us; /* 0: never */
};

/* Why a change did not happen, where the result alone does not tell. */
enum store_refusal {
    STORE_REFUSAL_NONE,
    STORE_REFUSAL_NAME_TAKEN,  /* another has that name, or one that differs in case alone */
    STORE_REFUSAL_NO_ROLE,     /* one of the roles named does not exist */
    STORE_REFUSAL_LAST_ADMIN,  /* no active administrator would be left */
    STORE_REFUSAL_RIGHTS,      /* the caller would go beyond his own rights */
    STORE_REFUSAL_SYSTEM_ROLE, /* the product's own role cannot be changed that way */
    STORE_REFUSAL_TOO_MANY     /* the user has as many as are allowed */
};

/* ---- changes of users ---- */

/* The user as he is afterwards, roles with permissions; NULL unless STORE_OK. STORE_CONFLICT:
 * `refusal` says why. */
typedef void (*store_user_fn)(void *arg, enum store_result result, enum store_refusal refusal,
                              const struct store_user_row *user);

struct store_user_new {
    char id[ID_SIZE];
    const char *username; /* unique, binary comparison */
    const char *email;    /* the next four: NULL is "" */
    const char *full_name;
    const char *phone;
    const char *avatar;
    const char *password_hash; /* crypt(5) text, or NULL: cannot sign in */
    const char *const *roles;  /* names */
    size_t role_count;
};
void store_user_add(struct store *store, const struct store_user_new *user,
                    const struct store_actor *who, store_user_fn done, void *arg);

/* NULL members stay as they are. A new password, other roles and the end of being active delete all
 * the user's sessions and API tokens. A password that its own user changes is not expired any more.
 */
struct store_user_change {
    const char *email;
    const char *full_name;
    const char *phone;
    const char *avatar;
    const char *status; /* active, disabled or password_expired */
    const char *password_hash;
    const char *const *roles; /* names; all that he is to have */
    size_t role_count;
};
/* By user name or id. */
void store_user_change(struct store *store, const char *user,
                       const struct store_user_change *change, const struct store_actor *who,
                       store_user_fn done, void *arg);

/* ---- reads of users ---- */

typedef void (*store_users_fn)(void *arg, enum store_result result,
                               const struct store_user_row *rows, size_t count, uint64_t total);
struct store_user_filter {
    const char *keywords; /* NULL, or a substring of username, email or full name */
    const char *status;   /* NULL: any */
    unsigned page;        /* from 1 */
    unsigned page_size;   /* at most 1000 */
};
/* Newest first; roles without permissions. */
void store_user_list(struct store *store, const struct store_user_filter *filter,
                     unsigned deadline_ms, store_users_fn done, void *arg);

/* By user name or id. */
void store_user_get(struct store *store, const char *user, unsigned deadline_ms, store_user_fn done,
                    void *arg);

/* The id of the user with this name, binary comparison. STORE_NOT_FOUND: there is none. */
typedef void (*store_user_id_fn)(void *arg, enum store_result result, const char *id);
void store_user_find(struct store *store, const char *username, unsigned deadline_ms,
                     store_user_id_fn done, void *arg);

/* ---- roles ---- */

typedef void (*store_roles_fn)(void *arg, enum store_result result,
                               const struct store_role_row *rows, size_t count);
/* All of them by name, with permissions. */
void store_role_list(struct store *store, unsigned deadline_ms, store_roles_fn done, void *arg);

/* The role as it is afterwards (as it was, if it was deleted); NULL unless STORE_OK. */
typedef void (*store_role_fn)(void *arg, enum store_result result, enum store_refusal refusal,
                              const struct store_role_row *role);

struct store_role_change {
    const char *id;                 /* of a new one; NULL for one that exists */
    const char *name;               /* NULL: stays */
    const char *description;        /* NULL: stays */
    const char *const *permissions; /* codes; NULL: stay */
    size_t permission_count;
};
void store_role_add(struct store *store, const struct store_role_change *role,
                    const struct store_actor *who, store_role_fn done, void *arg);
/* By name or id. */
void store_role_change(struct store *store, const char *role,
                       const struct store_role_change *change, const struct store_actor *who,
                       store_role_fn done, void *arg);
/* By name or id. Ends the sessions of the users who had it. */
void store_role_delete(struct store *store, const char *role, const struct store_actor *who,
                       store_role_fn done, void *arg);

#endif
