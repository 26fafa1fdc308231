/* SPDX-License-Identifier: MIT */
/* What an earlier life left in its tree, when it had no time to clean up. */
#include "common/cgroup_fs.h"
#include "common/fd_util.h"
#include "common/log.h"
#include "common/proc_scan.h"
#include "common/xalloc.h"
#include "supervisor/cgroup.h"
#include "supervisor/cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096
#define BURY_LIMIT_MS 10000

/* ---- what an earlier life left ---- */

static bool is_tree_name(const char *name)
{
    return strncmp(name, CGROUP_FS_TREE, strlen(CGROUP_FS_TREE)) == 0 &&
           strspn(name + strlen(CGROUP_FS_TREE), "0123456789abcdef") == 32 &&
           strlen(name) == CGROUP_FS_TREE_LENGTH;
}

static bool we_live_in(const char *name)
{
    char path[PATH_SIZE];

    return !proc_scan_cgroup(getpid(), path, sizeof(path)) || cgroup_find_leads_through(path, name);
}

static void bury_tree(int base, const char *name, const char *path)
{
    int tree = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    unsigned seen = 0;

    if (tree < 0)
        return; /* gone, with the service's own cgroup perhaps */
    if (!cgroup_fs_bury(tree, name, BURY_LIMIT_MS, &seen))
        log_error("processes in %s do not die of SIGKILL; they wait inside the kernel", path);
    else if (seen > 0)
        log_warn("killed %u processes in %s, which an earlier life of this service had left", seen,
                 path);
    close(tree);
    if (!cgroup_fs_remove(base, name))
        log_warn("the cgroup %s cannot be removed: %s", path, strerror(errno));
}

void cgroup_bury(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *base;
    int fd;

    if (path[0] != '/' || slash == path || !is_tree_name(slash + 1) || we_live_in(slash + 1)) {
        log_error("\"%s\" is noted as the cgroup of an earlier life, which it cannot be", path);
        return;
    }
    base = xstrndup(path, (size_t)(slash - path));
    fd = cgroup_fs_open(base);
    if (fd >= 0)
        bury_tree(fd, slash + 1, path);
    fd_close(&fd);
    free(base);
}
