/* SPDX-License-Identifier: MIT */
/* libtaskyard: create, follow and change Taskyard tasks from a C program, over the supervisor's
 * control socket.
 *
 * Errors: a function that gives an object returns NULL on failure, one that gives nothing returns
 * false; either fills *error, which may be NULL if the caller does not care. The library prints
 * nothing and aborts only when memory is gone.
 *
 * Ownership: strings and structs passed in are copied before the call returns. A returned object
 * belongs to the caller (taskyard_object_free); strings and inner objects got from it belong to it
 * and live as long as it does.
 *
 * Threads: one client may be used by several threads; its requests run one after another. An object
 * belongs to one thread at a time. Fork: a child must not touch a client that its parent opened,
 * not even close it; it opens its own.
 *
 * A request blocks for at most the client's time limit (taskyard_set_timeout, 30 s at first). */
#ifndef TASKYARD_CLIENT_H
#define TASKYARD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TASKYARD_DEFAULT_SOCKET "/run/taskyard/control.sock"

struct taskyard_client;

/* A JSON value as the supervisor answered it: a task, a list of tasks, settings ... Field names:
 * docs/api.md. */
struct taskyard_object;

enum taskyard_error_kind {
    TASKYARD_ERROR_NONE,
    TASKYARD_ERROR_UNREACHABLE, /* no connection to the supervisor; nothing was done */
    TASKYARD_ERROR_LOST, /* the connection broke or was silent too long; the request may have been
                            carried out */
    TASKYARD_ERROR_ANSWERED, /* the supervisor refused: code, http_status and message are its answer
                              */
    TASKYARD_ERROR_PROTOCOL, /* what answered does not speak the protocol */
    TASKYARD_ERROR_ARGUMENT, /* the caller passed something unusable; nothing was sent */
    TASKYARD_ERROR_TIMEOUT,  /* taskyard_wait: the task has not ended in the time allowed */
    TASKYARD_ERROR_STOPPED,  /* taskyard_wait: the caller's function asked to stop */
    TASKYARD_ERROR_WRITE     /* taskyard_download: writing to the caller's descriptor failed */
};

struct taskyard_error {
    enum taskyard_error_kind kind;
    int http_status;    /* 0 unless the supervisor answered */
    char code[16];      /* "E4041"; "" unless the supervisor answered */
    char message[1024]; /* a sentence for a person */
};

/* ---- connection ---- */

/* NULL for the socket: the environment's TASKYARD_SOCKET, or else TASKYARD_DEFAULT_SOCKET. Does not
 * connect yet: the first request does. NULL only if the path is unusable (empty, longer than a unix
 * socket address holds). */
struct taskyard_client *taskyard_open(const char *socket_path, struct taskyard_error *error);

/* Stops the thread of taskyard_client_start_thread, if any. Callbacks that have not run are
 * dropped. NULL is fine. Must not be called from a callback. */
void taskyard_close(struct taskyard_client *client);

const char *taskyard_socket_path(const struct taskyard_client *client);

/* Most that one request may take, in milliseconds; 0: no limit. */
void taskyard_set_timeout(struct taskyard_client *client, unsigned timeout_ms);

/* ---- objects ---- */

/* NULL if there is no such member or it is not a string. */
const char *taskyard_string(const struct taskyard_object *object, const char *name);
/* `otherwise` if there is no such member or it is of another type. */
int64_t taskyard_int(const struct taskyard_object *object, const char *name, int64_t otherwise);
double taskyard_number(const struct taskyard_object *object, const char *name, double otherwise);
bool taskyard_bool(const struct taskyard_object *object, const char *name, bool otherwise);
/* An inner value of any type; NULL if there is none or it is null. */
const struct taskyard_object *taskyard_member(const struct taskyard_object *object,
                                              const char *name);
/* The name of the index-th member, in the order of the answer; NULL behind the last one. */
const char *taskyard_name(const struct taskyard_object *object, size_t index);
/* The text of a value that is a string (an element of an array, say); NULL for any other. */
const char *taskyard_text(const struct taskyard_object *value);
/* Elements of an array; 0 for anything else. */
size_t taskyard_count(const struct taskyard_object *object);
const struct taskyard_object *taskyard_item(const struct taskyard_object *object, size_t index);
/* The value as JSON text, on one line or (pretty) on several. Overwritten by the next call for the
 * same object. */
const char *taskyard_json(const struct taskyard_object *object, bool pretty);
/* Makes the caller one more owner (each one frees); an inner object held this way outlives its
 * parent. */
struct taskyard_object *taskyard_object_hold(const struct taskyard_object *object);
void taskyard_object_free(struct taskyard_object *object); /* NULL is fine */

/* ---- tasks ---- */

/* Called once for each task created with it, when the task is success, failed or cancelled. result
 * is JSON text, error a sentence; each NULL if there is none. The strings are gone when it returns.
 * A task that was deleted before it ended is reported as cancelled with the error "task deleted".
 * It may use the client (create, get, ...), but not close it. */
typedef void (*taskyard_complete_fn)(void *arg, const char *id, const char *status,
                                     const char *result, const char *error);

/* Start from TASKYARD_CREATE_OPTIONS, which sets size and the defaults. */
struct taskyard_create_options {
    size_t size;         /* of this struct, for programs built against an older header */
    const char *payload; /* NULL, or UTF-8 text (JSON or not) handed to the runner unchanged */
    int max_retries;     /* automatic retries; -1: the type's default */
    const char *creator; /* user id or name; NULL: "system" */
    const char *idempotency_key; /* NULL, or: a second create with this key and creator gives the
                                    first's task */
    taskyard_complete_fn
        on_complete; /* NULL: nobody is told. See "completion" below for when and where it runs */
    void *on_complete_arg;
};
#define TASKYARD_CREATE_OPTIONS                                                                    \
    {                                                                                              \
        sizeof(struct taskyard_create_options), NULL, -1, NULL, NULL, NULL, NULL                   \
    }

/* The new task. options NULL: all defaults. After TASKYARD_ERROR_LOST the task may exist: only with
 * an idempotency key is it safe to call again. */
struct taskyard_object *taskyard_create(struct taskyard_client *client, const char *type,
                                        const struct taskyard_create_options *options,
                                        struct taskyard_error *error);
/* An array of 1-10000 tasks that differ only in their ids, created together or not at all. */
#define TASKYARD_CREATE_MAX 10000
struct taskyard_object *taskyard_create_many(struct taskyard_client *client, const char *type,
                                             const struct taskyard_create_options *options,
                                             unsigned count, struct taskyard_error *error);

struct taskyard_object *taskyard_get(struct taskyard_client *client, const char *id,
                                     struct taskyard_error *error);

struct taskyard_filter { /* all zero: everything, first page */
    unsigned page;       /* from 1; 0: 1 */
    unsigned page_size;  /* 1-100; 0: 10 */
    const char *search;  /* start of an id or part of a type */
    const char *type;
    const char *status;
    const char *creator;
};
/* A page, newest first: {"data": [tasks], "total": N, "current": N, "page_size": N}. filter may be
 * NULL. */
struct taskyard_object *taskyard_list(struct taskyard_client *client,
                                      const struct taskyard_filter *filter,
                                      struct taskyard_error *error);

/* A running task is asked to end; it is cancelled when its process is gone. After the end nothing
 * changes. */
bool taskyard_cancel(struct taskyard_client *client, const char *id, struct taskyard_error *error);
/* All processes of a running task at once, without grace; it is cancelled when none is left. The
 * reason (at most 500 bytes, NULL: none) goes into its error and the audit trail. */
bool taskyard_kill(struct taskyard_client *client, const char *id, const char *reason,
                   struct taskyard_error *error);
/* Stops all processes of a running task where they are, and lets them go on. In other states
 * nothing changes. */
bool taskyard_pause(struct taskyard_client *client, const char *id, struct taskyard_error *error);
bool taskyard_resume(struct taskyard_client *client, const char *id, struct taskyard_error *error);
/* failed or cancelled becomes pending again; in other states nothing changes. */
bool taskyard_retry(struct taskyard_client *client, const char *id, struct taskyard_error *error);
bool taskyard_delete(struct taskyard_client *client, const char *id, struct taskyard_error *error);
/* file_name NULL: the file's own. Gives the task. */
struct taskyard_object *taskyard_set_artifact(struct taskyard_client *client, const char *id,
                                              const char *file_key, const char *file_name,
                                              struct taskyard_error *error);

/* Arrays, oldest first. after: id of the last line already known, or NULL; limit 0: the
 * supervisor's default. */
struct taskyard_object *taskyard_logs(struct taskyard_client *client, const char *id,
                                      const char *after, unsigned limit,
                                      struct taskyard_error *error);
struct taskyard_object *taskyard_attempts(struct taskyard_client *client, const char *id,
                                          struct taskyard_error *error);
struct taskyard_object *taskyard_timeline(struct taskyard_client *client, const char *id,
                                          struct taskyard_error *error);
/* What a running task is doing: its member "summary" is a sentence, "processes" an array that is
 * empty if it does not run. */
struct taskyard_object *taskyard_processes(struct taskyard_client *client, const char *id,
                                           struct taskyard_error *error);

/* Writes the bytes of a file (a task's artifact_file_key) to a blocking descriptor. No limit on the
 * time as long as bytes arrive. After TASKYARD_ERROR_LOST a part may have been written. */
bool taskyard_download(struct taskyard_client *client, const char *file_key, int fd,
                       struct taskyard_error *error);

/* ---- administration ---- */

struct taskyard_object *taskyard_settings(struct taskyard_client *client,
                                          struct taskyard_error *error);
/* The settings afterwards. value is an integer as text. */
struct taskyard_object *taskyard_setting_set(struct taskyard_client *client, const char *name,
                                             const char *value, struct taskyard_error *error);
struct taskyard_object *taskyard_types(struct taskyard_client *client,
                                       struct taskyard_error *error);
/* Reads the type descriptors again: {"message": ..., "problems": [...]}. */
struct taskyard_object *taskyard_types_reload(struct taskyard_client *client,
                                              struct taskyard_error *error);
/* Answered from memory, also while the database is away. */
struct taskyard_object *taskyard_status(struct taskyard_client *client,
                                        struct taskyard_error *error);
/* Removes what is older than the settings say, for about a second: an object with the numbers
 * `tasks`, `artifacts`, `log_lines` and `audit_events`, and `more` if another call has something to
 * do. The supervisor does the same by itself every hour. */
struct taskyard_object *taskyard_purge(struct taskyard_client *client,
                                       struct taskyard_error *error);

/* The supervisor stops as with SIGTERM: no new tasks, the drain time for running ones, then its
 * end. */
bool taskyard_drain(struct taskyard_client *client, struct taskyard_error *error);

/* The supervisor tries the program that lies in its place, and is replaced by it while running
 * tasks go on. True once that has begun; it is over when "upgrades" of taskyard_status() has grown,
 * or has failed when "upgrade_error" is there. False if the new program is not fit, or the service
 * is not: the old one goes on. */
bool taskyard_upgrade(struct taskyard_client *client, struct taskyard_error *error);

struct taskyard_user {
    const char *username;
    const char *email;     /* NULL */
    const char *full_name; /* NULL */
    const char *role;      /* NULL: the supervisor's default */
    const char *password;  /* NULL: cannot sign in */
};
/* A page like taskyard_list's. page and page_size 0: 1 and 10. */
struct taskyard_object *taskyard_users(struct taskyard_client *client, const char *keywords,
                                       unsigned page, unsigned page_size,
                                       struct taskyard_error *error);
struct taskyard_object *taskyard_user_add(struct taskyard_client *client,
                                          const struct taskyard_user *user,
                                          struct taskyard_error *error);
bool taskyard_user_set_password(struct taskyard_client *client, const char *username,
                                const char *password, struct taskyard_error *error);
bool taskyard_user_set_role(struct taskyard_client *client, const char *username, const char *role,
                            struct taskyard_error *error);
/* Disables a user, which ends his sessions and API tokens, or lets him sign in again. */
bool taskyard_user_set_active(struct taskyard_client *client, const char *username, bool active,
                              struct taskyard_error *error);
/* Ends a user's sessions and API tokens; at the next sign-in he has to choose another password. */
bool taskyard_user_expire_password(struct taskyard_client *client, const char *username,
                                   struct taskyard_error *error);

/* A new API token of a user: its member "token" is told only now. days 0: it does not end. */
struct taskyard_object *taskyard_token_add(struct taskyard_client *client, const char *username,
                                           const char *name, unsigned days,
                                           struct taskyard_error *error);
/* An array, newest first; without the tokens themselves. */
struct taskyard_object *taskyard_tokens(struct taskyard_client *client, const char *username,
                                        struct taskyard_error *error);
bool taskyard_token_remove(struct taskyard_client *client, const char *username,
                           const char *token_id, struct taskyard_error *error);

struct taskyard_role {
    const char *name;               /* of a new role; or a new name, NULL: stays */
    const char *description;        /* NULL: stays, or none */
    const char *const *permissions; /* all it is to have: codes like "task:list", behind the last
                                       one NULL; NULL: stays, or none */
};
/* Arrays: all roles with their permissions; all permissions there are. */
struct taskyard_object *taskyard_roles(struct taskyard_client *client,
                                       struct taskyard_error *error);
struct taskyard_object *taskyard_permissions(struct taskyard_client *client,
                                             struct taskyard_error *error);
/* The role as it is afterwards. */
struct taskyard_object *taskyard_role_add(struct taskyard_client *client,
                                          const struct taskyard_role *role,
                                          struct taskyard_error *error);
struct taskyard_object *taskyard_role_set(struct taskyard_client *client, const char *name,
                                          const struct taskyard_role *role,
                                          struct taskyard_error *error);
/* Users who have it lose it, and their sessions end. */
bool taskyard_role_remove(struct taskyard_client *client, const char *name,
                          struct taskyard_error *error);

/* ---- following tasks in the calling thread ---- */

enum taskyard_event_kind {
    TASKYARD_EVENT_TASK, /* a task changed (for one task: the first event is its present state) */
    TASKYARD_EVENT_TICK, /* nothing happened for tick_ms */
    TASKYARD_EVENT_LOST  /* taskyard_wait only: the supervisor cannot be reached at present; it goes
                            on trying */
};
struct taskyard_event {
    enum taskyard_event_kind kind;
    const struct taskyard_object
        *task; /* TASK: without its payload; gone when the function returns */
};
/* False: stop. It may use the client. */
typedef bool (*taskyard_event_fn)(void *arg, const struct taskyard_event *event);

/* Blocks and calls `event_fn` for every change of one task, or of all (id NULL), and after every
 * tick_ms of silence (0: never). True: event_fn asked to stop. False: the stream ended, see *error;
 * changes until the next call are missed. */
bool taskyard_watch(struct taskyard_client *client, const char *id, unsigned tick_ms,
                    taskyard_event_fn event_fn, void *arg, struct taskyard_error *error);

/* Blocks until the task has ended and gives it. Listens to its events; asks for it now and then
 * while they are not to be had, so it lives through a restart of the supervisor. timeout_ms < 0: no
 * limit. event_fn may be NULL; it is called as by taskyard_watch with ticks of 250 ms. */
struct taskyard_object *taskyard_wait(struct taskyard_client *client, const char *id,
                                      int timeout_ms, taskyard_event_fn event_fn, void *arg,
                                      struct taskyard_error *error);

/* success, failed, cancelled */
bool taskyard_status_is_final(const char *status);

/* ---- completion: who runs on_complete ----
 *
 * Callbacks run in exactly one of two ways, never inside taskyard_create:
 * - the program calls taskyard_run_callbacks from one thread of its choice, whenever
 * taskyard_client_fd is readable or with a time limit; callbacks run inside that call;
 * - or taskyard_client_start_thread starts a thread that does nothing else; callbacks run in that
 * thread, all signals blocked, one after another. If the program does neither, nobody is called,
 * and nothing else suffers.
 *
 * The client hears of ends through the supervisor's event stream. When that breaks (restart,
 * crash), it connects again with growing pauses (at most 5 s) and then asks for each task that is
 * still open, so that an end in between is not missed. A callback lives in this process only: if
 * this process ends, nobody is told. */

/* Readable (poll, epoll, select, libevent) when taskyard_run_callbacks has something to do. Stays
 * the same for the life of the client, belongs to it, and is only to be polled. -1 with errno if
 * the system refuses. */
int taskyard_client_fd(struct taskyard_client *client);

/* Does what is due and runs callbacks. Waits until at least one has run or timeout_ms has passed
 * (0: does not wait, < 0: no limit). Returns how many have run, or -1 with errno: EBUSY if another
 * thread, or the caller itself from a callback, is already inside. */
int taskyard_run_callbacks(struct taskyard_client *client, int timeout_ms);

/* False with errno; true also if it runs already. */
bool taskyard_client_start_thread(struct taskyard_client *client);

/* Tasks whose on_complete has not been called yet. */
size_t taskyard_outstanding(struct taskyard_client *client);

/* The library's version, "0.1.0". */
const char *taskyard_version(void);

#ifdef __cplusplus
}
#endif

#endif
