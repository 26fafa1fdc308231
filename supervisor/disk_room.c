/* SPDX-License-Identifier: MIT */
/* A timer, a look, and a word to log and scheduler when the answer changes. A file system that
 * cannot be asked counts as one with room: claiming must not hang on it. */
#include "supervisor/disk_room.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/scheduler.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define LOOK_EVERY_S 1
#define INODES_LEAST 64 /* a task takes one for its directory, and some for files */

struct disk_room {
    struct app *app;
    struct event *timer;
    bool low;
    int64_t bytes;
    struct statvfs seen; /* the offload thread's while it looks */
    bool known;
};

static void look_work(void *arg)
{
    struct disk_room *room = arg;

    room->known = statvfs(room->app->config->state_dir, &room->seen) == 0;
}

/* A file system that counts no inodes says that it has 0 of them. */
static bool is_low(const struct disk_room *room)
{
    return room->known && room->app->config->disk_free_limit > 0 &&
           ((uint64_t)room->bytes < room->app->config->disk_free_limit ||
            (room->seen.f_files > 0 && room->seen.f_favail < INODES_LEAST));
}

static void tell(const struct disk_room *room)
{
    const char *path = room->app->config->state_dir;

    if (!room->low)
        log_info("%s has room again: tasks are started", path);
    else if ((uint64_t)room->bytes < room->app->config->disk_free_limit)
        log_warn("%s has only %lld MiB left: no task is started until there are %zu "
                 "(disk_free_limit_mb); running ones go on",
                 path, (long long)(room->bytes >> 20), room->app->config->disk_free_limit >> 20);
    else
        log_warn("%s has room for only %llu files: no task is started until there is room for "
                 "%d; running ones go on",
                 path, (unsigned long long)room->seen.f_favail, INODES_LEAST);
}

static void looked_cb(void *arg)
{
    static const struct timeval pause = {.tv_sec = LOOK_EVERY_S};
    struct disk_room *room = arg;
    bool was_low = room->low;

    room->bytes = room->known ? (int64_t)room->seen.f_bavail * (int64_t)room->seen.f_frsize : -1;
    room->low = is_low(room);
    if (room->low != was_low)
        tell(room);
    if (was_low && !room->low)
        scheduler_wake(room->app->scheduler);
    evtimer_add(room->timer, &pause);
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
    struct disk_room *room = arg;

    (void)fd, (void)what;
    offload_run(room->app->offload, look_work, looked_cb, room);
}

struct disk_room *disk_room_new(struct app *app)
{
    struct disk_room *room = xcalloc(1, sizeof(*room));

    room->app = app;
    room->bytes = -1;
    room->timer = evtimer_new(app->base, timer_cb, room);
    timer_cb(-1, 0, room);
    return room;
}

void disk_room_free(struct disk_room *room)
{
    if (room == NULL)
        return;
    event_free(room->timer);
    free(room);
}

bool disk_room_is_low(const struct disk_room *room)
{
    return room != NULL && room->low;
}

int64_t disk_room_bytes(const struct disk_room *room)
{
    return room != NULL ? room->bytes : -1;
}
