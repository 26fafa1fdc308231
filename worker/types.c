/* SPDX-License-Identifier: MIT */
/* Loading of types: plugins with dlopen(3), users, commands. What is wrong is said in a sentence
 * for the administrator. */
#include "worker/types.h"
#include "common/xalloc.h"
#include "worker/plugin.h"

#include <stdlib.h>
#include <string.h>

struct worker_types {
    struct worker_type **items; /* pointers, so that a found type stays where it is */
    size_t count;
};

struct worker_types *worker_types_new(void)
{
    return xcalloc(1, sizeof(struct worker_types));
}

static void free_strings(char **strings)
{
    if (strings == NULL)
        return;
    for (char **item = strings; *item != NULL; item++)
        free(*item);
    free(strings);
}

static void free_type(struct worker_type *type)
{
    free(type->name);
    free(type->plugin);
    free_strings(type->command);
    free_strings(type->environment);
    free(type->identity.groups);
    free(type);
}

void worker_types_free(struct worker_types *types)
{
    for (size_t i = 0; i < types->count; i++)
        free_type(types->items[i]);
    free(types->items);
    free(types);
}

static char **copy_strings(const char **strings)
{
    size_t count = 0;
    char **copy;

    while (strings[count] != NULL)
        count++;
    copy = xcalloc(count + 1, sizeof(copy[0]));
    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(strings[i]);
    return copy;
}

static bool check_environment(const char **environment, char **why)
{
    for (const char **entry = environment; *entry != NULL; entry++) {
        if (strchr(*entry, '=') == NULL || **entry == '=')
            *why = xasprintf("environment: \"%s\" is not NAME=value", *entry);
        else if (strncmp(*entry, "TASKYARD_", strlen("TASKYARD_")) == 0)
            *why = xasprintf("environment: names beginning with TASKYARD_ are reserved");
        else
            continue;
        return false;
    }
    return true;
}

static bool load_plugin(struct worker_type *type, const char *path, char **why)
{
    bool alone;

    if (!plugin_try(path, type->name, &alone, why))
        return false;
    type->plugin = xstrdup(path);
    if (alone)
        type->runner = plugin_load(path, type->name, why);
    return !alone || type->runner != NULL;
}

static bool load_runner(struct worker_type *type, const struct order_type *order, char **why)
{
    if (order->plugin != NULL)
        return load_plugin(type, order->plugin, why);
    if (order->command[0][0] != '/') {
        *why = xasprintf("the command \"%s\" is not an absolute path", order->command[0]);
        return false;
    }
    type->command = copy_strings(order->command);
    return true;
}

bool worker_types_load(struct worker_types *types, const struct order_type *order, char **why)
{
    struct worker_type *type;

    if (worker_types_find(types, order->name) != NULL) {
        *why = xasprintf("type \"%s\" was told twice", order->name);
        return false;
    }
    type = xcalloc(1, sizeof(*type));
    type->name = xstrdup(order->name);
    type->environment = copy_strings(order->environment);
    type->limits = order->limits;
    type->isolation = order->isolation;
    if (!check_environment(order->environment, why) || !isolation_try(&order->isolation, why) ||
        !identity_resolve(order->user, &type->identity, why) || !load_runner(type, order, why)) {
        free_type(type);
        return false;
    }
    types->items = xrealloc(types->items, types->count + 1, sizeof(types->items[0]));
    types->items[types->count++] = type;
    return true;
}

const struct worker_type *worker_types_find(const struct worker_types *types, const char *name)
{
    for (size_t i = 0; i < types->count; i++)
        if (strcmp(types->items[i]->name, name) == 0)
            return types->items[i];
    return NULL;
}
