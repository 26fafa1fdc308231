/* SPDX-License-Identifier: MIT */
/* Making and hashing tokens. Without randomness or memory for a hash there is no going on. */
#include "supervisor/token.h"
#include "common/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void token_new(char token[TOKEN_SIZE])
{
    unsigned char random[TOKEN_HASH_BYTES + 1] = {0}; /* one more, so that groups of three fit */
    char *out = token;

    if (getrandom(random, TOKEN_HASH_BYTES, 0) != TOKEN_HASH_BYTES)
        abort();
    for (size_t i = 0; i < sizeof(random); i += 3) {
        uint32_t group = (uint32_t)random[i] << 16 | (uint32_t)random[i + 1] << 8 | random[i + 2];
        for (int shift = 18; shift >= 0 && out < token + TOKEN_SIZE - 1; shift -= 6)
            *out++ = alphabet[group >> shift & 63];
    }
    *out = '\0';
    explicit_bzero(random, sizeof(random));
}

bool token_is_well_formed(const char *token)
{
    return strnlen(token, TOKEN_SIZE) == TOKEN_SIZE - 1 &&
           strspn(token, alphabet) == TOKEN_SIZE - 1;
}

void token_digest(const char *token, unsigned char digest[TOKEN_HASH_BYTES])
{
    if (EVP_Digest(token, strlen(token), digest, NULL, EVP_sha256(), NULL) != 1)
        abort();
}

void token_hash(const char *token, char hash[TOKEN_HASH_SIZE])
{
    unsigned char digest[TOKEN_HASH_BYTES];

    token_digest(token, digest);
    hex_write(hash, digest, sizeof(digest));
}

bool token_digest_equal(const unsigned char *a, const unsigned char *b)
{
    return CRYPTO_memcmp(a, b, TOKEN_HASH_BYTES) == 0;
}
