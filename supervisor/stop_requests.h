/* SPDX-License-Identifier: MIT */
/* Cancels, kills and deletions of running tasks that are written in the table and have not been
 * told to the run: another supervisor has written them, or the database took one after its caller
 * had been told that it is silent. Loop thread only. */
#ifndef SUPERVISOR_STOP_REQUESTS_H
#define SUPERVISOR_STOP_REQUESTS_H

struct app;
struct stop_requests;

/* Looks once a second while a task runs. */
struct stop_requests *stop_requests_new(struct app *app);
void stop_requests_free(struct stop_requests *requests);

#endif
