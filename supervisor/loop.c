/* SPDX-License-Identifier: MIT */
/* Priorities of libevent: 0 goes first, and what has none set gets the middle, which is 1. */
#include "supervisor/loop.h"

#define PRIORITIES 2
#define URGENT 0
#define TURN_MAX_US 5000 /* of what is not urgent, until the kernel is asked for news again */

/* Precise timers (timerfd_create(2)): the others are rounded up to whole milliseconds. */
struct event_base *loop_new(void)
{
    const struct timeval turn_max = {.tv_usec = TURN_MAX_US};
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config == NULL)
        return NULL;
    if (event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0 &&
        event_config_set_max_dispatch_interval(config, &turn_max, -1, URGENT + 1) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    if (base != NULL && event_base_priority_init(base, PRIORITIES) != 0) {
        event_base_free(base);
        return NULL;
    }
    return base;
}

struct event *loop_urgent_new(struct event_base *base, evutil_socket_t fd, short what,
                              event_callback_fn callback, void *arg)
{
    struct event *event = event_new(base, fd, what, callback, arg);

    if (event != NULL)
        event_priority_set(event, URGENT);
    return event;
}
