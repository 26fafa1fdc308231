/* SPDX-License-Identifier: MIT */
/* The reaper with children of its own; the test plays their owners. */
#include "supervisor/reaper.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/loop.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/template.h"
#include "supervisor/tree.h"
#include "supervisor/upgrade.h"
#include "tests/check_main.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct app app;
static struct run *run;
static unsigned outstanding; /* orders without an answer */
static unsigned checks;      /* of the tree */
static pid_t template_pid;
static bool told;     /* the run, of its end */
static bool told_too; /* the template */

bool template_owns(const struct template *template, pid_t pid)
{
    (void)template;
    return pid == template_pid;
}

unsigned template_outstanding(const struct template *template)
{
    (void)template;
    return outstanding;
}

void template_on_exit(struct template *template, pid_t pid, int wait_status)
{
    (void)template, (void)pid, (void)wait_status;
    told_too = true;
}

bool upgrade_owns(const struct upgrade *upgrade, pid_t pid)
{
    (void)upgrade, (void)pid;
    return false;
}

void upgrade_on_exit(struct upgrade *upgrade, int wait_status)
{
    (void)upgrade, (void)wait_status;
    ck_abort();
}

void run_on_exit(struct run *over, int wait_status, const struct rusage *usage)
{
    (void)usage;
    ck_assert_ptr_eq(over, run);
    ck_assert(!told);
    ck_assert_int_eq(wait_status, 7 << 8);
    runs_clear_pid(app.runs, over);
    told = true;
}

void tree_check(struct app *of)
{
    ck_assert_ptr_eq(of, &app);
    checks++;
}

static void child_cb(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    reaper_signalled(arg);
}

static struct event *signal_event;

static void set_up(void)
{
    app.base = loop_new();
    app.runs = runs_new();
    run = xcalloc(1, sizeof(*run));
    run->app = &app;
    runs_add(app.runs, run);
    signal_event = loop_urgent_new(app.base, SIGCHLD, EV_SIGNAL | EV_PERSIST, child_cb, &app);
    event_add(signal_event, NULL);
}

static void tear_down(void)
{
    reaper_forget(run);
    runs_remove(app.runs, run);
    free(run);
    runs_free(app.runs);
    event_free(signal_event);
    event_base_free(app.base);
}

/* Leads a group, as workers do, and ends with status 7 once `hold` has no writer any more. */
static pid_t start(int hold[2])
{
    pid_t pid;
    char byte;

    ck_assert_int_eq(pipe(hold), 0);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        dup2(hold[0], STDIN_FILENO);
        close_range(STDERR_FILENO + 1, ~0U, 0); /* also what holds others */
        _exit(read(STDIN_FILENO, &byte, 1) == 0 ? 7 : 8);
    }
    ck_assert_int_gt(pid, 0);
    setpgid(pid, pid);
    close(hold[0]);
    return pid;
}

/* A child with this pid, which is free; what it does is up to the caller: 0 in the child. */
static pid_t fork_as(pid_t pid)
{
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1};

    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

static bool watch(pid_t pid)
{
    runs_set_pid(app.runs, run, pid);
    return reaper_watch(run);
}

static void wait_for(const bool *flag)
{
    while (!*flag)
        ck_assert_int_eq(event_base_loop(app.base, EVLOOP_ONCE), 0);
}

static void wait_for_corpse(pid_t pid)
{
    siginfo_t info;

    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void is_reaped(pid_t pid)
{
    ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

START_TEST(an_end_is_told)
{
    int hold[2];
    pid_t pid = start(hold);

    ck_assert(!watch(pid));
    close(hold[1]);
    wait_for(&told);
    ck_assert_uint_gt(checks, 0);
    is_reaped(pid);
}
END_TEST

START_TEST(an_end_that_came_before_its_pid_was_told)
{
    int hold[2];
    pid_t pid = start(hold);

    outstanding = 1;
    close(hold[1]);
    wait_for_corpse(pid);
    if (_i == 1)
        reaper_reap(&app);
    ck_assert(watch(pid) == (_i == 1));
    wait_for(&told);
    is_reaped(pid);
}
END_TEST

START_TEST(the_end_of_a_stray_is_not_that_of_a_worker_with_its_number)
{
    int hold[2];
    pid_t stray = start(hold), worker;

    outstanding = 1;
    close(hold[1]);
    wait_for_corpse(stray);
    reaper_reap(&app);
    is_reaped(stray);
    worker = fork_as(stray);
    if (worker < 0 && errno == EPERM) { /* clone3(2): set_tid needs CAP_CHECKPOINT_RESTORE */
        fputs("not tried, for want of rights: a number that is given out again\n", stderr);
        return;
    }
    if (worker == 0) {
        setpgid(0, 0);
        _exit(7);
    }
    ck_assert_int_eq(worker, stray);
    ck_assert(!watch(worker));
    wait_for(&told);
}
END_TEST

START_TEST(without_descriptors_ends_are_told_too)
{
    struct rlimit none, before;
    int hold[2];
    pid_t pid = start(hold);

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    ck_assert(!watch(pid));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_ptr_null(run->end_event);
    close(hold[1]);
    wait_for(&told);
    is_reaped(pid);
}
END_TEST

START_TEST(the_template_and_strays_are_reaped)
{
    int hold[2], hold_template[2];
    pid_t stray = start(hold);

    template_pid = start(hold_template);
    close(hold[1]);
    wait_for_corpse(stray);
    close(hold_template[1]);
    wait_for(&told_too);
    is_reaped(template_pid);
    is_reaped(stray);
}
END_TEST

START_TEST(a_group_dies_with_its_leader)
{
    int hold[2];
    pid_t pid = start(hold), other = fork();
    siginfo_t info;

    if (other == 0) {
        setpgid(0, pid);
        close_range(STDERR_FILENO + 1, ~0U, 0);
        pause();
    }
    setpgid(other, pid);
    ck_assert(!watch(pid));
    close(hold[1]);
    wait_for(&told);
    ck_assert(waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT) == 0 &&
              info.si_status == SIGKILL);
}
END_TEST

static Suite *suite(void)
{
    Suite *reaper = suite_create("reaper");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, an_end_is_told);
    tcase_add_loop_test(all, an_end_that_came_before_its_pid_was_told, 0, 2);
    tcase_add_test(all, the_end_of_a_stray_is_not_that_of_a_worker_with_its_number);
    tcase_add_test(all, without_descriptors_ends_are_told_too);
    tcase_add_test(all, the_template_and_strays_are_reaped);
    tcase_add_test(all, a_group_dies_with_its_leader);
    suite_add_tcase(reaper, all);
    return reaper;
}

CHECK_MAIN(suite)
