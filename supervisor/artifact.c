/* SPDX-License-Identifier: MIT */
/* Moves an artifact into the file store. Everything is checked on the open descriptor, never on a
 * name alone, since the task chose the name. The file is on disk (fsync) before any row speaks of
 * it. */
#include "supervisor/artifact.h"
#include "common/json_util.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/file_store.h"
#include "supervisor/offload.h"
#include "supervisor/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_SIZE (64 * 1024)

struct collect {
    struct run *run;
    void (*done)(struct run *run, const char *error);
    char *work_dir;
    char *path;
    char *target; /* in the file store */
    char key[ID_SIZE];
    char *result; /* the run's, which may have half a million values; goes back to it */
    char *name;
    uint64_t size;
    char sha256[65];
    char *error;
};

/* Below `from`, which it closes, without following a link. -1: errno. */
static int step_into(int from, const char *name)
{
    bool inside = strcmp(name, "..") != 0;
    int fd = inside ? openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    int saved_errno = inside ? errno : EXDEV;
    struct stat info;

    if (fd < 0 && saved_errno == ENOTDIR && fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(info.st_mode))
        saved_errno = ELOOP;
    close(from);
    errno = saved_errno;
    return fd;
}

/* Name by name, each on the open directory before it: openat2(2) would do it in one call, but has
 * to be closed where set-user-id bits are (RestrictSUIDSGID= of systemd.exec(5)). */
static int open_beneath(const char *directory, const char *path)
{
    int at = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1, saved_errno;
    char *names = xstrdup(path), *rest = names, *name = strsep(&rest, "/");

    for (; at >= 0 && rest != NULL; name = strsep(&rest, "/"))
        if (*name != '\0')
            at = step_into(at, name);
    if (at >= 0 && (strcmp(name, "..") == 0 || path[0] == '/'))
        errno = EXDEV;
    else if (at >= 0)
        fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    saved_errno = errno;
    if (at >= 0)
        close(at);
    free(names);
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

/* The copy is ours alone, whoever may still hold the original open. */
static bool copy(struct collect *collect, int from, struct file_write *to)
{
    unsigned char buffer[COPY_SIZE];
    ssize_t got;

    while ((got = read(from, buffer, sizeof(buffer))) > 0) {
        if (!file_store_add(to, buffer, (size_t)got))
            return false;
        collect->size += (uint64_t)got;
    }
    return got == 0;
}

static bool copy_and_close(struct collect *collect, int from, struct file_write *to)
{
    int error;

    if (copy(collect, from, to))
        return file_store_end(to, collect->sha256);
    error = errno;
    file_store_drop(to);
    errno = error;
    return false;
}

static void store_copy(struct collect *collect, int from)
{
    struct file_write *to = file_store_begin(collect->target);

    if (to == NULL || !copy_and_close(collect, from, to))
        collect->error = xasprintf("the artifact \"%s\" could not be stored: %s", collect->path,
                                   strerror(errno));
}

/* A result that is an object tells the key of its file, too. */
static void add_key_to_result(struct collect *collect)
{
    const char *why;
    json_object *result = collect->result != NULL
                              ? json_parse_text(collect->result, strlen(collect->result), &why)
                              : NULL,
                *with_key;

    if (result != NULL && json_object_is_type(result, json_type_object)) {
        with_key = json_object_new_object();
        json_add_string(with_key, "file_key", collect->key);
        json_object_object_foreach(result, key, value)
        {
            if (strcmp(key, "file_key") != 0)
                json_object_object_add(with_key, key, json_object_get(value));
        }
        free(collect->result);
        collect->result = xstrdup(json_object_to_json_string_ext(
            with_key, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
        json_object_put(with_key);
    }
    json_object_put(result);
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
    if (collect->error == NULL)
        add_key_to_result(collect);
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
        run->artifact.content_type = file_content_type(run->artifact_name);
        run->artifact.owner_id = run->task.creator_id;
        run->artifact.size = collect->size;
        memcpy(run->artifact.sha256, collect->sha256, sizeof(run->artifact.sha256));
    }
    run->result = collect->result;
    collect->done(run, collect->error);
    free(collect->work_dir);
    free(collect->path);
    free(collect->target);
    free(collect->name);
    free(collect->error);
    free(collect);
}

/* A runner may name its file by the whole path; what comes after the directory is wanted. */
static const char *below(const char *directory, const char *path)
{
    size_t length = strlen(directory);

    return strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

/* The name people download it under: the runner's, else the file's own; never a path. */
static char *display_name(const struct run *run)
{
    bool named = run->artifact_name != NULL && run->artifact_name[0] != '\0';

    return file_display_name(named ? run->artifact_name : run->artifact_path, "artifact");
}

void artifact_collect(struct run *run, void (*done)(struct run *run, const char *error))
{
    struct collect *collect = xcalloc(1, sizeof(*collect));

    id_new(run->artifact.key);
    collect->run = run;
    collect->done = done;
    collect->work_dir = xstrdup(run->work_dir);
    collect->path = xstrdup(below(run->work_dir, run->artifact_path));
    collect->result = run->result;
    run->result = NULL;
    strcpy(collect->key, run->artifact.key);
    collect->target = xasprintf("%s/files/%s", run->app->config->state_dir, run->artifact.key);
    collect->name = display_name(run);
    offload_run(run->app->task_files, collect_work, collect_done, collect);
}
