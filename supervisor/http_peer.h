/* SPDX-License-Identifier: MIT */
/* Who is at the other end of the control socket: SO_PEERCRED (unix(7)). */
#ifndef SUPERVISOR_HTTP_PEER_H
#define SUPERVISOR_HTTP_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* True if the peer may use the control socket: root, our own user, or a member
 * of the group
 * ((gid_t)-1: none). *uid is who it is, (uid_t)-1 if the kernel does not say.
 */
bool http_peer_may_control(int fd, gid_t group, uid_t *uid);

#endif
