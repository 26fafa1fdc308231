/* SPDX-License-Identifier: MIT */
/* One log for all programs: lines on stderr, `<priority>`-prefixed under systemd (JOURNAL_STREAM
 * set), with a UTC time otherwise; or handed to a sink. Control characters of arguments are
 * replaced. Thread safe. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdarg.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_open(const char *program, enum log_level least); /* program must outlive the log */
void log_set_level(enum log_level least);
bool log_level_parse(const char *name, enum log_level *level); /* debug info warn error */
const char *log_level_name(enum log_level level);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_vwrite(enum log_level level, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* What a message is about, for logs that have fields. NULL or 0: left out. A line on stderr begins
 * with task and attempt. */
struct log_about {
    const char *task_id;
    const char *type;
    const char *creator;
    int attempt;
    long pid; /* of the worker */
};
void log_vabout(const struct log_about *about, enum log_level level, const char *format,
                va_list arguments) __attribute__((format(printf, 3, 0)));

/* Takes messages from now on; one that it refuses by false goes to stderr. `about` may be NULL.
 * priority: as in syslog(3). Any thread calls it. */
typedef bool (*log_sink_fn)(int priority, const char *message, const struct log_about *about);
void log_set_sink(log_sink_fn sink);

#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/* Logs and exits with EX_CONFIG-like status 78. Only before the event loop runs. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
