/* SPDX-License-Identifier: MIT */
/* What the service manager is told (sd_notify(3)): ready, reloading, stopping, alive, and a line of
 * status. Nothing is said where no service manager listens, or in a build without libsystemd. Loop
 * thread only. */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

struct app;
struct notify;

/* Starts the timer that says "alive" from the loop, so that a loop that hangs is noticed. The
 * database has no part in it: that it is away is no reason to restart this program. */
struct notify *notify_new(struct app *app);
void notify_free(struct notify *notify); /* NULL is fine, here and below */

/* Listening, with types in service; also the end of a reload. The database may still be away: the
 * line of status says so. */
void notify_ready(struct notify *notify);
/* A reload has begun; notify_ready ends it. */
void notify_reloading(struct notify *notify);
/* A drain has begun. From now on the timer asks for more time, for as long as the drain goes on. */
void notify_stopping(struct notify *notify);
/* Something that the line of status tells has changed. */
void notify_status(struct notify *notify);

#endif
