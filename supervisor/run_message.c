/* SPDX-License-Identifier: MIT */
/* What each message of the worker protocol does to a run. Untrusted input: nothing here fails,
 * things are refused. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/events.h"
#include "supervisor/offload.h"
#include "supervisor/progress.h"
#include "supervisor/run.h"
#include "supervisor/task_log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REFUSALS_LOGGED 5

static void refuse(struct run *run, const char *why)
{
    if (++run->refused <= REFUSALS_LOGGED)
        run_log(run, LOG_LEVEL_WARN, "taskyard: a message was refused: it %s", why);
    if (run->refused == WIRE_BAD_LINES_MAX)
        run_stop(run, STOP_PROTOCOL, STORE_SYSTEM);
}

/* A large message: half a million values would hold the loop up. */
struct run_reading {
    struct run *run; /* NULL: it is no more */
    char *line;
    size_t size;
    bool overtaken; /* by a later result in the same piece of the pipe */
    struct wire_message message;
    const char *refusal;
};

static void replace(char **old, char **fresh)
{
    free(*old);
    *old = *fresh;
    *fresh = NULL;
}

static void on_progress(struct run *run, struct wire_message *message)
{
    if (message->progress < run->task.progress) {
        refuse(run, "lowers the progress");
        return;
    }
    run->task.progress = message->progress;
    if (message->text != NULL) {
        char *text = utf8_sanitise(message->text, strlen(message->text), TASK_PROGRESS_TEXT_MAX);
        replace(&run->task.progress_text, &text);
    }
    progress_changed(run);
}

static void on_error(struct run *run, struct wire_message *message)
{
    char *text = utf8_sanitise(message->text, strlen(message->text), RUN_ERROR_MAX);

    replace(&run->error, &text);
    run->said_error = message->kind == WIRE_ERROR || run->said_error;
    run->said_start_error = message->kind == WIRE_START_ERROR || run->said_start_error;
}

static void act_on(struct run *run, struct wire_message *message)
{
    switch (message->kind) {
    case WIRE_PROGRESS:
        on_progress(run, message);
        break;
    case WIRE_RESULT:
        if (run->reading != NULL)
            run->reading->overtaken = true;
        replace(&run->result, &message->text);
        break;
    case WIRE_ERROR:
    case WIRE_START_ERROR:
        on_error(run, message);
        break;
    case WIRE_ARTIFACT:
        replace(&run->artifact_path, &message->text);
        replace(&run->artifact_name, &message->name);
        break;
    case WIRE_LOG:
        task_log_add_output(run, message->level, message->text, strlen(message->text));
        break;
    case WIRE_CANCELLED:
        run->said_cancelled = true;
        break;
    }
}

static bool looks_like_result(const char *line, size_t size)
{
    static const char key[] = "{\"result\"";

    while (size > 0 && isspace((unsigned char)*line)) {
        line++;
        size--;
    }
    return size >= sizeof(key) - 1 && memcmp(line, key, sizeof(key) - 1) == 0;
}

static void on_overlong(struct run *run, const char *line, size_t size)
{
    if (looks_like_result(line, size)) {
        run->bad_result = true;
        free(run->error);
        run->error = xasprintf("the result is larger than %d bytes", WIRE_RESULT_MAX);
    }
    refuse(run, "is longer than 1 MiB and was dropped");
}

static void take(struct run *run, struct wire_message *message, const char *refusal)
{
    if (refusal != NULL) {
        refuse(run, refusal);
        return;
    }
    run->last_message_ms = clock_ms();
    act_on(run, message);
    wire_message_clear(message);
}

/* ---- large messages ---- */

static void read_work(void *arg)
{
    struct run_reading *reading = arg;

    if (wire_parse(reading->line, reading->size, &reading->message, &reading->refusal))
        reading->refusal = NULL;
    free(reading->line);
}

static void read_cb(void *arg)
{
    struct run_reading *reading = arg;
    struct run *run = reading->run;

    if (run != NULL) {
        run->reading = NULL;
        if (!reading->overtaken || reading->refusal != NULL)
            take(run, &reading->message, reading->refusal);
        if (run->phase == RUN_DRAINING)
            run_drain(run);
        else
            run_output_go_on(run);
    }
    wire_message_clear(&reading->message);
    free(reading);
}

static void read_beside(struct run *run, const char *line, size_t size)
{
    struct run_reading *reading = run->reading = xcalloc(1, sizeof(*reading));

    reading->run = run;
    reading->line = xmalloc(size);
    reading->size = size;
    memcpy(reading->line, line, size);
    offload_run(run->app->json_thread, read_work, read_cb, reading);
}

void run_message_forget(struct run *run)
{
    if (run->reading != NULL)
        run->reading->run = NULL;
}

void run_message_line(struct run *run, const char *line, size_t size, bool cut)
{
    struct wire_message message;
    const char *refusal;

    if (run->refused >= WIRE_BAD_LINES_MAX)
        return; /* it is being stopped for that */
    if (cut)
        on_overlong(run, line, size);
    else if (size > WIRE_LINE_MAX)
        read_beside(run, line, size);
    else
        take(run, &message, wire_parse(line, size, &message, &refusal) ? NULL : refusal);
}
