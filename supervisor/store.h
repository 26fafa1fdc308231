/* SPDX-License-Identifier: MIT */
/* What a store of tasks can do. Two bodies, picked at link time: MySQL/MariaDB (store*.c) and
 * tests/store_fake.c.
 *
 * Every call is made on the loop thread, returns at once, and is answered on the loop thread
 * through its callback, exactly once, never from inside the call itself. Arguments are copied
 * before the call returns. What a callback receives by pointer belongs to the store and is gone
 * when the callback returns, unless a comment says otherwise.
 *
 * Writes go through one writer connection, in the order of the calls, grouped into transactions.
 * Every write can be run twice with the effect of once: that is how an unknown outcome of COMMIT is
 * settled (connect again, run it again). Every change of a status is guarded by the status (and for
 * a running task by attempt and incarnation) it starts from.
 *
 * deadline_ms: a call that has not been started by then is withdrawn and answered
 * STORE_UNAVAILABLE; one under way is answered STORE_UNCERTAIN (its effect may still come). 0: no
 * deadline, it waits for the database however long it takes. While the database is known to be
 * away, calls with a deadline are answered STORE_UNAVAILABLE at once. */
#ifndef SUPERVISOR_STORE_H
#define SUPERVISOR_STORE_H

#include "common/attempt_cause.h"
#include "common/id.h"
#include "common/json_text.h"
#include "common/log.h"
#include "common/task.h"
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct store;

enum store_result {
    STORE_OK,
    STORE_NOT_FOUND, /* no such row (deleted tasks count as absent) */
    STORE_CONFLICT,  /* the row is not in the state the change starts from: somebody else was first
                      */
    STORE_UNAVAILABLE, /* nothing was done; the database is away, read-only or full */
    STORE_UNCERTAIN,   /* the database went silent in the middle */
    STORE_INVALID /* the database refused the values; a bug or a limit that was not checked before
                   */
};
const char *store_result_name(enum store_result result);

struct store_config {
    const char *socket; /* unix socket path, or NULL to use host and port */
    const char *host;
    unsigned port;
    const char *user;     /* NULL: the account this process runs as */
    const char *password; /* NULL: none (unix_socket authentication) */
    const char *database;
    bool tls;                 /* refuse a connection that is not encrypted and verified */
    const char *tls_ca;       /* NULL: the system's */
    const char *node;         /* name of this supervisor's node */
    const char *incarnation;  /* id of this life of the supervisor */
    const char *state_dir_id; /* that of its state directory; NULL: not known */
    unsigned readers;         /* threads and connections for reads; one more is the writer */
};

enum store_state {
    STORE_CONNECTING, /* no usable connection; `why` says what the database last answered */
    STORE_READY,      /* connected, schema of the right version */
    STORE_STALLED,    /* the writer has waited more than a second for one answer */
    STORE_REFUSED     /* the schema is newer than this program: it must not go on */
};
typedef void (*store_state_fn)(void *arg, enum store_state state, const char *why);

/* Starts the threads; they connect by themselves, again and again with jittered back-off (0.1 s to
 * 5 s), create the database and apply schema steps where allowed. `state_cb` is called at each
 * change. */
struct store *store_open(struct event_base *base, const struct store_config *config,
                         store_state_fn state_cb, void *arg);
/* Waits up to limit_ms for queued writes, then stops the threads. Unanswered calls are answered
 * STORE_UNAVAILABLE. */
void store_close(struct store *store, unsigned limit_ms);
enum store_state store_state(const struct store *store, const char **why);
/* How many calls have been answered with this result so far. */
uint64_t store_answered(const struct store *store, enum store_result result);

/* Who asks for something, and what exists for him. For one who does not see all, tasks and files of
 * others are STORE_NOT_FOUND, just as if they were absent. */
struct store_actor {
    const char *id;      /* a user's id, "system", or "uid:1000" for a peer of the control socket */
    const char *address; /* of his client on the network, or NULL */
    bool sees_all;       /* an administrator, a local module or the service itself */
    unsigned deadline_ms; /* how long what he asks of the service may wait for the database */
};
#define STORE_SYSTEM                                                                               \
    (&(const struct store_actor){.id = TASK_CREATOR_SYSTEM, .address = NULL, .sees_all = true})

/* ---- what is running on this node ---- */

/* Tells that this supervisor lives; so does each commit. */
void store_node_beat(struct store *store);

#define STORE_KILL_ERROR_MAX 1000 /* bytes */
struct store_leftover {
    uint64_t row_id;
    char id[TASK_ID_SIZE];
    char type[TASK_TYPE_MAX + 1];
    int attempt;
    int crash_count;
    char incarnation[ID_SIZE];
    int64_t started_at_us;
    bool cancel_requested;
    bool deleted;
    bool of_another; /* of a supervisor with another state directory that was seen lately */
    int progress;    /* as it was stored last */
    char progress_text[TASK_PROGRESS_TEXT_MAX + 1];
    char killed_by[STORE_KILL_ERROR_MAX + 1]; /* the sentence of a kill that was asked for, or "" */
};
typedef void (*store_leftovers_fn)(void *arg, enum store_result result,
                                   const struct store_leftover *rows, size_t count);
/* All rows running on this node under another incarnation: an earlier life has left them, or they
 * are `of_another`. */
void store_leftovers(struct store *store, store_leftovers_fn done, void *arg);
/* Those of this incarnation that somebody wants stopped. */
void store_stop_requests(struct store *store, unsigned deadline_ms, store_leftovers_fn done,
                         void *arg);

/* ---- the scheduler's cycle: finish what ended and claim what fits, in one transaction ---- */

struct store_file {
    char key[ID_SIZE];
    const char *name;
    const char *content_type;
    const char *owner_id;
    const char *access;  /* "owner", "private" or "public"; NULL: owner */
    const char *purpose; /* what it is for, at most 64 bytes; NULL: artifact */
    uint64_t size;
    char sha256[65];
};

/* The end of one attempt. status says what the task becomes: a final status, or TASK_PENDING for
 * another try. Each member has its place in a file of the outbox, too (outbox_record.c). */
struct store_finish {
    uint64_t row_id;
    int attempt;
    const char *incarnation; /* of the attempt; ours except when settling leftovers */
    int64_t started_at_us;   /* when it was claimed */
    enum task_status status;
    enum attempt_cause cause;
    int progress;              /* 0 to 100 */
    const char *progress_text; /* NULL */
    const char *result;        /* NULL or JSON text */
    const char *error;         /* NULL or a sentence */
    const struct store_file
        *artifact;         /* NULL, or a row for `file` and the task's artifact key and name */
    bool count_auto_retry; /* auto_retry_count + 1 */
    bool count_crash;      /* crash_count + 1 */
    bool uncount_attempt;  /* nothing ran: no attempt row, and task.attempt is taken back by one */
    unsigned due_in_ms;    /* for TASK_PENDING: not claimed before now + this */
    int exit_status;       /* -1 unless it exited */
    int term_signal;       /* 0 unless a signal ended it */
    int64_t cpu_us;
    int64_t peak_memory_bytes;
    int pid;
};

struct store_cycle {
    const struct store_finish *finishes;
    size_t finish_count;
    unsigned claim_limit; /* 0: claim nothing. At most 256. */
};
struct store_cycle_answer {
    const enum store_result
        *finishes;                    /* one per finish: OK, CONFLICT (fenced or already settled) */
    const enum task_status *statuses; /* one per finish: as asked, but cancelled instead of pending
                                       * where a cancel came after the attempt had ended, and
                                       * failed instead of success where the database takes no
                                       * such result: then without it and without an artifact */
    const char *const *errors;        /* one per finish: as asked, or why the status differs */
    const int64_t *finished_at_us;    /* one per finish */
    struct task *claimed; /* the callback may take strings out of these (set the pointer to NULL) */
    size_t claimed_count;
    int64_t next_due_in_ms; /* time until the earliest pending task is due, -1 if there is none;
                             * only if claim_limit > 0 and none was claimed */
};
typedef void (*store_cycle_fn)(void *arg, enum store_result result,
                               const struct store_cycle_answer *answer);
/* Claims oldest due_at first, then by row id; sets running, attempt + 1, node, incarnation, lease,
 * started_at, progress 0, clears result, error, finished_at and cancel_requested_at. An attempt
 * that has ended gets its row. No deadline. */
void store_cycle(struct store *store, const struct store_cycle *cycle, store_cycle_fn done,
                 void *arg);

/* ---- while tasks run ---- */

struct store_progress {
    uint64_t row_id;
    int attempt;
    int progress;
    const char *text; /* NULL */
};
struct store_log_line {
    uint64_t row_id;
    int attempt;
    enum log_level level;
    int64_t at_us;       /* by the supervisor's clock */
    const char *message; /* valid UTF-8, limited by the caller */
};
typedef void (*store_done_fn)(void *arg, enum store_result result);
/* at_us: the `updated_at` of the rows, if STORE_OK. */
typedef void (*store_progress_fn)(void *arg, enum store_result result, int64_t at_us);
/* No deadline. Progress of an attempt that is no longer running is dropped silently. */
void store_progress(struct store *store, const struct store_progress *rows, size_t count,
                    store_progress_fn done, void *arg);
/* `done` may be NULL. No deadline. */
void store_log_append(struct store *store, const struct store_log_line *lines, size_t count,
                      store_done_fn done, void *arg);

/* The audit trail: who did what to a task, and the rungs of a kill. */
struct store_event {
    uint64_t row_id;     /* 0: not about a task */
    int attempt;         /* 0: not about an attempt */
    const char *kind;    /* created cancelled cancel_requested kill_requested retried deleted
                            signalled killed tree_empty paused resumed setting_changed ... */
    const char *actor;   /* as struct store_actor's id */
    const char *address; /* NULL */
    const char *detail;  /* NULL or JSON text */
    int64_t at_us;
};
void store_event_append(struct store *store, const struct store_event *events, size_t count,
                        store_done_fn done, void *arg);

/* ---- changes asked for by users ---- */

struct store_task_new {
    char id[TASK_ID_SIZE]; /* chosen by the caller, so that running it twice inserts once */
    const char *type;
    const char *payload; /* NULL */
    const char *creator_id;
    int max_retries;
    const char *idempotency_key; /* NULL, or: a second create with the same key and creator returns
                                    the first's task */
};
typedef void (*store_tasks_fn)(void *arg, enum store_result result, const struct task *tasks,
                               size_t count);
void store_create(struct store *store, const struct store_task_new *tasks, size_t count,
                  const struct store_actor *who, unsigned deadline_ms, store_tasks_fn done,
                  void *arg);

/* The next five answer with the task as it is afterwards. STORE_CONFLICT with the task: it was not
 * in a state that allows the change, which has not happened. `who` goes into the task_event row
 * written in the same transaction. */
typedef void (*store_task_fn)(void *arg, enum store_result result, const struct task *task);
/* pending -> cancelled; a running one gets cancel_requested_at (if not set yet) and STORE_OK with
 * status running; a final one STORE_CONFLICT. */
void store_cancel(struct store *store, const char *id, const struct store_actor *who,
                  unsigned deadline_ms, store_task_fn done, void *arg);
/* As a cancel, but with an event of its own that says why; `error` is the task's from now on, until
 * the end of its attempt is stored. */
struct store_kill {
    const char *detail; /* of the event: JSON text, or NULL */
    const char *error;  /* a sentence for the task, at most STORE_KILL_ERROR_MAX bytes */
    bool noted;         /* the event of a running task has been appended already */
};
void store_kill(struct store *store, const char *id, const struct store_kill *kill,
                const struct store_actor *who, unsigned deadline_ms, store_task_fn done, void *arg);
/* failed, cancelled -> pending, due now; retry_count + 1, auto_retry_count and crash_count 0,
 * progress 0; result, error, times cleared; the artifact is kept. */
void store_retry(struct store *store, const char *id, const struct store_actor *who,
                 unsigned deadline_ms, store_task_fn done, void *arg);
/* Soft delete, in any state. A pending task is cancelled in the same go; a running one also gets
 * cancel_requested_at and is answered with status running: its row is hidden at once, the caller
 * stops the run, and the finish lands on the hidden row. */
void store_delete(struct store *store, const char *id, const struct store_actor *who,
                  unsigned deadline_ms, store_task_fn done, void *arg);
/* Any state. file_name NULL: taken from the file's row, if there is one. */
void store_set_artifact(struct store *store, const char *id, const char *file_key,
                        const char *file_name, const struct store_actor *who, unsigned deadline_ms,
                        store_task_fn done, void *arg);

struct store_setting {
    const char *name, *value;
};
#define STORE_SETTINGS_MAX 8
/* All or none; an event tells of each. */
void store_settings_set(struct store *store, const struct store_setting *settings, size_t count,
                        const struct store_actor *who, unsigned deadline_ms, store_done_fn done,
                        void *arg);

/* The setting of that name, which is made with this value if there is none yet: of several who ask
 * at once all get the same. No event tells of it, and no list shows names with "secret" in them. */
typedef void (*store_secret_fn)(void *arg, enum store_result result, const char *value);
void store_setting_secret(struct store *store, const char *name, const char *value,
                          unsigned deadline_ms, store_secret_fn done, void *arg);

/* ---- reads ---- */

void store_task_get(struct store *store, const char *id, const struct store_actor *who,
                    unsigned deadline_ms, store_task_fn done, void *arg);

struct store_list_filter {
    unsigned page;      /* from 1 */
    unsigned page_size; /* 1-100 */
    const char
        *search; /* NULL, or: prefix of id, or substring of type; % and _ are ordinary characters */
    const char *creator_id;   /* NULL: everybody's */
    const char *creator_name; /* NULL, or: instead of creator_id, the name of a user of ours, else
                                 any id */
    const char *type;         /* NULL */
    unsigned statuses;        /* bits 1 << enum task_status; 0: any */
    int64_t created_from_us, created_to_us; /* both included; 0: no limit */
};
/* The tasks are without payload and result, which may be long: large[i] has them as members of JSON
 * text. The callback may take its bytes over by setting them to NULL. */
typedef void (*store_list_fn)(void *arg, enum store_result result, const struct task *tasks,
                              struct json_text *large, size_t count, uint64_t total);
/* Newest first. One who does not see all gets his own, whatever creator the filter names. Pages and
 * totals go up to 10000. A filter that no index serves (a type and a status that many have) looks
 * at the newest 20000. */
void store_task_list(struct store *store, const struct store_list_filter *filter,
                     const struct store_actor *who, unsigned deadline_ms, store_list_fn done,
                     void *arg);
/* The caller's own tasks that he cares for now, newest first, at most STORE_RECENT_MAX: created in
 * the last 24 hours, or pending or running. Also for one who sees all: own ones only. */
#define STORE_RECENT_MAX 10
void store_user_tasks(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                      store_tasks_fn done, void *arg);
/* The same as a list; the total is their number. */
void store_user_task_list(struct store *store, const struct store_actor *who, unsigned deadline_ms,
                          store_list_fn done, void *arg);

struct store_log_row {
    uint64_t id; /* grows with time; the next page starts after the last one */
    int attempt;
    enum log_level level;
    int64_t created_at_us;
    const char *message;
};
typedef void (*store_log_fn)(void *arg, enum store_result result, const struct store_log_row *rows,
                             size_t count);
/* Oldest first, rows with id > after, at most `limit` (1-10000). */
void store_log_list(struct store *store, const char *id, const struct store_actor *who,
                    uint64_t after, unsigned limit, unsigned deadline_ms, store_log_fn done,
                    void *arg);

struct store_attempt_row {
    int attempt;
    const char *node;
    int pid;
    const char *cause; /* "" while running */
    const char *error; /* NULL */
    int exit_status;   /* -1 */
    int term_signal;   /* 0 */
    int64_t started_at_us, finished_at_us;
    int64_t cpu_us;
    int64_t peak_memory_bytes;
    int progress;
};
typedef void (*store_attempts_fn)(void *arg, enum store_result result,
                                  const struct store_attempt_row *rows, size_t count);
void store_attempt_list(struct store *store, const char *id, const struct store_actor *who,
                        unsigned deadline_ms, store_attempts_fn done, void *arg);

struct store_event_row {
    uint64_t id;
    int attempt;
    const char *kind;
    const char *actor;
    const char *address; /* NULL */
    const char *detail;  /* NULL */
    int64_t created_at_us;
};
typedef void (*store_events_fn)(void *arg, enum store_result result,
                                const struct store_event_row *rows, size_t count);
void store_event_list(struct store *store, const char *id, const struct store_actor *who,
                      unsigned deadline_ms, store_events_fn done, void *arg);

typedef void (*store_settings_fn)(void *arg, enum store_result result, const char *const *names,
                                  const char *const *values, size_t count);
void store_setting_list(struct store *store, unsigned deadline_ms, store_settings_fn done,
                        void *arg);

typedef void (*store_counts_fn)(void *arg, enum store_result result,
                                const uint64_t counts[5]); /* by enum task_status */
void store_task_counts(struct store *store, unsigned deadline_ms, store_counts_fn done, void *arg);

#endif
