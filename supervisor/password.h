/* SPDX-License-Identifier: MIT */
/* Hashing of passwords with yescrypt (libxcrypt, crypt(5)): it takes tens of milliseconds on
 * purpose, so never on the loop. */
#ifndef SUPERVISOR_PASSWORD_H
#define SUPERVISOR_PASSWORD_H

#include <stdbool.h>

#define PASSWORD_MIN 8   /* bytes */
#define PASSWORD_MAX 512 /* crypt(3)'s own limit is CRYPT_MAX_PASSPHRASE_SIZE */

struct app;

/* What is wrong with a new password for that user, as a sentence; NULL: nothing. */
const char *password_fault(const char *password, const char *username);

/* The next two may be called on any thread, and take their time. */
/* The crypt(5) text, which the caller frees; NULL if it could not be made. */
char *password_make_hash(const char *password);
/* Does it fit? `hash` NULL, or one that crypt(3) does not know, fits nothing. */
bool password_fits(const char *password, const char *hash);

/* Answers on the loop with the crypt(5) text, or NULL if the hash could not be made. The password
 * is copied and wiped. */
typedef void (*password_hash_fn)(void *arg, const char *hash);
void password_hash(struct app *app, const char *password, password_hash_fn done, void *arg);

#endif
