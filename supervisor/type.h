/* SPDX-License-Identifier: MIT */
/* Task types: descriptors read from a directory, and the registry of those that are loaded. Loop
 * thread only. */
#ifndef SUPERVISOR_TYPE_H
#define SUPERVISOR_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of an attempt that a stop or crash of the supervisor interrupts. */
enum on_interrupt {
    ON_INTERRUPT_REQUEUE, /* at least once: run it again */
    ON_INTERRUPT_FAIL     /* at most once: fail, a person decides */
};

struct type_limits { /* 0: unlimited */
    int64_t memory_bytes;
    int64_t cpu_seconds;
    int64_t processes;
    int64_t open_files;
    int64_t file_size_bytes;
};

/* Immutable once loaded. Counted references: a run keeps its type through a reload. */
struct task_type {
    unsigned references;
    char *name;
    char *source;       /* "file:line" of its section */
    char *plugin;       /* absolute path of a shared object, or NULL for a command */
    char **command;     /* NULL-terminated argv, the first an absolute path; NULL for a plugin */
    char **environment; /* NULL-terminated "NAME=value" list */
    char *user;         /* NULL: the supervisor's own */
    int max_retries;
    unsigned backoff_ms;
    unsigned backoff_max_ms;
    unsigned timeout_ms;       /* 0: none */
    unsigned stall_timeout_ms; /* 0: none */
    unsigned grace_ms;         /* between SIGTERM and SIGKILL */
    enum on_interrupt on_interrupt;
    struct type_limits limits;
};

struct task_type *type_ref(struct task_type *type);
void type_unref(struct task_type *type);

/* A set of types and of what was wrong with the others. */
struct type_registry;

struct type_registry *type_registry_new(void);
void type_registry_free(struct type_registry *registry);

/* Reads every *.conf of a directory in the order of the names. Wrong sections are reported and left
 * out, the others load. */
void type_registry_read(struct type_registry *registry, const char *directory);

/* NULL if there is none of that name. Not a new reference. */
struct task_type *type_registry_find(const struct type_registry *registry, const char *name);

size_t type_registry_count(const struct type_registry *registry);
struct task_type *type_registry_at(const struct type_registry *registry,
                                   size_t index); /* sorted by name */

/* Adds a loaded type, taking over the reference. False, with a problem noted, if the name is taken;
 * the type is released. */
bool type_registry_add(struct type_registry *registry, struct task_type *type);
/* Takes a type out again, because the template could not load it. */
void type_registry_reject(struct type_registry *registry, const char *name, const char *why);

/* Sentences with file and line; also logged as they are found. */
void type_registry_problem(struct type_registry *registry, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t type_registry_problem_count(const struct type_registry *registry);
const char *type_registry_problem_at(const struct type_registry *registry, size_t index);

#endif
