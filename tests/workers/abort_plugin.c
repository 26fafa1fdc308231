/* SPDX-License-Identifier: MIT */
/* A plugin that ends whoever loads it, for the tests. */
#include <unistd.h>

__attribute__((constructor)) static void at_load(void)
{
    _exit(3);
}
