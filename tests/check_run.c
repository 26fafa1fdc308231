/* SPDX-License-Identifier: MIT */
/* The state machine of a run: real pipes and timers, a template, reaper and scheduler the test
 * plays itself. The "worker" is a process of the test, so that signals are seen where they arrive.
 */
#include "supervisor/run.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/artifact.h"
#include "supervisor/config.h"
#include "supervisor/events.h"
#include "supervisor/progress.h"
#include "supervisor/reaper.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/workdir.h"
#include "tests/check_main.h"
#include "tests/store_fake.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct app app;
static struct config config;
static struct task_type *type;
static struct run *run;   /* the one under test */
static struct run *ended; /* as the scheduler got it */
static int fds[ORDER_SPAWN_FDS];
static int spawn_error;

/* ---- the parts the test plays ---- */

bool template_spawn(struct template *template, struct run *ordered,
                    const int given[ORDER_SPAWN_FDS])
{
    (void)template;
    run = ordered;
    for (int i = 0; i < ORDER_SPAWN_FDS; i++)
        fds[i] = dup(given[i]);
    errno = spawn_error;
    return spawn_error == 0;
}

void scheduler_ended(struct run *over)
{
    ck_assert_ptr_null(ended);
    ended = over;
    runs_note_ended(app.runs);
}

bool reaper_claim_early(struct app *owner, struct run *of)
{
    (void)owner, (void)of;
    return false;
}

char *workdir_take(struct workdirs *workdirs)
{
    (void)workdirs;
    return xstrdup("/nonexistent/work/1");
}

void workdir_give_back(struct workdirs *workdirs, const char *path)
{
    (void)workdirs, (void)path;
}

void artifact_collect(struct run *of, void (*done)(struct run *run, const char *error))
{
    done(of, strcmp(of->artifact_path, "missing") == 0 ? "the artifact \"missing\" cannot be used"
                                                       : NULL);
}

static struct task_type *new_type(void)
{
    struct task_type *fresh = xcalloc(1, sizeof(*fresh));

    fresh->references = 1;
    fresh->name = xstrdup("t");
    fresh->source = xstrdup("test:1");
    fresh->command = xcalloc(1, sizeof(char *));
    fresh->environment = xcalloc(1, sizeof(char *));
    fresh->grace_ms = 50;
    return fresh;
}

static void set_up(void)
{
    memset(&app, 0, sizeof(app));
    fake_reset();
    run = ended = NULL;
    spawn_error = 0;
    config.state_dir = (char *)"/nonexistent";
    app.config = &config;
    app.base = event_base_new();
    app.runs = runs_new();
    app.events = events_new();
    app.types = type_registry_new();
    app.task_log = task_log_new(&app);
    progress_start(&app);
    type = new_type();
    type_registry_add(app.types, type);
}

static void start(const char *type_name)
{
    struct task task = {.row_id = 1, .id = "00000001-0000-4000-8000-000000000000", .attempt = 1};

    task.type = xstrdup(type_name);
    task.creator_id = xstrdup("system");
    task.payload = xstrdup("{\"n\":1}");
    run_start(&app, &task);
}

/* Makes a real process for the run, in a session of its own, that waits to be killed. */
static pid_t give_process(bool ignores_term)
{
    int ready[2];
    char byte;
    pid_t pid;

    ck_assert_int_eq(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        setsid();
        signal(SIGTERM, ignores_term ? SIG_IGN : SIG_DFL); /* libcheck's own handler is inherited */
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    run_spawned(run, pid, 0);
    return pid;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void turn(void)
{
    event_base_loop(app.base, EVLOOP_NONBLOCK);
}

/* What the reaper and the tree do. */
static void finish(int wait_status)
{
    struct rusage usage = {0};

    run_on_exit(run, wait_status, &usage);
    ck_assert_int_eq(run->phase, RUN_CLEARING);
    run_tree_empty(run);
}

static int reap(pid_t pid)
{
    int wait_status;

    ck_assert_int_eq(waitpid(pid, &wait_status, 0), pid);
    return wait_status;
}

/* Turns the loop until the process is dead; the alarm of the test framework ends a run that never
 * gets there. */
static int turn_until_dead(pid_t pid)
{
    siginfo_t info = {0};

    while (info.si_pid == 0) {
        turn();
        ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    }
    return reap(pid);
}

#define MESSAGES fds[3]
#define OUTPUT fds[1]
#define ERRORS fds[2]

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
    ck_assert_str_eq(ended->final_error, "killed by SIGSEGV (Segmentation fault)");
}
END_TEST

START_TEST(cancel_is_sigterm)
{
    pid_t pid;
    int wait_status;

    start("t");
    pid = give_process(false);
    run_stop(run, STOP_CANCEL, "uid:0");
    run_stop(run, STOP_CANCEL, "uid:0");
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
    run_stop(run, STOP_CANCEL, "uid:0");
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
    run_stop(run, STOP_CANCEL, "uid:0");
    ck_assert_int_eq(WTERMSIG(reap(pid)), SIGTERM);
}
END_TEST

START_TEST(cancel_before_the_pid_is_known)
{
    pid_t pid;

    start("t");
    run_stop(run, STOP_CANCEL, "uid:0");
    ck_assert_ptr_null(ended);
    pid = give_process(false);
    ck_assert_int_eq(WTERMSIG(turn_until_dead(pid)), SIGTERM);
}
END_TEST

START_TEST(a_cancel_overrules_a_timeout)
{
    start("t");
    give_process(true);
    run_stop(run, STOP_TIMEOUT, "system");
    run_stop(run, STOP_CANCEL, "uid:0");
    run_stop(run, STOP_STALL, "system");
    ck_assert_int_eq(run->stop, STOP_CANCEL);
    kill(run->pid, SIGKILL);
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

static Suite *run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_test(all, an_unknown_type_fails_with_the_exact_words);
    tcase_add_test(all, an_order_that_fails_gives_the_task_back);
    tcase_add_test(all, a_clone_that_fails_gives_the_task_back);
    tcase_add_test(all, the_payload_is_standard_input);
    tcase_add_test(all, messages_and_success);
    tcase_add_test(all, what_is_left_in_the_pipe_counts);
    tcase_add_test(all, progress_never_falls);
    tcase_add_test(all, too_many_refused_messages_end_the_attempt);
    tcase_add_test(all, output_becomes_log_lines);
    tcase_add_test(all, the_last_words_explain_an_exit_status);
    tcase_add_test(all, a_signal_is_named);
    tcase_add_test(all, cancel_is_sigterm);
    tcase_add_test(all, after_the_grace_it_is_sigkill);
    tcase_add_test(all, a_stopped_process_is_woken_to_die);
    tcase_add_test(all, cancel_before_the_pid_is_known);
    tcase_add_test(all, a_cancel_overrules_a_timeout);
    tcase_add_test(all, timeout_has_its_own_words);
    tcase_add_test(all, silence_is_a_stall);
    tcase_add_test(all, an_artifact_that_is_not_there_fails_the_attempt);
    tcase_add_test(all, a_start_error_is_told);
    tcase_add_test(all, an_overlong_result_fails_the_attempt);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(run_suite)
