/* SPDX-License-Identifier: MIT */
/* A chain of steps: a chunk of names is asked for, those without a row are removed on the offload
 * thread, then the next. Anything that fails ends it; the next start tries again. */
#include "supervisor/file_sweep.h"
#include "common/id.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_sweep {
    struct app *app;
    char (*keys)[ID_SIZE];
    size_t count;
    size_t room;
    size_t next;    /* the first that has not been asked for */
    size_t asked;   /* how many are being asked for */
    size_t removed; /* in all */
    bool listed;
    bool wanted; /* begun while the list was not complete */
    bool owned[STORE_FILES_OWNED_MAX];
};

static char *path_of(const struct file_sweep *sweep, const char *name)
{
    return xasprintf("%s/files/%s", sweep->app->config->state_dir, name);
}

/* ---- offload thread ---- */

static void add_key(struct file_sweep *sweep, const char *name)
{
    if (sweep->count == sweep->room) {
        sweep->room = sweep->room * 2 + 256;
        sweep->keys = xrealloc(sweep->keys, sweep->room, sizeof(sweep->keys[0]));
    }
    memcpy(sweep->keys[sweep->count++], name, ID_SIZE);
}

/* What is not named by a key is not ours to remove. */
static void list_work(void *arg)
{
    struct file_sweep *sweep = arg;
    char *path = path_of(sweep, "");
    DIR *files = opendir(path);

    for (const struct dirent *file; files != NULL && (file = readdir(files)) != NULL;)
        if (id_is_valid(file->d_name))
            add_key(sweep, file->d_name);
    if (files != NULL)
        closedir(files);
    free(path);
}

static void remove_work(void *arg)
{
    struct file_sweep *sweep = arg;

    for (size_t i = 0; i < sweep->asked; i++) {
        char *path = path_of(sweep, sweep->keys[sweep->next + i]);

        if (sweep->owned[i]) {
            free(path);
            continue;
        }
        if (unlink(path) == 0)
            sweep->removed++;
        else if (errno != ENOENT)
            log_warn("cannot remove %s, which no task has: %s", path, strerror(errno));
        free(path);
    }
}

/* ---- loop thread ---- */

static void ask(struct file_sweep *sweep);

static void finish(struct file_sweep *sweep)
{
    if (sweep->removed > 0)
        log_info("removed %zu files that an earlier life left without a row in the database",
                 sweep->removed);
    free(sweep->keys);
    sweep->keys = NULL;
    sweep->count = sweep->next = 0;
}

static void removed_cb(void *arg)
{
    struct file_sweep *sweep = arg;

    sweep->next += sweep->asked;
    ask(sweep);
}

static void owned_cb(void *arg, enum store_result result, const bool *owned)
{
    struct file_sweep *sweep = arg;

    if (result != STORE_OK) {
        log_info("files without a row are not looked for: %s",
                 result == STORE_NOT_FOUND ? "this is not the database of the life before"
                                           : store_result_name(result));
        finish(sweep);
        return;
    }
    memcpy(sweep->owned, owned, sizeof(sweep->owned));
    offload_run(sweep->app->offload, remove_work, removed_cb, sweep);
}

static void ask(struct file_sweep *sweep)
{
    size_t left = sweep->count - sweep->next;

    if (left == 0) {
        finish(sweep);
        return;
    }
    sweep->asked = left < STORE_FILES_OWNED_MAX ? left : STORE_FILES_OWNED_MAX;
    store_files_owned(sweep->app->store, sweep->app->last_incarnation, sweep->keys + sweep->next,
                      sweep->asked, owned_cb, sweep);
}

static void listed_cb(void *arg)
{
    struct file_sweep *sweep = arg;

    sweep->listed = true;
    if (sweep->wanted)
        ask(sweep);
}

struct file_sweep *file_sweep_new(struct app *app)
{
    struct file_sweep *sweep = xcalloc(1, sizeof(*sweep));

    sweep->app = app;
    if (app->last_incarnation[0] != '\0')
        offload_run(app->offload, list_work, listed_cb, sweep);
    return sweep;
}

void file_sweep_begin(struct file_sweep *sweep)
{
    sweep->wanted = true;
    if (sweep->listed)
        ask(sweep);
}

void file_sweep_free(struct file_sweep *sweep)
{
    if (sweep == NULL)
        return;
    free(sweep->keys);
    free(sweep);
}
