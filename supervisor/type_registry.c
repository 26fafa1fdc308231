/* SPDX-License-Identifier: MIT */
/* The set of loaded types, sorted by name, and the list of what was wrong with the rest. */
#include "supervisor/type.h"
#include "common/log.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct type_registry {
    struct task_type **types;
    size_t count;
    char **problems;
    size_t problem_count;
};

static void free_list(char **list)
{
    if (list == NULL)
        return;
    for (char **item = list; *item != NULL; item++)
        free(*item);
    free(list);
}

struct task_type *type_ref(struct task_type *type)
{
    type->references++;
    return type;
}

void type_unref(struct task_type *type)
{
    if (type == NULL || --type->references > 0)
        return;
    free(type->name);
    free(type->source);
    free(type->plugin);
    free_list(type->command);
    free_list(type->environment);
    free(type->user);
    free(type);
}

struct type_registry *type_registry_new(void)
{
    return xcalloc(1, sizeof(struct type_registry));
}

void type_registry_free(struct type_registry *registry)
{
    if (registry == NULL)
        return;
    for (size_t i = 0; i < registry->count; i++)
        type_unref(registry->types[i]);
    for (size_t i = 0; i < registry->problem_count; i++)
        free(registry->problems[i]);
    free(registry->types);
    free(registry->problems);
    free(registry);
}

/* Index of the first type whose name is not before `name`. */
static size_t position(const struct type_registry *registry, const char *name)
{
    size_t low = 0, high = registry->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(registry->types[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct task_type *type_registry_find(const struct type_registry *registry, const char *name)
{
    size_t at = position(registry, name);

    return at < registry->count && strcmp(registry->types[at]->name, name) == 0
               ? registry->types[at]
               : NULL;
}

size_t type_registry_count(const struct type_registry *registry)
{
    return registry->count;
}

struct task_type *type_registry_at(const struct type_registry *registry, size_t index)
{
    return registry->types[index];
}

bool type_registry_add(struct type_registry *registry, struct task_type *type)
{
    struct task_type *other = type_registry_find(registry, type->name);
    size_t at = position(registry, type->name);

    if (other != NULL) {
        type_registry_problem(registry, "%s: type \"%s\" is registered already at %s", type->source,
                              type->name, other->source);
        type_unref(type);
        return false;
    }
    registry->types = xrealloc(registry->types, registry->count + 1, sizeof(registry->types[0]));
    memmove(registry->types + at + 1, registry->types + at,
            (registry->count - at) * sizeof(registry->types[0]));
    registry->types[at] = type;
    registry->count++;
    return true;
}

void type_registry_reject(struct type_registry *registry, const char *name, const char *why)
{
    size_t at = position(registry, name);
    struct task_type *type = type_registry_find(registry, name);

    if (type == NULL)
        return;
    type_registry_problem(registry, "%s: type \"%s\": %s", type->source, name, why);
    registry->count--;
    memmove(registry->types + at, registry->types + at + 1,
            (registry->count - at) * sizeof(registry->types[0]));
    type_unref(type);
}

void type_registry_problem(struct type_registry *registry, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = xvasprintf(format, arguments);
    va_end(arguments);
    log_error("%s", text);
    registry->problems =
        xrealloc(registry->problems, registry->problem_count + 1, sizeof(registry->problems[0]));
    registry->problems[registry->problem_count++] = text;
}

size_t type_registry_problem_count(const struct type_registry *registry)
{
    return registry->problem_count;
}

const char *type_registry_problem_at(const struct type_registry *registry, size_t index)
{
    return registry->problems[index];
}
