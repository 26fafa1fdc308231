/* SPDX-License-Identifier: MIT */
/* Writes what it is given; believes nothing of what it reads. */
#include "supervisor/outbox_record.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <limits.h>
#include <string.h>

#define RECORD_VERSION 1

/* ---- to text ---- */

static void add_artifact(json_object *object, const struct store_file *artifact)
{
    json_object *file;

    if (artifact == NULL)
        return;
    file = json_object_new_object();
    json_add_string(file, "key", artifact->key);
    json_add_string(file, "name", artifact->name);
    json_add_string(file, "content_type", artifact->content_type);
    json_add_string(file, "owner_id", artifact->owner_id);
    json_add_int(file, "size", (int64_t)artifact->size);
    json_add_string(file, "sha256", artifact->sha256);
    json_object_object_add(object, "artifact", file);
}

static void add_outcome(json_object *object, const struct store_finish *finish)
{
    json_add_string(object, "status", task_status_name(finish->status));
    json_add_string(object, "cause", attempt_cause_name(finish->cause));
    json_add_int(object, "progress", finish->progress);
    json_add_string(object, "progress_text", finish->progress_text);
    json_add_string(object, "result", finish->result);
    json_add_string(object, "error", finish->error);
    add_artifact(object, finish->artifact);
    json_add_bool(object, "count_auto_retry", finish->count_auto_retry);
    json_add_bool(object, "count_crash", finish->count_crash);
    json_add_bool(object, "uncount_attempt", finish->uncount_attempt);
    json_add_int(object, "due_in_ms", finish->due_in_ms);
}

static void add_process(json_object *object, const struct store_finish *finish)
{
    json_add_int(object, "exit_status", finish->exit_status);
    json_add_int(object, "term_signal", finish->term_signal);
    json_add_int(object, "cpu_us", finish->cpu_us);
    json_add_int(object, "peak_memory_bytes", finish->peak_memory_bytes);
    json_add_int(object, "pid", finish->pid);
}

char *outbox_record_text(const char *task_id, const struct store_finish *finish,
                         int64_t ended_at_us)
{
    json_object *object = json_object_new_object();
    char *text;

    json_add_int(object, "version", RECORD_VERSION);
    json_add_string(object, "task_id", task_id);
    json_add_int(object, "row_id", (int64_t)finish->row_id);
    json_add_int(object, "attempt", finish->attempt);
    json_add_string(object, "incarnation", finish->incarnation);
    json_add_int(object, "started_at_us", finish->started_at_us);
    json_add_time(object, "ended_at", ended_at_us);
    add_outcome(object, finish);
    add_process(object, finish);
    text = xasprintf("%s\n", json_object_to_json_string_ext(
                                 object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(object);
    return text;
}

/* ---- from text ---- */

/* Notes the first member that is missing or wrong. */
struct reader {
    json_object *object;
    const char *wrong;
};

static void expect(struct reader *reader, const char *key, bool good)
{
    if (!good && reader->wrong == NULL)
        reader->wrong = key;
}

static int64_t read_int(struct reader *reader, const char *key, int64_t least, int64_t most)
{
    int64_t value = 0;

    expect(reader, key, json_get_int(reader->object, key, least, most, &value) == JSON_OK);
    return value;
}

static bool read_bool(struct reader *reader, const char *key)
{
    bool value = false;

    expect(reader, key, json_get_bool(reader->object, key, &value) == JSON_OK);
    return value;
}

/* Never NULL. */
static const char *read_text(struct reader *reader, const char *key)
{
    const char *value = "";

    expect(reader, key, json_get_string(reader->object, key, &value) == JSON_OK);
    return value;
}

static const char *read_text_or_null(struct reader *reader, const char *key)
{
    const char *value = NULL;

    expect(reader, key, json_get_string(reader->object, key, &value) != JSON_WRONG_TYPE);
    return value;
}

static const char *read_id(struct reader *reader, const char *key)
{
    const char *value = read_text(reader, key);

    expect(reader, key, id_is_valid(value));
    return reader->wrong == NULL ? value : "";
}

static enum task_status read_status(struct reader *reader)
{
    enum task_status status = TASK_FAILED;
    bool known = task_status_parse(read_text(reader, "status"), &status);

    expect(reader, "status", known && task_may_move(TASK_RUNNING, status));
    return status;
}

static enum attempt_cause read_cause(struct reader *reader)
{
    enum attempt_cause cause = CAUSE_NONE;

    expect(reader, "cause", attempt_cause_parse(read_text(reader, "cause"), &cause));
    return cause;
}

static void read_artifact(struct reader *whole, struct outbox_record *record)
{
    struct reader reader = {0};
    struct store_file *file = &record->artifact;
    const char *sha256;

    if (!json_object_object_get_ex(whole->object, "artifact", &reader.object))
        return;
    expect(whole, "artifact", json_object_is_type(reader.object, json_type_object));
    if (whole->wrong != NULL)
        return;
    strcpy(file->key, read_id(&reader, "key"));
    file->name = read_text(&reader, "name");
    file->content_type = read_text(&reader, "content_type");
    file->owner_id = read_text(&reader, "owner_id");
    file->size = (uint64_t)read_int(&reader, "size", 0, INT64_MAX);
    sha256 = read_text(&reader, "sha256");
    expect(&reader, "sha256", strlen(sha256) == sizeof(file->sha256) - 1);
    expect(whole, "artifact", reader.wrong == NULL);
    if (whole->wrong != NULL)
        return;
    strcpy(file->sha256, sha256);
    record->finish.artifact = file;
}

static struct store_finish read_finish(struct reader *reader)
{
    return (struct store_finish){
        .row_id = (uint64_t)read_int(reader, "row_id", 1, INT64_MAX),
        .attempt = (int)read_int(reader, "attempt", 1, INT_MAX),
        .incarnation = read_id(reader, "incarnation"),
        .started_at_us = read_int(reader, "started_at_us", 1, INT64_MAX),
        .status = read_status(reader),
        .cause = read_cause(reader),
        .progress = (int)read_int(reader, "progress", -1, 100),
        .progress_text = read_text_or_null(reader, "progress_text"),
        .result = read_text_or_null(reader, "result"),
        .error = read_text_or_null(reader, "error"),
        .count_auto_retry = read_bool(reader, "count_auto_retry"),
        .count_crash = read_bool(reader, "count_crash"),
        .uncount_attempt = read_bool(reader, "uncount_attempt"),
        .due_in_ms = (unsigned)read_int(reader, "due_in_ms", 0, UINT_MAX),
        .exit_status = (int)read_int(reader, "exit_status", -1, INT_MAX),
        .term_signal = (int)read_int(reader, "term_signal", 0, INT_MAX),
        .cpu_us = read_int(reader, "cpu_us", 0, INT64_MAX),
        .peak_memory_bytes = read_int(reader, "peak_memory_bytes", 0, INT64_MAX),
        .pid = (int)read_int(reader, "pid", 0, INT_MAX),
    };
}

bool outbox_record_parse(const char *text, size_t size, struct outbox_record *record,
                         const char **why)
{
    struct reader reader = {.object = json_parse_text(text, size, why)};

    *record = (struct outbox_record){.json = reader.object};
    if (reader.object == NULL)
        return false;
    *why = "is not a JSON object";
    if (json_object_is_type(reader.object, json_type_object)) {
        read_int(&reader, "version", RECORD_VERSION, RECORD_VERSION);
        strcpy(record->task_id, read_id(&reader, "task_id"));
        record->finish = read_finish(&reader);
        read_artifact(&reader, record);
        *why = reader.wrong;
    }
    if (*why == NULL)
        return true;
    outbox_record_clear(record);
    return false;
}

void outbox_record_clear(struct outbox_record *record)
{
    json_object_put(record->json);
    *record = (struct outbox_record){0};
}
