/* SPDX-License-Identifier: MIT */
/* A list of watches and a queue of the newest events. While nobody has watched for some time
 * nothing is built or kept: hardly anybody can have missed it. */
#include "supervisor/events.h"
#include "common/xalloc.h"
#include "supervisor/clock.h"
#include "supervisor/task_json.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define KEPT_MAX 1024
#define KEPT_BYTES_MAX (8 * 1024 * 1024)
#define KEPT_FOR_MS (5 * 60 * 1000) /* after the last watch */

struct event_kept {
    STAILQ_ENTRY(event_kept) link;
    uint64_t number;
    char *task_id, *creator_id, *json;
    size_t size;
};

struct events_watch {
    TAILQ_ENTRY(events_watch) link;
    struct events *events;
    char *task_id, *creator_id; /* NULL: any */
    events_fn tell;
    void *arg;
};

struct events {
    TAILQ_HEAD(, events_watch) watches;
    struct events_watch *next; /* of the telling that is under way */
    uint64_t last_number;
    bool keeps;                     /* somebody watches, or has done so not long ago */
    int64_t unwatched_ms;           /* when the last watch ended */
    STAILQ_HEAD(, event_kept) kept; /* numbers without a gap, up to last_number */
    size_t kept_count, kept_bytes;
};

struct events *events_new(void)
{
    struct events *events = xcalloc(1, sizeof(*events));

    TAILQ_INIT(&events->watches);
    STAILQ_INIT(&events->kept);
    return events;
}

static void drop_oldest(struct events *events)
{
    struct event_kept *event = STAILQ_FIRST(&events->kept);

    STAILQ_REMOVE_HEAD(&events->kept, link);
    events->kept_count--;
    events->kept_bytes -= event->size;
    free(event->task_id);
    free(event->creator_id);
    free(event->json);
    free(event);
}

static void drop_all(struct events *events)
{
    while (events->kept_count > 0)
        drop_oldest(events);
}

void events_free(struct events *events)
{
    drop_all(events);
    free(events);
}

uint64_t events_last(const struct events *events)
{
    return events->last_number;
}

void events_set_last(struct events *events, uint64_t number)
{
    events->last_number = number;
}

static bool agrees(const char *wanted, const char *is)
{
    return wanted == NULL || (is != NULL && strcmp(wanted, is) == 0);
}

static bool concerns(const struct events_watch *watch, const struct event_kept *event)
{
    return agrees(watch->task_id, event->task_id) && agrees(watch->creator_id, event->creator_id);
}

static const struct event_kept *keep(struct events *events, const struct task *task)
{
    json_object *object = task_json(task, TASK_JSON_NO_PAYLOAD);
    struct event_kept *event = xcalloc(1, sizeof(*event));

    event->number = events->last_number;
    event->task_id = xstrdup(task->id);
    event->creator_id = xstrdup_or_null(task->creator_id);
    event->json = xstrdup(json_object_to_json_string_ext(
        object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    event->size = strlen(event->json);
    json_object_put(object);
    STAILQ_INSERT_TAIL(&events->kept, event, link);
    events->kept_count++;
    events->kept_bytes += event->size;
    return event;
}

void events_task(struct events *events, const struct task *task)
{
    const struct event_kept *event;

    events->last_number++;
    if (events->keeps && TAILQ_EMPTY(&events->watches) &&
        clock_ms() - events->unwatched_ms > KEPT_FOR_MS) {
        events->keeps = false;
        drop_all(events);
    }
    if (!events->keeps)
        return;
    event = keep(events, task);
    for (struct events_watch *watch = TAILQ_FIRST(&events->watches); watch != NULL;
         watch = events->next) {
        events->next = TAILQ_NEXT(watch, link);
        if (concerns(watch, event))
            watch->tell(watch->arg, event->number, event->json);
    }
    while (events->kept_count > KEPT_MAX || events->kept_bytes > KEPT_BYTES_MAX)
        drop_oldest(events);
}

struct events_watch *events_watch(struct events *events, const struct events_filter *filter,
                                  events_fn tell, void *arg)
{
    struct events_watch *watch = xcalloc(1, sizeof(*watch));

    watch->events = events;
    watch->tell = tell;
    watch->arg = arg;
    watch->task_id = xstrdup_or_null(filter->task_id);
    watch->creator_id = xstrdup_or_null(filter->creator_id);
    TAILQ_INSERT_TAIL(&events->watches, watch, link);
    events->keeps = true;
    return watch;
}

void events_unwatch(struct events_watch *watch)
{
    if (watch->events->next == watch)
        watch->events->next = TAILQ_NEXT(watch, link);
    TAILQ_REMOVE(&watch->events->watches, watch, link);
    watch->events->unwatched_ms = clock_ms();
    free(watch->task_id);
    free(watch->creator_id);
    free(watch);
}

bool events_replay(struct events_watch *watch, uint64_t number)
{
    struct events *events = watch->events;
    struct event_kept *event;

    if (number > events->last_number || events->last_number - number > events->kept_count)
        return false;
    STAILQ_FOREACH(event, &events->kept, link)
    if (event->number > number && concerns(watch, event))
        watch->tell(watch->arg, event->number, event->json);
    return true;
}
