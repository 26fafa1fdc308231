/* SPDX-License-Identifier: MIT */
/* Hashing of passwords with yescrypt (libxcrypt, crypt(5)), off the loop: a hash takes milliseconds
 * on purpose. */
#ifndef SUPERVISOR_PASSWORD_H
#define SUPERVISOR_PASSWORD_H

#define PASSWORD_MIN 8   /* bytes */
#define PASSWORD_MAX 512 /* crypt(3)'s own limit is CRYPT_MAX_PASSPHRASE_SIZE */

struct app;

/* Answers on the loop with the crypt(5) text, or NULL if the hash could not be made. The password
 * is copied and wiped. */
typedef void (*password_hash_fn)(void *arg, const char *hash);
void password_hash(struct app *app, const char *password, password_hash_fn done, void *arg);

#endif
