/* SPDX-License-Identifier: MIT */
/* A hash table of failures and a list of its entries by age. Keys come from outside: they are kept
 * as SHA-256, which bounds their size and keeps chains short whatever they are. */
#include "supervisor/login_limit.h"
#include "common/xalloc.h"
#include "supervisor/token.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BUCKETS 1024

struct entry {
    TAILQ_ENTRY(entry) age;
    LIST_ENTRY(entry) chain;
    unsigned char key[TOKEN_HASH_BYTES];
    unsigned failures;
    int64_t ends_ms; /* of the window, or of the lock */
};
TAILQ_HEAD(entry_list, entry);
LIST_HEAD(entry_chain, entry);

struct login_limit {
    unsigned tries;
    int64_t window_ms;
    size_t room, count;
    struct entry_list oldest_first;
    struct entry_chain buckets[BUCKETS];
};

struct login_limit *login_limit_new(unsigned tries, unsigned window_s, size_t room)
{
    struct login_limit *limit = xcalloc(1, sizeof(*limit));

    limit->tries = tries;
    limit->window_ms = (int64_t)window_s * 1000;
    limit->room = room;
    TAILQ_INIT(&limit->oldest_first);
    return limit;
}

static void remove_entry(struct login_limit *limit, struct entry *entry)
{
    TAILQ_REMOVE(&limit->oldest_first, entry, age);
    LIST_REMOVE(entry, chain);
    limit->count--;
    free(entry);
}

void login_limit_free(struct login_limit *limit)
{
    struct entry *entry;

    if (limit == NULL)
        return;
    while ((entry = TAILQ_FIRST(&limit->oldest_first)) != NULL)
        remove_entry(limit, entry);
    free(limit);
}

static size_t bucket_of(const unsigned char *key)
{
    return (key[0] | (size_t)key[1] << 8) % BUCKETS;
}

static struct entry *find(const struct login_limit *limit, const char *text)
{
    unsigned char key[TOKEN_HASH_BYTES];
    struct entry *entry;

    token_digest(text, key);
    LIST_FOREACH(entry, &limit->buckets[bucket_of(key)], chain)
    {
        if (memcmp(entry->key, key, sizeof(key)) == 0)
            return entry;
    }
    return NULL;
}

static struct entry *add(struct login_limit *limit, const char *text)
{
    struct entry *entry = xcalloc(1, sizeof(*entry));

    if (limit->count == limit->room)
        remove_entry(limit, TAILQ_FIRST(&limit->oldest_first));
    token_digest(text, entry->key);
    LIST_INSERT_HEAD(&limit->buckets[bucket_of(entry->key)], entry, chain);
    TAILQ_INSERT_TAIL(&limit->oldest_first, entry, age);
    limit->count++;
    return entry;
}

bool login_limit_take(struct login_limit *limit, const char *key, int64_t now_ms)
{
    struct entry *entry = find(limit, key);

    if (entry == NULL)
        entry = add(limit, key);
    if (entry->ends_ms <= now_ms) {
        entry->failures = 0;
        entry->ends_ms = now_ms + limit->window_ms;
    }
    if (entry->failures >= limit->tries)
        return false;
    if (++entry->failures == limit->tries)
        entry->ends_ms = now_ms + limit->window_ms; /* the lock */
    TAILQ_REMOVE(&limit->oldest_first, entry, age);
    TAILQ_INSERT_TAIL(&limit->oldest_first, entry, age);
    return true;
}

void login_limit_give_back(struct login_limit *limit, const char *key)
{
    struct entry *entry = find(limit, key);

    if (entry != NULL && entry->failures > 0 && --entry->failures == 0)
        remove_entry(limit, entry);
}

void login_limit_clear(struct login_limit *limit, const char *key)
{
    struct entry *entry = find(limit, key);

    if (entry != NULL)
        remove_entry(limit, entry);
}

int64_t login_limit_wait(const struct login_limit *limit, const char *key, int64_t now_ms)
{
    const struct entry *entry = find(limit, key);

    if (entry == NULL || entry->failures < limit->tries || entry->ends_ms <= now_ms)
        return 0;
    return entry->ends_ms - now_ms;
}
