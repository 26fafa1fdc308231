/* SPDX-License-Identifier: MIT */
/* The host side of a plugin's calls. Wrong input is reported to the task's own log, where the
 * plugin's author looks. */
#include "worker/sdk.h"
#include "common/exitcode.h"
#include "common/json_util.h"
#include "common/task.h"
#include "common/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX                                                                                   \
    8000 /* bytes of an error or log line: stays below WIRE_LINE_MAX when every byte is escaped */
#define REPEAT_AFTER_MS 250 /* the same progress again counts as a sign of life this often */
#define RESULT_FRAME 16     /* room for the member name and braces of a result line */

struct sdk_task {
    struct taskyard_task base; /* first: what the plugin sees */
    const struct order_spawn *spawn;
    pthread_mutex_t lock; /* guards what follows */
    char *payload;
    size_t payload_size;
    bool payload_read;
    char *error;        /* last text of taskyard_fail() */
    char *result_error; /* why the last result was refused, NULL if it was not */
    int percent;        /* last one sent, -1: none yet */
    char percent_text[TASK_PROGRESS_TEXT_MAX + 1];
    int64_t percent_at_ms;
};

static volatile sig_atomic_t cancel_asked;
static pthread_mutex_t write_lock = PTHREAD_MUTEX_INITIALIZER;

static void sigterm_handler(int signal)
{
    (void)signal;
    cancel_asked = 1;
}

void sdk_catch_sigterm(void)
{
    struct sigaction action = {.sa_handler = sigterm_handler};

    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- writing ---- */

static void write_line(const char *line, size_t size)
{
    while (size > 0) {
        ssize_t written = write(WIRE_FD, line, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd ready = {.fd = WIRE_FD, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return;
        }
        if (written > 0) {
            line += written;
            size -= (size_t)written;
        }
    }
}

void sdk_send(const struct wire_message *message)
{
    size_t size;
    char *line = wire_format(message, &size);

    pthread_mutex_lock(&write_lock);
    write_line(line, size);
    pthread_mutex_unlock(&write_lock);
    free(line);
}

/* A fresh copy that is valid UTF-8 and at most max bytes long; line ends are left as they are where
 * nothing is wrong. */
static char *clean_text(const char *text, size_t max)
{
    size_t size = strlen(text);

    return size <= max && utf8_is_valid(text, size) ? xstrdup(text)
                                                    : utf8_sanitise(text, size, max);
}

static void send_text(enum wire_kind kind, const char *text)
{
    struct wire_message message = {.kind = kind, .text = clean_text(text, TEXT_MAX)};

    sdk_send(&message);
    free(message.text);
}

static void send_log(enum log_level level, const char *text)
{
    struct wire_message message = {
        .kind = WIRE_LOG, .level = level, .text = clean_text(text, TEXT_MAX)};

    sdk_send(&message);
    free(message.text);
}

void sdk_start_error(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = xvasprintf(format, arguments);
    va_end(arguments);
    send_text(WIRE_START_ERROR, text);
    free(text);
}

/* ---- what the plugin calls ---- */

static struct sdk_task *sdk_of(const struct taskyard_task *task)
{
    return (struct sdk_task *)(uintptr_t)task; /* the host made it, and made it writable */
}

static const char *host_id(const struct taskyard_task *task)
{
    return sdk_of(task)->spawn->task;
}

static const char *host_type(const struct taskyard_task *task)
{
    return sdk_of(task)->spawn->type;
}

static int host_attempt(const struct taskyard_task *task)
{
    return sdk_of(task)->spawn->attempt;
}

static const char *host_creator(const struct taskyard_task *task)
{
    return sdk_of(task)->spawn->creator;
}

static const char *host_work_dir(const struct taskyard_task *task)
{
    return sdk_of(task)->spawn->work_dir;
}

/* No payload is /dev/null; a payload of no bytes is an empty file. */
static void read_payload(struct sdk_task *sdk)
{
    struct stat status;
    size_t room = 4096, used = 0;
    ssize_t got;

    if (fstat(STDIN_FILENO, &status) != 0 || S_ISCHR(status.st_mode))
        return;
    if (S_ISREG(status.st_mode) && status.st_size > 0)
        room = (size_t)status.st_size + 1;
    sdk->payload = xmalloc(room + 1);
    while ((got = read(STDIN_FILENO, sdk->payload + used, room - used)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        used += got > 0 ? (size_t)got : 0;
        if (used == room) {
            room *= 2;
            sdk->payload = xrealloc(sdk->payload, room + 1, 1);
        }
    }
    sdk->payload[used] = '\0';
    sdk->payload_size = used;
}

static const char *host_payload(struct taskyard_task *task, size_t *size)
{
    struct sdk_task *sdk = sdk_of(task);

    pthread_mutex_lock(&sdk->lock);
    if (!sdk->payload_read)
        read_payload(sdk);
    sdk->payload_read = true;
    pthread_mutex_unlock(&sdk->lock);
    if (size != NULL)
        *size = sdk->payload_size;
    return sdk->payload;
}

static int host_cancelled(const struct taskyard_task *task)
{
    (void)task;
    return cancel_asked;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Notes this progress as the last one. False if it says nothing new. */
static bool note_progress(struct sdk_task *sdk, int percent, const char *text)
{
    int64_t now = now_ms();

    if (percent == sdk->percent && strcmp(text, sdk->percent_text) == 0 &&
        now - sdk->percent_at_ms < REPEAT_AFTER_MS)
        return false;
    sdk->percent = percent;
    strcpy(sdk->percent_text, text);
    sdk->percent_at_ms = now;
    return true;
}

/* A percent that is out of range is sent all the same: the supervisor refuses it and says so in the
 * task's log. */
static void host_progress(struct taskyard_task *task, int percent, const char *text)
{
    struct sdk_task *sdk = sdk_of(task);
    struct wire_message message = {.kind = WIRE_PROGRESS, .progress = percent};
    bool fresh;

    if (text != NULL)
        message.text = clean_text(text, TASK_PROGRESS_TEXT_MAX);
    pthread_mutex_lock(&sdk->lock);
    fresh = note_progress(sdk, percent, text != NULL ? message.text : "");
    pthread_mutex_unlock(&sdk->lock);
    if (fresh)
        sdk_send(&message);
    free(message.text);
}

static char *check_result(const char *json)
{
    const char *why;
    size_t size = strlen(json);
    json_object *value;

    if (size > WIRE_RESULT_MAX - RESULT_FRAME)
        return xasprintf("the result is longer than %d bytes", WIRE_RESULT_MAX);
    value = json_parse_exact(json, size, &why);
    if (value == NULL && strcmp(json, "null") != 0)
        return xasprintf("the result %s", why);
    json_object_put(value);
    return NULL;
}

static int host_set_result(struct taskyard_task *task, const char *json)
{
    struct sdk_task *sdk = sdk_of(task);
    char *error = check_result(json), *text;

    pthread_mutex_lock(&sdk->lock);
    free(sdk->result_error);
    sdk->result_error = error;
    pthread_mutex_unlock(&sdk->lock);
    if (error != NULL)
        return -1;
    text = xstrdup(json);
    sdk_send(&(struct wire_message){.kind = WIRE_RESULT, .text = text});
    free(text);
    return 0;
}

static int host_set_error(struct taskyard_task *task, const char *format, va_list arguments)
{
    struct sdk_task *sdk = sdk_of(task);
    char *text = xvasprintf(format, arguments);

    pthread_mutex_lock(&sdk->lock);
    free(sdk->error);
    sdk->error = text;
    pthread_mutex_unlock(&sdk->lock);
    return TASKYARD_FAILED;
}

/* The part of path below the working directory, or NULL if it is not below it. */
static const char *path_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    if (path[0] == '/') {
        if (strncmp(path, directory, length) != 0 || path[length] != '/')
            return NULL;
        path += length + strspn(path + length, "/");
    }
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return NULL;
    }
    return path[0] != '\0' ? path : NULL;
}

static int host_artifact(struct taskyard_task *task, const char *path, const char *name)
{
    struct wire_message message = {.kind = WIRE_ARTIFACT};
    const char *below = path_below(path, sdk_of(task)->spawn->work_dir);

    if (below == NULL) {
        send_log(LOG_LEVEL_ERROR, "artifact refused: its path is not below the working directory");
        return -1;
    }
    message.text = clean_text(below, TEXT_MAX);
    message.name = name != NULL ? clean_text(name, TEXT_MAX) : NULL;
    sdk_send(&message);
    free(message.text);
    free(message.name);
    return 0;
}

static void host_log(struct taskyard_task *task, enum taskyard_level level, const char *format,
                     va_list arguments)
{
    char *text = xvasprintf(format, arguments), *rest = text, *line;

    (void)task;
    if ((int)level < (int)LOG_LEVEL_DEBUG || (int)level > (int)LOG_LEVEL_ERROR)
        level = TASKYARD_INFO;
    while ((line = strsep(&rest, "\n")) != NULL)
        if (line[0] != '\0' || rest != NULL)
            send_log((enum log_level)level, line);
    free(text);
}

static const struct taskyard_host host = {.size = sizeof(host),
                                          .id = host_id,
                                          .type = host_type,
                                          .attempt = host_attempt,
                                          .creator = host_creator,
                                          .work_dir = host_work_dir,
                                          .payload = host_payload,
                                          .cancelled = host_cancelled,
                                          .progress = host_progress,
                                          .set_result = host_set_result,
                                          .set_error = host_set_error,
                                          .artifact = host_artifact,
                                          .log = host_log};

/* ---- the life of a task ---- */

struct taskyard_task *sdk_task_new(const struct order_spawn *spawn)
{
    struct sdk_task *sdk = xcalloc(1, sizeof(*sdk));

    sdk->base.host = &host;
    sdk->spawn = spawn;
    sdk->percent = -1;
    pthread_mutex_init(&sdk->lock, NULL);
    return &sdk->base;
}

void sdk_task_free(struct taskyard_task *task)
{
    struct sdk_task *sdk = sdk_of(task);

    pthread_mutex_destroy(&sdk->lock);
    free(sdk->payload);
    free(sdk->error);
    free(sdk->result_error);
    free(sdk);
}

static int finish_failed(const char *text)
{
    send_text(WIRE_ERROR, text);
    return WORKER_EXIT_FAILED;
}

int sdk_finish(struct taskyard_task *task, int returned)
{
    struct sdk_task *sdk = sdk_of(task);
    char *text;

    switch (returned) {
    case TASKYARD_OK:
        return sdk->result_error != NULL ? finish_failed(sdk->result_error) : WORKER_EXIT_OK;
    case TASKYARD_FAILED:
        return finish_failed(sdk->error != NULL ? sdk->error
                                                : "the runner failed without a reason");
    case TASKYARD_CANCELLED:
        sdk_send(&(struct wire_message){.kind = WIRE_CANCELLED});
        return WORKER_EXIT_OK;
    default:
        text = xasprintf("the runner returned %d, which is no enum taskyard_status", returned);
        send_text(WIRE_ERROR, text);
        free(text);
        return WORKER_EXIT_FAILED;
    }
}
