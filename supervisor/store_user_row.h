/* SPDX-License-Identifier: MIT */
/* Rows of `user` and `role` as their structs, and finding the row that a caller means. Database
 * threads only; texts go into the arena given. */
#ifndef SUPERVISOR_STORE_USER_ROW_H
#define SUPERVISOR_STORE_USER_ROW_H

#include "supervisor/store_arena.h"
#include "supervisor/store_sql.h"
#include "supervisor/store_users.h"

struct store_conn;

/* What a SELECT must begin with to be read by store_user_row_read(); more columns may follow. */
#define STORE_USER_ROW                                                                             \
    "user.id, user.uuid, user.username, user.email, user.full_name, user.phone, user.avatar, "     \
    "user.status, user.source, user.mfa_enabled, user.mfa_enforced, user.created_at, "             \
    "user.updated_at, user.last_login, user.password_changed_at"
#define STORE_USER_ROW_COLUMNS 15
/* Gives the row's key; roles are left out. */
uint64_t store_user_row_read(const struct sql *sql, struct store_arena *arena,
                             struct store_user_row *user);
/* Adds the roles, without permissions, to up to SQL_LIST_MAX users. */
bool store_user_row_add_roles(struct store_conn *conn, struct store_arena *arena,
                              struct store_user_row *users, const uint64_t *row_ids, size_t count);
/* One user, roles with permissions; his id is NULL if there is no such row. */
bool store_user_row_load(struct store_conn *conn, struct store_arena *arena, uint64_t row_id,
                         struct store_user_row *user);

#define STORE_ROLE_ROW                                                                             \
    "role.id, role.uuid, role.name, role.description, role.role_type, role.created_at, "           \
    "role.updated_at"
/* Gives the row's key; permissions are left out. `first` is the first column of it. */
uint64_t store_role_row_read(const struct sql *sql, unsigned first, struct store_arena *arena,
                             struct store_role_row *role);
bool store_role_row_add_permissions(struct store_conn *conn, struct store_arena *arena,
                                    uint64_t row_id, struct store_role_row *role);

/* A row that a caller names; row_id 0: there is none. */
struct store_found {
    uint64_t row_id;
    char id[ID_SIZE];
    char name[65];
    char status[32]; /* of a user */
    bool is_system;  /* of a role */
};
enum store_find_lock { STORE_FIND_READ, STORE_FIND_LOCKED };
/* By id or name, byte for byte: the comparison of the database overlooks blanks at the end. */
bool store_user_row_find(struct store_conn *conn, const char *text, enum store_find_lock lock,
                         struct store_found *found);
bool store_role_row_find(struct store_conn *conn, const char *text, struct store_found *found);

#endif
