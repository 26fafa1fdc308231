/* SPDX-License-Identifier: MIT */
/* Tells as its result what a command sees: environment, descriptors, signals, limits, identity. */
#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_text(json_object *object, const char *key, const char *text)
{
    json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(json_object *object, const char *key, long long number)
{
    json_object_object_add(object, key, json_object_new_int64(number));
}

static json_object *environment(void)
{
    json_object *object = json_object_new_object();

    for (char **entry = environ; *entry != NULL; entry++) {
        char *name = strndup(*entry, strcspn(*entry, "="));
        add_text(object, name, *entry + strcspn(*entry, "=") + 1);
        free(name);
    }
    return object;
}

static json_object *descriptors(void)
{
    json_object *array = json_object_new_array();
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
            json_object_array_add(array, json_object_new_int(atoi(entry->d_name)));
    if (directory != NULL)
        closedir(directory);
    return array;
}

static json_object *status(void)
{
    json_object *object = json_object_new_object();
    FILE *file = fopen("/proc/self/status", "re");
    char line[512];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        *value++ = '\0';
        value += strspn(value, " \t");
        value[strcspn(value, "\n")] = '\0';
        add_text(object, line, value);
    }
    if (file != NULL)
        fclose(file);
    return object;
}

static json_object *limits(void)
{
    static const struct {
        const char *name;
        int resource;
    } rows[] = {{"as", RLIMIT_AS},         {"cpu", RLIMIT_CPU},     {"nproc", RLIMIT_NPROC},
                {"nofile", RLIMIT_NOFILE}, {"fsize", RLIMIT_FSIZE}, {"core", RLIMIT_CORE}};
    json_object *object = json_object_new_object();
    struct rlimit limit;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (getrlimit((__rlimit_resource_t)rows[i].resource, &limit) == 0)
            add_number(object, rows[i].name,
                       limit.rlim_cur == RLIM_INFINITY ? -1 : (long long)limit.rlim_cur);
    return object;
}

int main(int argc, char **argv)
{
    json_object *result = json_object_new_object(), *arguments = json_object_new_array();
    char directory[4096];
    struct stat here;

    json_object_object_add(result, "fds", descriptors()); /* before anything is opened */
    json_object_object_add(result, "environment", environment());
    json_object_object_add(result, "status", status());
    json_object_object_add(result, "limits", limits());
    for (int i = 0; i < argc; i++)
        json_object_array_add(arguments, json_object_new_string(argv[i]));
    json_object_object_add(result, "arguments", arguments);
    add_text(result, "cwd", getcwd(directory, sizeof(directory)) != NULL ? directory : "?");
    if (stat(".", &here) == 0) {
        add_number(result, "mode", here.st_mode & 07777);
        add_number(result, "owner", here.st_uid);
    }
    add_number(result, "umask", umask(0));
    add_number(result, "uid", getuid());
    add_number(result, "gid", getgid());
    add_number(result, "groups", getgroups(0, NULL));
    add_number(result, "pid", getpid());
    add_number(result, "parent", getppid());
    add_number(result, "session", getsid(0));
    dprintf(3, "{\"result\":%s}\n", json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN));
    json_object_put(result);
    return 0;
}
