/* SPDX-License-Identifier: MIT */
/* Writing and removing. Runs wait in the order of their ends; one group of files is written at a
 * time. A disk that takes no file is tried again: the end is in memory as well. */
#include "supervisor/outbox.h"
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/outbox_record.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_MAX 64
#define GROUP_BYTES_MAX (1024 * 1024) /* of text: making it holds up the loop */
#define RETRY_MS 1000

struct letter {
    uint64_t run_number;
    char *path;
    char *text;
};

/* Files that are written together; the directory is synced once for all. */
struct group {
    char *directory;
    struct letter letters[GROUP_MAX];
    size_t count;
    int error; /* errno of the first failure: then none of them counts as written */
};

struct outbox {
    struct app *app;
    TAILQ_HEAD(, run) waiting;
    struct group *writing; /* NULL: the offload thread has none of ours */
    struct event *timer;
    size_t count;
    bool failing; /* the disk, and the log has it */
};

static void write_ripe(struct outbox *outbox);

/* ---- offload thread ---- */

static bool write_letter(const struct letter *letter)
{
    char *temporary = xasprintf("%s.new", letter->path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), error;
    bool good = fd >= 0 && fd_write_all(fd, letter->text, strlen(letter->text));

    crash_point(outbox_before_fsync);
    good = good && fsync(fd) == 0;
    crash_point(outbox_after_fsync);
    good = good && rename(temporary, letter->path) == 0;
    crash_point(outbox_after_rename);
    error = errno;
    fd_close(&fd);
    free(temporary);
    errno = error;
    return good;
}

static bool sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
    bool good = fd >= 0 && fsync(fd) == 0;

    error = errno;
    fd_close(&fd);
    errno = error;
    return good;
}

static void write_work(void *arg)
{
    struct group *group = arg;
    bool good = true;

    for (size_t i = 0; good && i < group->count; i++)
        good = write_letter(&group->letters[i]);
    if (!good || !sync_directory(group->directory))
        group->error = errno;
}

static void remove_work(void *arg)
{
    crash_point(outbox_before_remove);
    unlink(arg); /* one that stays is found to be stored at the next start */
    crash_point(outbox_after_remove);
    free(arg);
}

/* ---- loop thread ---- */

static void group_free(struct group *group)
{
    for (size_t i = 0; group != NULL && i < group->count; i++) {
        free(group->letters[i].path);
        free(group->letters[i].text);
    }
    if (group != NULL)
        free(group->directory);
    free(group);
}

static void arm(struct outbox *outbox, int64_t ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    evtimer_add(outbox->timer, &delay);
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    write_ripe(arg);
}

struct outbox *outbox_new(struct app *app)
{
    struct outbox *outbox = xcalloc(1, sizeof(*outbox));

    outbox->app = app;
    TAILQ_INIT(&outbox->waiting);
    outbox->timer = evtimer_new(app->base, timer_cb, outbox);
    return outbox;
}

void outbox_free(struct outbox *outbox)
{
    if (outbox == NULL)
        return;
    event_free(outbox->timer);
    group_free(outbox->writing);
    free(outbox);
}

size_t outbox_count(const struct outbox *outbox)
{
    return outbox->count;
}

static char *path_of(const struct run *run)
{
    return xasprintf("%s/outbox/%s.%d.json", run->app->config->state_dir, run->task.id,
                     run->task.attempt);
}

static size_t add_letter(struct group *group, const struct run *run)
{
    struct letter *letter = &group->letters[group->count++];
    struct store_finish finish = run_finish(run);

    letter->run_number = run->number;
    letter->path = path_of(run);
    letter->text = outbox_record_text(run->task.id, &finish, clock_wall_us());
    return strlen(letter->text);
}

static void take_back(struct outbox *outbox)
{
    const struct group *group = outbox->writing;

    for (size_t i = 0; i < group->count; i++) {
        struct run *run = runs_by_number(outbox->app->runs, group->letters[i].run_number);

        if (run == NULL)
            continue; /* stored meanwhile */
        run->outbox = RUN_OUTBOX_WAITING;
        outbox->count--;
        TAILQ_INSERT_TAIL(&outbox->waiting, run, outbox_link);
    }
}

static void tell_failure(struct outbox *outbox)
{
    int error = outbox->writing->error;

    if (error != 0 && !outbox->failing)
        log_error("ends of tasks cannot be written to %s: %s; they wait in memory for the database "
                  "and would be lost with this process",
                  outbox->writing->directory, strerror(error));
    if (error == 0 && outbox->failing)
        log_info("ends of tasks can be written to %s again", outbox->writing->directory);
    outbox->failing = error != 0;
}

static void written_cb(void *arg)
{
    struct outbox *outbox = arg;

    tell_failure(outbox);
    if (outbox->failing)
        take_back(outbox);
    group_free(outbox->writing);
    outbox->writing = NULL;
    if (outbox->failing)
        arm(outbox, RETRY_MS);
    else
        write_ripe(outbox);
}

static void write_group_work(void *arg)
{
    write_work(((struct outbox *)arg)->writing);
}

static int64_t wait_left(const struct outbox *outbox, const struct run *run)
{
    if (store_state(outbox->app->store, NULL) != STORE_READY)
        return 0;
    return run->ended_ms + OUTBOX_WAIT_MS - clock_ms();
}

static void write_ripe(struct outbox *outbox)
{
    struct run *run = TAILQ_FIRST(&outbox->waiting);
    struct group *group;
    size_t bytes = 0;

    if (outbox->writing != NULL || run == NULL)
        return;
    if (wait_left(outbox, run) > 0) {
        arm(outbox, wait_left(outbox, run));
        return;
    }
    group = outbox->writing = xcalloc(1, sizeof(*group));
    group->directory = xasprintf("%s/outbox", outbox->app->config->state_dir);
    while (run != NULL && group->count < GROUP_MAX && bytes < GROUP_BYTES_MAX &&
           wait_left(outbox, run) <= 0) {
        bytes += add_letter(group, run);
        run->outbox = RUN_OUTBOX_WRITTEN;
        TAILQ_REMOVE(&outbox->waiting, run, outbox_link);
        run = TAILQ_FIRST(&outbox->waiting);
    }
    outbox->count += group->count;
    offload_run(outbox->app->offload, write_group_work, written_cb, outbox);
}

void outbox_add(struct outbox *outbox, struct run *run)
{
    bool first = TAILQ_EMPTY(&outbox->waiting);

    run->outbox = RUN_OUTBOX_WAITING;
    TAILQ_INSERT_TAIL(&outbox->waiting, run, outbox_link);
    if (first && outbox->writing == NULL && !evtimer_pending(outbox->timer, NULL))
        arm(outbox, store_state(outbox->app->store, NULL) == STORE_READY ? OUTBOX_WAIT_MS : 0);
}

void outbox_stored(struct outbox *outbox, struct run *run)
{
    if (run->outbox == RUN_OUTBOX_WAITING)
        TAILQ_REMOVE(&outbox->waiting, run, outbox_link);
    if (run->outbox == RUN_OUTBOX_WRITTEN) {
        outbox->count--;
        offload_run(outbox->app->offload, remove_work, NULL, path_of(run));
    }
    run->outbox = RUN_OUTBOX_NONE;
}

void outbox_store_state(struct outbox *outbox)
{
    if (!outbox->failing)
        write_ripe(outbox);
}
