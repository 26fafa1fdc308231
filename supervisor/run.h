/* SPDX-License-Identifier: MIT */
/* One attempt at one task, from its claim until its end is stored: process, pipes, timers, and what
 * the runner said. Never stored itself. Everything here happens on the loop thread.
 *
 * phases:  STARTING --pid told--> RUNNING --worker reaped--> CLEARING --no process left-->
 * COLLECTING --artifact moved--> ENDED STARTING --could not be
 * started--------------------------------------------------------------------------> ENDED */
#ifndef SUPERVISOR_RUN_H
#define SUPERVISOR_RUN_H

#include "common/task.h"
#include "common/wire.h"
#include "supervisor/run_outcome.h"
#include "supervisor/store.h"
#include "supervisor/type.h"
#include <sys/resource.h>
#include <sys/types.h>

struct app;
struct event;

enum run_phase { RUN_STARTING, RUN_RUNNING, RUN_CLEARING, RUN_COLLECTING, RUN_ENDED };

enum run_stream { RUN_MESSAGES, RUN_STDOUT, RUN_STDERR, RUN_STREAMS };

struct run_pipe {
    struct run *run;
    enum run_stream stream;
    int fd; /* read end, -1 once at its end */
    struct event *event;
    struct wire_reader *reader;
};

struct run {
    struct app *app;
    uint64_t number;        /* unique in this incarnation; part of the mark of its processes */
    struct task task;       /* as claimed; progress and progress_text are kept live here */
    struct task_type *type; /* NULL: no type of that name */
    enum run_phase phase;
    pid_t pid; /* 0 until the template has told it; may be signalled only while !reaped */
    bool reaped;
    int start_errno;
    int wait_status;
    struct rusage usage; /* of the worker and its reaped children */
    char *work_dir;
    int64_t started_ms;
    int64_t last_message_ms; /* any message or output counts as a sign of life */
    struct run_pipe pipes[RUN_STREAMS];

    /* what the runner said */
    char *result;
    char *error; /* its own words */
    bool said_error, said_cancelled, said_start_error, bad_result;
    char *artifact_path;
    char *artifact_name;
    unsigned refused;    /* messages */
    bool progress_dirty; /* not yet handed to the store */
    size_t log_bytes;
    unsigned log_lines;
    unsigned log_dropped;
    char *last_error_line; /* of standard error: explains an exit status */

    /* being stopped */
    enum stop_reason stop;
    int64_t stop_ms; /* when SIGTERM was sent */
    int64_t kill_ms; /* when SIGKILL was sent last, 0 before */
    unsigned kills;
    struct event *timer; /* the next of timeout, stall, grace */

    /* the end */
    struct store_file artifact; /* key[0] == 0: none */
    char *artifact_type;        /* content type the struct above points to */
    char *final_error;          /* the sentence that is stored */
    struct run_verdict verdict;
    int64_t ended_ms;
};

/* Begins an attempt for a claimed task, whose strings it takes over. Always ends in
 * scheduler_ended(), possibly at once. */
void run_start(struct app *app, struct task *task);
/* The template's answer: a pid, or an errno. */
void run_spawned(struct run *run, pid_t pid, int error);
/* The reaper's: the worker is gone and reaped. */
void run_on_exit(struct run *run, int wait_status, const struct rusage *usage);
/* Called by the tree when no process of the attempt is left. */
void run_tree_empty(struct run *run);
/* Frees the run and everything it owns. Only the scheduler calls it, after the end is stored. */
void run_free(struct run *run);

/* ---- run_stop.c: the ladder ---- */

/* Asks the runner to end: SIGTERM and SIGCONT to its group now, SIGKILL after the type's grace.
 * `actor` (user or reason) goes into the task's events. Calling it again changes nothing, except
 * that a cancel overrules the reason. */
void run_stop(struct run *run, enum stop_reason reason, const char *actor);
/* Arms the timer for the next deadline of this run; called whenever one of them may have changed.
 */
void run_arm_timer(struct run *run);
/* Writes a row of the audit trail about this run; detail is JSON text or NULL. */
void run_event(struct run *run, const char *kind, const char *actor, const char *detail);

/* ---- run_output.c: what comes through the pipes ---- */

/* Makes the three pipes and starts reading; the write ends are put into ends[RUN_STREAMS]. False
 * with errno set. */
bool run_output_open(struct run *run, int ends[RUN_STREAMS]);
/* Reads what is left after the end of all processes, bounded, and closes. */
void run_output_drain(struct run *run);
void run_output_close(struct run *run);
/* A line of Taskyard's own in the task's log. */
void run_log(struct run *run, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- run_message.c: messages of the worker protocol ---- */
void run_message_line(struct run *run, const char *line, size_t size, bool cut);

/* ---- run_end.c: the sentence and the row ---- */
struct run_facts run_facts(const struct run *run);
/* The sentence for a person, NULL for a success; caller frees. */
char *run_error_text(const struct run *run, const struct run_verdict *verdict);
/* The row for the store; points into the run. */
struct store_finish run_finish(const struct run *run);

#endif
