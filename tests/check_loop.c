/* SPDX-License-Identifier: MIT */
/* What is urgent does not wait behind a crowd. */
#include "supervisor/loop.h"
#include "tests/check_main.h"

#include <time.h>
#include <unistd.h>

#define CROWD 200
#define BUSY_US 1000

static struct event_base *base;
static int ends[2];
static unsigned served; /* of the crowd */
static unsigned served_before_urgent;

static void set_up(void)
{
    base = loop_new();
    ck_assert_ptr_nonnull(base);
    ck_assert_int_eq(pipe(ends), 0);
    served = served_before_urgent = 0;
}

static void tear_down(void)
{
    close(ends[0]);
    close(ends[1]);
    event_base_free(base);
}

static void be_busy(void)
{
    struct timespec now, until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += BUSY_US * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec < until.tv_sec ||
           (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec));
}

static void one_of_many_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    if (served++ == 0)
        ck_assert_int_eq(write(ends[1], "!", 1), 1);
    be_busy();
}

static void urgent_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    served_before_urgent = served;
}

START_TEST(what_is_urgent_comes_between)
{
    struct event *crowd[CROWD];
    struct event *urgent = loop_urgent_new(base, ends[0], EV_READ, urgent_cb, NULL);

    event_add(urgent, NULL);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = event_new(base, -1, 0, one_of_many_cb, NULL);
        event_active(crowd[i], EV_TIMEOUT, 0);
    }
    event_base_dispatch(base);
    ck_assert_uint_eq(served, CROWD);
    ck_assert_uint_gt(served_before_urgent, 0);
    ck_assert_uint_lt(served_before_urgent, CROWD);
    event_free(urgent);
    for (int i = 0; i < CROWD; i++)
        event_free(crowd[i]);
}
END_TEST

static Suite *suite(void)
{
    Suite *loop = suite_create("loop");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, what_is_urgent_comes_between);
    suite_add_tcase(loop, all);
    return loop;
}

CHECK_MAIN(suite)
