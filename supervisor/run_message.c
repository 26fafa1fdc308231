/* SPDX-License-Identifier: MIT */
/* What each message of the worker protocol does to a run. Untrusted input: nothing here fails,
 * things are refused. */
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/events.h"
#include "supervisor/progress.h"
#include "supervisor/run.h"
#include "supervisor/task_log.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define REFUSALS_LOGGED 5
#define ERROR_TEXT_MAX 4096

static void refuse(struct run *run, const char *why)
{
    if (++run->refused <= REFUSALS_LOGGED)
        run_log(run, LOG_LEVEL_WARN, "taskyard: a message was refused: it %s", why);
    if (run->refused == WIRE_BAD_LINES_MAX)
        run_stop(run, STOP_PROTOCOL, STORE_SYSTEM);
}

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
    char *text = utf8_sanitise(message->text, strlen(message->text), ERROR_TEXT_MAX);

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

void run_message_line(struct run *run, const char *line, size_t size, bool cut)
{
    struct wire_message message;
    const char *why;

    if (run->refused >= WIRE_BAD_LINES_MAX)
        return; /* it is being stopped for that */
    if (cut) {
        on_overlong(run, line, size);
        return;
    }
    if (!wire_parse(line, size, &message, &why)) {
        refuse(run, why);
        return;
    }
    run->last_message_ms = clock_ms();
    act_on(run, &message);
    wire_message_clear(&message);
}
