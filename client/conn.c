/* SPDX-License-Identifier: MIT */
/* libcurl over a unix socket. The connection is made here rather than by libcurl, which takes
 * EAGAIN (a full backlog) of a unix socket for "in progress" (curl 7.88) and loses the reason of a
 * failure. */
#include "client/conn.h"
#include "client/error.h"
#include "common/xalloc.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static bool library_ready;

static void conn_library_once(void)
{
    library_ready = curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK;
}

bool conn_library_init(void)
{
    pthread_once(&library_once, conn_library_once);
    return library_ready;
}

void conn_init(struct conn *conn, const char *socket_path)
{
    conn->easy = curl_easy_init();
    if (conn->easy == NULL)
        abort(); /* out of memory, as in xalloc */
    conn->socket_path = socket_path;
}

void conn_clear(struct conn *conn)
{
    if (conn->easy != NULL)
        curl_easy_cleanup(conn->easy);
    conn->easy = NULL;
}

void conn_prepare(struct conn *conn, const char *path)
{
    CURL *easy = conn->easy;
    char *url = xasprintf("http://localhost%s", path);

    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url); /* copied */
    free(url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L); /* an id of ".." is an id */
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, conn->socket_path);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever http_proxy says */
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "libtaskyard/" PACKAGE_VERSION);
}

/* A unix socket whose queue of waiting connections is full answers EAGAIN, which libcurl (7.88)
 * takes for "in progress". It then fails either at the first look at the socket, without an errno,
 * or at the first byte. */
bool conn_was_turned_away(const struct conn *conn, CURLcode code)
{
    long sent = 0, number = 0;

    curl_easy_getinfo(conn->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(conn->easy, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_COULDNT_CONNECT)
        return number == 0 || number == EAGAIN;
    return code == CURLE_SEND_ERROR && sent == 0;
}

static void conn_explain_connect(const struct conn *conn, struct taskyard_error *error)
{
    long number = 0;

    curl_easy_getinfo(conn->easy, CURLINFO_OS_ERRNO, &number);
    error_set(error, TASKYARD_ERROR_UNREACHABLE, "cannot reach the supervisor at %s (%s)",
              conn->socket_path, strerror((int)number));
}

void conn_explain(const struct conn *conn, CURLcode code, struct taskyard_error *error)
{
    if (conn_was_turned_away(conn, code)) {
        error_set(error, TASKYARD_ERROR_UNREACHABLE,
                  "the supervisor at %s accepts no more connections at present", conn->socket_path);
        return;
    }
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        conn_explain_connect(conn, error);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        error_set(error, TASKYARD_ERROR_LOST, "the supervisor at %s did not answer in time",
                  conn->socket_path);
        break;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_PARTIAL_FILE:
        error_set(error, TASKYARD_ERROR_LOST,
                  "the supervisor at %s closed the connection before it had answered",
                  conn->socket_path);
        break;
    case CURLE_OUT_OF_MEMORY:
        abort();
    default:
        error_set(error, TASKYARD_ERROR_PROTOCOL,
                  "what listens at %s does not answer as a supervisor does (%s)", conn->socket_path,
                  curl_easy_strerror(code));
    }
}
