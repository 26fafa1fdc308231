/* SPDX-License-Identifier: MIT */
/* Parsing of /proc/self/cgroup (cgroups(7)) and /proc/self/mountinfo (proc(5)). */
#include "supervisor/cgroup_find.h"
#include "common/fd_util.h"
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define PROC_FILE_MAX (4 * 1024 * 1024)
#define FIELD_ROOT 3
#define FIELD_MOUNT_POINT 4
#define FIELDS_FIRST 6 /* the optional ones follow, up to a "-" */

static bool is_deleted(const char *path)
{
    static const char suffix[] = " (deleted)";
    size_t length = strlen(path), tail = sizeof(suffix) - 1;

    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

char *cgroup_find_path(const char *proc_cgroup)
{
    const char *line = proc_cgroup;
    char *path;

    while (strncmp(line, "0::/", 4) != 0) {
        line = strchr(line, '\n');
        if (line == NULL)
            return NULL;
        line++;
    }
    path = xstrndup(line + 3, strcspn(line + 3, "\n"));
    if (!is_deleted(path))
        return path;
    free(path);
    return NULL;
}

/* The kernel writes space, tab, newline and backslash as three octal digits. */
static void undo_octal(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0'; out++) {
        if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' &&
            in[3] >= '0' && in[3] <= '7') {
            *out = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
            in += 4;
        } else {
            *out = *in++;
        }
    }
    *out = '\0';
}

/* What of `path` lies below `root`, "" for the root itself; NULL if it does not. */
static const char *path_below(const char *path, const char *root)
{
    size_t length = strlen(root);

    if (strcmp(root, "/") == 0)
        return strcmp(path, "/") == 0 ? "" : path;
    if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
        return NULL;
    return path + length;
}

/* The directory of the cgroup through the mount of one line (which is changed), or NULL. */
static char *through_mount(char *line, const char *path)
{
    char *fields[FIELDS_FIRST], *save = NULL, *field = strtok_r(line, " ", &save);
    const char *below;

    for (int i = 0; i < FIELDS_FIRST; i++, field = strtok_r(NULL, " ", &save)) {
        if (field == NULL)
            return NULL;
        fields[i] = field;
    }
    while (field != NULL && strcmp(field, "-") != 0)
        field = strtok_r(NULL, " ", &save);
    field = field != NULL ? strtok_r(NULL, " ", &save) : NULL;
    if (field == NULL || strcmp(field, "cgroup2") != 0)
        return NULL;
    undo_octal(fields[FIELD_ROOT]);
    undo_octal(fields[FIELD_MOUNT_POINT]);
    below = path_below(path, fields[FIELD_ROOT]);
    return below != NULL ? xasprintf("%s%s", fields[FIELD_MOUNT_POINT], below) : NULL;
}

char *cgroup_find_directory(const char *mountinfo, const char *path)
{
    char *text = xstrdup(mountinfo), *save = NULL, *directory = NULL;

    for (char *line = strtok_r(text, "\n", &save); line != NULL && directory == NULL;
         line = strtok_r(NULL, "\n", &save))
        directory = through_mount(line, path);
    free(text);
    return directory;
}

char *cgroup_find_own(const char **why)
{
    size_t size;
    char *own = fd_read_file("/proc/self/cgroup", PROC_FILE_MAX, &size);
    char *mounts = fd_read_file("/proc/self/mountinfo", PROC_FILE_MAX, &size);
    char *path = own != NULL ? cgroup_find_path(own) : NULL;
    char *directory = path != NULL && mounts != NULL ? cgroup_find_directory(mounts, path) : NULL;

    if (path == NULL)
        *why = "the kernel tells no cgroup of version 2";
    else if (directory == NULL)
        *why = "no file system of type cgroup2 is mounted that shows our own cgroup";
    free(own);
    free(mounts);
    free(path);
    return directory;
}

bool cgroup_find_leads_through(const char *path, const char *name)
{
    size_t length = strlen(name);

    for (const char *found = strstr(path, name); found != NULL; found = strstr(found + 1, name))
        if (found > path && found[-1] == '/' && (found[length] == '/' || found[length] == '\0'))
            return true;
    return false;
}
