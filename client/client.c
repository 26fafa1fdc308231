/* SPDX-License-Identifier: MIT */
/* Opening and closing a client of the supervisor's control socket, and its completion side
 * (complete.h). */
#include "client/request.h"
#include "client/complete.h"
#include "client/error.h"
#include "common/xalloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define TIMEOUT_MS 30000

static const char *client_choose_socket(const char *socket_path)
{
    if (socket_path == NULL)
        socket_path = getenv("TASKYARD_SOCKET");
    if (socket_path == NULL || *socket_path == '\0')
        socket_path = TASKYARD_DEFAULT_SOCKET;
    return socket_path;
}

struct taskyard_client *taskyard_open(const char *socket_path, struct taskyard_error *error)
{
    struct taskyard_client *client;

    error_none(error);
    if (socket_path != NULL && *socket_path == '\0') {
        error_set(error, TASKYARD_ERROR_ARGUMENT, "the path of the control socket is empty");
        return NULL;
    }
    socket_path = client_choose_socket(socket_path);
    if (strlen(socket_path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
        error_set(error, TASKYARD_ERROR_ARGUMENT,
                  "%s is too long for the path of a unix socket (at most %zu bytes)", socket_path,
                  sizeof(((struct sockaddr_un *)0)->sun_path) - 1);
        return NULL;
    }
    if (!conn_library_init()) {
        error_set(error, TASKYARD_ERROR_PROTOCOL, "libcurl cannot start");
        return NULL;
    }
    client = xcalloc(1, sizeof(*client));
    client->socket_path = xstrdup(socket_path);
    client->timeout_ms = TIMEOUT_MS;
    pthread_mutex_init(&client->lock, NULL);
    conn_init(&client->conn, client->socket_path);
    return client;
}

void taskyard_close(struct taskyard_client *client)
{
    if (client == NULL)
        return;
    complete_free(client->complete);
    conn_clear(&client->conn);
    pthread_mutex_destroy(&client->lock);
    free(client->socket_path);
    free(client);
}

const char *taskyard_socket_path(const struct taskyard_client *client)
{
    return client->socket_path;
}

void taskyard_set_timeout(struct taskyard_client *client, unsigned timeout_ms)
{
    pthread_mutex_lock(&client->lock);
    client->timeout_ms = timeout_ms;
    pthread_mutex_unlock(&client->lock);
}

/* NULL with errno if the system refuses the descriptors. */
static struct complete *client_complete(struct taskyard_client *client)
{
    struct complete *complete;

    pthread_mutex_lock(&client->lock);
    if (client->complete == NULL)
        client->complete = complete_new(client->socket_path);
    complete = client->complete;
    pthread_mutex_unlock(&client->lock);
    return complete;
}

struct complete *client_complete_or_error(struct taskyard_client *client,
                                          struct taskyard_error *error)
{
    struct complete *complete = client_complete(client);

    if (complete == NULL)
        error_set(error, TASKYARD_ERROR_ARGUMENT, "cannot prepare for callbacks (%s)",
                  strerror(errno));
    return complete;
}

int taskyard_client_fd(struct taskyard_client *client)
{
    struct complete *complete = client_complete(client);

    return complete != NULL ? complete_fd(complete) : -1;
}

int taskyard_run_callbacks(struct taskyard_client *client, int timeout_ms)
{
    struct complete *complete = client_complete(client);

    return complete != NULL ? complete_run(complete, timeout_ms) : -1;
}

bool taskyard_client_start_thread(struct taskyard_client *client)
{
    struct complete *complete = client_complete(client);

    return complete != NULL && complete_start_thread(complete);
}

size_t taskyard_outstanding(struct taskyard_client *client)
{
    struct complete *complete = client_complete(client);

    return complete != NULL ? complete_outstanding(complete) : 0;
}

const char *taskyard_version(void)
{
    return PACKAGE_VERSION;
}
