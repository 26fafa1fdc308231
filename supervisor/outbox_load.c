/* SPDX-License-Identifier: MIT */
/* Reading what the last life left: group by group, so that the memory it takes is bounded. A file
 * goes only when the store has answered for it. */
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/outbox.h"
#include "supervisor/outbox_record.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_MAX 16
#define FILE_MAX                                                                                   \
    (16u * 1024 * 1024) /* a result of 1 MiB, every byte of it escaped, and the rest               \
                         */

struct loading {
    struct app *app;
    void (*done)(struct app *app);
    char *directory;
    struct dirent **names; /* as from scandir(3) */
    int name_count;
    int next_name;
    struct outbox_record records[GROUP_MAX]; /* of this group */
    char *paths[GROUP_MAX];
    size_t count;
    size_t stored;
};

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);

    return length > tail && strcmp(name + length - tail, ending) == 0;
}

/* ---- offload thread ---- */

static void set_aside(const char *path, const char *ending, const char *why)
{
    char *aside = xasprintf("%s.%s", path, ending);

    if (rename(path, aside) != 0)
        log_error("cannot rename %s: %s", path, strerror(errno));
    log_error("%s %s. It holds the end of an attempt and is set aside as %s; its task is settled "
              "as if the service had died while it ran. See what the file says, retry the task if "
              "it has to run again, and delete the file",
              path, why, aside);
    free(aside);
}

static bool read_record(const char *path, struct outbox_record *record)
{
    const char *why = "cannot be read";
    size_t size;
    char *text = fd_read_file(path, FILE_MAX, &size);
    bool good = text != NULL && outbox_record_parse(text, size, record, &why);

    if (!good && text == NULL)
        why = strerror(errno);
    if (!good) {
        char *what = xasprintf("is broken (%s)", why);
        set_aside(path, "broken", what);
        free(what);
    }
    free(text);
    return good;
}

static void read_file(struct loading *loading, const char *name)
{
    char *path = xasprintf("%s/%s", loading->directory, name);

    if (ends_with(name, ".new"))
        unlink(path); /* the end of it was not written down yet */
    if (ends_with(name, ".json") && read_record(path, &loading->records[loading->count]))
        loading->paths[loading->count++] = path;
    else
        free(path);
}

static void read_work(void *arg)
{
    struct loading *loading = arg;

    if (loading->names == NULL)
        loading->name_count = scandir(loading->directory, &loading->names, NULL, NULL);
    while (loading->next_name < loading->name_count && loading->count < GROUP_MAX)
        read_file(loading, loading->names[loading->next_name++]->d_name);
}

static void remove_work(void *arg)
{
    struct loading *loading = arg;

    for (size_t i = 0; i < loading->count; i++) {
        if (loading->paths[i] != NULL)
            unlink(loading->paths[i]);
        free(loading->paths[i]);
        outbox_record_clear(&loading->records[i]);
    }
    crash_point(unload_after_remove);
    loading->count = 0;
    read_work(loading);
}

/* ---- loop thread ---- */

static void read_cb(void *arg);

static void loading_free(struct loading *loading)
{
    for (size_t i = 0; i < loading->count; i++) {
        free(loading->paths[i]);
        outbox_record_clear(&loading->records[i]);
    }
    for (int i = 0; i < loading->name_count; i++)
        free(loading->names[i]);
    free(loading->names);
    free(loading->directory);
    free(loading);
}

static void note_answer(struct loading *loading, size_t i, enum store_result result)
{
    const struct outbox_record *record = &loading->records[i];

    if (result == STORE_OK) {
        loading->stored++;
    } else if (result == STORE_CONFLICT) {
        log_info("task %s attempt %d: its end in the outbox had been stored", record->task_id,
                 record->finish.attempt);
    } else {
        set_aside(loading->paths[i], "refused", "is not taken by the database");
        free(loading->paths[i]);
        loading->paths[i] = NULL;
    }
}

static void stored_cb(void *arg, enum store_result result, const struct store_cycle_answer *answer)
{
    struct loading *loading = arg;

    if (result != STORE_OK) {
        log_error("the ends of tasks in %s could not be stored: %s; they stay there",
                  loading->directory, store_result_name(result));
        loading_free(loading);
        return; /* the store is closing */
    }
    crash_point(unload_after_commit);
    for (size_t i = 0; i < loading->count; i++)
        note_answer(loading, i, answer->finishes[i]);
    offload_run(loading->app->offload, remove_work, read_cb, loading);
}

/* Without the files, tasks that have ended would run once more: better none at all. */
static void refuse_to_go_on(struct app *app, const char *directory)
{
    log_error("cannot read %s, where ends of tasks wait that the database has not taken; make it "
              "readable for this service",
              directory);
    app->failed = true;
    event_base_loopbreak(app->base);
}

static void finish_loading(struct loading *loading)
{
    if (loading->stored > 0)
        log_info("stored the ends of %zu tasks that had waited in %s", loading->stored,
                 loading->directory);
    if (loading->name_count < 0)
        refuse_to_go_on(loading->app, loading->directory);
    else
        loading->done(loading->app);
    loading_free(loading);
}

static void read_cb(void *arg)
{
    struct loading *loading = arg;
    struct store_finish finishes[GROUP_MAX];
    struct store_cycle cycle = {.finishes = finishes, .finish_count = loading->count};

    if (loading->count == 0) {
        finish_loading(loading);
        return;
    }
    for (size_t i = 0; i < loading->count; i++)
        finishes[i] = loading->records[i].finish;
    crash_point(unload_before_commit);
    store_cycle(loading->app->store, &cycle, stored_cb, loading);
}

void outbox_load(struct app *app, void (*done)(struct app *app))
{
    struct loading *loading = xcalloc(1, sizeof(*loading));

    loading->app = app;
    loading->done = done;
    loading->directory = xasprintf("%s/outbox", app->config->state_dir);
    offload_run(app->offload, read_work, read_cb, loading);
}
