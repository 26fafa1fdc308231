/* SPDX-License-Identifier: MIT */
/* `taskyard artifact`: downloads the file a task has made. A file appears under its name only when
 * it is complete. */
#include "client/cli.h"
#include "client/cli_format.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct artifact {
    struct cli *cli;
    char *given;
    const char *output; /* NULL: the artifact's own name, which must be free */
    char *key;
    char *name;
};

static const struct argp_option artifact_options[] = {
    {"output", 'o', "FILE", 0, "Where to write it, replacing what is there; - is standard output",
     0},
    {0},
};

static error_t artifact_parser(int key, char *arg, struct argp_state *state)
{
    struct artifact *artifact = state->input;

    switch (key) {
    case 'o':
        artifact->output = arg;
        return 0;
    case ARGP_KEY_ARG:
        if (artifact->given != NULL)
            argp_error(state, "too many arguments: \"%s\"", arg);
        artifact->given = arg;
        return 0;
    case ARGP_KEY_END:
        if (artifact->given == NULL)
            argp_error(state, "which task?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The task chose the name: only its last part counts, and it must not be hidden or odd. */
static char *artifact_local_name(const char *name, const char *key)
{
    const char *last = name != NULL ? strrchr(name, '/') : NULL;
    char *safe = format_safe(last != NULL ? last + 1 : name, 200);

    if (*safe != '\0' && *safe != '.' && *safe != '-')
        return safe;
    free(safe);
    return xasprintf("artifact-%.8s", key);
}

static int artifact_find(struct artifact *artifact)
{
    struct taskyard_error error;
    struct taskyard_object *task;
    const char *key;
    char id[ID_SIZE];
    int status = cli_resolve(artifact->cli, artifact->given, id);

    if (status != CLI_OK)
        return status;
    task = taskyard_get(artifact->cli->client, id, &error);
    if (task == NULL)
        return cli_fail(artifact->cli, &error);
    key = taskyard_string(task, "artifact_file_key");
    if (key != NULL) {
        artifact->key = xstrdup(key);
        artifact->name = artifact_local_name(taskyard_string(task, "artifact_file_name"), key);
    } else {
        cli_complain("task %s (%s) has no artifact", id, taskyard_string(task, "status"));
        status = CLI_NOT_FOUND;
    }
    taskyard_object_free(task);
    return status;
}

static int artifact_cannot(const char *path)
{
    cli_complain("cannot write %s (%s)", path, strerror(errno));
    return CLI_REFUSED;
}

static int artifact_stream(const struct artifact *artifact, int fd)
{
    struct taskyard_error error;

    return taskyard_download(artifact->cli->client, artifact->key, fd, &error)
               ? CLI_OK
               : cli_fail(artifact->cli, &error);
}

/* link(2) never replaces a file, rename(2) does. */
static int artifact_publish(const char *part, const char *path, bool replace)
{
    if ((replace ? rename(part, path) : link(part, path)) == -1)
        return artifact_cannot(path);
    if (!replace)
        (void)unlink(part);
    return CLI_OK;
}

static int artifact_to_file(const struct artifact *artifact, const char *path, bool replace)
{
    char *part = xasprintf("%s.XXXXXX", path);
    int fd = mkstemp(part), status;
    mode_t mask = umask(0);

    (void)umask(mask);
    if (fd == -1) {
        status = artifact_cannot(path);
        free(part);
        return status;
    }
    status = artifact_stream(artifact, fd);
    if (status == CLI_OK && (fchmod(fd, 0666 & ~mask) == -1 || fsync(fd) == -1))
        status = artifact_cannot(path);
    (void)close(fd);
    if (status == CLI_OK)
        status = artifact_publish(part, path, replace);
    if (status != CLI_OK)
        (void)unlink(part);
    free(part);
    return status;
}

/* A device or pipe is written to directly. */
static int artifact_to_special(const struct artifact *artifact, const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), status;

    if (fd == -1)
        return artifact_cannot(path);
    status = artifact_stream(artifact, fd);
    (void)close(fd);
    return status;
}

static void artifact_report(const struct artifact *artifact, const char *path)
{
    json_object *report;

    if (!artifact->cli->json) {
        puts(path);
        return;
    }
    report = json_object_new_object();
    json_add_string(report, "file", path);
    json_add_string(report, "artifact_file_key", artifact->key);
    puts(json_object_to_json_string_ext(report,
                                        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(report);
}

static int artifact_save(const struct artifact *artifact)
{
    const char *path = artifact->output != NULL ? artifact->output : artifact->name;
    struct stat info;
    int status;

    if (strcmp(path, "-") == 0)
        return artifact_stream(artifact, STDOUT_FILENO);
    if (stat(path, &info) == 0) {
        if (artifact->output == NULL) {
            cli_complain("%s exists already; choose another name with -o", path);
            return CLI_REFUSED;
        }
        if (S_ISCHR(info.st_mode) || S_ISFIFO(info.st_mode))
            return artifact_to_special(artifact, path);
    }
    status = artifact_to_file(artifact, path, artifact->output != NULL);
    if (status == CLI_OK)
        artifact_report(artifact, path);
    return status;
}

int cli_artifact(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {.options = artifact_options,
                                     .parser = artifact_parser,
                                     .args_doc = "ID",
                                     .doc =
                                         "Download the file a task has made, and print its name."};
    struct artifact artifact = {.cli = cli};
    int status;

    cli_parse(cli, &argp, argc, argv, &artifact);
    status = artifact_find(&artifact);
    if (status == CLI_OK)
        status = artifact_save(&artifact);
    free(artifact.key);
    free(artifact.name);
    return status;
}
