/* SPDX-License-Identifier: MIT */
/* Files that users send: taken out of the form, brought to the disk on the offload thread, and only
 * then written down in the database. A name is for people, never a path. */
#include "common/id.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/file_json.h"
#include "supervisor/file_store.h"
#include "supervisor/http_call.h"
#include "supervisor/multipart.h"
#include "supervisor/offload.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PURPOSE_MAX 64
#define PURPOSE_DEFAULT "upload"
#define ACCESS_DEFAULT "private"

struct upload {
    struct http_call *call;
    struct evbuffer *body; /* the parts point into it */
    struct multipart form;
    char access[8];
    char *purpose;
    struct store_file files[MULTIPART_PARTS_MAX];
    const struct multipart_part *parts[MULTIPART_PARTS_MAX]; /* of the files */
    size_t count;
    char *directory;
    size_t stored; /* offload thread, then the loop */
    int error;     /* errno of the one that could not be stored */
};

static void upload_free(struct upload *upload)
{
    for (size_t i = 0; i < upload->count; i++)
        free((char *)upload->files[i].name);
    evbuffer_free(upload->body);
    free(upload->purpose);
    free(upload->directory);
    free(upload);
}

/* ---- the form ---- */

/* Copies a field; `otherwise` if it is absent or empty. NULL if it is too long or no text. */
static char *read_field(const struct upload *upload, const char *name, size_t most,
                        const char *otherwise)
{
    const struct multipart_part *part = multipart_field(&upload->form, name);

    if (part == NULL || part->size == 0)
        return xstrdup(otherwise);
    if (part->size > most || !utf8_is_valid(part->data, part->size))
        return NULL;
    return xstrndup(part->data, part->size);
}

static const char *read_access(struct upload *upload)
{
    static const char *const known[] = {"owner", "private", "public"};
    char *access = read_field(upload, "access", sizeof(upload->access) - 1, ACCESS_DEFAULT);
    bool good = false;

    for (size_t i = 0; access != NULL && i < sizeof(known) / sizeof(known[0]); i++)
        good = good || strcmp(access, known[i]) == 0;
    if (good)
        strcpy(upload->access, access);
    free(access);
    return good ? NULL : "access must be owner, private or public";
}

static void add_file(struct upload *upload, const struct multipart_part *part)
{
    struct store_file *file = &upload->files[upload->count];

    id_new(file->key);
    file->name = file_display_name(part->filename, "file");
    file->content_type = file_content_type(file->name);
    file->owner_id = http_call_who(upload->call)->id;
    file->access = upload->access;
    file->purpose = upload->purpose;
    file->size = part->size;
    upload->parts[upload->count++] = part;
}

/* What is wrong with the form, or NULL. */
static const char *read_form(struct upload *upload)
{
    const char *fault = read_access(upload);

    if (fault != NULL)
        return fault;
    upload->purpose = read_field(upload, "type", PURPOSE_MAX, PURPOSE_DEFAULT);
    if (upload->purpose == NULL)
        return "type must be a text of at most 64 bytes";
    for (size_t i = 0; i < upload->form.count; i++) {
        const struct multipart_part *part = &upload->form.parts[i];
        if (part->is_file && strcmp(part->name, "file") != 0)
            return "files are taken in the field `file` only";
        if (part->is_file)
            add_file(upload, part);
    }
    return NULL;
}

/* ---- the disk ---- */

static char *path_of(const struct upload *upload, size_t i)
{
    return xasprintf("%s/%s", upload->directory, upload->files[i].key);
}

static bool store_one(struct upload *upload, size_t i)
{
    char *path = path_of(upload, i);
    struct file_write *write = file_store_begin(path);

    free(path);
    if (write == NULL)
        return false;
    file_store_add(write, upload->parts[i]->data, upload->parts[i]->size);
    return file_store_end(write, upload->files[i].sha256);
}

static void store_work(void *arg)
{
    struct upload *upload = arg;

    while (upload->stored < upload->count && store_one(upload, upload->stored))
        upload->stored++;
    upload->error = upload->stored < upload->count ? errno : 0;
}

static void remove_files(const struct upload *upload)
{
    for (size_t i = 0; i < upload->stored; i++) {
        char *path = path_of(upload, i);
        unlink(path);
        free(path);
    }
}

/* ---- the database ---- */

static void added_cb(void *arg, enum store_result result, const struct store_file_row *files,
                     size_t count, uint64_t total)
{
    struct upload *upload = arg;

    (void)total;
    if (result == STORE_OK) {
        http_reply_data(upload->call, files_json(files, count));
    } else {
        if (result != STORE_UNCERTAIN) /* then the rows may be there all the same */
            remove_files(upload);
        http_reply_store(upload->call, result, "file");
    }
    upload_free(upload);
}

static void stored_cb(void *arg)
{
    struct upload *upload = arg;
    struct http_call *call = upload->call;

    if (upload->error == 0) {
        store_file_add(http_call_app(call)->store, upload->files, upload->count,
                       http_call_who(call), http_call_deadline(call), added_cb, upload);
        return;
    }
    log_error("an uploaded file could not be stored: %s", strerror(upload->error));
    remove_files(upload);
    if (upload->error == ENOSPC || upload->error == EDQUOT)
        http_reply_error(call, "E5031",
                         "the disk is full; nothing was stored, try again when the administrator "
                         "has made room in the state directory");
    else
        http_reply_error(call, "E5001", "the file could not be stored");
    upload_free(upload);
}

/* True if what was sent is a form with files in it; else the call has been answered. */
static bool form_is_good(struct http_call *call, struct upload *upload)
{
    size_t size = evbuffer_get_length(upload->body);
    const char *bytes = size > 0 ? (const char *)evbuffer_pullup(upload->body, -1) : "";
    const char *fault =
        multipart_parse(http_call_header(call, "Content-Type"), bytes, size, &upload->form);

    if (fault != NULL) {
        http_reply_error(call, "E4002", "the form %s", fault);
        return false;
    }
    fault = read_form(upload);
    if (fault != NULL)
        http_reply_error(call, "E4002", "%s", fault);
    else if (upload->count == 0)
        http_reply_error(call, "E4001", "file is missing: the form has no file in a field `file`");
    return fault == NULL && upload->count > 0;
}

/* ---- the quota ---- */

static uint64_t size_of(const struct upload *upload)
{
    uint64_t size = 0;

    for (size_t i = 0; i < upload->count; i++)
        size += upload->files[i].size;
    return size;
}

static void store(struct upload *upload)
{
    offload_run(http_call_app(upload->call)->offload, store_work, stored_cb, upload);
}

/* What comes in at the same moment is not counted yet: bodies have a limit together. */
static void usage_cb(void *arg, enum store_result result, uint64_t bytes)
{
    struct upload *upload = arg;
    struct http_call *call = upload->call;
    uint64_t quota = http_call_app(call)->config->http.upload_quota;

    if (result == STORE_OK && bytes + size_of(upload) <= quota) {
        store(upload);
        return;
    }
    if (result == STORE_OK)
        http_reply_error(call, "E4132",
                         "your files would be more than the %llu MiB that a user may keep; nothing "
                         "was stored",
                         (unsigned long long)(quota >> 20));
    else
        http_reply_store(call, result, "file");
    upload_free(upload);
}

void api_file_upload(struct http_call *call)
{
    struct app *app = http_call_app(call);
    struct upload *upload = xcalloc(1, sizeof(*upload));

    upload->call = call;
    upload->body = http_call_take_body(call);
    upload->directory = xasprintf("%s/files", app->config->state_dir);
    if (!form_is_good(call, upload))
        upload_free(upload);
    else if (app->config->http.upload_quota == 0)
        store(upload);
    else
        store_file_usage(app->store, http_call_who(call)->id, http_call_deadline(call), usage_cb,
                         upload);
}
