/* SPDX-License-Identifier: MIT */
/* Passwords are kept in memory no longer than the hash takes, and are never logged. */
#include "supervisor/password.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/offload.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define YESCRYPT_PREFIX "$y$"

const char *password_fault(const char *password, const char *username)
{
    if (strlen(password) < PASSWORD_MIN)
        return "password is too short: it needs at least 8 bytes";
    if (strlen(password) > PASSWORD_MAX)
        return "password is longer than 512 bytes";
    return strcasecmp(password, username) == 0 ? "password must not be the user name" : NULL;
}

/* NULL on failure; the caller frees. */
static char *run_crypt(const char *password, const char *setting)
{
    struct crypt_data *data = xcalloc(1, sizeof(*data));
    const char *hash = crypt_r(password, setting, data);
    char *copy = hash != NULL && hash[0] != '*' ? xstrdup(hash) : NULL;

    explicit_bzero(data, sizeof(*data));
    free(data);
    return copy;
}

char *password_make_hash(const char *password)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (crypt_gensalt_rn(YESCRYPT_PREFIX, 0, NULL, 0, setting, sizeof(setting)) == NULL)
        return NULL;
    return run_crypt(password, setting);
}

bool password_fits(const char *password, const char *hash)
{
    char *made = hash != NULL && hash[0] != '\0' ? run_crypt(password, hash) : NULL;
    bool fits = made != NULL && strlen(made) == strlen(hash) &&
                CRYPTO_memcmp(made, hash, strlen(hash)) == 0;

    free(made);
    return fits;
}

/* ---- off the loop ---- */

struct hashing {
    char *password;
    char *hash;
    password_hash_fn done;
    void *arg;
};

static void hash_work(void *arg)
{
    struct hashing *hashing = arg;

    hashing->hash = password_make_hash(hashing->password);
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
