/* SPDX-License-Identifier: MIT */
/* A timer that fires ten times a second to see how late the loop comes to it, and has the database
 * count the pending tasks now and then. Loop thread only. */
#ifndef SUPERVISOR_HEARTBEAT_H
#define SUPERVISOR_HEARTBEAT_H

struct app;
struct heartbeat;

struct heartbeat *heartbeat_new(struct app *app);
void heartbeat_free(struct heartbeat *heartbeat);

/* Somebody reads the figures: keeps the number of pending tasks fresh for some minutes to come. */
void heartbeat_watched(struct heartbeat *heartbeat);

#endif
