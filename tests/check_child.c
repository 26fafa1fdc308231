/* SPDX-License-Identifier: MIT */
/* The parts of a clone's preparation that can be looked at without one: environment, exec errors,
 * marks, processes. */
#include "common/exitcode.h"
#include "common/proc_scan.h"
#include "tests/check_main.h"
#include "worker/child.h"
#include "worker/run_command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "0123456789abcdef0123456789abcdef-00000000000000a1"

static const struct order_spawn spawn = {.run = 1,
                                         .mark = MARK,
                                         .type = "t",
                                         .task = "the-id",
                                         .attempt = 4,
                                         .creator = "ann",
                                         .work_dir = "/work/1"};

START_TEST(test_environment_from_nothing)
{
    char *own[] = {"LANG=de_DE.UTF-8", "EXTRA=a=b", NULL};
    static const char *const expected[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                                           "LANG=de_DE.UTF-8",
                                           "HOME=/work/1",
                                           "TMPDIR=/work/1",
                                           "EXTRA=a=b",
                                           "TASKYARD_TASK_ID=the-id",
                                           "TASKYARD_ATTEMPT=4",
                                           "TASKYARD_TYPE=t",
                                           "TASKYARD_CREATOR=ann",
                                           "TASKYARD_WORK_DIR=/work/1",
                                           "TASKYARD_MARK=" MARK};
    struct worker_type type = {.name = "t", .environment = own};
    char **list = child_environment(&type, &spawn);
    size_t count = sizeof(expected) / sizeof(expected[0]);

    for (size_t i = 0; i < count; i++)
        ck_assert_str_eq(list[i], expected[i]);
    ck_assert_ptr_null(list[count]);
    child_environment_free(list);
}
END_TEST

static void write_program(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static const struct {
    const char *text; /* of the program, NULL: there is none */
    mode_t mode;
    int error;
    int status;
    const char *part; /* of the sentence */
} problems[] = {
    {NULL, 0, ENOENT, WORKER_EXIT_NOT_FOUND, "no such program: "},
    {"#!/nonexistent/python9 -u\n", 0755, ENOENT, WORKER_EXIT_NOT_FOUND,
     "its interpreter /nonexistent/python9 is missing"},
    {"#! /bin/sh\r\n", 0755, ENOENT, WORKER_EXIT_NOT_FOUND, "carriage return"},
    {"\177ELF", 0755, ENOENT, WORKER_EXIT_NOT_FOUND, "loader"},
    {"text", 0755, ENOEXEC, WORKER_EXIT_NOT_EXECUTABLE, "not a program: "},
    {"#!/bin/sh\n", 0644, EACCES, WORKER_EXIT_NOT_EXECUTABLE, "program not executable: "},
    {"#!/bin/sh\n", 0755, EAGAIN, WORKER_EXIT_NOT_EXECUTABLE, "too many processes"},
    {"#!/bin/sh\n", 0755, ENOMEM, WORKER_EXIT_NOT_EXECUTABLE, "cannot start "},
};

START_TEST(test_exec_problem)
{
    char directory[] = "/tmp/taskyard-check-XXXXXX", path[64];
    int status = 0;
    char *text;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/program", directory);
    if (problems[_i].text != NULL)
        write_program(path, problems[_i].text, problems[_i].mode);
    text = run_command_problem(path, problems[_i].error, &status);
    unlink(path);
    rmdir(directory);
    ck_assert_msg(strstr(text, problems[_i].part) != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, path));
    ck_assert_int_eq(status, problems[_i].status);
    free(text);
}
END_TEST

static const struct {
    const char *block;
    size_t size;
    bool found;
} blocks[] = {
    {"A=1\0TASKYARD_MARK=" MARK "\0B=2", sizeof("A=1\0TASKYARD_MARK=" MARK "\0B=2"), true},
    {"TASKYARD_MARK=" MARK, sizeof("TASKYARD_MARK=" MARK) - 1, true}, /* cut before its NUL */
    {"TASKYARD_MARK=" MARK "x", sizeof("TASKYARD_MARK=" MARK "x"), false},
    {"XTASKYARD_MARK=" MARK, sizeof("XTASKYARD_MARK=" MARK), false},
    {"TASKYARD_MARK=", sizeof("TASKYARD_MARK="), false},
    {"", 0, false},
    {"\0\0\0", 3, false},
};

START_TEST(test_find_mark)
{
    char mark[ORDER_MARK_LENGTH + 1] = "";

    ck_assert_int_eq(proc_scan_find_mark(blocks[_i].block, blocks[_i].size, mark),
                     blocks[_i].found);
    ck_assert_str_eq(mark, blocks[_i].found ? MARK : "");
}
END_TEST

static bool find_cb(void *arg, pid_t pid)
{
    pid_t *wanted = arg;

    if (pid != *wanted)
        return true;
    *wanted = 0;
    return false;
}

START_TEST(test_stat_and_signal_of_a_process)
{
    struct proc_scan_stat stat;
    pid_t pid = fork(), wanted = pid;
    int status;

    if (pid == 0) {
        pause();
        _exit(0);
    }
    ck_assert(proc_scan_each(find_cb, &wanted));
    ck_assert_int_eq(wanted, 0);
    ck_assert(proc_scan_stat(pid, &stat));
    ck_assert_int_eq(stat.parent, getpid());
    ck_assert_int_eq(stat.session, getsid(0));
    ck_assert(
        !proc_scan_signal(pid, stat.start_ticks + 1, SIGKILL)); /* another process of that number */
    ck_assert_int_eq(errno, ESRCH);
    ck_assert(proc_scan_signal(pid, stat.start_ticks, SIGKILL));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert(!proc_scan_stat(pid, &stat));
}
END_TEST

static Suite *child_suite(void)
{
    Suite *suite = suite_create("child");
    TCase *tests = tcase_create("child");

    tcase_add_test(tests, test_environment_from_nothing);
    tcase_add_loop_test(tests, test_exec_problem, 0, sizeof(problems) / sizeof(problems[0]));
    tcase_add_loop_test(tests, test_find_mark, 0, sizeof(blocks) / sizeof(blocks[0]));
    tcase_add_test(tests, test_stat_and_signal_of_a_process);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(child_suite)
