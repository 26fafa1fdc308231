/* SPDX-License-Identifier: MIT */
/* Everything is refused that does not have exactly the form of what we hand out. */
#include "supervisor/credentials.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define PAIR_MAX (ID_SIZE + TOKEN_SIZE) /* id, colon, secret, NUL */

static struct credentials with_token(const char *token)
{
    struct credentials credentials = {.kind = CREDENTIALS_REFUSED};

    if (token_is_well_formed(token)) {
        credentials.kind = CREDENTIALS_TOKEN;
        memcpy(credentials.token, token, TOKEN_SIZE);
    }
    return credentials;
}

/* base64 (RFC 4648, section 4) with its padding. False if it is not that, is too long or holds a
 * NUL. */
static bool decode(const char *text, char pair[PAIR_MAX + 3])
{
    size_t length = strnlen(text, 2 * PAIR_MAX), size, padding;
    int decoded;

    if (length == 0 || length % 4 != 0 || length / 4 * 3 > PAIR_MAX + 2)
        return false;
    size = strcspn(text, "=");
    padding = length - size;
    if (padding > 2 || strspn(&text[size], "=") != padding)
        return false;
    decoded = EVP_DecodeBlock((unsigned char *)pair, (const unsigned char *)text, (int)length);
    if (decoded < 0)
        return false;
    pair[(size_t)decoded - padding] = '\0';
    return strlen(pair) == (size_t)decoded - padding;
}

/* RFC 7617: the token's id and the token. */
static struct credentials with_pair(const char *text)
{
    struct credentials credentials = {.kind = CREDENTIALS_REFUSED};
    char pair[PAIR_MAX + 3];

    if (!decode(text, pair) || strlen(pair) != PAIR_MAX - 1 || pair[ID_SIZE - 1] != ':')
        return credentials;
    pair[ID_SIZE - 1] = '\0';
    if (!id_is_valid(pair))
        return credentials;
    credentials = with_token(&pair[ID_SIZE]);
    memcpy(credentials.id, pair, ID_SIZE);
    return credentials;
}

struct credentials credentials_read(const char *authorization, const char *cookie)
{
    struct credentials credentials = {.kind = CREDENTIALS_NONE};

    if (authorization != NULL) {
        if (strncasecmp(authorization, "Bearer ", 7) == 0)
            return with_token(&authorization[7]);
        if (strncasecmp(authorization, "Basic ", 6) == 0)
            return with_pair(&authorization[6]);
        credentials.kind = CREDENTIALS_REFUSED;
        return credentials;
    }
    if (cookie != NULL)
        credentials = with_token(cookie);
    if (credentials.kind == CREDENTIALS_REFUSED)
        credentials.kind = CREDENTIALS_NONE;
    credentials.by_cookie = true;
    return credentials;
}
