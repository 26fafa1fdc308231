/* SPDX-License-Identifier: MIT */
/* The program that takes over: everything is where the last one has left it, or we cannot go on,
 * which counts as a crash: the template ends the tasks, and the next start settles them. */
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/id.h"
#include "common/log.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/events.h"
#include "supervisor/handover.h"
#include "supervisor/http_server.h"
#include "supervisor/run_handover.h"
#include "supervisor/runs.h"
#include "supervisor/template.h"
#include "supervisor/upgrade.h"
#include "supervisor/workdir.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 5
#define DOORS_LIMIT_MS 5000

static struct handover *read_left(const char *number)
{
    const char *why;
    int fd = atoi(number);
    struct handover *handover = handover_read(fd, &why);

    if (handover == NULL)
        fatal(HANDOVER_VARIABLE "=%s: %s", number, why);
    if (handover->pid != getpid())
        fatal(HANDOVER_VARIABLE "=%s is meant for pid %d", number, handover->pid);
    close(fd);
    return handover;
}

void upgrade_receive(struct app *app)
{
    const char *number = getenv(HANDOVER_VARIABLE);
    struct handover *handover;

    if (number == NULL)
        return;
    handover = app->handover = read_left(number);
    unsetenv(HANDOVER_VARIABLE);
    if (!upgrade_is_ours(handover, app->config))
        fatal("the configuration has become another service's; the tasks end");
    if (!id_is_valid(handover->incarnation))
        fatal("the program before us has left no incarnation");
    crash_point(upgrade_after_exec);
    strcpy(app->incarnation, handover->incarnation);
    app->lock_fd = handover->lock_fd;
    app->upgrades = handover->upgrades;
    fd_set_cloexec(handover->lock_fd, true);
    fd_set_cloexec(handover->template_fd, true);
}

bool upgrade_is_ours(const struct handover *handover, const struct config *config)
{
    if (strcmp(handover->state_dir, config->state_dir) == 0 &&
        strcmp(handover->node, config->node) == 0)
        return true;
    log_error("an upgrade keeps state_dir and node: they are %s and %s, and %s and %s in the "
              "configuration; restart the service to change them",
              handover->state_dir, handover->node, config->state_dir, config->node);
    return false;
}

/* ---- the doors ---- */

/* Who connects meanwhile waits for the database instead of hearing that it is away. */
static void look_cb(evutil_socket_t fd, short what, void *arg)
{
    const struct timeval again = {.tv_usec = LOOK_MS * 1000};
    struct app *app = arg;

    (void)fd, (void)what;
    if (app->begun || app->draining || clock_ms() - app->started_ms >= DOORS_LIMIT_MS)
        http_server_hold(app->http, false);
    else
        event_base_once(app->base, -1, EV_TIMEOUT, look_cb, app, &again);
}

void upgrade_resume(struct app *app)
{
    struct handover *handover = app->handover;
    size_t count = json_object_array_length(handover->runs);

    template_take_over(app->template, handover->template_pid, handover->template_fd);
    runs_set_last_number(app->runs, handover->last_run);
    events_set_last(app->events, handover->last_event);
    workdirs_set_last_number(app->workdirs, handover->last_work_dir);
    for (size_t i = 0; i < count; i++)
        run_handover_read(app, json_object_array_get_idx(handover->runs, i));
    log_info("upgraded from %s to %s: %zu running tasks go on, no task was started for %lld ms",
             handover->version, PACKAGE_VERSION, count,
             (long long)(clock_ms() - handover->began_ms));
    handover_free(handover);
    app->handover = NULL;
    http_server_hold(app->http, true);
    look_cb(-1, 0, app);
}
