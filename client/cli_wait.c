/* SPDX-License-Identifier: MIT */
/* Follows tasks to their end. The bar is drawn on standard error, results go to standard output. */
#include "client/cli_wait.h"
#include "client/cli_progress.h"

#include <stdio.h>

#define SECOND_US ((int64_t)1000000)
#define LOOK_US                                                                                    \
    (5 * SECOND_US) /* silence after which wait_many_run asks whether the supervisor is there */

struct wait_one {
    struct progress progress;
    int64_t lost_us; /* since when the supervisor is away; 0 while it is there */
};

static void wait_note(struct wait_one *one, const struct taskyard_object *task)
{
    const char *text = taskyard_string(task, "progress_text");

    if (text == NULL)
        text = taskyard_string(task, "status");
    progress_set(&one->progress, (int)taskyard_int(task, "progress", 0), text);
}

static bool wait_event(void *arg, const struct taskyard_event *event)
{
    struct wait_one *one = arg;

    if (event->kind == TASKYARD_EVENT_LOST) {
        if (one->lost_us == 0)
            one->lost_us = progress_now_us();
        progress_set(&one->progress, one->progress.percent,
                     "waiting for the supervisor to come back");
    } else {
        one->lost_us = 0;
    }
    if (event->kind == TASKYARD_EVENT_TASK)
        wait_note(one, event->task);
    progress_draw(&one->progress);
    return one->lost_us == 0 || progress_now_us() - one->lost_us < WAIT_AWAY_MAX_S * SECOND_US;
}

static void wait_say(const struct progress *progress, const char *id,
                     const struct taskyard_object *task)
{
    const char *status = taskyard_string(task, "status");
    const char *error = taskyard_string(task, "error");

    progress_end(progress, status);
    if (cli_exit_of_status(status) == CLI_FAILED)
        cli_complain("task %s failed: %s", id, error != NULL ? error : "no reason given");
    else if (cli_exit_of_status(status) == CLI_CANCELLED)
        cli_complain("task %s was cancelled", id);
}

int wait_one(struct cli *cli, const char *id)
{
    struct wait_one one = {.lost_us = 0};
    struct taskyard_error error;
    struct taskyard_object *task;
    int status;

    progress_start(&one.progress);
    task = taskyard_wait(cli->client, id, -1, wait_event, &one, &error);
    if (task == NULL) {
        progress_end(&one.progress, "gave up");
        if (error.kind != TASKYARD_ERROR_STOPPED)
            return cli_fail(cli, &error);
        cli_complain("the supervisor has been away for %d s; task %s may still run",
                     WAIT_AWAY_MAX_S, id);
        return CLI_UNREACHABLE;
    }
    wait_say(&one.progress, id, task);
    if (cli->json)
        cli_print_json(task, false);
    status = cli_exit_of_status(taskyard_string(task, "status"));
    taskyard_object_free(task);
    return status;
}

/* ---- many ---- */

void wait_complete(void *arg, const char *id, const char *status, const char *result,
                   const char *error)
{
    struct wait_many *many = arg;

    (void)id;
    (void)result;
    (void)error;
    switch (cli_exit_of_status(status)) {
    case CLI_OK:
        many->success++;
        break;
    case CLI_CANCELLED:
        many->cancelled++;
        break;
    default:
        many->failed++;
    }
}

static size_t wait_many_ended(const struct wait_many *many)
{
    return many->success + many->failed + many->cancelled;
}

static void wait_many_draw(const struct wait_many *many, struct progress *progress)
{
    char note[128];

    snprintf(note, sizeof(note), "%zu of %zu%s", wait_many_ended(many), many->expected,
             many->failed + many->cancelled > 0 ? ", not all with success" : "");
    progress_set(progress, (int)(wait_many_ended(many) * 100 / many->expected), note);
    progress_draw(progress);
}

static bool wait_is_away(struct cli *cli)
{
    struct taskyard_error error;
    struct taskyard_object *status = taskyard_status(cli->client, &error);

    taskyard_object_free(status);
    return status == NULL &&
           (error.kind == TASKYARD_ERROR_UNREACHABLE || error.kind == TASKYARD_ERROR_LOST);
}

static int wait_many_end(const struct wait_many *many, const struct progress *progress)
{
    progress_end(progress, "all ended");
    if (progress->shown || many->success < many->expected)
        fprintf(stderr, "%zu success, %zu failed, %zu cancelled\n", many->success, many->failed,
                many->cancelled);
    if (many->failed > 0)
        return CLI_FAILED;
    return many->cancelled > 0 ? CLI_CANCELLED : CLI_OK;
}

int wait_many_run(struct cli *cli, struct wait_many *many)
{
    int64_t heard_us = progress_now_us(), looked_us = heard_us;
    struct progress progress;

    progress_start(&progress);
    while (wait_many_ended(many) < many->expected) {
        if (taskyard_run_callbacks(cli->client, 250) > 0)
            heard_us = looked_us = progress_now_us();
        wait_many_draw(many, &progress);
        if (progress_now_us() - looked_us < LOOK_US)
            continue;
        looked_us = progress_now_us();
        if (!wait_is_away(cli)) {
            heard_us = looked_us;
        } else if (looked_us - heard_us > WAIT_AWAY_MAX_S * SECOND_US) {
            progress_end(&progress, "gave up");
            cli_complain("the supervisor has been away for %d s; %zu tasks may still run",
                         WAIT_AWAY_MAX_S, many->expected - wait_many_ended(many));
            return CLI_UNREACHABLE;
        }
    }
    return wait_many_end(many, &progress);
}
