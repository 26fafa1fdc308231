/* SPDX-License-Identifier: MIT */
/* For tests: plays the supervisor to a real template. Single-threaded; a failure to drive it is a
 * failed assertion. */
#ifndef TESTS_TEMPLATE_DRIVER_H
#define TESTS_TEMPLATE_DRIVER_H

#include "common/id.h"
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DRIVER_TEXT_MAX (2 * 1024 * 1024)

struct driver {
    pid_t pid; /* of the template */
    int socket;
    char incarnation[NONCE_SIZE];
    char *state_dir; /* holds the work directories; removed at the end */
    int next_run;
};

/* One attempt, as a supervisor sees it. */
struct driver_run {
    int number;
    pid_t pid;
    int messages; /* read end of fd 3, or -1 */
    int output;   /* read end of fds 1 and 2, or -1 */
    char *work_dir;
    int wait_status;    /* after driver_finish() */
    char *message_text; /* all lines of fd 3 */
    char *output_text;  /* all of fds 1 and 2 */
};

/* Starts `program` (a taskyard-worker) with its order socket. */
void driver_start(struct driver *driver, const char *program);
/* Tells it one type, given as the members of the order behind "name", for example
 * "\"plugin\":\"/x.so\"". */
void driver_type(struct driver *driver, const char *name, const char *members);
/* Tells that all types are told and waits for the answer. Returns the errors of types as "name:
 * error\n" (fresh). */
char *driver_ready(struct driver *driver);

/* Orders a worker. payload NULL: /dev/null. Returns 0, or the errno that the template answered. */
int driver_spawn(struct driver *driver, const char *type, const char *payload,
                 struct driver_run *run);
/* Reads both streams to their ends and reaps. The caller frees with driver_run_clear(). */
void driver_finish(struct driver_run *run);
void driver_run_clear(struct driver_run *run);
/* Both, for a run that ends by itself. */
void driver_run_type(struct driver *driver, const char *type, const char *payload,
                     struct driver_run *run);

/* Waits until a line of the messages has come that contains `text`. */
void driver_wait_message(struct driver_run *run, const char *text);

/* Sends raw bytes as one packet. */
void driver_send(struct driver *driver, const char *packet, const int *fds, size_t fd_count);
/* Takes the next answer (fresh object), or NULL at the end of the socket. */
json_object *driver_receive(struct driver *driver);

/* Hangs up and waits for the template's end: its wait status. Removes the state directory. */
int driver_stop(struct driver *driver);
/* For the state directory of a driver that was killed. */
void driver_remove_tree(const char *path);

#endif
