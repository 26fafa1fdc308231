/* SPDX-License-Identifier: MIT */
/* A unix socket between the store and its server that can lose a COMMIT, or the answer to one,
 * together with the connection: the outcome the client cannot know. One a process; its thread lives
 * as long as the process. */
#ifndef TESTS_STORE_PROXY_H
#define TESTS_STORE_PROXY_H

enum proxy_loss {
    PROXY_LOSES_NOTHING,
    PROXY_LOSES_COMMIT, /* it never reaches the server */
    PROXY_LOSES_ANSWER  /* the server commits, the client is not told */
};

/* Listens at `path` and passes on to `server`. */
void store_proxy_start(const char *path, const char *server);
/* What happens to the next COMMIT; the ones after it get through. */
void store_proxy_lose_next(enum proxy_loss loss);
/* True once that COMMIT has come by. */
int store_proxy_has_lost(void);

#endif
