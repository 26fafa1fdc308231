/* SPDX-License-Identifier: MIT */
/* Moves an artifact into the file store. Everything is checked on the open descriptor, never on a
 * name alone, since the task chose the name. The file is on disk (fsync) before any row speaks of
 * it. */
#include "supervisor/artifact.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/offload.h"
#include "supervisor/run.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_MAX_BYTES 255
#define COPY_SIZE (64 * 1024)

struct collect {
    struct run *run;
    void (*done)(struct run *run, const char *error);
    char *work_dir;
    char *path;
    char *target; /* in the file store */
    char *name;
    uint64_t size;
    char sha256[65];
    char *error;
};

static const struct {
    const char *suffix;
    const char *content_type;
} content_types[] = {
    {".csv", "text/csv; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".log", "text/plain; charset=utf-8"},
    {".json", "application/json"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".gif", "image/gif"},
    {".zip", "application/zip"},
    {".gz", "application/gzip"},
};

static const char *content_type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(content_types) / sizeof(content_types[0]); i++)
        if (strcasecmp(dot, content_types[i].suffix) == 0)
            return content_types[i].content_type;
    return "application/octet-stream";
}

static int open_beneath(const char *directory, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    int root = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd, saved_errno;

    if (root < 0)
        return -1;
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    saved_errno = errno;
    close(root);
    errno = saved_errno;
    return fd;
}

static const char *fault_of(int fd, struct stat *info)
{
    if (fd < 0)
        return errno == ENOENT                    ? "there is no such file"
               : errno == EXDEV || errno == ELOOP ? "it does not lie in the work directory"
                                                  : strerror(errno);
    if (fstat(fd, info) != 0)
        return strerror(errno);
    if (!S_ISREG(info->st_mode))
        return "it is not a regular file";
    return info->st_nlink == 1 ? NULL : "the file has more than one name";
}

/* Copies and hashes in one go: the copy is ours alone, whoever may still hold the original open. */
static bool copy_and_hash(struct collect *collect, int from, int to)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char buffer[COPY_SIZE], digest[EVP_MAX_MD_SIZE];
    unsigned digest_size;
    ssize_t got;
    bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

    while (good && (got = read(from, buffer, sizeof(buffer))) != 0) {
        good = got > 0 && EVP_DigestUpdate(context, buffer, (size_t)got) == 1 &&
               write(to, buffer, (size_t)got) == got;
        collect->size += got > 0 ? (uint64_t)got : 0;
    }
    good = good && EVP_DigestFinal_ex(context, digest, &digest_size) == 1 && fsync(to) == 0;
    EVP_MD_CTX_free(context);
    for (unsigned i = 0; good && i < digest_size; i++)
        snprintf(collect->sha256 + 2 * i, 3, "%02x", digest[i]);
    return good;
}

static bool sync_directory_of(const char *path)
{
    char *directory = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    free(directory);
    return good;
}

static bool store_copy(struct collect *collect, int from)
{
    char *temporary = xasprintf("%s.new", collect->target);
    int to = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    bool good = to >= 0 && copy_and_hash(collect, from, to);

    good = good && rename(temporary, collect->target) == 0 && sync_directory_of(collect->target);
    if (!good)
        collect->error = xasprintf("the artifact \"%s\" could not be stored: %s", collect->path,
                                   strerror(errno));
    if (to >= 0) {
        close(to);
        if (!good)
            unlink(temporary);
    }
    free(temporary);
    return good;
}

static void collect_work(void *arg)
{
    struct collect *collect = arg;
    struct stat info;
    int fd = open_beneath(collect->work_dir, collect->path);
    const char *fault = fault_of(fd, &info);

    if (fault != NULL)
        collect->error = xasprintf("the artifact \"%s\" cannot be used: %s", collect->path, fault);
    else
        store_copy(collect, fd);
    if (fd >= 0)
        close(fd);
}

/* A result that is an object tells the key of its file, too. */
static void add_key_to_result(struct run *run)
{
    const char *why;
    json_object *result = run->result != NULL
                              ? json_parse_text(run->result, strlen(run->result), &why)
                              : NULL,
                *with_key;

    if (result != NULL && json_object_is_type(result, json_type_object)) {
        with_key = json_object_new_object();
        json_add_string(with_key, "file_key", run->artifact.key);
        json_object_object_foreach(result, key, value)
        {
            if (strcmp(key, "file_key") != 0)
                json_object_object_add(with_key, key, json_object_get(value));
        }
        free(run->result);
        run->result = xstrdup(json_object_to_json_string_ext(
            with_key, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(with_key);
    }
    json_object_put(result);
}

static void collect_done(void *arg)
{
    struct collect *collect = arg;
    struct run *run = collect->run;

    if (collect->error == NULL) {
        free(run->artifact_name);
        run->artifact_name = collect->name;
        collect->name = NULL;
        run->artifact.name = run->artifact_name;
        run->artifact.content_type = content_type_of(run->artifact_name);
        run->artifact.owner_id = run->task.creator_id;
        run->artifact.size = collect->size;
        memcpy(run->artifact.sha256, collect->sha256, sizeof(run->artifact.sha256));
        add_key_to_result(run);
    }
    collect->done(run, collect->error);
    free(collect->work_dir);
    free(collect->path);
    free(collect->target);
    free(collect->name);
    free(collect->error);
    free(collect);
}

/* A runner may name its file by the whole path; openat2(2) wants what comes after the directory. */
static const char *below(const char *directory, const char *path)
{
    size_t length = strlen(directory);

    return strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

/* The name people download it under: the runner's, else the file's own; never a path. */
static char *display_name(const struct run *run)
{
    const char *name = run->artifact_name != NULL && run->artifact_name[0] != '\0'
                           ? run->artifact_name
                           : run->artifact_path;
    const char *slash = strrchr(name, '/');

    name = slash != NULL ? slash + 1 : name;
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return xstrdup("artifact");
    return utf8_sanitise(name, strlen(name), NAME_MAX_BYTES);
}

void artifact_collect(struct run *run, void (*done)(struct run *run, const char *error))
{
    struct collect *collect = xcalloc(1, sizeof(*collect));

    id_new(run->artifact.key);
    collect->run = run;
    collect->done = done;
    collect->work_dir = xstrdup(run->work_dir);
    collect->path = xstrdup(below(run->work_dir, run->artifact_path));
    collect->target = xasprintf("%s/files/%s", run->app->config->state_dir, run->artifact.key);
    collect->name = display_name(run);
    offload_run(run->app->offload, collect_work, collect_done, collect);
}
