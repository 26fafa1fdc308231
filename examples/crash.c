/* SPDX-License-Identifier: MIT */
/* Dies of SIGSEGV: shows what becomes of a task whose program crashes. */
#include <signal.h>

int main(void)
{
    signal(SIGSEGV, SIG_DFL); /* a sanitizer may have put a handler there */
    raise(SIGSEGV);
    return 0;
}
