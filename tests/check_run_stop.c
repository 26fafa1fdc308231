/* SPDX-License-Identifier: MIT */
/* Ways to stop a run: cancel, timeout, stall, protocol error, and the ladder they share. */
#include "supervisor/task_log.h"
#include "tests/check_main.h"
#include "tests/run_fixture.h"

#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static const struct store_actor root = {.id = "uid:0"};

START_TEST(too_many_refused_messages_end_the_attempt)
{
    pid_t pid;
    int wait_status;

    start("t");
    pid = give_process(false);
    for (int i = 0; i < WIRE_BAD_LINES_MAX; i++)
        say(MESSAGES, "garbage\n");
    wait_status = turn_until_dead(pid);
    ck_assert_int_eq(WTERMSIG(wait_status), SIGTERM);
    finish(wait_status);
    ck_assert_int_eq(ended->verdict.cause, CAUSE_PROTOCOL);
    task_log_flush(app.task_log);
    ck_assert_ptr_nonnull(strstr(fake_log, "a message was refused: it is not JSON"));
    ck_assert_ptr_nonnull(strstr(fake_log, "100 messages were refused"));
}
END_TEST

START_TEST(cancel_is_sigterm)
{
    pid_t pid;
    int wait_status;

    start("t");
    pid = give_process(false);
    run_stop(run, STOP_CANCEL, &root);
    run_stop(run, STOP_CANCEL, &root);
    wait_status = turn_until_dead(pid);
    ck_assert_int_eq(WTERMSIG(wait_status), SIGTERM);
    finish(wait_status);
    ck_assert_int_eq(ended->verdict.status, TASK_CANCELLED);
    ck_assert_str_eq(fake_events, "signalled tree_empty ");
}
END_TEST

START_TEST(after_the_grace_it_is_sigkill)
{
    pid_t pid;
    int wait_status;

    start("t");
    pid = give_process(true);
    run_stop(run, STOP_CANCEL, &root);
    wait_status = turn_until_dead(pid);
    ck_assert_int_eq(WTERMSIG(wait_status), SIGKILL);
    finish(wait_status);
    ck_assert_int_eq(ended->verdict.status, TASK_CANCELLED);
    ck_assert_str_eq(fake_events, "signalled killed tree_empty ");
}
END_TEST

START_TEST(a_stopped_process_is_woken_to_die)
{
    pid_t pid;
    int wait_status;

    start("t");
    type->grace_ms = 60000;
    pid = give_process(false);
    kill(pid, SIGSTOP);
    ck_assert_int_eq(waitpid(pid, &wait_status, WUNTRACED), pid);
    run_stop(run, STOP_CANCEL, &root);
    ck_assert_int_eq(WTERMSIG(reap(pid)), SIGTERM);
}
END_TEST

START_TEST(cancel_before_the_pid_is_known)
{
    pid_t pid;

    start("t");
    run_stop(run, STOP_CANCEL, &root);
    ck_assert_ptr_null(ended);
    pid = give_process(false);
    ck_assert_int_eq(WTERMSIG(turn_until_dead(pid)), SIGTERM);
}
END_TEST

START_TEST(a_cancel_overrules_a_timeout)
{
    start("t");
    give_process(true);
    run_stop(run, STOP_TIMEOUT, STORE_SYSTEM);
    run_stop(run, STOP_CANCEL, &root);
    run_stop(run, STOP_STALL, STORE_SYSTEM);
    ck_assert_int_eq(run->stop, STOP_CANCEL);
    kill(run->pid, SIGKILL);
}
END_TEST

START_TEST(a_kill_has_no_grace_and_overrules_everything)
{
    pid_t pid;
    int wait_status;

    start("t");
    type->grace_ms = 60000;
    pid = give_process(true);
    run_stop(run, STOP_CANCEL, &root);
    turn();
    run_kill(run, &root, "killed by ann: stuck");
    run_stop(run, STOP_CANCEL, &root);
    wait_status = turn_until_dead(pid);
    ck_assert_int_eq(WTERMSIG(wait_status), SIGKILL);
    finish(wait_status);
    ck_assert_int_eq(ended->verdict.status, TASK_CANCELLED);
    ck_assert_int_eq(ended->verdict.cause, CAUSE_KILL);
    ck_assert_str_eq(ended->final_error, "killed by ann: stuck");
    ck_assert_str_eq(fake_events, "signalled killed tree_empty ");
}
END_TEST

START_TEST(a_kill_before_the_pid_is_known)
{
    pid_t pid;

    start("t");
    run_kill(run, &root, "killed by ann");
    ck_assert_ptr_null(ended);
    pid = give_process(true);
    ck_assert_int_eq(WTERMSIG(turn_until_dead(pid)), SIGKILL);
}
END_TEST

/* Nothing has interrupted it, whatever it has left behind that takes its time to die. */
START_TEST(a_shutdown_comes_too_late_for_a_worker_that_has_ended)
{
    struct rusage usage = {0};
    pid_t pid;

    start("t");
    pid = give_process(false);
    kill(pid, SIGKILL);
    reap(pid);
    run_on_exit(run, 0, &usage);
    run_stop(run, STOP_SHUTDOWN, STORE_SYSTEM);
    run_tree_empty(run);
    ck_assert_int_eq(ended->verdict.status, TASK_SUCCESS);
}
END_TEST

static unsigned warnings;

static bool count_warnings(int priority, const char *message, const struct log_about *about)
{
    (void)priority, (void)about;
    warnings += strstr(message, "does not die of SIGKILL; it waits inside the kernel") != NULL;
    return true;
}

/* A corpse that nobody has waited for takes signals as one that waits inside the kernel does: no
 * notice is to be seen. */
START_TEST(what_does_not_die_is_killed_again_and_said_once)
{
    siginfo_t info;
    pid_t pid;

    log_set_sink(count_warnings);
    start("t");
    pid = give_process(false);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    run_kill(run, &root, "killed by ann");
    while (run->kills < 4)
        event_base_loop(app.base, EVLOOP_ONCE);
    ck_assert_uint_eq(warnings, 1);
    ck_assert_str_eq(fake_events, "killed killed killed "); /* and no more of them */
    ck_assert_ptr_null(ended);                              /* it keeps its place */
    finish(reap(pid));
    ck_assert_int_eq(ended->verdict.status, TASK_CANCELLED);
    log_set_sink(NULL);
}
END_TEST

START_TEST(timeout_has_its_own_words)
{
    pid_t pid;

    type->timeout_ms = 30;
    start("t");
    pid = give_process(false);
    finish(turn_until_dead(pid));
    ck_assert_int_eq(ended->verdict.cause, CAUSE_TIMEOUT);
    ck_assert_str_eq(ended->final_error, "timed out after 0.03 s");
}
END_TEST

START_TEST(silence_is_a_stall)
{
    pid_t pid;

    type->stall_timeout_ms = 30;
    start("t");
    pid = give_process(false);
    finish(turn_until_dead(pid));
    ck_assert_int_eq(ended->verdict.cause, CAUSE_STALL);
}
END_TEST

static Suite *run_stop_suite(void)
{
    Suite *suite = suite_create("run_stop");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 30); /* one takes three seconds on any machine */
    tcase_add_checked_fixture(all, run_fixture_set_up, NULL);
    tcase_add_test(all, too_many_refused_messages_end_the_attempt);
    tcase_add_test(all, cancel_is_sigterm);
    tcase_add_test(all, after_the_grace_it_is_sigkill);
    tcase_add_test(all, a_stopped_process_is_woken_to_die);
    tcase_add_test(all, cancel_before_the_pid_is_known);
    tcase_add_test(all, a_cancel_overrules_a_timeout);
    tcase_add_test(all, a_kill_has_no_grace_and_overrules_everything);
    tcase_add_test(all, a_kill_before_the_pid_is_known);
    tcase_add_test(all, a_shutdown_comes_too_late_for_a_worker_that_has_ended);
    tcase_add_test(all, what_does_not_die_is_killed_again_and_said_once);
    tcase_add_test(all, timeout_has_its_own_words);
    tcase_add_test(all, silence_is_a_stall);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(run_stop_suite)
