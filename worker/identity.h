/* SPDX-License-Identifier: MIT */
/* The user a type runs as: looked up once in the template (name services may load libraries and
 * open sockets), put on in the clone. */
#ifndef WORKER_IDENTITY_H
#define WORKER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity {
    bool change; /* false: stay who the template is */
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* supplementary groups, `gid` among them */
    int group_count;
};

/* Looks a user up and checks that this process could become that user. False with a fresh sentence
 * in *why (caller frees). `user` NULL: no change. */
bool identity_resolve(const char *user, struct identity *identity, char **why);

/* In the clone: becomes that user, for good, and gives up every capability unless the result is
 * root. False with errno set. Clears the parent-death signal (prctl(2)), so that is to be set
 * afterwards. */
bool identity_assume(const struct identity *identity);

/* Whether this process has a capability (capabilities(7)) in effect. */
bool identity_have_capability(unsigned capability);
/* Gives up all of them. False with errno. */
bool identity_drop_capabilities(void);

#endif
