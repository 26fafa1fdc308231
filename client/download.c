/* SPDX-License-Identifier: MIT */
/* taskyard_download: the bytes of a file, straight to the caller's descriptor. An answer that is
 * not 200 is kept apart and read as an error, so that no error text ever lands in the caller's
 * file. */
#include "client/request.h"
#include "client/envelope.h"
#include "client/error.h"
#include "common/fd_util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_LIMIT_S 30
#define REFUSAL_MAX 65536

struct download {
    CURL *easy;
    int fd;
    int write_errno;
    struct buffer refusal;
};

static size_t download_write_cb(char *data, size_t size, size_t count, void *arg)
{
    struct download *download = arg;
    long status = 0;

    curl_easy_getinfo(download->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        if (download->refusal.size < REFUSAL_MAX)
            buffer_add(&download->refusal, data, size * count);
        return size * count;
    }
    if (!fd_write_all(download->fd, data, size * count)) {
        download->write_errno = errno;
        return 0;
    }
    return size * count;
}

static bool download_judge(const struct conn *conn, const struct download *download, CURLcode code,
                           struct taskyard_error *error)
{
    long status = 0;

    curl_easy_getinfo(conn->easy, CURLINFO_RESPONSE_CODE, &status);
    if (download->write_errno != 0)
        error_set(error, TASKYARD_ERROR_WRITE, "cannot write the file (%s)",
                  strerror(download->write_errno));
    else if (code != CURLE_OK)
        conn_explain(conn, code, error);
    else if (status != 200)
        json_object_put(envelope_open(download->refusal.data, download->refusal.size, (int)status,
                                      false, error));
    else
        return true;
    return false;
}

bool taskyard_download(struct taskyard_client *client, const char *file_key, int fd,
                       struct taskyard_error *error)
{
    char *path = request_path("/api/files", file_key, "", error);
    struct download download = {.fd = fd};
    struct taskyard_error local;
    struct conn conn;
    bool done;

    if (path == NULL)
        return false;
    error_none(&local);
    conn_init(&conn, client->socket_path);
    conn_prepare(&conn, path);
    free(path);
    download.easy = conn.easy;
    curl_easy_setopt(conn.easy, CURLOPT_WRITEFUNCTION, download_write_cb);
    curl_easy_setopt(conn.easy, CURLOPT_WRITEDATA, &download);
    curl_easy_setopt(conn.easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(conn.easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_LIMIT_S);
    done = download_judge(&conn, &download, curl_easy_perform(conn.easy), &local);
    error_copy(error, &local);
    buffer_clear(&download.refusal);
    conn_clear(&conn);
    return done;
}
