/* SPDX-License-Identifier: MIT */
/* The functions of <taskyard/task.h>: each test runs one runner in a process whose descriptor 3 is
 * a pipe to us. */
#include "common/wire.h"
#include "common/xalloc.h"
#include "tests/check_main.h"
#include "worker/sdk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*runner_fn)(struct taskyard_task *task);

static const struct order_spawn spawn = {.mark = "",
                                         .type = "t",
                                         .task = "the-id",
                                         .attempt = 2,
                                         .creator = "ann",
                                         .work_dir = "/work/1"};
static char said[4 * 1024 * 1024];
static int exit_status;

static void set_payload(const char *payload)
{
    int fd = payload != NULL ? memfd_create("payload", 0) : -1;

    if (payload == NULL) {
        ck_assert_ptr_nonnull(freopen("/dev/null", "r", stdin));
        return;
    }
    ck_assert(write(fd, payload, strlen(payload)) == (ssize_t)strlen(payload));
    lseek(fd, 0, SEEK_SET);
    dup2(fd, STDIN_FILENO);
}

/* Leaves what the runner said in `said` and its exit status in `exit_status`. */
static void run(runner_fn runner)
{
    int ends[2];
    size_t used = 0;
    ssize_t got;
    pid_t pid;
    int status;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        struct taskyard_task *task = sdk_task_new(&spawn);
        dup2(ends[1], WIRE_FD);
        status = sdk_finish(task, runner(task));
        sdk_task_free(task);
        _exit(status);
    }
    close(ends[1]);
    while ((got = read(ends[0], said + used, sizeof(said) - 1 - used)) > 0)
        used += (size_t)got;
    said[used] = '\0';
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    exit_status = WEXITSTATUS(status);
}

static int silent(struct taskyard_task *task)
{
    (void)task;
    return TASKYARD_OK;
}

static int tell(struct taskyard_task *task)
{
    size_t size;
    const char *payload = taskyard_task_payload(task, &size);

    taskyard_log(task, TASKYARD_DEBUG, "%s %s %d %s %s", taskyard_task_id(task),
                 taskyard_task_type(task), taskyard_task_attempt(task), taskyard_task_creator(task),
                 taskyard_task_work_dir(task));
    taskyard_log(task, TASKYARD_ERROR, "%s %zu", payload != NULL ? payload : "(none)", size);
    return TASKYARD_OK;
}

START_TEST(test_what_is_to_be_done)
{
    set_payload("five!");
    run(tell);
    ck_assert_str_eq(said, "{\"log\":\"the-id t 2 ann \\/work\\/1\",\"level\":\"debug\"}\n"
                           "{\"log\":\"five! 5\",\"level\":\"error\"}\n");
    set_payload("");
    run(tell);
    ck_assert_ptr_nonnull(strstr(said, "\" 0\""));
    set_payload(NULL);
    run(tell);
    ck_assert_ptr_nonnull(strstr(said, "(none) 0"));
}
END_TEST

START_TEST(test_silence_is_success)
{
    run(silent);
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(exit_status, 0);
}
END_TEST

static int progress(struct taskyard_task *task)
{
    for (int i = 0; i < 1000; i++)
        taskyard_progress(task, 5, NULL);
    taskyard_progress(task, 5, "five");
    taskyard_progress(task, 101, NULL); /* for the supervisor to refuse */
    return TASKYARD_OK;
}

START_TEST(test_repeated_progress_is_left_out)
{
    run(progress);
    ck_assert_str_eq(said,
                     "{\"progress\":5}\n{\"progress\":5,\"text\":\"five\"}\n{\"progress\":101}\n");
}
END_TEST

static int long_text(struct taskyard_task *task)
{
    char text[100001];

    memset(text, '\1', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    taskyard_progress(task, 1, text);
    taskyard_log(task, TASKYARD_INFO, "%s", text);
    taskyard_log(task, TASKYARD_INFO, "bad \xff\xfe bytes");
    return taskyard_fail(task, "%s", text);
}

static void count_cb(void *arg, const char *line, size_t size, bool cut)
{
    struct wire_message message;
    const char *why = "";

    ck_assert_msg(wire_parse(line, size, &message, &why), "%s", why);
    ck_assert(!cut);
    ck_assert_uint_le(size, WIRE_LINE_MAX);
    wire_message_clear(&message);
    ++*(int *)arg;
}

START_TEST(test_no_text_makes_a_line_that_is_refused)
{
    struct wire_reader *reader = wire_reader_new(WIRE_RESULT_MAX);
    int count = 0;

    run(long_text);
    wire_reader_feed(reader, said, strlen(said), count_cb, &count);
    ck_assert_int_eq(count, 4);
    ck_assert_int_eq(exit_status, 1);
    wire_reader_free(reader);
}
END_TEST

static int fail_with_text(struct taskyard_task *task)
{
    taskyard_fail(task, "first");
    return taskyard_fail(task, "%d \"quoted\"", 2);
}

static int fail_and_recover(struct taskyard_task *task)
{
    taskyard_fail(task, "not in the end");
    return TASKYARD_OK;
}

static int fail_without_text(struct taskyard_task *task)
{
    (void)task;
    return TASKYARD_FAILED;
}

static int cancelled(struct taskyard_task *task)
{
    sdk_catch_sigterm();
    if (taskyard_cancelled(task))
        return TASKYARD_FAILED;
    raise(SIGTERM);
    return taskyard_cancelled(task) ? TASKYARD_CANCELLED : TASKYARD_FAILED;
}

static int strange(struct taskyard_task *task)
{
    (void)task;
    return -3;
}

static const struct {
    runner_fn runner;
    const char *said;
    int exit_status;
} endings[] = {
    {fail_with_text, "{\"error\":\"2 \\\"quoted\\\"\"}\n", 1},
    {fail_and_recover, "", 0},
    {fail_without_text, "{\"error\":\"the runner failed without a reason\"}\n", 1},
    {cancelled, "{\"cancelled\":true}\n", 0},
    {strange, "{\"error\":\"the runner returned -3, which is no enum taskyard_status\"}\n", 1},
};

START_TEST(test_ending)
{
    run(endings[_i].runner);
    ck_assert_str_eq(said, endings[_i].said);
    ck_assert_int_eq(exit_status, endings[_i].exit_status);
}
END_TEST

static int results(struct taskyard_task *task)
{
    if (taskyard_set_result(task, "{\"rows\":") != -1 ||
        taskyard_set_result(task, "{\n\"rows\": 3 }") != 0)
        return taskyard_fail(task, "wrong answer");
    return TASKYARD_OK;
}

static int bad_result(struct taskyard_task *task)
{
    taskyard_set_result(task, "7");
    taskyard_set_result(task, "seven");
    return TASKYARD_OK;
}

static int null_result(struct taskyard_task *task)
{
    return taskyard_set_result(task, "null") == 0 ? TASKYARD_OK : TASKYARD_FAILED;
}

static int huge_result(struct taskyard_task *task)
{
    char *text = xmalloc(WIRE_RESULT_MAX + 1);

    memset(text, '1', WIRE_RESULT_MAX);
    text[0] = text[WIRE_RESULT_MAX - 1] = '"';
    text[WIRE_RESULT_MAX] = '\0';
    taskyard_set_result(task, text);
    free(text);
    return TASKYARD_OK;
}

START_TEST(test_results)
{
    run(results);
    ck_assert_str_eq(said, "{\"result\":{ \"rows\": 3 }}\n");
    ck_assert_int_eq(exit_status, 0);
    run(bad_result);
    ck_assert_str_eq(said, "{\"result\":7}\n{\"error\":\"the result is not JSON\"}\n");
    ck_assert_int_eq(exit_status, 1);
    run(null_result);
    ck_assert_str_eq(said, "{\"result\":null}\n");
    run(huge_result);
    ck_assert_str_eq(said, "{\"error\":\"the result is longer than 1048576 bytes\"}\n");
}
END_TEST

static const struct {
    const char *path;
    const char *below; /* NULL: refused */
} paths[] = {{"a.csv", "a.csv"},
             {"./d/a.csv", "./d/a.csv"},
             {"/work/1/a.csv", "a.csv"},
             {"/work/1//d/a.csv", "d/a.csv"},
             {"..a/b..", "..a/b.."},
             {"", NULL},
             {"/", NULL},
             {"/work/1", NULL},
             {"/work/1/", NULL},
             {"/work/10/a.csv", NULL},
             {"..", NULL},
             {"d/../../a", NULL},
             {"/work/1/../2/a", NULL},
             {"d//..", NULL}};
static size_t path_index;

static int artifact(struct taskyard_task *task)
{
    int expected = paths[path_index].below != NULL ? 0 : -1;

    return taskyard_artifact(task, paths[path_index].path, "n") == expected ? TASKYARD_OK
                                                                            : TASKYARD_FAILED;
}

START_TEST(test_artifact)
{
    struct wire_message message;
    const char *why = "";

    path_index = (size_t)_i;
    run(artifact);
    ck_assert_int_eq(exit_status, 0);
    ck_assert_msg(wire_parse(said, strlen(said) - 1, &message, &why), "%s", why);
    ck_assert_int_eq(message.kind, paths[_i].below != NULL ? WIRE_ARTIFACT : WIRE_LOG);
    if (paths[_i].below != NULL)
        ck_assert_str_eq(message.text, paths[_i].below);
    wire_message_clear(&message);
}
END_TEST

static Suite *sdk_suite(void)
{
    Suite *suite = suite_create("sdk");
    TCase *tests = tcase_create("sdk");

    tcase_add_test(tests, test_what_is_to_be_done);
    tcase_add_test(tests, test_silence_is_success);
    tcase_add_test(tests, test_repeated_progress_is_left_out);
    tcase_add_test(tests, test_no_text_makes_a_line_that_is_refused);
    tcase_add_loop_test(tests, test_ending, 0, sizeof(endings) / sizeof(endings[0]));
    tcase_add_test(tests, test_results);
    tcase_add_loop_test(tests, test_artifact, 0, sizeof(paths) / sizeof(paths[0]));
    suite_add_tcase(suite, tests);
    return suite;
}

CHECK_MAIN(sdk_suite)
