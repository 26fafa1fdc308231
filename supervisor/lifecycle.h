/* SPDX-License-Identifier: MIT */
/* What happens to the supervisor as a whole: reload of the types, drain and stop. Loop thread only.
 */
#ifndef SUPERVISOR_LIFECYCLE_H
#define SUPERVISOR_LIFECYCLE_H

struct app;
struct type_registry;

/* SIGHUP: reads the descriptors again and brings a new template into service. `done` (may be NULL)
 * is called when the new types are in use, or with NULL if that was not possible; the ones in use
 * then stay. */
typedef void (*lifecycle_reload_fn)(void *arg, const struct type_registry *types);
void lifecycle_reload(struct app *app, lifecycle_reload_fn done, void *arg);

/* SIGTERM: takes no new tasks, gives running ones the drain time, then ends them by the ladder,
 * then leaves the loop. A second call ends the drain time at once. */
void lifecycle_drain(struct app *app);

/* After the loop: frees the runs whose processes could not be ended. */
void lifecycle_forget_runs(struct app *app);

/* Opens app->store, and follows what becomes of it. */
void lifecycle_open_store(struct app *app);

#endif
