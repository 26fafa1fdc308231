/* SPDX-License-Identifier: MIT */
/* The plugin whose tasks script/bench measures with. Times are CLOCK_MONOTONIC in nanoseconds,
 * which every process of a machine reads alike. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <taskyard/task.h>
#include <time.h>

#define TELLS 20
#define TELL_PAUSE_NS 40000000

static long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static struct timespec time_of(long long ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

/* Sleeps until then, or until the task is asked to stop. */
static void sleep_until(struct taskyard_task *task, long long ns)
{
    struct timespec until = time_of(ns);

    while (!taskyard_cancelled(task) &&
           clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}

/* The payload as a number; 0 without one. */
static long number_of(struct taskyard_task *task)
{
    const char *payload = taskyard_task_payload(task, NULL);

    return payload != NULL ? strtol(payload, NULL, 10) : 0;
}

static void put_number(char *text, long long number)
{
    char digits[24];
    int count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    while (count > 0)
        *text++ = digits[--count];
    *text = '\0';
}

/* bench_clock: its result is the moment at which its first line was reached. */
static int run_clock(struct taskyard_task *task, void *runner)
{
    char text[24];

    put_number(text, now_ns());
    (void)runner;
    taskyard_set_result(task, text);
    return TASKYARD_OK;
}

/* bench_tell: says a few times what time it is, as the text of its progress. */
static int run_tell(struct taskyard_task *task, void *runner)
{
    long long begin = now_ns();

    (void)runner;
    for (int i = 1; i <= TELLS && !taskyard_cancelled(task); i++) {
        char text[24];

        sleep_until(task, begin + i * (TELL_PAUSE_NS + i * 100000LL));
        put_number(text, now_ns());
        taskyard_progress(task, i, text);
    }
    return TASKYARD_OK;
}

/* bench_sleep: until it is cancelled. */
static int run_sleep(struct taskyard_task *task, void *runner)
{
    (void)runner;
    while (!taskyard_cancelled(task))
        sleep_until(task, now_ns() + 3600 * 1000000000LL);
    return TASKYARD_CANCELLED;
}

static int at_a_rate(struct taskyard_task *task, void (*say)(struct taskyard_task *, long))
{
    long rate = number_of(task);
    long long begin = now_ns();

    for (long i = 1; rate > 0 && !taskyard_cancelled(task); i++) {
        say(task, i);
        sleep_until(task, begin + i * (1000000000LL / rate));
    }
    return TASKYARD_CANCELLED;
}

static void say_progress(struct taskyard_task *task, long number)
{
    char text[24];

    put_number(text, number);
    taskyard_progress(task, (int)(number / 1000 % 100), text);
}

/* bench_progress: as many messages a second as the payload says, until it is cancelled. */
static int run_progress(struct taskyard_task *task, void *runner)
{
    (void)runner;
    return at_a_rate(task, say_progress);
}

static void say_line(struct taskyard_task *task, long number)
{
    taskyard_log(task, TASKYARD_INFO, "line %ld of a log that is written to all the time", number);
}

/* bench_log: the same with lines of the log. */
static int run_log(struct taskyard_task *task, void *runner)
{
    (void)runner;
    return at_a_rate(task, say_line);
}

static const struct taskyard_runner runners[] = {
    {.type = "bench_clock", .run = run_clock}, {.type = "bench_tell", .run = run_tell},
    {.type = "bench_sleep", .run = run_sleep}, {.type = "bench_progress", .run = run_progress},
    {.type = "bench_log", .run = run_log},     {.type = NULL},
};

TASKYARD_EXPORT const struct taskyard_plugin taskyard_plugin = {TASKYARD_TASK_ABI, runners};
