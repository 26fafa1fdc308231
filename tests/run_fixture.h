/* SPDX-License-Identifier: MIT */
/* What the tests of a run share: a template, reaper and scheduler that the test plays itself. The
 * "worker" is a process of the test, so that signals are seen where they arrive. */
#ifndef TESTS_RUN_FIXTURE_H
#define TESTS_RUN_FIXTURE_H

#include "common/order.h"
#include "supervisor/app.h"
#include "supervisor/run.h"
#include "tests/store_fake.h"

extern struct app app;
extern struct task_type *type;   /* "t", a command with a grace of 50 ms */
extern struct run *run;          /* the one under test */
extern struct run *ended;        /* as the scheduler got it */
extern int fds[ORDER_SPAWN_FDS]; /* the worker's ends: stdin, stdout, stderr, messages */
extern int spawn_error;          /* what the next order fails with */

#define OUTPUT fds[1]
#define ERRORS fds[2]
#define MESSAGES fds[3]

void run_fixture_set_up(void);
/* Claims a task of this type with the payload {"n":1}. */
void start(const char *type_name);
/* Makes a real process for the run, in a session of its own, that waits to be killed. */
pid_t give_process(bool ignores_term);
void say(int fd, const char *text);
/* One turn of the loop, without waiting. */
void turn(void);
/* What the reaper and the tree do at the end. */
void finish(int wait_status);
int reap(pid_t pid);
/* Turns the loop until the process is dead, and reaps it; the time limit of the test ends one that
 * never dies. */
int turn_until_dead(pid_t pid);

#endif
