/* SPDX-License-Identifier: MIT */
/* The text format of Prometheus 0.0.4. Names of types need no escaping: descriptors allow letters,
 * digits and a few harmless signs (type_descriptor.c). */
#include "supervisor/metrics_text.h"

#include <inttypes.h>
#include <math.h>

const double metrics_duration_bounds[METRICS_BUCKETS] = {0.1, 0.5, 1,    5,    15,    30,
                                                         60,  300, 1800, 3600, 21600, 86400};
const double metrics_latency_bounds[METRICS_BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                        0.5,   1,    5,     30,   300, 3600};
const double metrics_lag_bounds[METRICS_BUCKETS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                    0.05,   0.1,   0.25,   0.5,   1,    5};

static const char *const categories[] = {"user", "system"};
static const char *const listeners[METRICS_LISTENERS] = {"public", "control"};

static void head(FILE *out, const char *name, const char *kind, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void print_number(FILE *out, const char *name, const char *kind, const char *help,
                         double value)
{
    head(out, name, kind, help);
    if (isnan(value))
        fprintf(out, "%s NaN\n", name);
    else
        fprintf(out, "%s %.15g\n", name, value);
}

/* `labels` is empty, or name="value" pairs. */
static void print_histogram(FILE *out, const char *name, const char *labels,
                            const struct metrics_histogram *histogram,
                            const double bounds[METRICS_BUCKETS])
{
    const char *comma = labels[0] != '\0' ? "," : "";
    const char *open = labels[0] != '\0' ? "{" : "", *close = labels[0] != '\0' ? "}" : "";
    uint64_t total = 0;

    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        total += histogram->counts[i];
        fprintf(out, "%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, labels, comma, bounds[i],
                total);
    }
    total += histogram->counts[METRICS_BUCKETS];
    fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, total);
    fprintf(out, "%s_sum%s%s%s %.15g\n", name, open, labels, close, histogram->sum_s);
    fprintf(out, "%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, total);
}

static void print_created(const struct metrics *metrics, FILE *out)
{
    head(out, "task_created_total", "counter", "Tasks created.");
    for (size_t i = 0; i < metrics->type_count; i++)
        for (size_t category = 0; category < 2; category++)
            fprintf(out, "task_created_total{category=\"%s\",type=\"%s\"} %" PRIu64 "\n",
                    categories[category], metrics->types[i].name,
                    metrics->types[i].created[category]);
}

static void print_completed(const struct metrics *metrics, FILE *out)
{
    head(out, "task_completed_total", "counter",
         "Tasks that have come to an end: success, failed or cancelled.");
    for (size_t i = 0; i < metrics->type_count; i++)
        for (size_t category = 0; category < 2; category++)
            for (int status = TASK_SUCCESS; status <= TASK_CANCELLED; status++)
                fprintf(out,
                        "task_completed_total{category=\"%s\",type=\"%s\",status=\"%s\"} %" PRIu64
                        "\n",
                        categories[category], metrics->types[i].name,
                        task_status_name((enum task_status)status),
                        metrics->types[i].completed[category][status - TASK_SUCCESS]);
}

static void print_running(const struct metrics *metrics, FILE *out)
{
    head(out, "task_running_gauge", "gauge", "Attempts that run now.");
    for (size_t i = 0; i < metrics->type_count; i++)
        fprintf(out, "task_running_gauge{type=\"%s\"} %zu\n", metrics->types[i].name,
                metrics->types[i].running);
}

static void print_durations(const struct metrics *metrics, FILE *out)
{
    static const char name[] = "task_run_duration_seconds";
    char labels[sizeof("type=\"\"") + TASK_TYPE_MAX];

    head(out, name, "histogram", "How long attempts ran.");
    for (size_t i = 0; i < metrics->type_count; i++) {
        snprintf(labels, sizeof(labels), "type=\"%s\"", metrics->types[i].name);
        print_histogram(out, name, labels, &metrics->types[i].run_duration,
                        metrics_duration_bounds);
    }
}

static void print_queue(const struct metrics *metrics, const struct metrics_now *now, FILE *out)
{
    double pending = metrics->pending_known ? (double)metrics->pending : NAN;

    print_number(out, "task_queue_overflow_total", "counter",
                 "Tasks that could not be queued because the database did not take them.",
                 (double)metrics->not_queued);
    print_number(out, "task_queue_length", "gauge",
                 "Pending tasks. NaN until the database has counted them once.", pending);
    head(out, "taskyard_queue_depth", "gauge",
         "Tasks that are not at their end; those that run do so on this node.");
    fprintf(out, "taskyard_queue_depth{status=\"pending\"} %.15g\n", pending);
    fprintf(out, "taskyard_queue_depth{status=\"running\"} %zu\n", now->running);
    print_number(out, "taskyard_max_concurrent", "gauge", "Most tasks that may run at a time.",
                 now->max_concurrent);
    head(out, "taskyard_claim_latency_seconds", "histogram",
         "How long tasks waited from the moment they were due until they were claimed.");
    print_histogram(out, "taskyard_claim_latency_seconds", "", &metrics->claim_latency,
                    metrics_latency_bounds);
}

static void print_database(const struct metrics_now *now, FILE *out)
{
    static const char name[] = "taskyard_database_errors_total";

    print_number(out, "taskyard_database_up", "gauge",
                 "1 if the database is there and answers, else 0.", now->database_up);
    print_number(out, "taskyard_outbox_results", "gauge",
                 "Ends of attempts that the database has not taken yet and that wait on the disk.",
                 (double)now->outbox);
    head(out, name, "counter",
         "Calls of the database that failed: nothing was done, the end is not known, or it refused "
         "the values.");
    fprintf(out, "%s{result=\"unavailable\"} %" PRIu64 "\n", name, now->unavailable);
    fprintf(out, "%s{result=\"uncertain\"} %" PRIu64 "\n", name, now->uncertain);
    fprintf(out, "%s{result=\"invalid\"} %" PRIu64 "\n", name, now->invalid);
}

static double most_seconds(const int64_t most_us[2])
{
    return (double)(most_us[0] > most_us[1] ? most_us[0] : most_us[1]) / 1e6;
}

static void print_loop(const struct metrics *metrics, FILE *out)
{
    head(out, "taskyard_loop_lag_seconds", "histogram",
         "How late the event loop came to a timer, ten times a second.");
    print_histogram(out, "taskyard_loop_lag_seconds", "", &metrics->loop_lag, metrics_lag_bounds);
    print_number(out, "taskyard_loop_lag_max_seconds", "gauge",
                 "The largest of these in this minute and the one before.",
                 most_seconds(metrics->loop_lag_max_us));
    print_number(out, "taskyard_loop_blocked_max_seconds", "gauge",
                 "The same without the time in which the loop waited for a processor.",
                 most_seconds(metrics->loop_own_max_us));
}

static void print_http(const struct metrics *metrics, FILE *out)
{
    head(out, "taskyard_http_connections", "gauge", "Open connections.");
    for (size_t i = 0; i < METRICS_LISTENERS; i++)
        fprintf(out, "taskyard_http_connections{listener=\"%s\"} %" PRId64 "\n", listeners[i],
                metrics->connections[i]);
    head(out, "taskyard_http_requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i < METRICS_LISTENERS; i++)
        for (int status = 1; status < METRICS_STATUS_CLASSES; status++)
            fprintf(out,
                    "taskyard_http_requests_total{listener=\"%s\",status=\"%dxx\"} %" PRIu64 "\n",
                    listeners[i], status + 1, metrics->requests[i][status]);
}

void metrics_print(const struct metrics *metrics, const struct metrics_now *now, FILE *out)
{
    head(out, "taskyard_info", "gauge", "Always 1; the label tells the version.");
    fprintf(out, "taskyard_info{version=\"%s\"} 1\n", now->version);
    print_number(out, "process_start_time_seconds", "gauge",
                 "When the service was started, in seconds since 1970.", (double)now->started_at_s);
    print_created(metrics, out);
    print_number(out, "task_started_total", "counter", "Attempts at tasks that were begun.",
                 (double)metrics->started);
    print_completed(metrics, out);
    print_running(metrics, out);
    print_durations(metrics, out);
    print_queue(metrics, now, out);
    print_number(out, "taskyard_fork_failures_total", "counter",
                 "Processes that could not be made.", (double)metrics->fork_failures);
    print_database(now, out);
    print_loop(metrics, out);
    print_http(metrics, out);
}
