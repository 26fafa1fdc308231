/* SPDX-License-Identifier: MIT */
/* What is left when a supervisor ends: nothing, unless it said quit. */
#include "common/proc_scan.h"
#include "common/xalloc.h"
#include "tests/check_main.h"
#include "tests/template_driver.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 5000

static struct driver driver;
static struct driver_run run;

/* A shell script that says `waiting` when its daemon, in a session of its own, is there; both
 * ignore SIGTERM. */
#define DAEMON                                                                                     \
    "trap '' TERM; (setsid sleep 1000 3>&- &); echo "                                              \
    "'{\\\"progress\\\":1,\\\"text\\\":\\\"waiting\\\"}' >&3; sleep 1000; :"

static void start(void)
{
    char *plugin = xasprintf("\"plugin\":\"%s/probe_plugin.so\"", TEST_PLUGINS);
    char *errors;

    driver_start(&driver, WORKER_PROGRAM);
    driver_type(&driver, "wait", plugin);
    driver_type(&driver, "daemon", "\"command\":[\"/bin/sh\",\"-c\",\"" DAEMON "\"]");
    errors = driver_ready(&driver);
    ck_assert_str_eq(errors, "");
    free(errors);
    free(plugin);
}

struct count {
    const char *incarnation;
    unsigned number;
};

static bool count_cb(void *arg, pid_t pid)
{
    struct count *count = arg;
    struct proc_scan_stat stat;
    char mark[ORDER_MARK_LENGTH + 1];

    if (proc_scan_mark(pid, mark) && memcmp(mark, count->incarnation, 32) == 0 &&
        proc_scan_stat(pid, &stat) && stat.state != 'Z')
        count->number++;
    return true;
}

/* Processes that carry our mark; the template is one. */
static unsigned count_marked(const char *incarnation)
{
    struct count count = {.incarnation = incarnation};

    ck_assert(proc_scan_each(count_cb, &count));
    return count.number;
}

static void wait_for_count(const char *incarnation, unsigned number)
{
    unsigned seen = count_marked(incarnation);

    /* Once is enough: a process that is just changing its program has no environment to read. */
    for (int ms = 0; ms < LIMIT_MS && seen != number; ms += 10) {
        usleep(10000);
        seen = count_marked(incarnation);
    }
    ck_assert_uint_eq(seen, number);
}

static void spawn_and_wait(const char *type)
{
    ck_assert_int_eq(driver_spawn(&driver, type, NULL, &run), 0);
    driver_wait_message(&run, "waiting");
}

START_TEST(test_a_plugin_worker_carries_its_mark)
{
    char mark[ORDER_MARK_LENGTH + 1], expected[64];

    start();
    spawn_and_wait("wait");
    snprintf(expected, sizeof(expected), "%s-%016x", driver.incarnation, 1);
    ck_assert(proc_scan_mark(run.pid, mark));
    ck_assert_str_eq(mark, expected);
    snprintf(expected, sizeof(expected), "%s-%016x", driver.incarnation, 0);
    ck_assert(proc_scan_mark(driver.pid, mark)); /* the template keeps its own */
    ck_assert_str_eq(mark, expected);
    driver_stop(&driver);
}
END_TEST

START_TEST(test_hang_up_ends_every_process)
{
    char incarnation[NONCE_SIZE];

    start();
    memcpy(incarnation, driver.incarnation, sizeof(incarnation));
    spawn_and_wait("daemon");
    wait_for_count(incarnation, 4); /* template, shell, its sleep, the daemon */
    ck_assert_int_eq(driver_stop(&driver), 0);
    ck_assert_uint_eq(count_marked(incarnation), 0);
    ck_assert_int_eq(waitpid(run.pid, &run.wait_status, 0), run.pid);
    ck_assert(WIFSIGNALED(run.wait_status) && WTERMSIG(run.wait_status) == SIGKILL);
}
END_TEST

START_TEST(test_quit_leaves_the_workers_alone)
{
    start();
    spawn_and_wait("wait");
    driver_send(&driver, "{\"op\":\"quit\"}", NULL, 0);
    ck_assert_ptr_null(driver_receive(&driver));
    ck_assert_int_eq(driver_stop(&driver), 0);
    usleep(100000);
    ck_assert_int_eq(waitpid(run.pid, &run.wait_status, WNOHANG), 0);
    kill(run.pid, SIGTERM);
    driver_finish(&run);
    ck_assert_int_eq(run.wait_status, 0);
}
END_TEST

START_TEST(test_kill_of_the_supervisor)
{
    struct {
        char incarnation[NONCE_SIZE];
        char state_dir[64];
    } facts = {"", ""};
    int told[2], status;
    pid_t supervisor;

    ck_assert_int_eq(pipe(told), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* whom the orphans go to */
    supervisor = fork();
    if (supervisor == 0) {
        start();
        spawn_and_wait("wait");
        spawn_and_wait("daemon");
        memcpy(facts.incarnation, driver.incarnation, sizeof(facts.incarnation));
        snprintf(facts.state_dir, sizeof(facts.state_dir), "%s", driver.state_dir);
        if (write(told[1], &facts, sizeof(facts)) > 0)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(told[0], &facts, sizeof(facts)), sizeof(facts));
    wait_for_count(facts.incarnation, 5); /* template, plugin, shell, its sleep, the daemon */
    kill(supervisor, SIGKILL);
    ck_assert_int_eq(waitpid(supervisor, &status, 0), supervisor);
    wait_for_count(facts.incarnation, 0);
    driver_remove_tree(facts.state_dir);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}
END_TEST

START_TEST(test_signals_do_not_end_the_template)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1};

    start();
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        kill(driver.pid, signals[i]);
    ck_assert_int_eq(getsid(driver.pid), driver.pid);
    spawn_and_wait("wait");
    kill(run.pid, SIGTERM);
    driver_finish(&run);
    ck_assert_int_eq(run.wait_status, 0);
    ck_assert_int_eq(driver_stop(&driver), 0);
}
END_TEST

/* By hand there is nothing to serve: a line says so, and it ends. */
START_TEST(test_without_a_supervisor)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        close(STDERR_FILENO);
        close(3);
        execl(WORKER_PROGRAM, "taskyard-worker", (char *)NULL);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 78);
}
END_TEST

static Suite *template_end_suite(void)
{
    Suite *suite = suite_create("template_end");
    TCase *tests = tcase_create("template_end");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_a_plugin_worker_carries_its_mark);
    tcase_add_test(tests, test_hang_up_ends_every_process);
    tcase_add_test(tests, test_quit_leaves_the_workers_alone);
    tcase_add_test(tests, test_kill_of_the_supervisor);
    tcase_add_test(tests, test_signals_do_not_end_the_template);
    tcase_add_test(tests, test_without_a_supervisor);
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(template_end_suite)
