/* SPDX-License-Identifier: MIT */
/* Signatures of links. */
#include "supervisor/file_link.h"
#include "common/hex.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 160

void file_link_sign(const char *secret, const char *key, int64_t expires,
                    char signature[FILE_LINK_SIGNATURE_SIZE])
{
    char message[MESSAGE_SIZE];
    unsigned char bytes[32], digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int length = snprintf(message, sizeof(message), "%s:%" PRId64, key, expires);

    if (length < 0 || (size_t)length >= sizeof(message))
        abort(); /* keys are UUIDs */
    if (!hex_read(bytes, sizeof(bytes), secret))
        abort(); /* made by us, checked when it was read */
    if (HMAC(EVP_sha256(), bytes, sizeof(bytes), (unsigned char *)message, (size_t)length, digest,
             &size) == NULL)
        abort();
    OPENSSL_cleanse(bytes, sizeof(bytes));
    hex_write(signature, digest, size);
}

bool file_link_is_good(const char *secret, const char *key, const char *signature, int64_t expires,
                       int64_t now)
{
    char good[FILE_LINK_SIGNATURE_SIZE];
    bool same;

    if (strlen(signature) != FILE_LINK_SIGNATURE_SIZE - 1)
        return false;
    file_link_sign(secret, key, expires, good);
    same = CRYPTO_memcmp(signature, good, FILE_LINK_SIGNATURE_SIZE - 1) == 0;
    OPENSSL_cleanse(good, sizeof(good));
    return same && now <= expires;
}
