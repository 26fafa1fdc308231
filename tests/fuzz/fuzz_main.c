/* SPDX-License-Identifier: MIT */
/* Without a fuzzer: gives the target every file of its corpus, once. TAP. */
#include "common/fd_util.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>

#define INPUT_MAX (4 * 1024 * 1024)

/* The corpus has the name of the program: fuzz_wire has tests/fuzz/corpus/wire. */
static char *corpus_of(const char *program)
{
    const char *name = strrchr(program, '/');
    const char *source = getenv("top_srcdir");

    name = name != NULL ? name + 1 : program;
    name = strncmp(name, "lt-", 3) == 0 ? name + 3 : name;
    return xasprintf("%s/tests/fuzz/corpus/%s", source != NULL ? source : ".",
                     name + strlen("fuzz_"));
}

static void give(const char *directory, const char *name)
{
    char *path = xasprintf("%s/%s", directory, name), *exact;
    size_t size;
    char *bytes = fd_read_file(path, INPUT_MAX, &size);

    FUZZ_CHECK(bytes != NULL);
    exact = xmalloc(size > 0 ? size : 1); /* so that a sanitizer sees the first byte beyond */
    memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput((const uint8_t *)exact, size);
    free(exact);
    free(bytes);
    free(path);
}

int main(int argc, char **argv)
{
    char *directory = argc > 1 ? xstrdup(argv[1]) : corpus_of(argv[0]);
    DIR *corpus = opendir(directory);
    const struct dirent *entry;
    unsigned count = 0;

    FUZZ_CHECK(corpus != NULL);
    while ((entry = readdir(corpus)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        give(directory, entry->d_name);
        count++;
    }
    closedir(corpus);
    printf("1..1\n%s 1 - %u inputs of %s\n", count > 0 ? "ok" : "not ok", count, directory);
    free(directory);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
