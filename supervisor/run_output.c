/* SPDX-License-Identifier: MIT */
/* The three pipes of a run. A bounded piece is read at each turn of the loop, so that no task can
 * keep it from the others; what is more than the limits of a task's log is dropped, and the log
 * says how much. */
#include "common/fd_util.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/run.h"
#include "supervisor/task_log.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE (64 * 1024)
_Static_assert(READ_SIZE <= WIRE_LINE_MAX, "a piece may not complete two large messages");
#define DRAIN_MAX (4 * 1024 * 1024) /* far more than a pipe holds (pipe(7)) */

void run_log(struct run *run, enum log_level level, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = xvasprintf(format, arguments);
    va_end(arguments);
    if (level == LOG_LEVEL_DEBUG)
        run_journal(run, level, "%s", text);
    task_log_add(run->app->task_log, run->task.row_id, run->task.attempt, level, text);
    free(text);
}

static void line_cb(void *arg, const char *line, size_t size, bool cut)
{
    struct run_pipe *pipe = arg;
    struct run *run = pipe->run;

    if (pipe->stream == RUN_MESSAGES) {
        run_message_line(run, line, size, cut);
        return;
    }
    run->last_message_ms = clock_ms();
    if (pipe->stream == RUN_STDERR && size > 0) {
        free(run->last_error_line);
        run->last_error_line = utf8_sanitise(line, size, 200);
    }
    if (task_log_add_output(run, pipe->stream == RUN_STDERR ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
                            line, size) &&
        cut)
        run_log(run, LOG_LEVEL_WARN,
                "taskyard: a line of output was longer than %d bytes; its rest was dropped",
                TASK_LOG_LINE_MAX);
}

static void close_pipe(struct run_pipe *pipe)
{
    if (pipe->event != NULL)
        event_free(pipe->event);
    pipe->event = NULL;
    fd_close(&pipe->fd);
}

/* True if there may be more to read at once. */
static bool read_once(struct run_pipe *pipe)
{
    static char buffer[READ_SIZE]; /* loop thread only */
    ssize_t got = read(pipe->fd, buffer, sizeof(buffer));

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (got <= 0) {
        wire_reader_finish(pipe->reader, line_cb, pipe);
        close_pipe(pipe);
        return false;
    }
    wire_reader_feed(pipe->reader, buffer, (size_t)got, line_cb, pipe);
    return pipe->fd >= 0;
}

static void readable_cb(evutil_socket_t fd, short what, void *arg)
{
    struct run_pipe *pipe = arg;

    (void)fd, (void)what;
    read_once(pipe);
    if (pipe->event != NULL && pipe->stream == RUN_MESSAGES && pipe->run->reading != NULL)
        event_del(pipe->event);
}

void run_output_go_on(struct run *run)
{
    if (run->pipes[RUN_MESSAGES].event != NULL)
        event_add(run->pipes[RUN_MESSAGES].event, NULL);
}

struct wire_reader *run_output_reader(enum run_stream stream)
{
    return wire_reader_new(stream == RUN_MESSAGES ? WIRE_RESULT_MAX + 64 : TASK_LOG_LINE_MAX);
}

static bool listen_to(struct run_pipe *pipe)
{
    pipe->event =
        event_new(pipe->run->app->base, pipe->fd, EV_READ | EV_PERSIST, readable_cb, pipe);
    return event_add(pipe->event, NULL) == 0;
}

bool run_output_resume(struct run *run)
{
    for (int stream = 0; stream < RUN_STREAMS; stream++) {
        struct run_pipe *pipe = &run->pipes[stream];

        if (pipe->fd >= 0 && (!fd_set_cloexec(pipe->fd, true) || !listen_to(pipe)))
            return false;
    }
    return true;
}

static bool open_pipe(struct run *run, enum run_stream stream, int *write_end)
{
    struct run_pipe *pipe = &run->pipes[stream];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fcntl(ends[0], F_SETFL,
          O_NONBLOCK); /* our end only: a worker's writes block, as programs expect */
    *write_end = ends[1];
    *pipe = (struct run_pipe){.run = run, .stream = stream, .fd = ends[0]};
    pipe->reader = run_output_reader(stream);
    return listen_to(pipe);
}

bool run_output_open(struct run *run, int ends[RUN_STREAMS])
{
    for (int stream = 0; stream < RUN_STREAMS; stream++)
        if (!open_pipe(run, (enum run_stream)stream, &ends[stream]))
            return false;
    return true;
}

static void log_drops(struct run *run)
{
    if (run->log_dropped > 0)
        run_log(run, LOG_LEVEL_WARN,
                "taskyard: %u lines of output were dropped: a task's log holds %d lines and %d MiB",
                run->log_dropped, TASK_LOG_LINES_MAX, TASK_LOG_BYTES_MAX >> 20);
    if (run->refused > 0)
        run_log(run, LOG_LEVEL_WARN, "taskyard: %u messages were refused", run->refused);
}

bool run_output_drain(struct run *run)
{
    for (int stream = 0; stream < RUN_STREAMS; stream++) {
        struct run_pipe *pipe = &run->pipes[stream];

        for (size_t bytes = 0; pipe->fd >= 0 && bytes < DRAIN_MAX; bytes += READ_SIZE)
            if (run->reading != NULL || !read_once(pipe))
                break;
        if (run->reading == NULL && pipe->fd >= 0)
            wire_reader_finish(pipe->reader, line_cb, pipe);
        if (run->reading != NULL)
            return false;
    }
    log_drops(run);
    run_output_close(run);
    return true;
}

void run_output_close(struct run *run)
{
    for (int stream = 0; stream < RUN_STREAMS; stream++) {
        close_pipe(&run->pipes[stream]);
        wire_reader_free(run->pipes[stream].reader);
        run->pipes[stream].reader = NULL;
    }
}
