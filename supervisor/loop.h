/* SPDX-License-Identifier: MIT */
/* The event loop and its two classes of events. What supervises tasks is urgent: signals, the ends
 * of workers, deadlines, signs of life to the service manager. All else takes turns in the order in
 * which it became ready. Thousands of clients at once therefore delay one another, not a kill. */
#ifndef SUPERVISOR_LOOP_H
#define SUPERVISOR_LOOP_H

#include <event2/event.h>

/* NULL with errno set if there is none. */
struct event_base *loop_new(void);

/* Like event_new(3), for what is urgent. It must be little work, and bounded by the number of
 * tasks: nothing else has its turn while there is any. */
struct event *loop_urgent_new(struct event_base *base, evutil_socket_t fd, short what,
                              event_callback_fn callback, void *arg);

#endif
