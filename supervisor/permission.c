/* SPDX-License-Identifier: MIT */
/* One row for each permission. */
#include "supervisor/permission.h"

#include <string.h>

static const struct permission permissions[] = {
    {"task:list", "List tasks", "See one's own tasks in a list"},
    {"task:view", "View tasks", "See everything about one's own tasks"},
    {"task:cancel", "Cancel tasks", "Stop one's own tasks"},
    {"task:kill", "Kill tasks", "End one's own tasks at once, without their grace time"},
    {"task:pause", "Pause tasks", "Stop one's own tasks where they are, and let them go on"},
    {"task:retry", "Retry tasks", "Run one's own failed or cancelled tasks again"},
    {"task:delete", "Delete tasks", "Delete one's own tasks"},
    {"task:schedule:list", "List schedules", "See the schedules of tasks"},
    {"task:schedule:update", "Change schedules", "Switch schedules on and off, and trigger them"},
    {"authorization:user:list", "List users", "See who may sign in"},
    {"authorization:user:view", "View users", "See everything about a user, but no secret"},
    {"authorization:user:create", "Create users", "Add users"},
    {"authorization:user:update", "Change users",
     "Change and disable users, their passwords, roles and API tokens"},
    {"authorization:user:export", "Export users", "Make a table of the users"},
    {"authorization:role:list", "List roles", "See roles and permissions"},
    {"authorization:role:create", "Create roles", "Add roles"},
    {"authorization:role:update", "Change roles", "Change what roles may do"},
    {"authorization:role:delete", "Delete roles", "Delete roles"},
    {"system:settings:view", "View settings", "See the settings"},
    {"system:settings:update", "Change settings", "Change the settings"},
    {"system:audit:view", "View the audit trail", "See who did what"},
    {"system:status:view", "View the status", "See the state of the service and its workers"},
    {"system:metrics:view", "View metrics", "Read the figures for monitoring"},
};
#define PERMISSION_COUNT (sizeof(permissions) / sizeof(permissions[0]))

const struct permission *permission_at(size_t n)
{
    return n < PERMISSION_COUNT ? &permissions[n] : NULL;
}

const struct permission *permission_find(const char *code)
{
    for (size_t i = 0; i < PERMISSION_COUNT; i++)
        if (strcmp(permissions[i].code, code) == 0)
            return &permissions[i];
    return NULL;
}

bool permission_is_code(const char *text)
{
    size_t length = strnlen(text, PERMISSION_CODE_MAX + 1);

    return length > 0 && length <= PERMISSION_CODE_MAX && strchr(text, ':') != NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-:") == length;
}
