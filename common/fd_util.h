/* SPDX-License-Identifier: MIT */
/* Small helpers over file descriptors. */
#ifndef COMMON_FD_UTIL_H
#define COMMON_FD_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes *fd unless it is -1, and sets it to -1. */
void fd_close(int *fd);

/* Writes everything, retrying after EINTR and short writes. False with errno set otherwise.
 * Blocking fds only. */
bool fd_write_all(int fd, const void *data, size_t size);

/* Both return false with errno set on failure. */
bool fd_set_nonblocking(int fd);
bool fd_set_cloexec(int fd, bool on);

/* Reads a whole file of at most `max` bytes into fresh memory (NUL-terminated, caller frees).
 * NULL with errno set; EFBIG if it is larger. */
char *fd_read_file(const char *path, size_t max, size_t *size);

/* True for a directory, open for reading from its beginning, that holds nothing. */
bool fd_is_empty_directory(int directory);

/* Sends one packet with up to 8 descriptors over a unix socket (SCM_RIGHTS, unix(7)). False with
 * errno set. */
bool fd_send_packet(int socket, const void *data, size_t size, const int *fds, size_t fd_count);

/* Receives one packet; received descriptors are close-on-exec and belong to the caller. Returns the
 * size, 0 at the end of the stream, -1 with errno set. *fd_count is in: room, out: received. */
ssize_t fd_receive_packet(int socket, void *data, size_t room, int *fds, size_t *fd_count);

#endif
