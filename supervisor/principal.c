/* SPDX-License-Identifier: MIT */
/* A set of permissions with a name. */
#include "supervisor/principal.h"
#include "common/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct principal *principal_new(enum principal_kind kind, const char *id)
{
    struct principal *principal = xcalloc(1, sizeof(*principal));

    principal->references = 1;
    principal->kind = kind;
    snprintf(principal->id, sizeof(principal->id), "%s", id);
    return principal;
}

struct principal *principal_peer(uid_t uid)
{
    struct principal *principal = principal_new(PRINCIPAL_PEER, "");

    snprintf(principal->id, sizeof(principal->id), "uid:%u", (unsigned)uid);
    principal->sees_all = true;
    return principal;
}

struct principal *principal_ref(struct principal *principal)
{
    principal->references++;
    return principal;
}

void principal_unref(struct principal *principal)
{
    if (principal == NULL || --principal->references > 0)
        return;
    for (size_t i = 0; i < principal->permission_count; i++)
        free(principal->permissions[i]);
    free(principal->permissions);
    free(principal);
}

/* Index of the first permission that is not before `permission`. */
static size_t position(const struct principal *principal, const char *permission)
{
    size_t low = 0, high = principal->permission_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(principal->permissions[middle], permission) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const struct principal *principal, const char *permission, size_t at)
{
    return at < principal->permission_count && strcmp(principal->permissions[at], permission) == 0;
}

void principal_grant(struct principal *principal, const char *permission)
{
    size_t at = position(principal, permission);

    if (has(principal, permission, at))
        return;
    principal->permissions = xrealloc(principal->permissions, principal->permission_count + 1,
                                      sizeof(*principal->permissions));
    memmove(&principal->permissions[at + 1], &principal->permissions[at],
            (principal->permission_count - at) * sizeof(*principal->permissions));
    principal->permissions[at] = xstrdup(permission);
    principal->permission_count++;
}

bool principal_may(const struct principal *principal, const char *permission)
{
    return principal->sees_all || has(principal, permission, position(principal, permission));
}
