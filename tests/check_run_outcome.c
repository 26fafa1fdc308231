/* SPDX-License-Identifier: MIT */
/* The outcome table, whole: why an attempt was stopped x how it ended x what it said. */
#include "supervisor/run_outcome.h"
#include "tests/check_main.h"

#include <signal.h>
#include <sys/wait.h>

#define EXITED(status) W_EXITCODE(status, 0)
#define KILLED(number) W_EXITCODE(0, number)

static const struct row {
    const char *name;
    struct run_facts facts; /* registered unless the name begins with "unregistered" */
    enum task_status status;
    enum attempt_cause cause;
} rows[] = {
    /* nobody asked */
    {"success", {.wait_status = EXITED(0)}, TASK_SUCCESS, CAUSE_SUCCESS},
    {"success with result",
     {.wait_status = EXITED(0), .has_result = true},
     TASK_SUCCESS,
     CAUSE_SUCCESS},
    {"exit 3", {.wait_status = EXITED(3)}, TASK_FAILED, CAUSE_EXIT},
    {"exit 3 with result", {.wait_status = EXITED(3), .has_result = true}, TASK_FAILED, CAUSE_EXIT},
    {"said error, exit 0",
     {.wait_status = EXITED(0), .said_error = true},
     TASK_FAILED,
     CAUSE_ERROR},
    {"said error, exit 1",
     {.wait_status = EXITED(1), .said_error = true},
     TASK_FAILED,
     CAUSE_ERROR},
    {"said error and result",
     {.wait_status = EXITED(0), .said_error = true, .has_result = true},
     TASK_FAILED,
     CAUSE_ERROR},
    {"signal", {.wait_status = KILLED(SIGSEGV)}, TASK_FAILED, CAUSE_SIGNAL},
    {"signal after error",
     {.wait_status = KILLED(SIGKILL), .said_error = true},
     TASK_FAILED,
     CAUSE_SIGNAL},
    {"signal after result",
     {.wait_status = KILLED(SIGTERM), .has_result = true},
     TASK_FAILED,
     CAUSE_SIGNAL},
    {"said cancelled by itself",
     {.wait_status = EXITED(0), .said_cancelled = true},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"start error",
     {.wait_status = EXITED(127), .said_start_error = true, .max_retries = 5},
     TASK_FAILED,
     CAUSE_START},
    {"bad result", {.wait_status = EXITED(0), .bad_result = true}, TASK_FAILED, CAUSE_RESULT},
    /* retries */
    {"error, retry left", {.wait_status = EXITED(1), .max_retries = 1}, TASK_PENDING, CAUSE_EXIT},
    {"error, none left",
     {.wait_status = EXITED(1), .max_retries = 1, .auto_retry_count = 1},
     TASK_FAILED,
     CAUSE_EXIT},
    {"signal, retry left",
     {.wait_status = KILLED(SIGSEGV), .max_retries = 2, .auto_retry_count = 1},
     TASK_PENDING,
     CAUSE_SIGNAL},
    {"timeout, retry left",
     {.stop = STOP_TIMEOUT, .wait_status = KILLED(SIGTERM), .max_retries = 1},
     TASK_PENDING,
     CAUSE_TIMEOUT},
    {"exit, its type does not want that tried again",
     {.wait_status = EXITED(1), .max_retries = 1, .retry_on = CAUSE_BIT(CAUSE_TIMEOUT)},
     TASK_FAILED,
     CAUSE_EXIT},
    {"timeout, its type wants that tried again",
     {.stop = STOP_TIMEOUT,
      .wait_status = KILLED(SIGTERM),
      .max_retries = 1,
      .retry_on = CAUSE_BIT(CAUSE_TIMEOUT)},
     TASK_PENDING,
     CAUSE_TIMEOUT},
    {"start error, its type wants that tried again",
     {.wait_status = EXITED(127),
      .said_start_error = true,
      .max_retries = 1,
      .retry_on = CAUSE_BIT(CAUSE_START)},
     TASK_PENDING,
     CAUSE_START},
    /* limits */
    {"SIGXCPU at the limit",
     {.wait_status = KILLED(SIGXCPU), .limits_cpu = true},
     TASK_FAILED,
     CAUSE_CPU_LIMIT},
    {"SIGKILL a second after the limit",
     {.wait_status = KILLED(SIGKILL), .limits_cpu = true, .spent_cpu = true},
     TASK_FAILED,
     CAUSE_CPU_LIMIT},
    {"SIGKILL long before the limit",
     {.wait_status = KILLED(SIGKILL), .limits_cpu = true},
     TASK_FAILED,
     CAUSE_SIGNAL},
    {"SIGTERM after the limit",
     {.wait_status = KILLED(SIGTERM), .limits_cpu = true, .spent_cpu = true},
     TASK_FAILED,
     CAUSE_SIGNAL},
    {"SIGXCPU without a limit", {.wait_status = KILLED(SIGXCPU)}, TASK_FAILED, CAUSE_SIGNAL},
    {"CPU limit, retry left",
     {.wait_status = KILLED(SIGXCPU), .limits_cpu = true, .max_retries = 1},
     TASK_PENDING,
     CAUSE_CPU_LIMIT},
    {"SIGXFSZ",
     {.wait_status = KILLED(SIGXFSZ), .limits_file_size = true},
     TASK_FAILED,
     CAUSE_FILE_SIZE_LIMIT},
    {"SIGXFSZ without a limit", {.wait_status = KILLED(SIGXFSZ)}, TASK_FAILED, CAUSE_SIGNAL},
    {"OOM", {.wait_status = KILLED(SIGKILL), .oom_killed = true}, TASK_FAILED, CAUSE_MEMORY},
    {"OOM of a child", {.wait_status = EXITED(137), .oom_killed = true}, TASK_FAILED, CAUSE_MEMORY},
    {"OOM of a child that was not missed",
     {.wait_status = EXITED(0), .oom_killed = true},
     TASK_SUCCESS,
     CAUSE_SUCCESS},
    {"SIGSEGV, and a child was OOM-killed",
     {.wait_status = KILLED(SIGSEGV), .oom_killed = true},
     TASK_FAILED,
     CAUSE_SIGNAL},
    {"exit for want of memory",
     {.wait_status = EXITED(1), .lacked_memory = true},
     TASK_FAILED,
     CAUSE_MEMORY},
    {"abort for want of memory",
     {.wait_status = KILLED(SIGABRT), .lacked_memory = true},
     TASK_FAILED,
     CAUSE_MEMORY},
    {"said an error, for want of memory",
     {.wait_status = EXITED(1), .lacked_memory = true, .said_error = true},
     TASK_FAILED,
     CAUSE_ERROR},
    /* kill */
    {"kill", {.stop = STOP_KILL, .wait_status = KILLED(SIGKILL)}, TASK_CANCELLED, CAUSE_KILL},
    {"kill, retries left",
     {.stop = STOP_KILL, .wait_status = KILLED(SIGKILL), .max_retries = 3},
     TASK_CANCELLED,
     CAUSE_KILL},
    {"kill, before it had a process",
     {.stop = STOP_KILL, .start_errno = 11},
     TASK_CANCELLED,
     CAUSE_KILL},
    {"kill, came too late",
     {.stop = STOP_KILL, .wait_status = EXITED(0), .has_result = true},
     TASK_SUCCESS,
     CAUSE_SUCCESS},
    /* cancel */
    {"cancel, died of it",
     {.stop = STOP_CANCEL, .wait_status = KILLED(SIGTERM)},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"cancel, killed",
     {.stop = STOP_CANCEL, .wait_status = KILLED(SIGKILL), .max_retries = 5},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"cancel, obeyed",
     {.stop = STOP_CANCEL, .wait_status = EXITED(0), .said_cancelled = true, .has_result = true},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"cancel, exit 0, no result",
     {.stop = STOP_CANCEL, .wait_status = EXITED(0)},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"cancel, exit 1",
     {.stop = STOP_CANCEL, .wait_status = EXITED(1), .said_error = true},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"cancel, came too late",
     {.stop = STOP_CANCEL, .wait_status = EXITED(0), .has_result = true},
     TASK_SUCCESS,
     CAUSE_SUCCESS},
    {"cancel, start error",
     {.stop = STOP_CANCEL, .wait_status = EXITED(127), .said_start_error = true},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    /* timeout, stall, protocol */
    {"timeout", {.stop = STOP_TIMEOUT, .wait_status = KILLED(SIGTERM)}, TASK_FAILED, CAUSE_TIMEOUT},
    {"timeout, result all the same",
     {.stop = STOP_TIMEOUT, .wait_status = EXITED(0), .has_result = true},
     TASK_FAILED,
     CAUSE_TIMEOUT},
    {"stall", {.stop = STOP_STALL, .wait_status = KILLED(SIGKILL)}, TASK_FAILED, CAUSE_STALL},
    {"protocol",
     {.stop = STOP_PROTOCOL, .wait_status = KILLED(SIGTERM)},
     TASK_FAILED,
     CAUSE_PROTOCOL},
    /* shutdown */
    {"shutdown",
     {.stop = STOP_SHUTDOWN, .wait_status = KILLED(SIGTERM)},
     TASK_PENDING,
     CAUSE_INTERRUPTED},
    {"shutdown, at most once",
     {.stop = STOP_SHUTDOWN, .wait_status = KILLED(SIGTERM), .on_interrupt = ON_INTERRUPT_FAIL},
     TASK_FAILED,
     CAUSE_INTERRUPTED},
    {"shutdown, finished",
     {.stop = STOP_SHUTDOWN, .wait_status = EXITED(0), .has_result = true},
     TASK_SUCCESS,
     CAUSE_SUCCESS},
    {"shutdown, obeyed",
     {.stop = STOP_SHUTDOWN, .wait_status = EXITED(0), .said_cancelled = true},
     TASK_PENDING,
     CAUSE_INTERRUPTED},
    /* lost */
    {"lost", {.stop = STOP_LOST}, TASK_PENDING, CAUSE_LOST},
    {"lost twice before", {.stop = STOP_LOST, .crash_count = 2}, TASK_PENDING, CAUSE_LOST},
    {"lost three times before", {.stop = STOP_LOST, .crash_count = 3}, TASK_FAILED, CAUSE_LOST},
    {"lost, at most once",
     {.stop = STOP_LOST, .on_interrupt = ON_INTERRUPT_FAIL},
     TASK_FAILED,
     CAUSE_LOST},
    /* nothing ran */
    {"no process", {.start_errno = 11}, TASK_PENDING, CAUSE_RESOURCES},
    {"no process, cancelled",
     {.start_errno = 11, .stop = STOP_CANCEL},
     TASK_CANCELLED,
     CAUSE_CANCEL},
    {"unregistered", {.max_retries = 9}, TASK_FAILED, CAUSE_UNREGISTERED},
};

START_TEST(each_row)
{
    struct run_facts facts = rows[_i].facts;
    struct run_verdict verdict;

    facts.registered = rows[_i].cause != CAUSE_UNREGISTERED;
    if (facts.retry_on == 0)
        facts.retry_on = CAUSES_RETRIED;
    verdict = run_outcome(&facts);
    ck_assert_msg(verdict.status == rows[_i].status && verdict.cause == rows[_i].cause,
                  "%s: %s, cause %d", rows[_i].name, task_status_name(verdict.status),
                  verdict.cause);
}
END_TEST

/* Over every combination of facts: rules that hold whatever happened. */
START_TEST(invariants)
{
    static const int wait_statuses[] = {EXITED(0),       EXITED(1),       EXITED(127),
                                        KILLED(SIGTERM), KILLED(SIGKILL), KILLED(SIGSEGV)};

    for (unsigned bits = 0; bits < 1u << 11; bits++) {
        for (int stop = STOP_NONE; stop <= STOP_KILL; stop++) {
            for (size_t w = 0; w < sizeof(wait_statuses) / sizeof(wait_statuses[0]); w++) {
                struct run_facts facts = {.stop = (enum stop_reason)stop,
                                          .registered = bits & 1,
                                          .start_errno = bits & 2 ? 11 : 0,
                                          .said_start_error = bits & 4,
                                          .wait_status = wait_statuses[w],
                                          .said_error = bits & 8,
                                          .said_cancelled = bits & 16,
                                          .has_result = bits & 32,
                                          .bad_result = bits & 64,
                                          .on_interrupt =
                                              bits & 128 ? ON_INTERRUPT_FAIL : ON_INTERRUPT_REQUEUE,
                                          .max_retries = bits & 256 ? 1 : 0,
                                          .oom_killed = bits & 512,
                                          .retry_on = bits & 1024 ? CAUSES_RETRIED : 0};
                struct run_verdict verdict = run_outcome(&facts);

                ck_assert(task_may_move(TASK_RUNNING, verdict.status));
                ck_assert(verdict.cause != CAUSE_NONE);
                ck_assert((verdict.status == TASK_SUCCESS) == (verdict.cause == CAUSE_SUCCESS));
                ck_assert(!(verdict.count_auto_retry && verdict.status != TASK_PENDING));
                ck_assert(!(verdict.count_auto_retry && facts.max_retries == 0));
                ck_assert(!(verdict.count_auto_retry && facts.retry_on == 0));
                ck_assert(!(verdict.uncount_attempt && verdict.cause != CAUSE_RESOURCES));
                if (verdict.status == TASK_PENDING && facts.on_interrupt == ON_INTERRUPT_FAIL)
                    ck_assert(verdict.count_auto_retry || verdict.uncount_attempt);
                if ((stop == STOP_CANCEL || stop == STOP_KILL) && facts.registered)
                    ck_assert(verdict.status == TASK_CANCELLED || verdict.status == TASK_SUCCESS);
            }
        }
    }
}
END_TEST

START_TEST(back_off_doubles_up_to_its_limit)
{
    ck_assert_uint_eq(run_outcome_retry_delay_ms(1000, 60000, 0, 200), 1000);
    ck_assert_uint_eq(run_outcome_retry_delay_ms(1000, 60000, 1, 200), 2000);
    ck_assert_uint_eq(run_outcome_retry_delay_ms(1000, 60000, 5, 200), 32000);
    ck_assert_uint_eq(run_outcome_retry_delay_ms(1000, 60000, 6, 200), 60000);
    ck_assert_uint_eq(run_outcome_retry_delay_ms(1000, 60000, 1000, 200), 60000);
    ck_assert_uint_eq(run_outcome_retry_delay_ms(0, 0, 3, 200), 0);
}
END_TEST

START_TEST(back_off_is_spread)
{
    for (unsigned random = 0; random < 2000; random++) {
        unsigned delay = run_outcome_retry_delay_ms(1000, 60000, 0, random);
        ck_assert_uint_ge(delay, 800);
        ck_assert_uint_le(delay, 1200);
    }
    ck_assert_uint_ne(run_outcome_retry_delay_ms(1000, 60000, 0, 0),
                      run_outcome_retry_delay_ms(1000, 60000, 0, 400));
}
END_TEST

static Suite *outcome_suite(void)
{
    Suite *suite = suite_create("run_outcome");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, each_row, 0, sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(all, invariants);
    tcase_add_test(all, back_off_doubles_up_to_its_limit);
    tcase_add_test(all, back_off_is_spread);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(outcome_suite)
