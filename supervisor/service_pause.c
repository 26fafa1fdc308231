/* SPDX-License-Identifier: MIT */
/* The rules of pausing: a matter of the run alone. The table is asked only to tell a task that does
 * not run from one that does not exist. */
#include "common/xalloc.h"
#include "supervisor/run.h"
#include "supervisor/service.h"

#include <stdlib.h>

struct pausing {
    service_pause_fn done;
    void *arg;
};

static struct pausing *pausing_new(service_pause_fn done, void *arg)
{
    struct pausing *pausing = xcalloc(1, sizeof(*pausing));

    pausing->done = done;
    pausing->arg = arg;
    return pausing;
}

static void paused_cb(void *arg, bool paused)
{
    struct pausing *pausing = arg;

    pausing->done(pausing->arg, STORE_OK, paused ? SERVICE_PAUSED : SERVICE_PAUSING);
    free(pausing);
}

static void found_cb(void *arg, enum store_result result, const struct task *task)
{
    struct pausing *pausing = arg;

    (void)task;
    pausing->done(pausing->arg, result, SERVICE_NOT_RUNNING);
    free(pausing);
}

/* Why a live run cannot be paused or resumed. */
static enum service_pause obstacle(const struct run *run, enum service_pause otherwise)
{
    if (run->phase == RUN_STARTING)
        return SERVICE_STARTING;
    return run->phase != RUN_RUNNING || run->stop != STOP_NONE ? SERVICE_ENDING : otherwise;
}

static void find(struct app *app, const char *id, const struct store_actor *who,
                 service_pause_fn done, void *arg)
{
    service_get(app, id, who, found_cb, pausing_new(done, arg));
}

void service_pause(struct app *app, const char *id, const struct store_actor *who,
                   service_pause_fn done, void *arg)
{
    struct run *run = service_live_run(app, id, who);
    struct pausing *pausing;

    if (run == NULL) {
        find(app, id, who, done, arg);
        return;
    }
    pausing = pausing_new(done, arg);
    if (run_pause(run, who, paused_cb, pausing))
        return;
    free(pausing);
    done(arg, STORE_OK, obstacle(run, SERVICE_PAUSED_ALREADY));
}

void service_resume(struct app *app, const char *id, const struct store_actor *who,
                    service_pause_fn done, void *arg)
{
    struct run *run = service_live_run(app, id, who);

    if (run == NULL)
        find(app, id, who, done, arg);
    else if (run_resume(run, who))
        done(arg, STORE_OK, SERVICE_RESUMED);
    else
        done(arg, STORE_OK, obstacle(run, SERVICE_NOT_PAUSED));
}
