/* SPDX-License-Identifier: MIT */
/* A run as one program leaves it to the next (handover.h): all that is known of it, and its pipes.
 * Only a run that is RUN_RUNNING can be left. */
#ifndef SUPERVISOR_RUN_HANDOVER_H
#define SUPERVISOR_RUN_HANDOVER_H

#include <json-c/json.h>
#include <stdbool.h>

struct app;
struct run;

/* Caller puts. */
json_object *run_handover_write(const struct run *run);
/* The descriptors of its pipes stay open across execve(2), or no longer do. */
void run_handover_keep(struct run *run, void *keep /* bool */);

/* False, with the name of what is wrong in *wrong, if the text is no run. Touches nothing. */
bool run_handover_is_good(json_object *object, const char **wrong);
/* The run goes on: its pipes are read, its timers run. After the cgroup tree has been taken over.
 * Fatal if the text is no run, or what it names is not there: there is no way back. */
void run_handover_read(struct app *app, json_object *object);

#endif
