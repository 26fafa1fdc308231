/* SPDX-License-Identifier: MIT */
/* What is read of a process, and the sentence about it. */
#include "supervisor/proc_call.h"
#include "supervisor/proc_sentence.h"
#include "supervisor/proc_summary.h"
#include "tests/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MINUTE 60000

/* ---- reading ---- */

START_TEST(a_line_of_stat)
{
    struct proc_look look = {0};

    ck_assert(proc_look_parse_stat(" S 12 34 34 0 -1 4194560 100 0 0 0 150 50 7 7 20 0 3 0 98765 "
                                   "1000000 250 18446744073709551615 1 1\n",
                                   &look));
    ck_assert_int_eq(look.state, 'S');
    ck_assert_int_eq(look.parent, 12);
    ck_assert_int_eq(look.cpu_ms, 200 * 1000 / sysconf(_SC_CLK_TCK));
    ck_assert_int_eq(look.threads, 3);
    ck_assert_uint_eq(look.start_ticks, 98765);
    ck_assert_int_eq(look.memory_bytes, 250 * sysconf(_SC_PAGESIZE));
    ck_assert(!proc_look_parse_stat("", &look));
    ck_assert(!proc_look_parse_stat(" S 12 34", &look));
}
END_TEST

START_TEST(a_line_of_syscall)
{
    struct proc_look look = {0};
    char line[100];

    snprintf(line, sizeof(line), "%d 0x7 0x7ffc 0x400 0x0 0x0 0x0 0x7ffe 0x7f1\n", SYS_read);
    ck_assert(proc_look_parse_call(line, &look));
    ck_assert(look.in_call && look.call == SYS_read && look.fd == 7);
    snprintf(line, sizeof(line), "%d 0x7 0x7ffc\n", SYS_wait4);
    ck_assert(proc_look_parse_call(line, &look));
    ck_assert_int_eq(look.fd, -1);
    snprintf(line, sizeof(line), "%d 0xffffffffffffffff 0x0\n", SYS_read);
    ck_assert(proc_look_parse_call(line, &look));
    ck_assert_int_eq(look.fd, -1);
    look = (struct proc_look){0};
    ck_assert(!proc_look_parse_call("running\n", &look));
    ck_assert(!proc_look_parse_call("-1 0x7ffc 0x0\n", &look));
    ck_assert(!proc_look_parse_call("", &look));
    ck_assert(!look.in_call);
}
END_TEST

START_TEST(what_a_descriptor_is)
{
    ck_assert_int_eq(proc_look_kind("pipe:[81021]"), PROC_FD_PIPE);
    ck_assert_int_eq(proc_look_kind("socket:[81021]"), PROC_FD_SOCKET);
    ck_assert_int_eq(proc_look_kind("/dev/tty1"), PROC_FD_DEVICE);
    ck_assert_int_eq(proc_look_kind("/srv/data"), PROC_FD_FILE);
    ck_assert_int_eq(proc_look_kind("anon_inode:[eventpoll]"), PROC_FD_OTHER);
    ck_assert_str_eq(proc_look_kind_name(PROC_FD_SOCKET), "socket");
}
END_TEST

START_TEST(a_real_process)
{
    struct proc_scan_stat stat;
    struct proc_look look;
    int ends[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    do { /* the time limit of the test ends this */
        ck_assert(proc_scan_stat(pid, &stat));
        ck_assert(proc_look(&stat, &look));
    } while (!look.in_call || look.call != SYS_read);
    ck_assert_int_eq(look.parent, getpid());
    ck_assert_int_eq(look.fd, ends[0]);
    ck_assert_int_eq(look.fd_kind, PROC_FD_PIPE);
    ck_assert_int_ge(look.age_ms, 0);
    stat.start_ticks++; /* a later process of the same number */
    ck_assert(!proc_look(&stat, &look));
    stat.start_ticks--;
    close(ends[1]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert(!proc_look(&stat, &look));
}
END_TEST

/* ---- the past ---- */

static struct proc_look looks[4];
static struct proc_history history;
static struct proc_summary summary; /* what says() has looked at last */
static int64_t now_ms;

static void set_up(void)
{
    memset(looks, 0, sizeof(looks));
    memset(&history, 0, sizeof(history));
    now_ms = 1000000;
    for (int i = 0; i < 4; i++)
        looks[i] = (struct proc_look){.pid = 100 + i,
                                      .parent = i == 0 ? 1 : 99 + i,
                                      .state = 'S',
                                      .age_ms = 10 * MINUTE,
                                      .switches = 5000,
                                      .fd = -1};
}

static void look_at(size_t count)
{
    proc_history_add(&history, looks, count, now_ms);
}

START_TEST(percent_since_the_last_look)
{
    looks[0].cpu_ms = 6000;
    look_at(1);
    ck_assert_int_eq((int)history.rows[0].percent, 1); /* 6 s of 10 minutes */
    ck_assert_int_eq(history.rows[0].busy_since_ms, 0);
    now_ms += 1000;
    looks[0].cpu_ms += 800;
    look_at(1);
    ck_assert_int_eq((int)history.rows[0].percent, 80);
    ck_assert_int_eq(history.rows[0].busy_since_ms, now_ms - 1000);
    now_ms += 100; /* too soon to say more */
    looks[0].cpu_ms += 10;
    look_at(1);
    ck_assert_int_eq((int)history.rows[0].percent, 80);
    now_ms += 1900;
    look_at(1);
    ck_assert_int_eq(history.rows[0].busy_since_ms, 0);
}
END_TEST

START_TEST(another_process_of_the_same_number_has_no_past)
{
    looks[0].cpu_ms = 6000;
    look_at(1);
    now_ms += 1000;
    looks[0].start_ticks++;
    looks[0].cpu_ms = 10;
    looks[0].age_ms = 1000;
    look_at(1);
    ck_assert_int_eq((int)history.rows[0].percent, 1);
}
END_TEST

/* ---- the tree ---- */

START_TEST(children_stand_behind_their_parents)
{
    unsigned depths[4];

    looks[0].pid = 13, looks[0].parent = 11;
    looks[1].pid = 10, looks[1].parent = 1;
    looks[2].pid = 12, looks[2].parent = 10;
    looks[3].pid = 11, looks[3].parent = 10;
    proc_summary_sort(looks, depths, 4);
    ck_assert_int_eq(looks[0].pid, 10);
    ck_assert_int_eq(looks[1].pid, 12);
    ck_assert_int_eq(looks[2].pid, 11);
    ck_assert_int_eq(looks[3].pid, 13);
    ck_assert_uint_eq(depths[0] * 1000 + depths[1] * 100 + depths[2] * 10 + depths[3], 112);
}
END_TEST

START_TEST(a_circle_ends)
{
    unsigned depths[2];

    looks[0].pid = 10, looks[0].parent = 11;
    looks[1].pid = 11, looks[1].parent = 10;
    proc_summary_sort(looks, depths, 2);
    ck_assert_int_eq(looks[0].pid + looks[1].pid, 21);
}
END_TEST

/* ---- the sentence ---- */

static void says(size_t count, int64_t silent_ms, const char *wanted)
{
    struct proc_scene scene = {.looks = looks,
                               .history = &history,
                               .count = count,
                               .worker = 100,
                               .now_ms = now_ms,
                               .silent_ms = silent_ms};
    char *text;

    look_at(count);
    proc_summary(&scene, &summary);
    text = proc_sentence(&summary);
    ck_assert_str_eq(text, wanted);
    free(text);
}

static void in_call(size_t i, long call)
{
    looks[i].in_call = true;
    looks[i].call = call;
}

START_TEST(how_long_a_pipe_has_been_read)
{
    in_call(0, SYS_read);
    looks[0].fd = 3;
    looks[0].fd_kind = PROC_FD_PIPE;
    says(1, 0, "blocked reading from a pipe");
    says(1, 412000, "blocked reading from a pipe; no message for 412 s");
    now_ms += 412000;
    says(1, 0, "blocked 412 s reading from a pipe");
    now_ms += 10 * MINUTE;
    says(1, 0, "blocked 16 min reading from a pipe");
    now_ms += 1000;
    looks[0].switches++; /* it has moved */
    says(1, 0, "blocked reading from a pipe");
}
END_TEST

START_TEST(one_that_has_hardly_ever_run)
{
    in_call(0, SYS_futex);
    looks[0].switches = 3;
    says(1, 0, "blocked 10 min waiting for a lock or another thread (futex)");
}
END_TEST

START_TEST(how_busy_it_is)
{
    looks[0].state = 'R';
    looks[0].cpu_ms = looks[0].age_ms = 8 * MINUTE;
    says(1, 0, "busy: 100 % CPU for 8 min");
    now_ms += 2000;
    looks[0].cpu_ms += 3000; /* two threads */
    says(1, 0, "busy: 150 % CPU for 8 min");
}
END_TEST

START_TEST(busy_with_a_small_share_of_the_processor)
{
    looks[0].state = 'R';
    says(1, 0, "running");
    now_ms += 5000;
    looks[0].cpu_ms += 400;
    looks[0].switches += 90; /* all of them forced */
    says(1, 0, "busy: 8 % CPU for 5 s");
    now_ms += 5000;
    looks[0].voluntary++;
    says(1, 0, "running");
}
END_TEST

START_TEST(parents_wait_for_children)
{
    in_call(0, SYS_wait4);
    strcpy(looks[1].name, "sleep");
    in_call(1, SYS_clock_nanosleep);
    says(2, 0, "waiting for a child (sleep)");
    in_call(1, SYS_flock);
    strcpy(looks[1].target, "/srv/lock");
    looks[1].fd_kind = PROC_FD_FILE;
    says(2, 0,
         "waiting for a child (sleep), which is blocked waiting for a lock on a file /srv/lock");
    looks[1].state = 'Z';
    says(2, 0, "waiting for a child");
}
END_TEST

START_TEST(states_have_words)
{
    looks[0].state = 'T';
    says(1, 0, "stopped by SIGSTOP");
    looks[0].state = 't';
    says(1, 0, "stopped by a debugger");
    looks[0].state = 'Z';
    says(3, 0, "ended; 2 processes of it are left");
    looks[0].state = 'D';
    strcpy(looks[0].wait_channel, "nfs_wait");
    says(1, 0, "blocked inside the kernel (nfs_wait): it cannot be interrupted");
    looks[0].state = 'S';
    says(1, 0, "sleeping");
    in_call(0, 100000);
    says(1, 0, "blocked in system call 100000");
    in_call(0, SYS_restart_syscall);
    says(1, 0, "blocked in a wait that a pause had interrupted");
    says(0, 0, "none of its processes can be seen");
}
END_TEST

START_TEST(steps_for_other_languages)
{
    in_call(0, SYS_wait4);
    in_call(1, SYS_read);
    looks[1].fd_kind = PROC_FD_PIPE;
    strcpy(looks[1].name, "cat");
    says(2, 412000,
         "waiting for a child (cat), which is blocked reading from a pipe; no message for 412 s");
    ck_assert_uint_eq(summary.count, 2);
    ck_assert_str_eq(proc_doing_code(summary.steps[0].doing), "child");
    ck_assert_int_eq(summary.steps[0].silent_ms, 0);
    ck_assert_str_eq(proc_doing_code(summary.steps[1].doing), "read");
    ck_assert_ptr_eq(summary.steps[1].look, &looks[1]);
    ck_assert_int_eq(summary.steps[1].silent_ms, 412000);
    now_ms += 2000;
    says(2, 0, "waiting for a child (cat), which is blocked 2 s reading from a pipe");
    ck_assert_int_eq(summary.steps[1].for_ms, 2000);
    ck_assert_int_eq(summary.steps[1].silent_ms, 0);
    now_ms += 1000;
    looks[1].cpu_ms += 800;
    says(2, 0, "busy: 80 % CPU for 1 s");
    ck_assert_uint_eq(summary.count, 1);
    ck_assert_ptr_null(summary.steps[0].look);
    ck_assert_int_eq((int)summary.steps[0].percent, 80);
    ck_assert_int_eq(summary.steps[0].for_ms, 1000);
}
END_TEST

START_TEST(every_step_has_a_code)
{
    for (int doing = PROC_DOING_UNSEEN; doing <= PROC_DOING_CALL; doing++)
        ck_assert_ptr_nonnull(proc_doing_code(doing));
    ck_assert(!proc_doing_blocks(PROC_DOING_CHILD) && proc_doing_blocks(PROC_DOING_KERNEL));
}
END_TEST

START_TEST(a_deep_tree_ends)
{
    for (int i = 0; i < 4; i++)
        in_call((size_t)i, SYS_wait4);
    looks[0].parent = 103; /* a circle: numbers were given away while we looked */
    strcpy(looks[1].name, "a");
    look_at(4);
    proc_summary(
        &(struct proc_scene){
            .looks = looks, .history = &history, .count = 4, .worker = 100, .now_ms = now_ms},
        &summary);
    ck_assert_uint_eq(summary.count, PROC_STEPS_MAX);
}
END_TEST

START_TEST(calls_have_names)
{
    ck_assert_str_eq(proc_call_name(SYS_epoll_pwait), "epoll_pwait");
    ck_assert_ptr_null(proc_call_name(-1));
    ck_assert(proc_call_takes_fd(SYS_connect) && !proc_call_takes_fd(SYS_futex));
    ck_assert_int_eq(proc_call_wait(SYS_accept4), PROC_WAIT_ACCEPT);
}
END_TEST

static Suite *proc_summary_suite(void)
{
    Suite *suite = suite_create("proc_summary");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_test(all, a_line_of_stat);
    tcase_add_test(all, a_line_of_syscall);
    tcase_add_test(all, what_a_descriptor_is);
    tcase_add_test(all, a_real_process);
    tcase_add_test(all, percent_since_the_last_look);
    tcase_add_test(all, another_process_of_the_same_number_has_no_past);
    tcase_add_test(all, children_stand_behind_their_parents);
    tcase_add_test(all, a_circle_ends);
    tcase_add_test(all, how_long_a_pipe_has_been_read);
    tcase_add_test(all, one_that_has_hardly_ever_run);
    tcase_add_test(all, how_busy_it_is);
    tcase_add_test(all, busy_with_a_small_share_of_the_processor);
    tcase_add_test(all, parents_wait_for_children);
    tcase_add_test(all, states_have_words);
    tcase_add_test(all, steps_for_other_languages);
    tcase_add_test(all, every_step_has_a_code);
    tcase_add_test(all, a_deep_tree_ends);
    tcase_add_test(all, calls_have_names);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(proc_summary_suite)
