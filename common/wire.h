/* SPDX-License-Identifier: MIT */
/* The worker protocol: one JSON object a line on file descriptor 3, from the worker to the
 * supervisor.
 *
 *   {"progress": 40, "text": "page 4 of 10"}      0-100, never falling; text is optional
 *   {"result": <any JSON>}                         the last one counts
 *   {"error": "sentence"}                          makes the attempt fail
 *   {"artifact": "report.csv", "name": "r.csv"}    path inside the work directory; name is optional
 *   {"log": "line", "level": "warn"}               level: debug info warn error; info if absent
 *   {"cancelled": true}                            the runner ended because it was asked to
 *   {"start_error": "sentence"}                    the worker could not start its program; written
 * by Taskyard's own child
 *
 * Only this module knows the format. Lines are untrusted input: a refused one is counted and
 * reported once, never fatal here. */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include "common/log.h"
#include <stddef.h>
#include <stdbool.h>

#define WIRE_FD 3
#define WIRE_LINE_MAX (64 * 1024)     /* bytes of a line that is not a result */
#define WIRE_RESULT_MAX (1024 * 1024) /* bytes of a result line */
#define WIRE_BAD_LINES_MAX                                                                         \
    100 /* refused lines after which the attempt fails with a protocol error */

enum wire_kind {
    WIRE_PROGRESS,
    WIRE_RESULT,
    WIRE_ERROR,
    WIRE_ARTIFACT,
    WIRE_LOG,
    WIRE_CANCELLED,
    WIRE_START_ERROR
};

struct wire_message {
    enum wire_kind kind;
    int progress;         /* PROGRESS */
    enum log_level level; /* LOG */
    char *text; /* PROGRESS: text or NULL; RESULT: JSON text; ERROR, LOG, START_ERROR: text;
                   ARTIFACT: path */
    char *name; /* ARTIFACT: name or NULL */
};

/* Parses one line without its newline. False with a reason (static text) in *why. On true the
 * caller owns the message's strings and calls wire_message_clear(). */
bool wire_parse(const char *line, size_t size, struct wire_message *message, const char **why);
void wire_message_clear(struct wire_message *message);

/* The line for a message, newline included; caller frees. A RESULT's text must be valid JSON. */
char *wire_format(const struct wire_message *message, size_t *size);

/* Cuts a byte stream into lines. Keeps a partial line until its end arrives; of a line over the
 * limit the first line_max bytes are handed out, marked as cut, and the rest is thrown away up to
 * its newline. */
struct wire_reader;
struct wire_reader *wire_reader_new(size_t line_max);
void wire_reader_free(struct wire_reader *reader);
/* `line_cb` is called for each line (not NUL-terminated, newline removed). */
typedef void (*wire_line_fn)(void *arg, const char *line, size_t size, bool cut);
void wire_reader_feed(struct wire_reader *reader, const char *data, size_t size,
                      wire_line_fn line_cb, void *arg);
/* Hands out what is left without a newline (end of stream). */
void wire_reader_finish(struct wire_reader *reader, wire_line_fn line_cb, void *arg);

/* The state between two pieces of a stream, for another program that reads on. */
struct wire_partial {
    const char *data; /* the line so far, not NUL-terminated; stays the reader's, or the caller's */
    size_t size;
    bool skipping; /* in the middle of a line that is too long */
};
struct wire_partial wire_reader_partial(const struct wire_reader *reader);
/* For a new reader. False if no reader of this line_max leaves such a state. */
bool wire_reader_resume(struct wire_reader *reader, const struct wire_partial *partial);

#endif
