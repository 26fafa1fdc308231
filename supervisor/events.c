/* SPDX-License-Identifier: MIT */
/* A list of watches; nothing is built when nobody watches. */
#include "supervisor/events.h"
#include "common/xalloc.h"
#include "supervisor/task_json.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct events_watch {
    TAILQ_ENTRY(events_watch) link;
    struct events *events;
    char task_id[TASK_ID_SIZE]; /* "": all */
    events_fn tell;
    void *arg;
};

struct events {
    TAILQ_HEAD(, events_watch) watches;
    struct events_watch *next; /* of the telling that is under way */
    uint64_t last_number;
};

struct events *events_new(void)
{
    struct events *events = xcalloc(1, sizeof(*events));

    TAILQ_INIT(&events->watches);
    return events;
}

void events_free(struct events *events)
{
    free(events);
}

static bool concerns(const struct events_watch *watch, const struct task *task)
{
    return watch->task_id[0] == '\0' || strcmp(watch->task_id, task->id) == 0;
}

void events_task(struct events *events, const struct task *task)
{
    json_object *object = NULL;

    events->last_number++;
    for (struct events_watch *watch = TAILQ_FIRST(&events->watches); watch != NULL;
         watch = events->next) {
        events->next = TAILQ_NEXT(watch, link);
        if (!concerns(watch, task))
            continue;
        if (object == NULL)
            object = task_json(task, TASK_JSON_NO_PAYLOAD);
        watch->tell(watch->arg, events->last_number,
                    json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
                                                               JSON_C_TO_STRING_NOSLASHESCAPE));
    }
    json_object_put(object);
}

struct events_watch *events_watch(struct events *events, const char *task_id, events_fn tell,
                                  void *arg)
{
    struct events_watch *watch = xcalloc(1, sizeof(*watch));

    watch->events = events;
    watch->tell = tell;
    watch->arg = arg;
    if (task_id != NULL)
        strncpy(watch->task_id, task_id, sizeof(watch->task_id) - 1);
    TAILQ_INSERT_TAIL(&events->watches, watch, link);
    return watch;
}

void events_unwatch(struct events_watch *watch)
{
    if (watch->events->next == watch)
        watch->events->next = TAILQ_NEXT(watch, link);
    TAILQ_REMOVE(&watch->events->watches, watch, link);
    free(watch);
}
