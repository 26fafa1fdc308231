/* SPDX-License-Identifier: MIT */
/* Stored files over HTTP. The key is a UUID, so the path is ours and not the client's. */
#include "common/id.h"
#include "common/xalloc.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/http_call.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void file_cb(void *arg, enum store_result result, const struct store_file_row *file)
{
    struct http_call *call = arg;
    struct stat info;
    char *path;
    int fd;

    if (result != STORE_OK) {
        http_reply_store(call, result, "file");
        return;
    }
    path = xasprintf("%s/files/%s", http_call_app(call)->config->state_dir, file->key);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    free(path);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        if (fd >= 0)
            close(fd);
        http_reply_store(call, STORE_NOT_FOUND, "file");
        return;
    }
    http_reply_file(call, fd, (uint64_t)info.st_size, file->content_type, file->name);
}

void api_file_get(struct http_call *call)
{
    if (id_is_valid(http_call_part(call, 0)))
        store_file_get(http_call_app(call)->store, http_call_part(call, 0), API_DEADLINE_MS,
                       file_cb, call);
    else
        http_reply_store(call, STORE_NOT_FOUND, "file");
}
