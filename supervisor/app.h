/* SPDX-License-Identifier: MIT */
/* What lives for the whole run of the supervisor. One instance, made by main.c, handed to every
 * module; loop thread only. */
#ifndef SUPERVISOR_APP_H
#define SUPERVISOR_APP_H

#include "common/id.h"
#include <stdbool.h>
#include <stdint.h>

struct app {
    struct event_base *base;
    struct config *config;
    char incarnation[ID_SIZE]; /* this life of the supervisor, as stored with each attempt */
    char mark_prefix[33]; /* the same as 32 hex digits: the first part of every process's mark */
    struct type_registry *types; /* replaced as a whole at a reload */
    struct store *store;
    struct template *template; /* the process that workers are cloned from */
    struct runs *runs;         /* every attempt from its claim to its stored end */
    struct scheduler *scheduler;
    struct task_log *task_log; /* log lines on their way to the store */
    struct events *events;     /* who watches, and the latest events */
    struct workdirs *workdirs; /* directories for attempts */
    struct offload *offload;   /* one thread for slow file work and password hashing */
    struct http_server *http;
    int lock_fd;   /* held for life: one supervisor per state directory */
    bool draining; /* SIGTERM came: no new attempts */
    int64_t drain_until_ms;
    int64_t drained_ms; /* when a live run was seen last while draining */
    struct event *drain_timer;
    bool begun;  /* the past is being settled, or is: claims follow */
    bool failed; /* leaving the loop because the service cannot work */
    int64_t started_ms;
};

#endif
