/* SPDX-License-Identifier: MIT */
/* Reads passwords. A terminal gets its echo back in any case: signals that would end the program
 * are held until then. */
#include "client/cli_secret.h"
#include "client/cli.h"
#include "common/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t secret_signal;

void secret_free(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

/* Waits for input. The signals are let in here and nowhere else: one that came just before a read
 * would not end it. False if there was one. */
static bool secret_wait(int fd, const sigset_t *let_in)
{
    struct pollfd input = {.fd = fd, .events = POLLIN};

    while (ppoll(&input, 1, NULL, let_in) == -1 && errno == EINTR)
        if (secret_signal != 0)
            return false;
    return true;
}

/* One line without its newline, byte by byte so that nothing behind it is taken. NULL with errno
 * set. `let_in` as above, or NULL if no signals are held. */
static char *secret_read_line(int fd, const sigset_t *let_in)
{
    char *line = xcalloc(1, SECRET_MAX + 1);
    size_t size = 0;
    ssize_t part;

    while (size <= SECRET_MAX) {
        if (let_in != NULL && !secret_wait(fd, let_in))
            break;
        part = read(fd, line + size, 1);
        if (part == -1 && errno == EINTR)
            continue;
        if (part == -1 || (part == 0 && size == 0))
            break;
        if (part == 0 || line[size] == '\n') {
            line[size] = '\0';
            return line;
        }
        size++;
    }
    if (size > SECRET_MAX)
        errno = EFBIG;
    line[size < SECRET_MAX ? size : SECRET_MAX] = '\0';
    explicit_bzero(line, SECRET_MAX);
    free(line);
    return NULL;
}

static void secret_on_signal(int number)
{
    secret_signal = number;
}

static char *secret_ask(int terminal, const char *prompt)
{
    struct termios before, silent;
    struct sigaction action = {.sa_handler = secret_on_signal}, old_int, old_term;
    sigset_t held, let_in;
    char *line;

    if (tcgetattr(terminal, &before) == -1)
        return NULL;
    secret_signal = 0;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, &let_in);
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(terminal, TCSAFLUSH, &silent);
    (void)!write(terminal, prompt, strlen(prompt));
    line = secret_read_line(terminal, &let_in);
    (void)tcsetattr(terminal, TCSAFLUSH, &before);
    (void)!write(terminal, "\n", 1);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    sigprocmask(SIG_SETMASK, &let_in, NULL);
    if (secret_signal != 0)
        raise(secret_signal);
    return line;
}

static char *secret_ask_twice(void)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    char *first, *second = NULL;

    if (terminal == -1) {
        cli_complain("there is no terminal to ask for the password (%s); use --password-file",
                     strerror(errno));
        return NULL;
    }
    first = secret_ask(terminal, "Password: ");
    if (first != NULL)
        second = secret_ask(terminal, "Again: ");
    (void)close(terminal);
    if (first == NULL || second == NULL || strcmp(first, second) != 0) {
        cli_complain(second != NULL ? "the two are not the same" : "no password was given");
        secret_free(first);
        first = NULL;
    }
    secret_free(second);
    return first;
}

static char *secret_read_file(const char *path)
{
    bool own = strcmp(path, "-") == 0;
    char *secret;
    int fd;

    errno = 0; /* stays so at the end of an empty file */
    fd = own ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    secret = fd != -1 ? secret_read_line(fd, NULL) : NULL;
    if (secret == NULL)
        cli_complain("cannot read a password from %s (%s)", own ? "standard input" : path,
                     errno != 0 ? strerror(errno) : "it is empty");
    if (!own && fd != -1)
        (void)close(fd);
    return secret;
}

char *secret_read(const char *path)
{
    char *secret;

    if (path == NULL && isatty(STDIN_FILENO))
        secret = secret_ask_twice();
    else
        secret = secret_read_file(path != NULL ? path : "-");
    if (secret != NULL && *secret == '\0') {
        cli_complain("the password is empty");
        secret_free(secret);
        return NULL;
    }
    return secret;
}
