/* SPDX-License-Identifier: MIT */
/* What lives for the whole run of the supervisor. One instance, made by main.c, handed to every
 * module; loop thread only. */
#ifndef SUPERVISOR_APP_H
#define SUPERVISOR_APP_H

#include "common/id.h"
#include "supervisor/audit.h"
#include "supervisor/config_reload.h"
#include "supervisor/file_link.h"
#include "supervisor/metrics.h"
#include "supervisor/settings.h"
#include <stdbool.h>
#include <stdint.h>

struct app {
    struct event_base *base;
    struct config *config;
    struct config_reload config_reload; /* what came of reading it again, the latest time */
    char incarnation[ID_SIZE]; /* this life of the supervisor, as stored with each attempt */
    char mark_prefix[33]; /* the same as 32 hex digits: the first part of every process's mark */
    struct type_registry *types; /* replaced as a whole at a reload */
    struct store *store;
    char state_dir_id[ID_SIZE];     /* "": not known */
    char last_incarnation[ID_SIZE]; /* that of the life before, "" if there was none */
    struct template *template;      /* the process that workers are cloned from */
    struct reload *reload;          /* of types, on its way: lifecycle.c; NULL: none */
    struct cgroup *cgroup; /* holds a leaf for each attempt; NULL: contained by session alone */
    struct runs *runs;     /* every attempt from its claim to its stored end */
    struct scheduler *scheduler;
    struct outbox *outbox;         /* ends that the database does not take at once */
    struct task_log *task_log;     /* log lines on their way to the store */
    struct events *events;         /* who watches, and the latest events */
    struct workdirs *workdirs;     /* directories for attempts */
    struct offload *offload;       /* one thread for slow file work and password hashing */
    struct offload *json_thread;   /* another, for large JSON */
    struct offload *task_files;    /* a third, for files as large as tasks make them */
    struct auth *auth;             /* who has signed in */
    struct sign_in *sign_in;       /* and who tries to */
    struct web_assets *web_assets; /* the console, NULL: there is none */
    char file_link_secret[FILE_LINK_SECRET_SIZE]; /* "" until it is asked for first */
    struct http_server *http;
    struct notify *notify;  /* tells the service manager how we are */
    struct metrics metrics; /* what is counted, for Prometheus */
    struct audit_limit audit_limit;
    struct heartbeat *heartbeat;         /* measures the loop */
    struct file_sweep *file_sweep;       /* removes files that a crash left without a row */
    struct disk_room *disk_room;         /* how full the state directory's disk is */
    struct retention *retention;         /* removes old history */
    struct stop_requests *stop_requests; /* hears of cancels that the table alone knows */
    int64_t settings[SETTING_COUNT];
    bool settings_known; /* read from the database: until then they are the defaults */
    struct upgrade *upgrade;
    unsigned upgrades;         /* of this process so far */
    bool upgrading;            /* nothing is claimed until the new program runs */
    struct handover *handover; /* what the program before us has left; NULL: nothing, or taken */
    char *program;             /* the file that an upgrade starts: where ours was */
    char **arguments;          /* and how */
    int lock_fd;               /* held for life: one supervisor per state directory */
    bool draining;             /* SIGTERM came: no new attempts */
    int64_t drain_until_ms;
    int64_t drained_ms; /* when a live run was seen last while draining */
    struct event *drain_timer;
    bool begun;  /* the past is being settled, or is: claims follow */
    bool failed; /* leaving the loop because the service cannot work */
    int64_t started_ms;
};

#endif
