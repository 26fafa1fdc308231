/* SPDX-License-Identifier: MIT */
/* Small helpers over file descriptors; failures are returned with errno, never logged here. */
#include "common/fd_util.h"
#include "common/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKET_FDS_MAX 8

void fd_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool fd_write_all(int fd, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t written = write(fd, next, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        next += written;
        size -= (size_t)written;
    }
    return true;
}

bool fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool fd_set_cloexec(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) == 0;
}

static char *read_up_to(int fd, size_t max, size_t *size)
{
    size_t room = 4096, used = 0;
    char *data = xmalloc(room + 1);

    for (;;) {
        ssize_t got = read(fd, data + used, room - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || (used += (size_t)got) > max) {
            if (got == 0 && used <= max)
                break;
            if (got > 0)
                errno = EFBIG;
            free(data);
            return NULL;
        }
        if (used == room) {
            room *= 2;
            data = xrealloc(data, room + 1, 1);
        }
    }
    data[used] = '\0';
    *size = used;
    return data;
}

char *fd_read_file(const char *path, size_t max, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), saved_errno;
    char *data;

    if (fd < 0)
        return NULL;
    data = read_up_to(fd, max, size);
    saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return data;
}

/* By hand: opendir(3) takes 32 KiB of memory, which costs more than the look. */
bool fd_is_empty_directory(int directory)
{
    union {
        struct dirent64 first;
        char bytes[512];
    } buffer;
    unsigned entries = 0;
    ssize_t size;

    while ((size = getdents64(directory, &buffer, sizeof(buffer))) > 0)
        for (ssize_t at = 0; at < size; entries++)
            at += ((const struct dirent64 *)(const void *)(buffer.bytes + at))->d_reclen;
    return size == 0 && entries == 2; /* "." and ".." */
}

bool fd_send_packet(int socket, const void *data, size_t size, const int *fds, size_t fd_count)
{
    struct iovec part = {.iov_base = (void *)data, .iov_len = size};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * PACKET_FDS_MAX)];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;

    if (fd_count > 0) {
        memset(&control, 0, sizeof(control));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * fd_count);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
    }
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size;
}

static size_t take_fds(struct msghdr *message, int *fds, size_t room)
{
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        size_t here;
        int received[PACKET_FDS_MAX];

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(received, CMSG_DATA(header), here * sizeof(int));
        for (size_t i = 0; i < here; i++) {
            if (count < room)
                fds[count++] = received[i];
            else
                close(received[i]);
        }
    }
    return count;
}

ssize_t fd_receive_packet(int socket, void *data, size_t room, int *fds, size_t *fd_count)
{
    struct iovec part = {.iov_base = data, .iov_len = room};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * PACKET_FDS_MAX)];
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    ssize_t got;

    do {
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return -1;
    *fd_count = take_fds(&message, fds, *fd_count);
    if (message.msg_flags & MSG_TRUNC) {
        for (size_t i = 0; i < *fd_count; i++)
            close(fds[i]);
        *fd_count = 0;
        errno = EMSGSIZE;
        return -1;
    }
    return got;
}
