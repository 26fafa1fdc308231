/* SPDX-License-Identifier: MIT */
/* Who may give which rights to whom, as the tables say at the moment of the change. Database
 * threads only. */
#ifndef SUPERVISOR_STORE_RIGHTS_H
#define SUPERVISOR_STORE_RIGHTS_H

#include "supervisor/store.h"
#include "supervisor/store_arena.h"

struct store_conn;

struct store_rights {
    bool all; /* an administrator, the service itself, or a peer of the control socket */
    const char *const *codes;
    size_t count;
};

bool store_rights_of_user(struct store_conn *conn, struct store_arena *arena, uint64_t user_row_id,
                          struct store_rights *rights);
bool store_rights_of_role(struct store_conn *conn, struct store_arena *arena, uint64_t role_row_id,
                          struct store_rights *rights);
bool store_rights_of_actor(struct store_conn *conn, struct store_arena *arena,
                           const struct store_actor *who, struct store_rights *rights);

bool store_rights_have(const struct store_rights *rights, const char *code);
/* Does the first have all that the second has? */
bool store_rights_cover(const struct store_rights *rights, const struct store_rights *other);

#endif
