/* SPDX-License-Identifier: MIT */
/* libcurl's socket interface (curl_multi_socket_action) on epoll, timerfd and eventfd. */
#include "client/pump.h"
#include "common/fd_util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int64_t pump_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A moment in the past makes the timer readable at once; all zero would disarm it. */
static void pump_arm(const struct pump *pump)
{
    int64_t at_ms = pump->curl_at_ms < pump->owner_at_ms ? pump->curl_at_ms : pump->owner_at_ms;
    struct itimerspec when = {.it_value = {0, 0}};

    if (at_ms != PUMP_NEVER) {
        when.it_value.tv_sec = (time_t)(at_ms / 1000);
        when.it_value.tv_nsec = (long)(at_ms % 1000 * 1000000) + 1;
    }
    (void)timerfd_settime(pump->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static int pump_timer_cb(CURLM *multi, long timeout_ms, void *arg)
{
    struct pump *pump = arg;

    (void)multi;
    pump->curl_at_ms = timeout_ms < 0 ? PUMP_NEVER : pump_now_ms() + timeout_ms;
    pump_arm(pump);
    return 0;
}

/* libcurl may announce a socket again after the kernel forgot it (close removes it from the set),
 * so both ways of entering it are tried. */
static int pump_socket_cb(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct pump *pump = arg;
    struct epoll_event event = {.data = {.fd = fd}};

    (void)easy;
    (void)socket_arg;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(pump->epoll_fd, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    if (epoll_ctl(pump->epoll_fd, EPOLL_CTL_MOD, fd, &event) == -1)
        (void)epoll_ctl(pump->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    return 0;
}

static bool pump_add_own(const struct pump *pump, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};

    return fd != -1 && epoll_ctl(pump->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void pump_close(struct pump *pump)
{
    int saved = errno;

    fd_close(&pump->epoll_fd);
    fd_close(&pump->timer_fd);
    fd_close(&pump->wake_fd);
    errno = saved;
}

bool pump_init(struct pump *pump)
{
    memset(pump, 0, sizeof(*pump));
    pump->curl_at_ms = pump->owner_at_ms = PUMP_NEVER;
    pump->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    pump->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    pump->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pump->epoll_fd == -1 || !pump_add_own(pump, pump->timer_fd) ||
        !pump_add_own(pump, pump->wake_fd)) {
        pump_close(pump);
        return false;
    }
    pump->multi = curl_multi_init();
    if (pump->multi == NULL)
        abort();
    curl_multi_setopt(pump->multi, CURLMOPT_SOCKETFUNCTION, pump_socket_cb);
    curl_multi_setopt(pump->multi, CURLMOPT_SOCKETDATA, pump);
    curl_multi_setopt(pump->multi, CURLMOPT_TIMERFUNCTION, pump_timer_cb);
    curl_multi_setopt(pump->multi, CURLMOPT_TIMERDATA, pump);
    return true;
}

void pump_clear(struct pump *pump)
{
    curl_multi_cleanup(pump->multi);
    pump_close(pump);
}

void pump_wake(const struct pump *pump)
{
    uint64_t one = 1;

    (void)!write(pump->wake_fd, &one, sizeof(one)); /* fails only if it is readable anyway */
}

void pump_set_timer(struct pump *pump, int64_t at_ms)
{
    pump->owner_at_ms = at_ms;
    pump_arm(pump);
}

static void pump_handle(struct pump *pump, const struct epoll_event *event)
{
    int fd = event->data.fd, mask = 0, running;
    uint64_t count;

    if (fd == pump->timer_fd || fd == pump->wake_fd) {
        (void)!read(fd, &count, sizeof(count));
        return;
    }
    if (event->events & (EPOLLIN | EPOLLHUP))
        mask |= CURL_CSELECT_IN;
    if (event->events & EPOLLOUT)
        mask |= CURL_CSELECT_OUT;
    if (event->events & EPOLLERR)
        mask |= CURL_CSELECT_ERR;
    (void)curl_multi_socket_action(pump->multi, fd, mask, &running);
}

void pump_wait(struct pump *pump, int timeout_ms)
{
    struct epoll_event events[16];
    int count = epoll_wait(pump->epoll_fd, events, 16, timeout_ms);
    int i, running;

    for (i = 0; i < count; i++)
        pump_handle(pump, &events[i]);
    if (pump_now_ms() >= pump->curl_at_ms) {
        pump->curl_at_ms = PUMP_NEVER;
        (void)curl_multi_socket_action(pump->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    pump_arm(pump);
}

CURL *pump_next_done(struct pump *pump, CURLcode *code)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(pump->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}
