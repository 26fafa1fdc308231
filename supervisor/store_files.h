/* SPDX-License-Identifier: MIT */
/* What a store knows of files; their bytes lie in the state directory. The rules of store.h hold.
 */
#ifndef SUPERVISOR_STORE_FILES_H
#define SUPERVISOR_STORE_FILES_H

#include "supervisor/store.h"

struct store_file_row {
    const char *key, *name, *content_type, *owner_id, *sha256;
    const char *access;  /* "owner", "private" or "public" */
    const char *purpose; /* what it is for */
    uint64_t size;
    int64_t created_at_us, updated_at_us;
};
typedef void (*store_file_fn)(void *arg, enum store_result result,
                              const struct store_file_row *file);
/* Anybody's: who may have it is for the caller to decide. */
void store_file_get(struct store *store, const char *key, unsigned deadline_ms, store_file_fn done,
                    void *arg);

#define STORE_FILES_MAX 1000 /* in one list */
typedef void (*store_files_fn)(void *arg, enum store_result result,
                               const struct store_file_row *files, size_t count, uint64_t total);
/* The caller's own, newest first: `limit` (1-1000) after the first `offset`. Totals are counted up
 * to 10000. */
void store_file_list(struct store *store, const struct store_actor *who, uint64_t offset,
                     unsigned limit, unsigned deadline_ms, store_files_fn done, void *arg);

/* Bytes of all files that somebody owns, artifacts too. */
typedef void (*store_file_usage_fn)(void *arg, enum store_result result, uint64_t bytes);
void store_file_usage(struct store *store, const char *owner_id, unsigned deadline_ms,
                      store_file_usage_fn done, void *arg);

/* Rows for files whose bytes are stored, all or none, with an event each; answers with them, in
 * their order. At most 64. */
void store_file_add(struct store *store, const struct store_file *files, size_t count,
                    const struct store_actor *who, unsigned deadline_ms, store_files_fn done,
                    void *arg);

#define STORE_FILES_OWNED_MAX 64
/* owned[i]: a row has keys[i]. Valid during the call. */
typedef void (*store_files_owned_fn)(void *arg, enum store_result result, const bool *owned);
/* Which of these keys have a row, be it seen or marked as deleted, or are about to get one from a
 * transaction that has not ended (it is waited for). NOT_FOUND: this database has never known
 * `incarnation`, so that its word on the files of that one is worth nothing. */
void store_files_owned(struct store *store, const char *incarnation, char (*keys)[ID_SIZE],
                       size_t count, store_files_owned_fn done, void *arg);

#endif
