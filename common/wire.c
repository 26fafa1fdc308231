/* SPDX-License-Identifier: MIT */
/* Parsing and writing one line of the worker protocol. A line is refused with a reason; nothing
 * here logs. */
#include "common/wire.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

static bool parse_progress(json_object *line, struct wire_message *message, const char **why)
{
    const char *text = NULL;
    int64_t percent;

    if (json_get_int(line, "progress", 0, 100, &percent) != JSON_OK) {
        *why = "progress is not an integer from 0 to 100";
        return false;
    }
    if (json_get_string(line, "text", &text) == JSON_WRONG_TYPE) {
        *why = "the text of a progress is not a string";
        return false;
    }
    message->progress = (int)percent;
    message->text = xstrdup_or_null(text);
    return true;
}

static bool parse_result(json_object *line, struct wire_message *message, const char **why)
{
    json_object *value;

    (void)why;
    json_object_object_get_ex(line, "result", &value);
    message->text = xstrdup(json_object_to_json_string_ext(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    return true;
}

static bool parse_text(json_object *line, const char *key, struct wire_message *message,
                       const char **why)
{
    const char *text;

    if (json_get_string(line, key, &text) != JSON_OK) {
        *why = "the value of error, start_error or log is not a string";
        return false;
    }
    message->text = xstrdup(text);
    return true;
}

static bool parse_error(json_object *line, struct wire_message *message, const char **why)
{
    return parse_text(line, "error", message, why);
}

static bool parse_start_error(json_object *line, struct wire_message *message, const char **why)
{
    return parse_text(line, "start_error", message, why);
}

static bool parse_log(json_object *line, struct wire_message *message, const char **why)
{
    const char *level = "info";

    if (json_get_string(line, "level", &level) == JSON_WRONG_TYPE ||
        !log_level_parse(level, &message->level)) {
        *why = "the level of a log line is none of debug, info, warn, error";
        return false;
    }
    return parse_text(line, "log", message, why);
}

static bool parse_artifact(json_object *line, struct wire_message *message, const char **why)
{
    const char *path, *name = NULL;

    if (json_get_string(line, "artifact", &path) != JSON_OK || path[0] == '\0' ||
        json_get_string(line, "name", &name) == JSON_WRONG_TYPE) {
        *why = "artifact is not a path, or its name is not a string";
        return false;
    }
    message->text = xstrdup(path);
    message->name = xstrdup_or_null(name);
    return true;
}

static bool parse_cancelled(json_object *line, struct wire_message *message, const char **why)
{
    bool cancelled = false;

    (void)message;
    *why = "cancelled is not true";
    return json_get_bool(line, "cancelled", &cancelled) == JSON_OK && cancelled;
}

static const struct {
    const char *key;
    enum wire_kind kind;
    bool (*parse)(json_object *line, struct wire_message *message, const char **why);
} kinds[] = {
    {"progress", WIRE_PROGRESS, parse_progress},
    {"result", WIRE_RESULT, parse_result},
    {"error", WIRE_ERROR, parse_error},
    {"artifact", WIRE_ARTIFACT, parse_artifact},
    {"log", WIRE_LOG, parse_log},
    {"cancelled", WIRE_CANCELLED, parse_cancelled},
    {"start_error", WIRE_START_ERROR, parse_start_error},
};

bool wire_parse(const char *line, size_t size, struct wire_message *message, const char **why)
{
    json_object *object = json_parse_exact(line, size, why);
    bool good = false;

    memset(message, 0, sizeof(*message));
    message->level = LOG_LEVEL_INFO;
    if (object == NULL)
        return false;
    *why = "is not an object with one of progress, result, error, artifact, log, cancelled";
    if (json_object_is_type(object, json_type_object)) {
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            if (!json_object_object_get_ex(object, kinds[i].key, NULL))
                continue;
            message->kind = kinds[i].kind;
            good = kinds[i].parse(object, message, why);
            break;
        }
    }
    json_object_put(object);
    if (good && size > WIRE_LINE_MAX && message->kind != WIRE_RESULT) {
        *why = "is longer than 64 KiB and not a result";
        good = false;
    }
    if (!good)
        wire_message_clear(message);
    return good;
}

void wire_message_clear(struct wire_message *message)
{
    free(message->text);
    free(message->name);
    memset(message, 0, sizeof(*message));
}

static void format_members(const struct wire_message *message, json_object *line)
{
    switch (message->kind) {
    case WIRE_PROGRESS:
        json_add_int(line, "progress", message->progress);
        json_add_string(line, "text", message->text);
        break;
    case WIRE_ERROR:
        json_add_string(line, "error", message->text);
        break;
    case WIRE_START_ERROR:
        json_add_string(line, "start_error", message->text);
        break;
    case WIRE_ARTIFACT:
        json_add_string(line, "artifact", message->text);
        json_add_string(line, "name", message->name);
        break;
    case WIRE_LOG:
        json_add_string(line, "log", message->text);
        json_add_string(line, "level", log_level_name(message->level));
        break;
    case WIRE_CANCELLED:
        json_add_bool(line, "cancelled", true);
        break;
    case WIRE_RESULT:
        break; /* handled by the caller: its text is JSON already */
    }
}

char *wire_format(const struct wire_message *message, size_t *size)
{
    json_object *line;
    char *text;

    if (message->kind == WIRE_RESULT) {
        text = xasprintf("{\"result\":%s}\n", message->text);
        for (char *c = text; c[1] != '\0'; c++)
            if (*c == '\n' ||
                *c == '\r') /* between tokens only: inside strings JSON escapes them */
                *c = ' ';
    } else {
        line = json_object_new_object();
        format_members(message, line);
        text = xasprintf("%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
        json_object_put(line);
    }
    *size = strlen(text);
    return text;
}
