/* SPDX-License-Identifier: MIT */
/* How much room the state directory's file system has left, looked at once a second on the offload
 * thread. While there is less than `disk_free_limit_mb` no task is claimed, so that those that run
 * can still end well; what has ended, is cancelled or asked for goes on. Loop thread only. */
#ifndef SUPERVISOR_DISK_ROOM_H
#define SUPERVISOR_DISK_ROOM_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct disk_room;

/* Needs app->offload and app->scheduler; app must outlive it. */
struct disk_room *disk_room_new(struct app *app);
/* After the offload thread has ended. NULL is allowed. */
void disk_room_free(struct disk_room *room);
/* True: nothing new may be started. */
bool disk_room_is_low(const struct disk_room *room);
/* Bytes an ordinary user may still write; -1 while not known. */
int64_t disk_room_bytes(const struct disk_room *room);

#endif
