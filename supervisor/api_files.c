/* SPDX-License-Identifier: MIT */
/* Stored files over HTTP: their contents, links to them, lists. A key is a UUID, so the path on the
 * disk is ours and not the client's. To those who may not have a file it does not exist; one who
 * has not signed in is refused the same way whether it does or not. */
#include "common/hex.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/api_query.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/file_json.h"
#include "supervisor/http_call.h"
#include "supervisor/http_file.h"
#include "supervisor/principal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECRET_NAME "file_link_secret"
#define EXPIRES_LENGTH_MAX 18 /* digits that fit an int64_t */

/* ---- who may have it ---- */

static void refuse(struct http_call *call)
{
    if (http_call_principal(call)->kind == PRINCIPAL_ANONYMOUS)
        http_reply_error(call, "E4031", "Access denied");
    else
        http_reply_store(call, STORE_NOT_FOUND, "file");
}

static bool may_have(const struct http_call *call, const struct store_file_row *file)
{
    const struct store_actor *who = http_call_who(call);

    if (strcmp(file->access, "public") == 0)
        return true;
    if (http_call_principal(call)->kind == PRINCIPAL_ANONYMOUS)
        return false;
    return strcmp(file->access, "private") == 0 || who->sees_all ||
           strcmp(file->owner_id, who->id) == 0;
}

static bool method_is(const struct http_call *call, const char *name)
{
    const char *method = http_call_query(call, "method");

    return method != NULL && strcmp(method, name) == 0;
}

/* ---- contents ---- */

/* An open descriptor of a regular file that has no other name, or -1. */
static int open_file(const struct app *app, const char *key, struct stat *info)
{
    char *path = xasprintf("%s/files/%s", app->config->state_dir, key);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    free(path);
    if (fd >= 0 && (fstat(fd, info) != 0 || !S_ISREG(info->st_mode) || info->st_nlink != 1)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void reply_contents(struct http_call *call, const struct store_file_row *row)
{
    struct http_file file = {.content_type = row->content_type,
                             .name = row->name,
                             .sha256 = row->sha256,
                             .attachment = method_is(call, "download")};
    struct stat info;

    file.fd = open_file(http_call_app(call), row->key, &info);
    if (file.fd < 0) {
        refuse(call);
        return;
    }
    file.size = (uint64_t)info.st_size;
    file.mtime_s = info.st_mtime;
    http_reply_file(call, &file);
}

/* ---- links ---- */

/* Calls `use` when the secret of links is known, at once or later; answers the call if it cannot be
 * had. */
struct secret_wait {
    struct http_call *call;
    void (*use)(struct http_call *call);
};

static bool secret_is_good(const char *secret)
{
    return strlen(secret) == FILE_LINK_SECRET_SIZE - 1 &&
           strspn(secret, "0123456789abcdef") == FILE_LINK_SECRET_SIZE - 1;
}

static void secret_cb(void *arg, enum store_result result, const char *secret)
{
    struct secret_wait *wait = arg;

    if (result == STORE_OK && !secret_is_good(secret))
        result = STORE_INVALID;
    if (result == STORE_OK) {
        strcpy(http_call_app(wait->call)->file_link_secret, secret);
        wait->use(wait->call);
    } else {
        http_reply_store(wait->call, result, "secret of links");
    }
    free(wait);
}

static void with_secret(struct http_call *call, void (*use)(struct http_call *call))
{
    struct app *app = http_call_app(call);
    char fresh[FILE_LINK_SECRET_SIZE];
    struct secret_wait *wait;

    if (app->file_link_secret[0] != '\0') {
        use(call);
        return;
    }
    wait = xcalloc(1, sizeof(*wait));
    wait->call = call;
    wait->use = use;
    hex_random(fresh, (FILE_LINK_SECRET_SIZE - 1) / 2);
    store_setting_secret(app->store, SECRET_NAME, fresh, http_call_deadline(call), secret_cb, wait);
    explicit_bzero(fresh, sizeof(fresh));
}

static void reply_link(struct http_call *call)
{
    json_object *link = json_object_new_object();
    int64_t expires = time(NULL) + FILE_LINK_LIFE_S;
    char signature[FILE_LINK_SIGNATURE_SIZE];

    file_link_sign(http_call_app(call)->file_link_secret, http_call_part(call, 0), expires,
                   signature);
    json_object_object_add(link, "signature", json_object_new_string(signature));
    json_object_object_add(link, "expires", json_object_new_int64(expires));
    http_reply_data(call, link);
}

/* False: the call brings no signature, or half of one, which counts as none. */
static bool read_link(const struct http_call *call, const char **signature, int64_t *expires)
{
    const char *text = http_call_query(call, "expires");

    *signature = http_call_query(call, "signature");
    if (*signature == NULL || (*signature)[0] == '\0' || text == NULL || text[0] == '\0' ||
        strlen(text) > EXPIRES_LENGTH_MAX || strspn(text, "0123456789") != strlen(text))
        return false;
    *expires = strtoll(text, NULL, 10);
    return *expires > 0;
}

/* ---- get ---- */

static void linked_cb(void *arg, enum store_result result, const struct store_file_row *file)
{
    if (result == STORE_OK)
        reply_contents(arg, file);
    else if (result == STORE_NOT_FOUND)
        refuse(arg);
    else
        http_reply_store(arg, result, "file");
}

static void follow_link(struct http_call *call)
{
    struct app *app = http_call_app(call);
    const char *signature, *key = http_call_part(call, 0);
    int64_t expires;

    if (read_link(call, &signature, &expires) &&
        file_link_is_good(app->file_link_secret, key, signature, expires, time(NULL)))
        store_file_get(app->store, key, http_call_deadline(call), linked_cb, call);
    else
        http_reply_error(call, "E4031", "Access denied");
}

static void file_cb(void *arg, enum store_result result, const struct store_file_row *file)
{
    struct http_call *call = arg;

    if (result != STORE_OK && result != STORE_NOT_FOUND)
        http_reply_store(call, result, "file");
    else if (result == STORE_NOT_FOUND || !may_have(call, file))
        refuse(call);
    else if (method_is(call, "sign"))
        with_secret(call, reply_link);
    else
        reply_contents(call, file);
}

void api_file_get(struct http_call *call)
{
    const char *signature, *key = http_call_part(call, 0);
    int64_t expires;

    if (!id_is_valid(key))
        refuse(call);
    else if (read_link(call, &signature, &expires))
        with_secret(call, follow_link);
    else
        store_file_get(http_call_app(call)->store, key, http_call_deadline(call), file_cb, call);
}

/* ---- list ---- */

static bool is_paged(const struct http_call *call)
{
    return http_call_query(call, "current") != NULL || http_call_query(call, "page_size") != NULL;
}

static void list_cb(void *arg, enum store_result result, const struct store_file_row *files,
                    size_t count, uint64_t total)
{
    struct api_page page = api_page(arg);

    if (result != STORE_OK)
        http_reply_store(arg, result, "list of files");
    else if (is_paged(arg))
        http_reply_page(arg, files_json(files, count), total, page.current, page.page_size);
    else
        http_reply_data(arg, files_json(files, count));
}

void api_file_list(struct http_call *call)
{
    struct api_page page = api_page(call);
    uint64_t offset = (uint64_t)(page.current - 1) * page.page_size;
    bool paged = is_paged(call);

    store_file_list(http_call_app(call)->store, http_call_who(call), paged ? offset : 0,
                    paged ? page.page_size : STORE_FILES_MAX, http_call_deadline(call), list_cb,
                    call);
}
