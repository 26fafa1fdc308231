/* SPDX-License-Identifier: MIT */
/* Passes bytes between pairs of sockets and watches for the packet of a COMMIT. */
#include "tests/store_proxy.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAIRS 16

static const char commit_packet[] = "\7\0\0\0\3COMMIT";
static struct pair {
    int client, server;
} pairs[PAIRS];
static int listener;
static char server_path[108];
static atomic_int armed;

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static void drop(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    *pair = (struct pair){-1, -1};
}

static void take_client(void)
{
    struct sockaddr_un address = address_of(server_path);
    struct pair fresh = {accept(listener, NULL, NULL),
                         socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (connect(fresh.server, (struct sockaddr *)&address, sizeof address) != 0) {
        drop(&fresh);
        return;
    }
    for (int i = 0; i < PAIRS; i++) {
        if (pairs[i].client < 0) {
            pairs[i] = fresh;
            return;
        }
    }
    abort();
}

static int pass(int from, int to, char *data, size_t room, ssize_t *size)
{
    *size = recv(from, data, room, 0);
    return *size > 0 && send(to, data, (size_t)*size, MSG_NOSIGNAL) == *size;
}

static void from_client(struct pair *pair)
{
    char data[65536];
    ssize_t size = recv(pair->client, data, sizeof data, MSG_PEEK);
    bool lost =
        size == (ssize_t)sizeof commit_packet - 1 && memcmp(data, commit_packet, (size_t)size) == 0;
    int loss = lost ? atomic_exchange(&armed, PROXY_LOSES_NOTHING) : PROXY_LOSES_NOTHING;
    if (loss == PROXY_LOSES_COMMIT) {
        drop(pair);
        return;
    }
    if (!pass(pair->client, pair->server, data, sizeof data, &size)) {
        drop(pair);
    } else if (loss == PROXY_LOSES_ANSWER) {
        recv(pair->server, data, sizeof data, 0); /* it is committed */
        drop(pair);
    }
}

static void from_server(struct pair *pair)
{
    char data[65536];
    ssize_t size;
    if (!pass(pair->server, pair->client, data, sizeof data, &size)) {
        drop(pair);
    }
}

static void *run(void *arg)
{
    for (;;) {
        struct pollfd fds[1 + 2 * PAIRS] = {{.fd = listener, .events = POLLIN}};
        for (int i = 0; i < PAIRS; i++) {
            fds[1 + 2 * i] = (struct pollfd){.fd = pairs[i].client, .events = POLLIN};
            fds[2 + 2 * i] = (struct pollfd){.fd = pairs[i].server, .events = POLLIN};
        }
        poll(fds, 1 + 2 * PAIRS, -1);
        for (int i = 0; i < PAIRS; i++) {
            if (fds[1 + 2 * i].revents != 0) {
                from_client(&pairs[i]);
            } else if (fds[2 + 2 * i].revents != 0) {
                from_server(&pairs[i]);
            }
        }
        if (fds[0].revents != 0) {
            take_client();
        }
    }
    return arg;
}

void store_proxy_start(const char *path, const char *server)
{
    struct sockaddr_un address = address_of(path);
    pthread_t thread;
    snprintf(server_path, sizeof server_path, "%s", server);
    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = (struct pair){-1, -1};
    }
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 16) != 0 || pthread_create(&thread, NULL, run, NULL) != 0) {
        abort();
    }
    pthread_detach(thread);
}

void store_proxy_lose_next(enum proxy_loss loss)
{
    atomic_store(&armed, loss);
}

int store_proxy_has_lost(void)
{
    return atomic_load(&armed) == PROXY_LOSES_NOTHING;
}
