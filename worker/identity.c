/* SPDX-License-Identifier: MIT */
/* Changing the user of a clone. Errors are returned; a clone that cannot become who it should must
 * not go on. */
#include "worker/identity.h"
#include "common/xalloc.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_BUFFER_SIZE (64 * 1024) /* one line of the user database */
#define GROUPS_MAX 65536             /* NGROUPS_MAX of the kernel */

bool identity_have_capability(unsigned capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    return (data[capability / 32].effective >> (capability % 32)) & 1;
}

static void read_groups(const char *user, struct identity *identity)
{
    int room = 64;

    do {
        identity->groups = xrealloc(identity->groups, (size_t)room, sizeof(gid_t));
        identity->group_count = room;
        if (getgrouplist(user, identity->gid, identity->groups, &identity->group_count) >= 0)
            return;
        room = identity->group_count > room ? identity->group_count : room * 2;
    } while (room <= GROUPS_MAX);
    identity->groups[0] = identity->gid;
    identity->group_count = 1;
}

bool identity_resolve(const char *user, struct identity *identity, char **why)
{
    char *buffer;
    struct passwd entry, *found = NULL;
    int error;

    memset(identity, 0, sizeof(*identity));
    if (user == NULL)
        return true;
    buffer = xmalloc(NAME_BUFFER_SIZE);
    error = getpwnam_r(user, &entry, buffer, NAME_BUFFER_SIZE, &found);
    if (found != NULL) {
        identity->uid = entry.pw_uid;
        identity->gid = entry.pw_gid;
    }
    free(buffer);
    if (found == NULL) {
        *why = error == 0 ? xasprintf("there is no user \"%s\"", user)
                          : xasprintf("cannot look up user \"%s\": %s", user, strerror(error));
        return false;
    }
    identity->change = identity->uid != getuid();
    if (!identity->change)
        return true;
    if (!identity_have_capability(CAP_SETUID) || !identity_have_capability(CAP_SETGID)) {
        *why = xasprintf("running as user \"%s\" needs a supervisor with privilege", user);
        return false;
    }
    read_groups(user, identity);
    return true;
}

/* setresuid(2) clears the capabilities of a root that steps down, but not those that an ordinary
 * service account was given (AmbientCapabilities= of systemd). */
bool identity_drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2];

    memset(none, 0, sizeof(none));
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
        return false;
    return syscall(SYS_capset, &header, none) == 0;
}

bool identity_assume(const struct identity *identity)
{
    if (identity->change && (setgroups((size_t)identity->group_count, identity->groups) != 0 ||
                             setresgid(identity->gid, identity->gid, identity->gid) != 0 ||
                             setresuid(identity->uid, identity->uid, identity->uid) != 0))
        return false;
    if (getuid() != 0 && !identity_drop_capabilities())
        return false;
    if (identity->change && identity->uid != 0 && (getuid() != identity->uid || setuid(0) == 0)) {
        errno = EPERM;
        return false;
    }
    return true;
}
