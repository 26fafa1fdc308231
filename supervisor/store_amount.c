/* SPDX-License-Identifier: MIT */
/* A few places; a filter's hash says which is its own, whoever had it before. */
#include "supervisor/store_amount.h"
#include "common/xalloc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 256

struct place {
    char *filter; /* NULL: free */
    bool plenty;
    int64_t noted_ms;
};

static struct place places[PLACES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* FNV-1a. */
static struct place *place_of(const char *filter)
{
    uint32_t hash = 2166136261U;

    for (const char *c = filter; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return &places[hash % PLACES];
}

enum store_amount store_amount_recall(const char *filter, int64_t now_ms)
{
    const struct place *place = place_of(filter);
    enum store_amount amount = STORE_AMOUNT_UNKNOWN;

    pthread_mutex_lock(&lock);
    if (place->filter != NULL && strcmp(place->filter, filter) == 0 &&
        now_ms - place->noted_ms < STORE_AMOUNT_MS)
        amount = place->plenty ? STORE_AMOUNT_PLENTY : STORE_AMOUNT_FEW;
    pthread_mutex_unlock(&lock);
    return amount;
}

void store_amount_note(const char *filter, bool plenty, int64_t now_ms)
{
    struct place *place = place_of(filter);
    char *copy = xstrdup(filter);

    pthread_mutex_lock(&lock);
    free(place->filter);
    *place = (struct place){copy, plenty, now_ms};
    pthread_mutex_unlock(&lock);
}
