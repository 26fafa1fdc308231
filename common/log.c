/* SPDX-License-Identifier: MIT */
/* One line per call, written with one write(2) so that lines of several threads or processes never
 * mix. */
#include "common/log.h"
#include "common/json_util.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX_BYTES 4000
#define LINE_MAX_BYTES 4096 /* with room for the prefix */
#define EXIT_CONFIG 78 /* EX_CONFIG of sysexits.h: starting again without a change is of no use */

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const int level_priorities[] = {7, 6, 4, 3}; /* syslog(3) */
static const char *program_name = "taskyard";
static _Atomic enum log_level least_level = LOG_LEVEL_INFO;
static bool under_journal;
static _Atomic log_sink_fn sink;

void log_open(const char *program, enum log_level least)
{
    program_name = program;
    least_level = least;
    under_journal = getenv("JOURNAL_STREAM") != NULL;
}

void log_set_level(enum log_level least)
{
    least_level = least;
}

bool log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

/* A message may carry a task's words: no control character of theirs reaches the terminal or forges
 * a line. */
static void escape_controls(char *text)
{
    for (; *text != '\0'; text++)
        if (utf8_is_control(text)) {
            if ((unsigned char)*text >= 0x80)
                *text++ = '?';
            *text = '?';
        }
}

static int write_prefix(char *line, size_t size, enum log_level level)
{
    struct timespec now;
    struct tm utc;
    char stamp[32];

    if (under_journal)
        return snprintf(line, size, "<%d>", level_priorities[level]);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc);
    return snprintf(line, size, "%s.%03ldZ %s[%d] %s: ", stamp, now.tv_nsec / 1000000, program_name,
                    (int)getpid(), level_names[level]);
}

static void write_line(enum log_level level, const char *message)
{
    char line[LINE_MAX_BYTES];
    size_t used = (size_t)write_prefix(line, sizeof(line), level);

    used += (size_t)snprintf(line + used, sizeof(line) - used - 1, "%s", message);
    used = used < sizeof(line) - 1 ? used : sizeof(line) - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0) {
        /* A log that cannot be written must not stop the service. */
    }
}

void log_set_sink(log_sink_fn new_sink)
{
    sink = new_sink;
}

/* For a reader of lines; in a log with fields they say the same. */
static int write_subject(char *message, size_t size, const struct log_about *about)
{
    if (about == NULL || about->task_id == NULL)
        return 0;
    if (about->attempt == 0)
        return snprintf(message, size, "task %s: ", about->task_id);
    return snprintf(message, size, "task %s attempt %d: ", about->task_id, about->attempt);
}

void log_vabout(const struct log_about *about, enum log_level level, const char *format,
                va_list arguments)
{
    char message[MESSAGE_MAX_BYTES];
    int saved_errno = errno, used;

    if (level < least_level)
        return;
    used = write_subject(message, sizeof(message), about);
    vsnprintf(message + used, sizeof(message) - (size_t)used, format, arguments);
    escape_controls(message);
    if (sink == NULL || !sink(level_priorities[level], message, about))
        write_line(level, message);
    errno = saved_errno;
}

void log_vwrite(enum log_level level, const char *format, va_list arguments)
{
    log_vabout(NULL, level, format, arguments);
}

void log_write(enum log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_vwrite(level, format, arguments);
    va_end(arguments);
}

void fatal(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_vwrite(LOG_LEVEL_ERROR, format, arguments);
    va_end(arguments);
    exit(EXIT_CONFIG);
}
