/* SPDX-License-Identifier: MIT */
/* One attempt at one task, from its claim until its end is stored: process, pipes, timers, and what
 * the runner said. Never stored itself. Everything here happens on the loop thread.
 *
 * phases:
 *   STARTING --pid told--> RUNNING --worker reaped--> CLEARING --no process left-->
 *   DRAINING --pipes read--> COLLECTING --artifact moved--> ENDED
 *   STARTING --could not be started--> ENDED */
#ifndef SUPERVISOR_RUN_H
#define SUPERVISOR_RUN_H

#include "common/task.h"
#include "common/wire.h"
#include "supervisor/run_outcome.h"
#include "supervisor/store.h"
#include "supervisor/type.h"
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/types.h>

#define RUN_ERROR_MAX 4096 /* bytes of a sentence that has words of the runner in it */

struct app;
struct cgroup_leaf;
struct event;
struct proc_history;
struct run_reading;

/* The end of a run on its way past the database: outbox.c. */
enum run_outbox { RUN_OUTBOX_NONE, RUN_OUTBOX_WAITING, RUN_OUTBOX_WRITTEN };

enum run_phase { RUN_STARTING, RUN_RUNNING, RUN_CLEARING, RUN_DRAINING, RUN_COLLECTING, RUN_ENDED };

enum run_stream { RUN_MESSAGES, RUN_STDOUT, RUN_STDERR, RUN_STREAMS };

struct run_pipe {
    struct run *run;
    enum run_stream stream;
    int fd; /* read end, -1 once at its end */
    struct event *event;
    struct wire_reader *reader;
};

/* `paused` is false if not all of it has stopped after 2 seconds, or it is being ended. */
typedef void (*run_paused_fn)(void *arg, bool paused);

struct run {
    struct app *app;
    uint64_t number;        /* unique in this incarnation; part of the mark of its processes */
    struct task task;       /* as claimed; what changes while it runs is kept live here */
    struct task_type *type; /* NULL: no type of that name */
    enum run_phase phase;
    pid_t pid;          /* 0 until the template has told it; may be signalled only while !reaped */
    pid_t ordered_from; /* the template that was told to make it */
    bool reaped;
    struct event *end_event; /* the reaper's, on the pidfd of the worker; NULL: none */
    bool deleted;            /* nobody is shown it any more */
    int start_errno;
    int wait_status;
    struct rusage usage; /* of the worker and its reaped children */
    char *work_dir;
    struct cgroup_leaf *leaf; /* NULL: contained by session, or ended */
    int64_t started_ms;
    int64_t last_message_ms; /* any message or output counts as a sign of life */
    struct run_pipe pipes[RUN_STREAMS];
    struct run_reading *reading; /* a large message on its way; NULL: none */

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
    char *stop_actor;   /* who wants it, as in the events; NULL before */
    char *stop_address; /* from where, NULL: not over the network */
    char *killed_by;    /* the sentence of a kill, NULL: nobody has killed it */
    int64_t stop_ms;    /* when SIGTERM was sent, or SIGKILL without it */
    int64_t kill_ms;    /* when SIGKILL was sent last, 0 before */
    unsigned kills;
    unsigned strays;          /* killed one by one, after the worker's end */
    struct run_stray *killed; /* the first of them, NULL: none */
    unsigned processes;       /* the most that were seen when a signal was sent to them */
    struct event *timer;      /* the next of timeout, stall, grace */

    /* being paused */
    int64_t pause_ms;          /* since when its timers stand still, 0: it is not paused */
    int64_t paused_ms;         /* how long it was in earlier pauses of this attempt */
    bool frozen;               /* by its cgroup, else by SIGSTOP */
    char *pause_actor;         /* who asked for it */
    char *pause_address;       /* NULL */
    struct event *pause_timer; /* the next look whether all of it has stopped */
    run_paused_fn pause_done;  /* who waits for that, NULL: nobody */
    void *pause_arg;

    struct proc_history *history; /* what was seen of its processes, NULL: nobody has looked */

    /* the end */
    struct store_file artifact; /* key[0] == 0: none */
    char *artifact_type;        /* content type the struct above points to */
    char *final_error;          /* the sentence that is stored */
    int64_t clearing_ms;        /* since when what it has left is being killed */
    bool said_undying;          /* the journal has been told */
    struct run_verdict verdict;
    int64_t ended_ms;
    enum run_outbox outbox;         /* outbox.c alone changes it */
    TAILQ_ENTRY(run) outbox_link;   /* while RUN_OUTBOX_WAITING */
    TAILQ_ENTRY(run) clearing_link; /* while RUN_CLEARING */
};

/* A message about this attempt to the service's own log. */
void run_journal(const struct run *run, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct run_stray {
    pid_t pid;
    unsigned long long start_ticks;
};

/* Begins an attempt for a claimed task, whose strings it takes over. Always ends in
 * scheduler_ended(), possibly at once. */
void run_start(struct app *app, struct task *task);
/* The template's answer: a pid, or an errno (then nothing of it is alive, or it goes through
 * CLEARING as well). */
void run_spawned(struct run *run, pid_t pid, int error);
/* The reaper's: the worker is gone and reaped. */
void run_on_exit(struct run *run, int wait_status, const struct rusage *usage);
/* Called by the tree when no process of the attempt is left. */
void run_tree_empty(struct run *run);
/* Takes it through DRAINING, as far as that goes without waiting. */
void run_drain(struct run *run);
/* Frees the run and everything it owns. Only the scheduler calls it, after the end is stored. */
void run_free(struct run *run);

/* ---- run_stop.c: the ladder ---- */

/* Asks the runner to end: SIGTERM and SIGCONT to its group now, SIGKILL after the type's grace.
 * `who` goes into the task's events. Calling it again changes nothing, except that a cancel
 * overrules the reason. */
void run_stop(struct run *run, enum stop_reason reason, const struct store_actor *who);
/* SIGKILL to every process of the attempt, at once, whatever it is in the middle of. `sentence`
 * says by whom and why, and becomes the task's error. */
void run_kill(struct run *run, const struct store_actor *who, const char *sentence);
/* What was asked for before there was a process. */
void run_stop_late(struct run *run);
/* Arms the timer for the next deadline of this run; called whenever one of them may have changed.
 */
void run_arm_timer(struct run *run);
/* True if SIGKILL was sent some seconds ago, and something of it lives all the same. */
bool run_is_undying(const struct run *run);
/* SIGKILL to everything in the run's cgroup, if it has one. */
void run_kill_leaf(struct run *run);
/* Writes a row of the audit trail about this run; detail is JSON text or NULL. */
void run_event(struct run *run, const char *kind, const struct store_actor *who,
               const char *detail);

/* ---- run_pause.c ---- */

/* Stops all of it where it is; its timers stand still. `done` is called once, perhaps at once;
 * while it runs the run is shown as paused, or will be. False if it cannot be paused: it is not
 * running, is being ended, or paused already; then nothing has happened. */
bool run_pause(struct run *run, const struct store_actor *who, run_paused_fn done, void *arg);
/* Lets it go on. False if it was not paused. */
bool run_resume(struct run *run, const struct store_actor *who);
/* The same without a word, for one that is being ended. */
void run_let_go_on(struct run *run);
/* Nothing is left that could go on. */
void run_pause_over(struct run *run);
/* True while it has not been seen whether all of it has stopped. */
bool run_pause_is_open(const struct run *run);
/* For a run that an upgrade has handed over, paused or not. */
void run_pause_resume(struct run *run);

/* ---- run_output.c: what comes through the pipes ---- */

/* Makes the three pipes and starts reading; the write ends are put into ends[RUN_STREAMS]. False
 * with errno set. */
bool run_output_open(struct run *run, int ends[RUN_STREAMS]);
/* The reader of a stream's lines, with its limits. */
struct wire_reader *run_output_reader(enum run_stream stream);
/* Starts reading from pipes that an upgrade has handed over: `fd` and `reader` are set. False with
 * errno set. */
bool run_output_resume(struct run *run);
/* Reads what is left after the end of all processes, bounded, and closes. False if a large message
 * has to be waited for: to be called again then. */
bool run_output_drain(struct run *run);
/* Goes on with messages after a large one. */
void run_output_go_on(struct run *run);
void run_output_close(struct run *run);
/* A line of Taskyard's own in the task's log. */
void run_log(struct run *run, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- run_message.c: messages of the worker protocol ---- */

/* Acts on a line. One of more than WIRE_LINE_MAX bytes is read on the JSON thread: run->reading is
 * set until that is done, and no other such line may come before. */
void run_message_line(struct run *run, const char *line, size_t size, bool cut);
/* The run is about to be freed. */
void run_message_forget(struct run *run);

/* ---- run_end.c: the sentence and the row ---- */
struct run_facts run_facts(const struct run *run);
/* The sentence for a person, NULL for a success; caller frees. */
char *run_error_text(const struct run *run, const struct run_verdict *verdict);
/* The row for the store; points into the run. */
struct store_finish run_finish(const struct run *run);

#endif
