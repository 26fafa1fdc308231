/* SPDX-License-Identifier: MIT */
/* The tasks that are waited for: a hash by id, a queue of those in doubt, a queue of callbacks that
 * are due. */
#include "client/complete_table.h"
#include "common/xalloc.h"

#include <json-c/json.h>
#include <json-c/linkhash.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define STASH_MAX 10000 /* events kept aside for creates under way */

struct waiter { /* one registration; a repeated create with the same key gives a task several */
    taskyard_complete_fn fn;
    void *arg;
    struct waiter *next;
};

struct entry {
    char *id;
    struct waiter *waiters;
    bool in_doubt; /* it is in `doubts` */
    TAILQ_ENTRY(entry) link;
};

struct complete_table {
    pthread_mutex_t lock;
    struct lh_table *entries; /* id -> struct entry, which owns the key */
    struct lh_table *stash;   /* id -> final struct taskyard_object, keys owned by the table */
    TAILQ_HEAD(, entry) doubts;
    STAILQ_HEAD(, table_ready) ready;
    size_t ready_count;
    size_t waiting;    /* waiters in entries */
    unsigned creating; /* between table_begin and table_end */
    bool live;
    uint64_t generation; /* of the time the stream is heard without a gap; never TABLE_UNKNOWN */
};

static void stash_free_cb(struct lh_entry *entry)
{
    free(lh_entry_k(entry));
    taskyard_object_free(lh_entry_v(entry));
}

static struct lh_table *table_new_hash(lh_entry_free_fn *free_fn)
{
    struct lh_table *hash = lh_kchar_table_new(64, free_fn);

    if (hash == NULL)
        abort();
    return hash;
}

struct complete_table *table_new(void)
{
    struct complete_table *table = xcalloc(1, sizeof(*table));

    pthread_mutex_init(&table->lock, NULL);
    table->entries = table_new_hash(NULL);
    table->stash = table_new_hash(stash_free_cb);
    table->generation = 1;
    TAILQ_INIT(&table->doubts);
    STAILQ_INIT(&table->ready);
    return table;
}

static void entry_free(struct entry *entry)
{
    struct waiter *waiter;

    while ((waiter = entry->waiters) != NULL) {
        entry->waiters = waiter->next;
        free(waiter);
    }
    free(entry->id);
    free(entry);
}

void table_free(struct complete_table *table)
{
    struct lh_entry *slot;
    struct table_ready *ready;

    if (table == NULL)
        return;
    lh_foreach(table->entries, slot) entry_free(lh_entry_v(slot));
    lh_table_free(table->entries);
    lh_table_free(table->stash);
    while ((ready = table_take_ready(table)) != NULL)
        table_ready_free(ready);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

static struct entry *table_find(struct complete_table *table, const char *id)
{
    void *entry = NULL;

    (void)lh_table_lookup_ex(table->entries, id, &entry);
    return entry;
}

static void table_clear_stash(struct complete_table *table)
{
    lh_table_free(table->stash);
    table->stash = table_new_hash(stash_free_cb);
}

static void table_doubt(struct complete_table *table, struct entry *entry, bool in_doubt)
{
    if (in_doubt && !entry->in_doubt)
        TAILQ_INSERT_TAIL(&table->doubts, entry, link);
    if (!in_doubt && entry->in_doubt)
        TAILQ_REMOVE(&table->doubts, entry, link);
    entry->in_doubt = in_doubt;
}

/* task NULL: deleted before it ended. */
static void table_push_ready(struct complete_table *table, const struct waiter *waiter,
                             const char *id, const struct taskyard_object *task)
{
    struct table_ready *ready = xcalloc(1, sizeof(*ready));

    ready->fn = waiter->fn;
    ready->arg = waiter->arg;
    ready->id = xstrdup(id);
    ready->status = xstrdup(task != NULL ? taskyard_string(task, "status") : "cancelled");
    ready->result = xstrdup_or_null(taskyard_string(task, "result"));
    ready->error = xstrdup_or_null(task != NULL ? taskyard_string(task, "error") : "task deleted");
    STAILQ_INSERT_TAIL(&table->ready, ready, link);
    table->ready_count++;
}

static void table_settle(struct complete_table *table, struct entry *entry,
                         const struct taskyard_object *task)
{
    const struct waiter *waiter;

    for (waiter = entry->waiters; waiter != NULL; waiter = waiter->next) {
        table_push_ready(table, waiter, entry->id, task);
        table->waiting--;
    }
    table_doubt(table, entry, false);
    (void)lh_table_delete(table->entries, entry->id);
    entry_free(entry);
}

uint64_t table_begin(struct complete_table *table)
{
    uint64_t since;

    pthread_mutex_lock(&table->lock);
    table->creating++;
    since = table->live ? table->generation : TABLE_UNKNOWN;
    pthread_mutex_unlock(&table->lock);
    return since;
}

void table_end(struct complete_table *table)
{
    pthread_mutex_lock(&table->lock);
    if (--table->creating == 0)
        table_clear_stash(table);
    pthread_mutex_unlock(&table->lock);
}

static struct entry *table_enter(struct complete_table *table, const char *id,
                                 taskyard_complete_fn fn, void *arg)
{
    struct entry *entry = table_find(table, id);
    struct waiter *waiter = xcalloc(1, sizeof(*waiter));

    if (entry == NULL) {
        entry = xcalloc(1, sizeof(*entry));
        entry->id = xstrdup(id);
        if (lh_table_insert(table->entries, entry->id, entry) != 0)
            abort();
    }
    waiter->fn = fn;
    waiter->arg = arg;
    waiter->next = entry->waiters;
    entry->waiters = waiter;
    table->waiting++;
    return entry;
}

void table_add(struct complete_table *table, uint64_t since, const struct taskyard_object *task,
               taskyard_complete_fn fn, void *arg)
{
    const char *id = taskyard_string(task, "id");
    struct entry *entry;
    void *told = NULL;
    bool heard;

    if (id == NULL)
        return;
    pthread_mutex_lock(&table->lock);
    heard = since != TABLE_UNKNOWN && table->live && since == table->generation;
    entry = table_enter(table, id, fn, arg);
    if (taskyard_status_is_final(taskyard_string(task, "status")))
        table_settle(table, entry, task);
    else if (!heard)
        table_doubt(table, entry, true);
    else if (lh_table_lookup_ex(table->stash, id, &told))
        table_settle(table, entry, told);
    pthread_mutex_unlock(&table->lock);
}

void table_set_live(struct complete_table *table, bool live)
{
    pthread_mutex_lock(&table->lock);
    table->live = live;
    table->generation++;
    pthread_mutex_unlock(&table->lock);
    if (live)
        table_doubt_all(table);
}

void table_doubt_all(struct complete_table *table)
{
    struct lh_entry *slot;

    pthread_mutex_lock(&table->lock);
    lh_foreach(table->entries, slot) table_doubt(table, lh_entry_v(slot), true);
    pthread_mutex_unlock(&table->lock);
}

/* More than fits: the creates under way are told that they were not heard, and will ask. A copy is
 * kept, because json-c counts owners without atomics and this object belongs to another thread. */
static void table_stash(struct complete_table *table, const char *id,
                        const struct taskyard_object *task)
{
    json_object *copy = NULL;

    if (lh_table_length(table->stash) >= STASH_MAX) {
        table_clear_stash(table);
        table->generation++;
    }
    (void)lh_table_delete(table->stash, id);
    if (json_object_deep_copy((json_object *)(uintptr_t)task, &copy, NULL) != 0 ||
        lh_table_insert(table->stash, xstrdup(id), copy) != 0)
        abort();
}

void table_event(struct complete_table *table, const struct taskyard_object *task)
{
    const char *id = taskyard_string(task, "id");
    bool final = taskyard_status_is_final(taskyard_string(task, "status"));
    struct entry *entry;

    if (id == NULL)
        return;
    pthread_mutex_lock(&table->lock);
    entry = table_find(table, id);
    if (entry != NULL && final)
        table_settle(table, entry, task);
    else if (entry != NULL)
        table_doubt(table, entry, false);
    else if (final && table->creating > 0)
        table_stash(table, id, task);
    pthread_mutex_unlock(&table->lock);
}

char *table_next_doubt(struct complete_table *table, uint64_t *since)
{
    struct entry *entry;
    char *id = NULL;

    pthread_mutex_lock(&table->lock);
    entry = TAILQ_FIRST(&table->doubts);
    if (entry != NULL)
        id = xstrdup(entry->id);
    *since = table->live ? table->generation : TABLE_UNKNOWN;
    pthread_mutex_unlock(&table->lock);
    return id;
}

void table_answer(struct complete_table *table, uint64_t since, const char *id,
                  const struct taskyard_object *task)
{
    struct entry *entry;

    pthread_mutex_lock(&table->lock);
    entry = table_find(table, id);
    if (entry != NULL) {
        if (task == NULL || taskyard_status_is_final(taskyard_string(task, "status")))
            table_settle(table, entry, task);
        else if (since != TABLE_UNKNOWN && since == table->generation)
            table_doubt(table, entry, false);
    }
    pthread_mutex_unlock(&table->lock);
}

bool table_is_wanted(struct complete_table *table)
{
    bool wanted;

    pthread_mutex_lock(&table->lock);
    wanted = table->waiting > 0 || table->creating > 0;
    pthread_mutex_unlock(&table->lock);
    return wanted;
}

bool table_has_doubt(struct complete_table *table)
{
    bool has;

    pthread_mutex_lock(&table->lock);
    has = !TAILQ_EMPTY(&table->doubts);
    pthread_mutex_unlock(&table->lock);
    return has;
}

bool table_has_ready(struct complete_table *table)
{
    bool has;

    pthread_mutex_lock(&table->lock);
    has = table->ready_count > 0;
    pthread_mutex_unlock(&table->lock);
    return has;
}

size_t table_outstanding(struct complete_table *table)
{
    size_t count;

    pthread_mutex_lock(&table->lock);
    count = table->waiting + table->ready_count;
    pthread_mutex_unlock(&table->lock);
    return count;
}

struct table_ready *table_take_ready(struct complete_table *table)
{
    struct table_ready *ready;

    pthread_mutex_lock(&table->lock);
    ready = STAILQ_FIRST(&table->ready);
    if (ready != NULL) {
        STAILQ_REMOVE_HEAD(&table->ready, link);
        table->ready_count--;
    }
    pthread_mutex_unlock(&table->lock);
    return ready;
}

void table_ready_free(struct table_ready *ready)
{
    if (ready == NULL)
        return;
    free(ready->id);
    free(ready->status);
    free(ready->result);
    free(ready->error);
    free(ready);
}
