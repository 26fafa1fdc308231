/* SPDX-License-Identifier: MIT */
/* Asked once for each connection. */
#include "supervisor/http_peer.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_member(uid_t uid, gid_t gid, gid_t group)
{
    struct passwd *user;
    gid_t groups[64];
    int count = 64;

    if (group == (gid_t)-1)
        return false;
    if (gid == group)
        return true;
    user = getpwuid(uid);
    if (user == NULL || getgrouplist(user->pw_name, gid, groups, &count) < 0)
        return false;
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

bool http_peer_may_control(int fd, gid_t group, uid_t *uid)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    *uid = peer.uid;
    return peer.uid == 0 || peer.uid == geteuid() || is_member(peer.uid, peer.gid, group);
}
