/* SPDX-License-Identifier: MIT */
/* How many tasks a second the store can end and claim, durably: batches of a given size through
 * store_cycle(), one after the other. Usage: TASKYARD_DATABASE=launcher store [BATCH [SECONDS
 * [HISTORY_ROWS]]] */
#include "tests/store_server.h"

#include "common/xalloc.h"
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIST_ANSWER_SIZE 64

static struct event_base *base;
static struct store *store;
static struct store_finish *finishes;
static size_t running, batch;
static uint64_t ended, cycles;
static char incarnation[ID_SIZE];
static bool out_of_tasks, closing;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void created_cb(void *arg, enum store_result result, const struct task *tasks, size_t count)
{
    (void)tasks;
    (void)count;
    if (result != STORE_OK) {
        fprintf(stderr, "create: %s\n", store_result_name(result));
        exit(1);
    }
    --*(int *)arg;
}

static void create_tasks(unsigned count)
{
    int waiting = 0;
    while (count > 0) {
        size_t chunk = count < 1000 ? count : 1000;
        struct store_task_new *wanted = xcalloc(chunk, sizeof *wanted);
        for (size_t i = 0; i < chunk; i++) {
            id_new(wanted[i].id);
            wanted[i].type = "noop";
            wanted[i].creator_id = TASK_CREATOR_SYSTEM;
        }
        store_create(store, wanted, chunk, STORE_SYSTEM, 0, created_cb, &waiting);
        free(wanted);
        waiting++;
        count -= (unsigned)chunk;
    }
    while (waiting > 0) {
        event_base_loop(base, EVLOOP_ONCE);
    }
}

static void cycle_cb(void *arg, enum store_result result, const struct store_cycle_answer *answer);

static void next_cycle(void)
{
    struct store_cycle cycle = {
        .finishes = finishes, .finish_count = running, .claim_limit = (unsigned)batch};
    store_cycle(store, &cycle, cycle_cb, NULL);
}

static void cycle_cb(void *arg, enum store_result result, const struct store_cycle_answer *answer)
{
    (void)arg;
    if (closing) {
        return;
    }
    if (result != STORE_OK) {
        fprintf(stderr, "cycle: %s\n", store_result_name(result));
        exit(1);
    }
    ended += running;
    cycles++;
    running = answer->claimed_count;
    out_of_tasks = running == 0;
    for (size_t i = 0; i < running; i++) {
        finishes[i] = (struct store_finish){.row_id = answer->claimed[i].row_id,
                                            .attempt = answer->claimed[i].attempt,
                                            .started_at_us = answer->claimed[i].started_at_us,
                                            .incarnation = incarnation,
                                            .status = TASK_SUCCESS,
                                            .cause = CAUSE_SUCCESS,
                                            .progress = 100,
                                            .result = "{\"rows\":1}",
                                            .cpu_us = 900,
                                            .peak_memory_bytes = 1 << 20,
                                            .pid = 4711};
    }
    if (!out_of_tasks) {
        next_cycle();
    }
}

static void state_cb(void *arg, enum store_state state, const char *why)
{
    (void)arg;
    (void)why;
    if (state == STORE_READY) {
        event_base_loopbreak(base);
    }
}

static void add_history(unsigned rows)
{
    char sql[1024];
    snprintf(sql, sizeof sql,
             "INSERT INTO task (uuid, type, status, creator_id, created_at, updated_at, due_at, "
             "attempt, result) "
             "SELECT INSERT(INSERT(INSERT(INSERT(MD5(seq), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), "
             "24, 0, '-'), ELT(1 + seq %% 7, 'a', 'b', 'c', 'user_export', 'e', 'f', 'g'), "
             "ELT(1 + (seq %% 50 = 0), 'success', 'failed'), CONCAT('user-', seq %% 997), "
             "NOW(6) - INTERVAL 1 DAY, NOW(6), NOW(6) - INTERVAL 1 DAY, 1, '{\"rows\":1}' FROM "
             "seq_1_to_%u",
             rows);
    store_server_sql("bench", sql);
}

static void measure(double seconds)
{
    double begin = now_s();
    next_cycle();
    while (!out_of_tasks && now_s() - begin < seconds) {
        event_base_loop(base, EVLOOP_ONCE);
    }
    double took = now_s() - begin;
    printf("batch %zu: %.0f tasks/s ended and claimed, %.2f ms a cycle\n", batch,
           (double)ended / took, 1000 * took / (double)cycles);
}

static void list_cb(void *arg, enum store_result result, const struct task *tasks,
                    struct json_text *large, size_t count, uint64_t total)
{
    (void)tasks, (void)large;
    snprintf(arg, LIST_ANSWER_SIZE, "%s, %zu rows of %llu", store_result_name(result), count,
             (unsigned long long)total);
}

static void measure_list(const char *what, const struct store_list_filter *filter)
{
    double least = 1e9, most = 0;
    char answer[LIST_ANSWER_SIZE];
    for (int i = 0; i < 10; i++) {
        double begin = now_s();
        answer[0] = '\0';
        store_task_list(store, filter, STORE_SYSTEM, 0, list_cb, answer);
        while (answer[0] == '\0') {
            event_base_loop(base, EVLOOP_ONCE);
        }
        double took = now_s() - begin;
        least = took < least ? took : least;
        most = took > most ? took : most;
    }
    printf("%-32s %.1f to %.1f ms (%s)\n", what, 1000 * least, 1000 * most, answer);
}

static void measure_lists(void)
{
    static const struct {
        const char *what;
        struct store_list_filter filter;
    } lists[] = {
        {"newest of all", {0}},
        {"newest of a creator", {.creator_id = "user-5"}},
        {"page 100", {.page = 100}},
        {"search by type", {.search = "EXPORT"}},
        {"search by type of a creator", {.search = "export", .creator_id = "user-5"}},
        {"search for nothing there", {.search = "zzz"}},
        {"search by an id's first character", {.search = "a"}},
        {"search by an id's beginning", {.search = "0123"}},
        {"by status, common", {.statuses = 1u << TASK_SUCCESS}},
        {"by status, rare", {.statuses = 1u << TASK_FAILED}},
        {"by status, of a creator", {.statuses = 1u << TASK_SUCCESS, .creator_id = "user-5"}},
        {"by status and type, common", {.statuses = 1u << TASK_SUCCESS, .type = "noop"}},
        {"by status, none", {.statuses = 1u << TASK_CANCELLED}},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct store_list_filter filter = lists[i].filter;
        filter.page = filter.page > 0 ? filter.page : 1;
        filter.page_size = 10;
        measure_list(lists[i].what, &filter);
    }
}

int main(int argc, char **argv)
{
    batch = argc > 1 ? (size_t)atoi(argv[1]) : 10;
    double seconds = argc > 2 ? atof(argv[2]) : 5;
    unsigned history = argc > 3 ? (unsigned)atoi(argv[3]) : 0;
    finishes = xcalloc(batch, sizeof *finishes);
    setvbuf(stdout, NULL, _IOLBF, 0);
    store_server_prepare();
    store_server_start();
    base = event_base_new();
    id_new(incarnation);
    struct store_config config = store_server_config("bench", incarnation);
    log_open("bench_store", LOG_LEVEL_WARN);
    store = store_open(base, &config, state_cb, NULL);
    event_base_dispatch(base);
    if (history > 0) {
        add_history(history);
        measure_lists();
    }
    double begin = now_s();
    unsigned tasks = (unsigned)(seconds * 12000);
    create_tasks(tasks);
    printf("create: %.0f tasks/s in calls of 1000\n", tasks / (now_s() - begin));
    measure(seconds);
    closing = true;
    store_close(store, 1000);
    event_base_free(base);
    free(finishes);
    store_server_remove();
    return 0;
}
