/* SPDX-License-Identifier: MIT */
/* A store over the test's private server, driven call by call: each site_*() makes one call, runs
 * the loop until its answer is there, and keeps a copy of it in `site`. */
#ifndef TESTS_STORE_SITE_H
#define TESTS_STORE_SITE_H

#include "tests/store_server.h"

#include <check.h>

#define SITE_TASKS 128

struct site {
    struct event_base *base;
    struct store *store;
    enum store_state state;
    char incarnation[ID_SIZE];
    /* the newest answer */
    bool answered;
    enum store_result result;
    struct task task;
    struct task tasks[SITE_TASKS];
    size_t count;
    uint64_t total;
    enum store_result finishes[SITE_TASKS];
    int64_t next_due_in_ms;
    char text[4096]; /* rows of other answers, written out */
};
extern struct site site;

/* Opens a store on a database of that name, and waits until it is ready. */
void site_open(const char *database);
/* Opens a store without waiting. */
void site_open_with(const struct store_config *config);
void site_close(void);
void site_wait(void);                         /* for the answer */
void site_wait_state(enum store_state state); /* 20 s at most */
int64_t site_ms(void);                        /* monotonic */

/* Answers that fill site.task, site.tasks or just site.result. */
void site_task_cb(void *arg, enum store_result result, const struct task *task);
void site_tasks_cb(void *arg, enum store_result result, const struct task *tasks, size_t count);
void site_list_cb(void *arg, enum store_result result, const struct task *tasks,
                  struct json_text *large, size_t count, uint64_t total);
void site_done_cb(void *arg, enum store_result result);

/* One call and its answer each; they give back the result. */
enum store_result site_create(const char *type, const char *creator, const char *key);
enum store_result site_get(const char *id);
enum store_result site_cycle(const struct store_finish *finishes, size_t count, unsigned claim);
enum store_result site_list(const struct store_list_filter *filter);
/* Claims one task (into site.tasks[0]) and ends it. */
void site_run_one(enum task_status status);
struct store_finish site_finish(const struct task *task, enum task_status status);

/* A task in the given status, its id in `id`; as it was claimed in site.tasks[0] unless it is
 * pending. */
void site_make_task(enum task_status status, char id[TASK_ID_SIZE]);
typedef void (*site_change_fn)(struct store *store, const char *id, const struct store_actor *who,
                               unsigned deadline_ms, store_task_fn done, void *arg);
/* One who sees everything, under the given id. */
#define SITE_ACTOR(name) (&(const struct store_actor){.id = (name), .sees_all = true})
/* store_cancel, store_retry or store_delete by the user "u-9". */
enum store_result site_change(site_change_fn call, const char *id);

/* A checked fixture: the store on a database whose tables are empty. */
void site_open_empty(void);
/* The main() of a test program: starts the server, runs the suite (TAP), removes the server. */
int site_main(Suite *suite);

#endif
