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

struct type_create;

/* Immutable once loaded. Counted references: a run keeps its type through a reload. */
struct task_type {
    unsigned references;
    char *name;
    char *source;       /* "file:line" of its section */
    char *plugin;       /* absolute path of a shared object, or NULL for a command */
    char **command;     /* NULL-terminated argv, the first an absolute path; NULL for a plugin */
    char **environment; /* NULL-terminated "NAME=value" list */
    char *user;         /* NULL: the supervisor's own (see type_registry_run_as()) */
    int max_retries;
    unsigned backoff_ms;
    unsigned backoff_max_ms;
    unsigned timeout_ms;       /* 0: none */
    unsigned stall_timeout_ms; /* 0: none */
    unsigned grace_ms;         /* between SIGTERM and SIGKILL */
    enum on_interrupt on_interrupt;
    unsigned retry_on; /* CAUSE_BIT()s of the failures after which it is run again by itself */
    struct type_limits limits;
    bool no_network;            /* `network = none`: nothing but a loopback interface of its own */
    bool read_only;             /* every file but those of the work directory */
    struct type_create *create; /* where a front end may make such tasks, NULL: nowhere */
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

/* The type that is created at this address; NULL if there is none. Not a new reference. */
struct task_type *type_registry_find_path(const struct type_registry *registry, const char *path);
/* Tells every permission that an address of a type asks for, perhaps more than once. */
void type_registry_each_permission(const struct type_registry *registry,
                                   void (*tell)(void *arg, const char *permission), void *arg);

size_t type_registry_count(const struct type_registry *registry);
struct task_type *type_registry_at(const struct type_registry *registry,
                                   size_t index); /* sorted by name */

/* The account for types that name none; NULL: the supervisor's own. */
void type_registry_run_as(struct type_registry *registry, const char *user);
/* Takes out the types whose address for creating is taken already. */
void type_registry_refuse_paths(struct type_registry *registry, bool (*is_taken)(const char *path));

/* Adds a loaded type, taking over the reference. False, with a problem noted, if its name or its
 * address for creating is taken; the type is released. */
bool type_registry_add(struct type_registry *registry, struct task_type *type);
/* Takes a type out again, because the template could not load it, or its address is the service's
 * own. */
void type_registry_reject(struct type_registry *registry, const char *name, const char *why);

/* Sentences with file and line; also logged as they are found. */
void type_registry_problem(struct type_registry *registry, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t type_registry_problem_count(const struct type_registry *registry);
const char *type_registry_problem_at(const struct type_registry *registry, size_t index);

#endif
