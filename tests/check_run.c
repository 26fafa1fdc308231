/* SPDX-License-Identifier: MIT */
/* The life of a run: order, messages, output, end. */
#include "supervisor/offload.h"
#include "supervisor/task_log.h"
#include "tests/check_main.h"
#include "tests/run_fixture.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(an_unknown_type_fails_with_the_exact_words)
{
    start("nobody");
    ck_assert_ptr_nonnull(ended);
    ck_assert_int_eq(ended->verdict.status, TASK_FAILED);
    ck_assert_str_eq(ended->final_error, "task type not registered");
}
END_TEST

START_TEST(an_order_that_fails_gives_the_task_back)
{
    spawn_error = EMFILE;
    start("t");
    ck_assert_ptr_nonnull(ended);
    ck_assert_int_eq(ended->verdict.status, TASK_PENDING);
    ck_assert(ended->verdict.uncount_attempt);
}
END_TEST

START_TEST(a_clone_that_fails_gives_the_task_back)
{
    start("t");
    run_spawned(run, 0, EAGAIN);
    ck_assert_int_eq(ended->verdict.status, TASK_PENDING);
    ck_assert_int_eq(ended->verdict.cause, CAUSE_RESOURCES);
}
END_TEST

START_TEST(the_payload_is_standard_input)
{
    char text[32] = "";

    start("t");
    ck_assert_int_eq(read(fds[0], text, sizeof(text)), 7);
    ck_assert_str_eq(text, "{\"n\":1}");
    ck_assert_int_eq(write(fds[0], "x", 1), -1);
}
END_TEST

START_TEST(messages_and_success)
{
    pid_t pid;

    start("t");
    pid = give_process(false);
    say(MESSAGES, "{\"progress\":40,\"text\":\"half\"}\n{\"result\":{\"a\":1}}\n");
    turn();
    ck_assert_int_eq(run->task.progress, 40);
    ck_assert_str_eq(run->task.progress_text, "half");
    kill(pid, SIGKILL);
    reap(pid);
    finish(W_EXITCODE(0, 0));
    ck_assert_int_eq(ended->verdict.status, TASK_SUCCESS);
    ck_assert_str_eq(run_finish(ended).result, "{\"a\":1}");
    ck_assert_int_eq(run_finish(ended).progress, 100);
}
END_TEST

START_TEST(what_is_left_in_the_pipe_counts)
{
    pid_t pid;

    start("t");
    pid = give_process(false);
    kill(pid, SIGKILL);
    reap(pid);
    say(MESSAGES,
        "{\"progress\":10}\n{\"error\":\"last words\"}"); /* no newline, and nobody has read yet */
    finish(W_EXITCODE(1, 0));
    ck_assert_str_eq(ended->final_error, "last words");
    ck_assert_int_eq(run_finish(ended).progress, 10);
}
END_TEST

START_TEST(progress_never_falls)
{
    start("t");
    give_process(false);
    say(MESSAGES, "{\"progress\":50}\n{\"progress\":20}\n{\"progress\":101}\n{\"progress\":50}\n");
    turn();
    ck_assert_int_eq(run->task.progress, 50);
    ck_assert_uint_eq(run->refused, 2);
    kill(run->pid, SIGKILL);
}
END_TEST

START_TEST(output_becomes_log_lines)
{
    start("t");
    give_process(false);
    say(OUTPUT, "to out\n");
    say(ERRORS, "to err\x1b[31m\n");
    turn();
    task_log_flush(app.task_log);
    ck_assert_ptr_nonnull(strstr(fake_log, "to out\n"));
    ck_assert_ptr_nonnull(strstr(fake_log, "to err\xef\xbf\xbd[31m\n"));
    kill(run->pid, SIGKILL);
}
END_TEST

START_TEST(the_last_words_explain_an_exit_status)
{
    pid_t pid;

    start("t");
    pid = give_process(false);
    say(ERRORS, "first\ncannot open the file\n");
    kill(pid, SIGKILL);
    reap(pid);
    finish(W_EXITCODE(2, 0));
    ck_assert_str_eq(ended->final_error, "exited with status 2: cannot open the file");
}
END_TEST

START_TEST(a_signal_is_named)
{
    start("t");
    kill(give_process(false), SIGKILL);
    finish(W_EXITCODE(0, SIGSEGV));
    ck_assert_str_eq(ended->final_error,
                     "killed by SIGSEGV (Segmentation fault): a fault of the program");
}
END_TEST

START_TEST(an_artifact_that_is_not_there_fails_the_attempt)
{
    pid_t pid;

    start("t");
    pid = give_process(false);
    say(MESSAGES, "{\"artifact\":\"missing\"}\n");
    kill(pid, SIGKILL);
    reap(pid);
    finish(W_EXITCODE(0, 0));
    ck_assert_int_eq(ended->verdict.cause, CAUSE_RESULT);
    ck_assert_str_eq(ended->final_error, "the artifact \"missing\" cannot be used");
}
END_TEST

START_TEST(a_start_error_is_told)
{
    pid_t pid;

    start("t");
    pid = give_process(false);
    say(MESSAGES, "{\"start_error\":\"no such program: /x (No such file or directory)\"}\n");
    kill(pid, SIGKILL);
    reap(pid);
    finish(W_EXITCODE(127, 0));
    ck_assert_int_eq(ended->verdict.status, TASK_FAILED);
    ck_assert_str_eq(ended->final_error, "no such program: /x (No such file or directory)");
}
END_TEST

START_TEST(an_overlong_result_fails_the_attempt)
{
    char *line = malloc(WIRE_RESULT_MAX + 1024);
    pid_t pid, writer;

    start("t");
    pid = give_process(false);
    memset(line, 'x', WIRE_RESULT_MAX + 1024);
    memcpy(line, "{\"result\":\"", 11);
    memcpy(line + WIRE_RESULT_MAX + 1021, "\"}\n", 3);
    writer = fork(); /* more than a pipe holds */
    if (writer == 0)
        _exit(write(MESSAGES, line, WIRE_RESULT_MAX + 1024) > 0 ? 0 : 1);
    while (!run->bad_result)
        event_base_loop(app.base, EVLOOP_ONCE);
    kill(pid, SIGKILL);
    reap(pid);
    finish(W_EXITCODE(0, 0));
    ck_assert_int_eq(ended->verdict.cause, CAUSE_RESULT);
    ck_assert_str_eq(ended->final_error, "the result is larger than 1048576 bytes");
    free(line);
}
END_TEST

static const char say_nothing[WIRE_LINE_MAX + 1];

/* A worker that writes a result of many values, then `last`, and ends. */
static void say_large(const char *last)
{
    const size_t size = WIRE_RESULT_MAX - 1024;
    char *line = malloc(size);

    for (size_t i = 0; i < size; i += 2)
        memcpy(line + i, "1,", 2);
    memcpy(line, "{\"result\":  [ ", 14);
    memcpy(line + size - 4, " 1]}", 4);
    if (write(MESSAGES, line, size) != (ssize_t)size || write(MESSAGES, last, strlen(last)) < 0)
        _exit(1);
    _exit(0);
}

static void run_large(const char *last)
{
    pid_t pid, writer;

    start("t");
    pid = give_process(false);
    writer = fork();
    if (writer == 0)
        say_large(last);
    while (waitpid(writer, NULL, WNOHANG) == 0)
        turn();
    kill(pid, SIGKILL);
    reap(pid);
    finish(W_EXITCODE(0, 0)); /* what is not read yet is still in the pipe */
    while (ended == NULL)
        event_base_loop(app.base, EVLOOP_ONCE);
}

START_TEST(a_large_result_is_waited_for)
{
    run_large("");
    ck_assert_int_eq(ended->verdict.status, TASK_SUCCESS);
    ck_assert_uint_gt(strlen(ended->result), WIRE_RESULT_MAX - 4096);
    ck_assert_int_eq(strncmp(ended->result, "[1,1,1", 6), 0);
}
END_TEST

START_TEST(what_follows_a_large_result_comes_after_it)
{
    run_large("\n{\"progress\":7}\n{\"result\":2}\n");
    ck_assert_str_eq(ended->result, "2");
    ck_assert_int_eq(ended->task.progress, 7);
    ck_assert_uint_eq(ended->refused, 0);
}
END_TEST

START_TEST(a_large_message_can_be_refused)
{
    run_large("]\n{\"progress\":7}\n");
    ck_assert_ptr_null(ended->result);
    ck_assert_uint_eq(ended->refused, 1);
    ck_assert_int_eq(ended->task.progress, 7);
}
END_TEST

START_TEST(a_run_can_go_while_a_large_message_is_read)
{
    struct run *gone;

    start("t");
    run_message_line(run, say_nothing, sizeof(say_nothing), false);
    ck_assert_ptr_nonnull(run->reading);
    gone = run;
    run_spawned(gone, 0, EAGAIN);
    ck_assert_ptr_eq(ended, gone);
    run_free(gone);
    offload_finish(app.json_thread);
    turn();
}
END_TEST

static Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, run_fixture_set_up, NULL);
    tcase_add_test(all, an_unknown_type_fails_with_the_exact_words);
    tcase_add_test(all, an_order_that_fails_gives_the_task_back);
    tcase_add_test(all, a_clone_that_fails_gives_the_task_back);
    tcase_add_test(all, the_payload_is_standard_input);
    tcase_add_test(all, messages_and_success);
    tcase_add_test(all, what_is_left_in_the_pipe_counts);
    tcase_add_test(all, progress_never_falls);
    tcase_add_test(all, output_becomes_log_lines);
    tcase_add_test(all, the_last_words_explain_an_exit_status);
    tcase_add_test(all, a_signal_is_named);
    tcase_add_test(all, an_artifact_that_is_not_there_fails_the_attempt);
    tcase_add_test(all, a_start_error_is_told);
    tcase_add_test(all, an_overlong_result_fails_the_attempt);
    tcase_add_test(all, a_large_result_is_waited_for);
    tcase_add_test(all, what_follows_a_large_result_comes_after_it);
    tcase_add_test(all, a_large_message_can_be_refused);
    tcase_add_test(all, a_run_can_go_while_a_large_message_is_read);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(run_suite)
