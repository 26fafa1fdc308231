/* SPDX-License-Identifier: MIT */
/* The envelope and its file. */
#include "supervisor/handover.h"
#include "common/fd_util.h"
#include "common/fields.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

static const struct field fields[] = {
    FIELD(struct handover, format),         FIELD(struct handover, pid),
    FIELD(struct handover, version),        FIELD(struct handover, state_dir),
    FIELD(struct handover, node),           FIELD(struct handover, incarnation),
    FIELD(struct handover, upgrades),       FIELD(struct handover, began_ms),
    FIELD(struct handover, lock_fd),        FIELD(struct handover, public_fd),
    FIELD(struct handover, listen),         FIELD(struct handover, control_fd),
    FIELD(struct handover, control_socket), FIELD(struct handover, template_pid),
    FIELD(struct handover, template_fd),    FIELD(struct handover, cgroup_base),
    FIELD(struct handover, last_leaf),      FIELD(struct handover, last_work_dir),
    FIELD(struct handover, last_run),       FIELD(struct handover, last_event),
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* ---- the file ---- */

static int sealed_file(const char *text, size_t size)
{
    int fd = memfd_create("handover", MFD_CLOEXEC | MFD_ALLOW_SEALING), saved_errno;

    if (fd < 0)
        return -1;
    if (fd_write_all(fd, text, size) && fcntl(fd, F_ADD_SEALS, SEALS) == 0)
        return fd;
    saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return -1;
}

/* NULL if it is not such a file; to be unmapped. */
static const char *map_sealed(int fd, size_t *size)
{
    struct stat info;
    const char *text;

    if (fcntl(fd, F_GET_SEALS) != SEALS || fstat(fd, &info) != 0 || info.st_size == 0)
        return NULL;
    *size = (size_t)info.st_size;
    text = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    return text != MAP_FAILED ? text : NULL;
}

/* ---- the envelope ---- */

int handover_write(const struct handover *handover)
{
    json_object *object = json_object_new_object();
    size_t size;
    const char *text;
    int fd;

    fields_write(object, handover, fields, FIELD_COUNT);
    json_object_object_add(object, "runs", json_object_get(handover->runs));
    text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, &size);
    fd = sealed_file(text, size);
    json_object_put(object);
    return fd;
}

/* The format first: the rest may be of another. */
static bool read_envelope(json_object *object, struct handover *handover, const char **why)
{
    const char *wrong;

    if (!fields_read(object, handover, fields, 1, &wrong) || handover->format != HANDOVER_FORMAT) {
        *why = "it is of a format that this version does not know";
        return false;
    }
    if (!fields_read(object, handover, fields, FIELD_COUNT, &wrong) ||
        handover->incarnation == NULL || handover->state_dir == NULL || handover->node == NULL ||
        !json_object_object_get_ex(object, "runs", &handover->runs) ||
        !json_object_is_type(handover->runs, json_type_array)) {
        handover->runs = NULL;
        *why = "a part of it is missing";
        return false;
    }
    json_object_get(handover->runs);
    return true;
}

struct handover *handover_read(int fd, const char **why)
{
    size_t size;
    const char *text = map_sealed(fd, &size);
    struct handover *handover;
    json_object *object;

    if (text == NULL) {
        *why = "it is no sealed file in memory";
        return NULL;
    }
    object = json_parse_text(text, size, why);
    munmap((void *)text, size);
    if (object == NULL)
        return NULL;
    handover = xcalloc(1, sizeof(*handover));
    if (!read_envelope(object, handover, why)) {
        handover_free(handover);
        handover = NULL;
    }
    json_object_put(object);
    return handover;
}

void handover_free(struct handover *handover)
{
    if (handover == NULL)
        return;
    fields_clear(handover, fields, FIELD_COUNT);
    json_object_put(handover->runs);
    free(handover);
}
