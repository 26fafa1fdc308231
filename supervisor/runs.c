/* SPDX-License-Identifier: MIT */
/* Three balanced trees over the same runs, by task id, pid and number (tsearch(3)). */
#include "supervisor/runs.h"
#include "common/xalloc.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct runs {
    void *by_task;
    void *by_pid;
    void *by_number;
    uint64_t last_number;
    size_t count;
    size_t live;
    struct run_list clearing;
};

static int compare_task(const void *a, const void *b)
{
    return strcmp(((const struct run *)a)->task.id, ((const struct run *)b)->task.id);
}

static int compare_pid(const void *a, const void *b)
{
    pid_t left = ((const struct run *)a)->pid, right = ((const struct run *)b)->pid;

    return (left > right) - (left < right);
}

static int compare_number(const void *a, const void *b)
{
    uint64_t left = ((const struct run *)a)->number, right = ((const struct run *)b)->number;

    return (left > right) - (left < right);
}

static void insert(void **tree, struct run *run, int (*compare)(const void *, const void *))
{
    if (tsearch(run, tree, compare) == NULL)
        abort(); /* out of memory */
}

static struct run *find(void *const *tree, const struct run *key,
                        int (*compare)(const void *, const void *))
{
    void *node = tfind(key, tree, compare);

    return node != NULL ? *(struct run **)node : NULL;
}

struct runs *runs_new(void)
{
    struct runs *runs = xcalloc(1, sizeof(*runs));

    TAILQ_INIT(&runs->clearing);
    return runs;
}

void runs_free(struct runs *runs)
{
    free(runs);
}

void runs_take_over(struct runs *runs, struct run *run)
{
    insert(&runs->by_task, run, compare_task);
    insert(&runs->by_number, run, compare_number);
    runs->count++;
    runs->live++;
}

void runs_add(struct runs *runs, struct run *run)
{
    run->number = ++runs->last_number;
    runs_take_over(runs, run);
}

void runs_set_last_number(struct runs *runs, uint64_t number)
{
    runs->last_number = number;
}

uint64_t runs_last_number(const struct runs *runs)
{
    return runs->last_number;
}

void runs_remove(struct runs *runs, struct run *run)
{
    tdelete(run, &runs->by_task, compare_task);
    tdelete(run, &runs->by_number, compare_number);
    runs_clear_pid(runs, run);
    runs->count--;
}

void runs_set_pid(struct runs *runs, struct run *run, pid_t pid)
{
    run->pid = pid;
    insert(&runs->by_pid, run, compare_pid);
}

void runs_clear_pid(struct runs *runs, struct run *run)
{
    if (run->pid != 0 && runs_by_pid(runs, run->pid) == run)
        tdelete(run, &runs->by_pid, compare_pid);
}

struct run *runs_by_task(const struct runs *runs, const char *task_id)
{
    struct run key;

    if (strlen(task_id) >= sizeof(key.task.id))
        return NULL;
    strcpy(key.task.id, task_id);
    return find(&runs->by_task, &key, compare_task);
}

struct run *runs_by_pid(const struct runs *runs, pid_t pid)
{
    struct run key = {.pid = pid};

    return find(&runs->by_pid, &key, compare_pid);
}

struct run *runs_by_number(const struct runs *runs, uint64_t number)
{
    struct run key = {.number = number};

    return find(&runs->by_number, &key, compare_number);
}

struct run *runs_any(const struct runs *runs)
{
    return runs->by_number != NULL ? *(struct run **)runs->by_number : NULL; /* tsearch(3) */
}

size_t runs_live(const struct runs *runs)
{
    return runs->live;
}

size_t runs_count(const struct runs *runs)
{
    return runs->count;
}

void runs_note_ended(struct runs *runs)
{
    runs->live--;
}

void runs_note_clearing(struct runs *runs, struct run *run)
{
    TAILQ_INSERT_TAIL(&runs->clearing, run, clearing_link);
}

void runs_note_cleared(struct runs *runs, struct run *run)
{
    TAILQ_REMOVE(&runs->clearing, run, clearing_link);
}

const struct run_list *runs_clearing(const struct runs *runs)
{
    return &runs->clearing;
}

struct walk {
    void (*visit)(struct run *run, void *arg);
    void *arg;
};

static void walk_cb(const void *node, VISIT order, void *closure)
{
    struct walk *walk = closure;

    if (order == postorder || order == leaf)
        walk->visit(*(struct run *const *)node, walk->arg);
}

void runs_each(const struct runs *runs, void (*visit)(struct run *run, void *arg), void *arg)
{
    struct walk walk = {visit, arg};

    twalk_r(runs->by_number, walk_cb, &walk);
}
