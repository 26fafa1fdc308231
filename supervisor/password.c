/* SPDX-License-Identifier: MIT */
/* Passwords are kept in memory no longer than the hash takes, and are never logged. */
#include "supervisor/password.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/offload.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#define YESCRYPT_PREFIX "$y$"

struct hashing {
    char *password;
    char *hash;
    password_hash_fn done;
    void *arg;
};

static void hash_work(void *arg)
{
    struct hashing *hashing = arg;
    struct crypt_data *data = xcalloc(1, sizeof(*data));
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    const char *hash = NULL;

    if (crypt_gensalt_rn(YESCRYPT_PREFIX, 0, NULL, 0, setting, sizeof(setting)) != NULL)
        hash = crypt_r(hashing->password, setting, data);
    if (hash != NULL && hash[0] != '*')
        hashing->hash = xstrdup(hash);
    explicit_bzero(data, sizeof(*data));
    free(data);
    explicit_bzero(hashing->password, strlen(hashing->password));
}

static void hash_done(void *arg)
{
    struct hashing *hashing = arg;

    hashing->done(hashing->arg, hashing->hash);
    free(hashing->password);
    free(hashing->hash);
    free(hashing);
}

void password_hash(struct app *app, const char *password, password_hash_fn done, void *arg)
{
    struct hashing *hashing = xcalloc(1, sizeof(*hashing));

    hashing->password = xstrdup(password);
    hashing->done = done;
    hashing->arg = arg;
    offload_run(app->offload, hash_work, hash_done, hashing);
}
