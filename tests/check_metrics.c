/* SPDX-License-Identifier: MIT */
/* What is counted where, under which labels, and that the text says so. */
#include "supervisor/metrics.h"
#include "common/xalloc.h"
#include "supervisor/type.h"
#include "tests/check_main.h"

#include <stdlib.h>
#include <string.h>

static struct metrics metrics;
static struct type_registry *types;
static char *text;

static void setup(void)
{
    struct task_type *type = xcalloc(1, sizeof(*type));

    memset(&metrics, 0, sizeof(metrics));
    types = type_registry_new();
    type->references = 1;
    type->name = xstrdup("report");
    ck_assert(type_registry_add(types, type));
}

static void teardown(void)
{
    metrics_clear(&metrics);
    type_registry_free(types);
    free(text);
    text = NULL;
}

static void print(void)
{
    struct metrics_now now = {.version = "9.9", .started_at_s = 1700000000, .unavailable = 7};
    size_t size = 0;
    FILE *out;

    free(text);
    text = NULL;
    out = open_memstream(&text, &size);
    metrics_print(&metrics, &now, out);
    fclose(out);
}

static void has_line(const char *line)
{
    char *wanted = xasprintf("\n%s\n", line);

    ck_assert_msg(strstr(text, wanted) != NULL, "no line \"%s\" in\n%s", line, text);
    free(wanted);
}

static struct task task_of(char *type, char *creator)
{
    return (struct task){.type = type, .creator_id = creator};
}

START_TEST(tasks_are_counted_by_type_and_category)
{
    struct task user = task_of("report", "ann"), system = task_of("report", "system");

    metrics_task_created(&metrics, types, &user);
    metrics_task_created(&metrics, types, &user);
    metrics_task_created(&metrics, types, &system);
    user.status = TASK_FAILED;
    metrics_task_ended(&metrics, types, &user, true);
    print();
    has_line("task_created_total{category=\"user\",type=\"report\"} 2");
    has_line("task_created_total{category=\"system\",type=\"report\"} 1");
    has_line("task_completed_total{category=\"user\",type=\"report\",status=\"failed\"} 1");
    has_line("task_completed_total{category=\"user\",type=\"report\",status=\"success\"} 0");
}
END_TEST

START_TEST(unknown_types_share_one_series)
{
    char name[32];

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "bad\"name\\%d", i);
        struct task task = task_of(name, "system");
        metrics_task_created(&metrics, types, &task);
    }
    ck_assert_uint_eq(metrics.type_count, 1);
    print();
    has_line("task_created_total{category=\"system\",type=\"unregistered\"} 1000");
}
END_TEST

START_TEST(a_type_that_was_removed_keeps_its_series)
{
    struct task task = task_of("report", "system");

    metrics_task_created(&metrics, types, &task);
    type_registry_reject(types, "report", "removed");
    metrics_task_created(&metrics, types, &task);
    print();
    has_line("task_created_total{category=\"system\",type=\"report\"} 2");
}
END_TEST

START_TEST(the_queue_follows_what_happens)
{
    struct task task = task_of("report", "system");

    metrics_task_created(&metrics, types, &task);
    print();
    has_line("task_queue_length NaN"); /* nobody has counted those of before */
    metrics_pending_set(&metrics, 5);
    metrics_task_created(&metrics, types, &task);     /* 6 */
    metrics_task_started(&metrics, &task);            /* 5 */
    task.status = TASK_PENDING;                       /* an automatic retry */
    metrics_task_ended(&metrics, types, &task, true); /* 6 */
    task.status = TASK_CANCELLED;
    metrics_task_ended(&metrics, types, &task, false); /* cancelled before it ran: 5 */
    metrics_pending_add(&metrics, 1);                  /* a retry by hand: 6 */
    print();
    has_line("task_queue_length 6");
    has_line("task_completed_total{category=\"system\",type=\"report\",status=\"cancelled\"} 1");
    metrics_pending_add(&metrics, -100);
    print();
    has_line("task_queue_length 0");
}
END_TEST

START_TEST(histograms_are_cumulative)
{
    metrics_run_over(&metrics, types, "report", 50);        /* <= 0.1 */
    metrics_run_over(&metrics, types, "report", 100);       /* <= 0.1: a bound belongs to its own */
    metrics_run_over(&metrics, types, "report", 2000);      /* <= 5 */
    metrics_run_over(&metrics, types, "report", 100000000); /* above all */
    print();
    has_line("task_run_duration_seconds_bucket{type=\"report\",le=\"0.1\"} 2");
    has_line("task_run_duration_seconds_bucket{type=\"report\",le=\"1\"} 2");
    has_line("task_run_duration_seconds_bucket{type=\"report\",le=\"5\"} 3");
    has_line("task_run_duration_seconds_bucket{type=\"report\",le=\"86400\"} 3");
    has_line("task_run_duration_seconds_bucket{type=\"report\",le=\"+Inf\"} 4");
    has_line("task_run_duration_seconds_sum{type=\"report\"} 100002.15");
    has_line("task_run_duration_seconds_count{type=\"report\"} 4");
}
END_TEST

START_TEST(claim_latency_is_never_negative)
{
    struct task task = task_of("report", "system");

    task.due_at_us = 2000000;
    task.started_at_us = 1000000;
    metrics_task_started(&metrics, &task);
    task.started_at_us = 2020000;
    metrics_task_started(&metrics, &task);
    print();
    has_line("taskyard_claim_latency_seconds_bucket{le=\"0.005\"} 1");
    has_line("taskyard_claim_latency_seconds_sum 0.02");
    has_line("task_started_total 2");
}
END_TEST

START_TEST(the_largest_lag_is_of_two_minutes)
{
    const int64_t minute = 60 * INT64_C(1000000);

    metrics_loop_lag(&metrics, 300000, 40000, 100 * minute);
    metrics_loop_lag(&metrics, 1000, 50, 101 * minute);
    print();
    has_line("taskyard_loop_lag_max_seconds 0.3");
    has_line("taskyard_loop_blocked_max_seconds 0.04");
    metrics_loop_lag(&metrics, 2000, 1500, 102 * minute);
    print();
    has_line("taskyard_loop_lag_max_seconds 0.002");
    has_line("taskyard_loop_blocked_max_seconds 0.0015");
    metrics_loop_lag(&metrics, 500, 0, 200 * minute);
    print();
    has_line("taskyard_loop_lag_max_seconds 0.0005");
    has_line("taskyard_loop_blocked_max_seconds 0");
    has_line("taskyard_loop_lag_seconds_count 4");
}
END_TEST

START_TEST(requests_are_counted_by_listener_and_class)
{
    metrics_request(&metrics, 0, 404);
    metrics_request(&metrics, 1, 200);
    metrics_request(&metrics, 1, 204);
    metrics_request(&metrics, 0, 999); /* no such class: not counted, and nothing is overwritten */
    metrics_request(&metrics, 2, 200);
    print();
    has_line("taskyard_http_requests_total{listener=\"public\",status=\"4xx\"} 1");
    has_line("taskyard_http_requests_total{listener=\"control\",status=\"2xx\"} 2");
    has_line("taskyard_database_errors_total{result=\"unavailable\"} 7");
    has_line("taskyard_info{version=\"9.9\"} 1");
}
END_TEST

static Suite *metrics_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, tasks_are_counted_by_type_and_category);
    tcase_add_test(tcase, unknown_types_share_one_series);
    tcase_add_test(tcase, a_type_that_was_removed_keeps_its_series);
    tcase_add_test(tcase, the_queue_follows_what_happens);
    tcase_add_test(tcase, histograms_are_cumulative);
    tcase_add_test(tcase, claim_latency_is_never_negative);
    tcase_add_test(tcase, the_largest_lag_is_of_two_minutes);
    tcase_add_test(tcase, requests_are_counted_by_listener_and_class);
    suite_add_tcase(suite, tcase);
    return suite;
}

CHECK_MAIN(metrics_suite)
