/* SPDX-License-Identifier: MIT */
/* The set of loaded types, sorted by name, and the list of what was wrong with the rest. */
#include "supervisor/type.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/type_create.h"

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
    type_create_free(type->create);
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

struct task_type *type_registry_find_path(const struct type_registry *registry, const char *path)
{
    for (size_t i = 0; i < registry->count; i++) {
        const struct type_create *create = registry->types[i]->create;
        if (create != NULL && strcmp(create->path, path) == 0)
            return registry->types[i];
    }
    return NULL;
}

void type_registry_each_permission(const struct type_registry *registry,
                                   void (*tell)(void *arg, const char *permission), void *arg)
{
    for (size_t i = 0; i < registry->count; i++)
        if (registry->types[i]->create != NULL)
            tell(arg, registry->types[i]->create->permission);
}

size_t type_registry_count(const struct type_registry *registry)
{
    return registry->count;
}

struct task_type *type_registry_at(const struct type_registry *registry, size_t index)
{
    return registry->types[index];
}

static bool is_free(struct type_registry *registry, const struct task_type *type)
{
    const struct task_type *other = type_registry_find(registry, type->name);

    if (other != NULL) {
        type_registry_problem(registry, "%s: type \"%s\" is registered already at %s", type->source,
                              type->name, other->source);
        return false;
    }
    other = type->create != NULL ? type_registry_find_path(registry, type->create->path) : NULL;
    if (other != NULL)
        type_registry_problem(
            registry, "%s: type \"%s\": create: the path %s is taken by type \"%s\" at %s",
            type->source, type->name, type->create->path, other->name, other->source);
    return other == NULL;
}

bool type_registry_add(struct type_registry *registry, struct task_type *type)
{
    size_t at = position(registry, type->name);

    if (!is_free(registry, type)) {
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

void type_registry_run_as(struct type_registry *registry, const char *user)
{
    for (size_t i = 0; user != NULL && i < registry->count; i++)
        if (registry->types[i]->user == NULL)
            registry->types[i]->user = xstrdup(user);
}

void type_registry_refuse_paths(struct type_registry *registry, bool (*is_taken)(const char *path))
{
    for (size_t i = 0; i < registry->count;) {
        struct task_type *type = registry->types[i];
        if (type->create != NULL && is_taken(type->create->path))
            type_registry_reject(registry, type->name,
                                 "create: the path is one of the service's own addresses");
        else
            i++;
    }
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
