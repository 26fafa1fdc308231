/* SPDX-License-Identifier: MIT */
/* Descriptors of task types: any file gives types that are whole, or problems that say where. */
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/type.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/dev/shm/taskyard-fuzz-XXXXXX";
static char *path;

static bool swallow(int priority, const char *message, const struct log_about *about)
{
    (void)priority, (void)message, (void)about;
    return true;
}

static void clean_up(void)
{
    unlink(path);
    rmdir(directory);
    free(path);
}

static void set_up(void)
{
    log_set_sink(swallow);
    FUZZ_CHECK(mkdtemp(directory) != NULL);
    path = xasprintf("%s/fuzz.conf", directory);
    atexit(clean_up);
}

static void check_type(const struct task_type *type)
{
    FUZZ_CHECK(type->name[0] != '\0' && type->source != NULL);
    FUZZ_CHECK((type->plugin != NULL) != (type->command != NULL));
    FUZZ_CHECK(type->plugin == NULL || type->plugin[0] == '/');
    FUZZ_CHECK(type->command == NULL || type->command[0][0] == '/');
    FUZZ_CHECK(type->max_retries >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct type_registry *registry = type_registry_new();
    int fd;

    if (path == NULL)
        set_up();
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    type_registry_read(registry, directory);
    for (size_t i = 0; i < type_registry_count(registry); i++)
        check_type(type_registry_at(registry, i));
    for (size_t i = 0; i < type_registry_problem_count(registry); i++)
        FUZZ_CHECK(strstr(type_registry_problem_at(registry, i), "fuzz.conf") != NULL);
    type_registry_free(registry);
    return 0;
}
