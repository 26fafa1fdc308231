/* SPDX-License-Identifier: MIT */
/* One order of the supervisor as the template understands it (the format: common/order.h). */
#ifndef WORKER_ORDER_H
#define WORKER_ORDER_H

#include "common/order.h"
#include "worker/isolation.h"
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum order_kind { ORDER_TYPE, ORDER_READY, ORDER_SPAWN, ORDER_QUIT };

struct order_limits { /* 0: unlimited */
    int64_t memory_bytes;
    int64_t cpu_seconds;
    int64_t processes;
    int64_t open_files;
    int64_t file_size_bytes;
};

struct order_type {
    const char *name;
    const char *plugin;   /* absolute path, or NULL for a command */
    const char **command; /* NULL-terminated argv, the first an absolute path; NULL for a plugin */
    const char **environment; /* NULL-terminated "NAME=value" list, never NULL */
    const char *user;         /* NULL: the template's own */
    struct order_limits limits;
    struct isolation isolation;
};

struct order_spawn {
    int64_t run;
    const char *mark; /* exactly ORDER_MARK_LENGTH characters */
    const char *type;
    const char *task;
    int attempt;
    const char *creator;
    const char *work_dir; /* absolute path; its parent exists, it does not */
};

struct order {
    enum order_kind kind;
    struct order_type type;   /* ORDER_TYPE */
    struct order_spawn spawn; /* ORDER_SPAWN; run is set (or -1) even when parsing failed */
    json_object *json;        /* owns every string above */
};

/* Parses one packet. False with a reason (static text) in *why. Either way the caller calls
 * order_clear(). */
bool order_parse(const char *packet, size_t size, struct order *order, const char **why);
void order_clear(struct order *order);

#endif
