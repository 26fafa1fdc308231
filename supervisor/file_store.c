/* SPDX-License-Identifier: MIT */
/* Writing into the file store, hashing in the same go. */
#include "supervisor/file_store.h"
#include "common/crash_point.h"
#include "common/fd_util.h"
#include "common/hex.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct file_write {
    char *path;
    char *temporary;
    int fd;
    EVP_MD_CTX *digest;
    int error; /* errno of the first failure, 0 while all is well */
};

struct file_write *file_store_begin(const char *path)
{
    struct file_write *write = xcalloc(1, sizeof(*write));

    write->path = xstrdup(path);
    write->temporary = xasprintf("%s.new", path);
    write->digest = EVP_MD_CTX_new();
    write->fd = open(write->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    write->error = write->fd < 0 ? errno : 0;
    if (write->error == 0 &&
        (write->digest == NULL || EVP_DigestInit_ex(write->digest, EVP_sha256(), NULL) != 1))
        write->error = ENOMEM;
    if (write->error == 0)
        return write;
    file_store_drop(write);
    return NULL;
}

bool file_store_add(struct file_write *write, const void *bytes, size_t size)
{
    if (write->error == 0 && !fd_write_all(write->fd, bytes, size))
        write->error = errno;
    if (write->error == 0 && EVP_DigestUpdate(write->digest, bytes, size) != 1)
        write->error = ENOMEM;
    errno = write->error;
    return write->error == 0;
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

static void write_digest(struct file_write *write, char sha256[65])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_DigestFinal_ex(write->digest, digest, &size) != 1)
        write->error = ENOMEM;
    if (write->error == 0)
        hex_write(sha256, digest, size);
}

/* Frees it; the temporary name goes unless it has become the file's. */
static void release(struct file_write *write, bool keep)
{
    int error = write->error;

    if (write->fd >= 0) {
        close(write->fd);
        if (!keep)
            unlink(write->temporary);
    }
    EVP_MD_CTX_free(write->digest);
    free(write->path);
    free(write->temporary);
    free(write);
    errno = error;
}

bool file_store_end(struct file_write *write, char sha256[65])
{
    bool good;

    if (write->error == 0)
        write_digest(write, sha256);
    crash_point(artifact_before_fsync);
    if (write->error == 0 && fsync(write->fd) != 0)
        write->error = errno;
    crash_point(artifact_after_fsync);
    if (write->error == 0 && rename(write->temporary, write->path) != 0)
        write->error = errno;
    crash_point(artifact_after_rename);
    if (write->error == 0 && !sync_directory_of(write->path)) {
        write->error = errno;
        unlink(write->path);
    }
    good = write->error == 0;
    release(write, good);
    return good;
}

void file_store_drop(struct file_write *write)
{
    release(write, false);
}

/* ---- names ---- */

static const struct {
    const char *suffix;
    const char *content_type;
} content_types[] = {
    {".csv", "text/csv; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".log", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
    {".json", "application/json"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".svg", "image/svg+xml"},
    {".html", "text/html; charset=utf-8"},
    {".htm", "text/html; charset=utf-8"},
    {".xhtml", "application/xhtml+xml"},
    {".xml", "application/xml"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".zip", "application/zip"},
    {".gz", "application/gzip"},
};

const char *file_content_type(const char *name)
{
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof(content_types) / sizeof(content_types[0]); i++)
        if (strcasecmp(dot, content_types[i].suffix) == 0)
            return content_types[i].content_type;
    return "application/octet-stream";
}

char *file_display_name(const char *given, const char *otherwise)
{
    const char *name = given;
    char *clean;

    for (const char *c = given; *c != '\0'; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return xstrdup(otherwise);
    clean = utf8_sanitise(name, strlen(name), FILE_NAME_MAX);
    for (char *tab = strchr(clean, '\t'); tab != NULL; tab = strchr(tab, '\t'))
        *tab = ' ';
    return clean;
}
