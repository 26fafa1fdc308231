/* SPDX-License-Identifier: MIT */
#include "supervisor/doctor_account.h"
#include "common/xalloc.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKAGED_ACCOUNT "taskyard"

/* 0: it is not there, or root's. */
static uid_t owner_of(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_uid : 0;
}

/* Whose the lock is: a supervisor makes it itself. The directory may be another's by mistake. */
static const struct passwd *service_account(const char *state_dir)
{
    char *lock = xasprintf("%s/lock", state_dir);
    uid_t uid = owner_of(lock);

    free(lock);
    if (uid == 0)
        uid = owner_of(state_dir);
    return uid != 0 ? getpwuid(uid) : getpwnam(PACKAGED_ACCOUNT);
}

bool doctor_account_take(const char *state_dir)
{
    const struct passwd *account;

    if (geteuid() != 0)
        return false;
    account = service_account(state_dir);
    return account != NULL && initgroups(account->pw_name, account->pw_gid) == 0 &&
           setgid(account->pw_gid) == 0 && setuid(account->pw_uid) == 0;
}
