/* SPDX-License-Identifier: MIT */
/* The supervisor's side of the order socket, with blocking calls and assertions instead of an event
 * loop. */
#include "tests/template_driver.h"
#include "common/fd_util.h"
#include "common/order.h"
#include "common/xalloc.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_LIMIT_MS 20000

static char *make_state_dir(void)
{
    char *path = xstrdup("/tmp/taskyard-test-XXXXXX");
    char *made = mkdtemp(path);

    assert(made != NULL);
    assert(chmod(path, 0711) == 0); /* types with a user of their own pass through */
    return path;
}

void driver_start(struct driver *driver, const char *program)
{
    char *arguments[] = {(char *)program, NULL}, mark[128], supervisor[64];
    char *environment[] = {mark, supervisor, "SECRET=must not be seen", NULL};
    posix_spawn_file_actions_t actions;
    int sockets[2], made;

    memset(driver, 0, sizeof(*driver));
    nonce_new(driver->incarnation);
    driver->state_dir = make_state_dir();
    snprintf(mark, sizeof(mark), "TASKYARD_MARK=%s-%016x", driver->incarnation, 0);
    snprintf(supervisor, sizeof(supervisor), "TASKYARD_SUPERVISOR_PID=%d", (int)getpid());
    made = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
    assert(made == 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, sockets[1], 3);
    made = posix_spawn(&driver->pid, program, &actions, NULL, arguments, environment);
    assert(made == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(sockets[1]);
    driver->socket = sockets[0];
    driver->next_run = 1;
}

void driver_send(struct driver *driver, const char *packet, const int *fds, size_t fd_count)
{
    bool sent = fd_send_packet(driver->socket, packet, strlen(packet), fds, fd_count);

    assert(sent);
}

json_object *driver_receive(struct driver *driver)
{
    char packet[4096];
    struct pollfd readable = {.fd = driver->socket, .events = POLLIN};
    size_t fd_count = 0;
    ssize_t size;
    int ready = poll(&readable, 1, ANSWER_LIMIT_MS);

    assert(ready == 1);
    size = fd_receive_packet(driver->socket, packet, sizeof(packet) - 1, NULL, &fd_count);
    if (size <= 0)
        return NULL;
    packet[size] = '\0';
    return json_tokener_parse(packet);
}

void driver_type(struct driver *driver, const char *name, const char *members)
{
    char *packet = xasprintf("{\"op\":\"type\",\"name\":\"%s\",%s}", name, members);

    driver_send(driver, packet, NULL, 0);
    free(packet);
}

char *driver_ready(struct driver *driver)
{
    char *errors = xstrdup(""), *more;
    json_object *answer, *type, *error;

    driver_send(driver, "{\"op\":\"ready\"}", NULL, 0);
    for (;;) {
        answer = driver_receive(driver);
        assert(answer != NULL);
        if (json_object_object_get_ex(answer, "ready", NULL))
            break;
        json_object_object_get_ex(answer, "type", &type);
        json_object_object_get_ex(answer, "error", &error);
        more = xasprintf("%s%s: %s\n", errors, json_object_get_string(type),
                         json_object_get_string(error));
        free(errors);
        errors = more;
        json_object_put(answer);
    }
    json_object_put(answer);
    return errors;
}

static int payload_fd(const char *payload)
{
    int fd;
    bool written;

    if (payload == NULL)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    fd = memfd_create("payload", MFD_CLOEXEC);
    written = fd_write_all(fd, payload, strlen(payload));
    assert(written && lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static int take_spawn_answer(struct driver *driver, struct driver_run *run)
{
    json_object *answer = driver_receive(driver), *value;
    int error = 0;

    assert(answer != NULL);
    if (json_object_object_get_ex(answer, "pid", &value))
        run->pid = json_object_get_int(value);
    else if (json_object_object_get_ex(answer, "errno", &value))
        error = json_object_get_int(value);
    else
        assert(!"an answer to spawn");
    json_object_put(answer);
    return error;
}

int driver_spawn(struct driver *driver, const char *type, const char *payload,
                 struct driver_run *run)
{
    int messages[2], output[2], fds[ORDER_SPAWN_FDS], error;
    char *packet;

    memset(run, 0, sizeof(*run));
    run->number = driver->next_run++;
    run->work_dir = xasprintf("%s/%d", driver->state_dir, run->number);
    error = pipe2(messages, O_CLOEXEC) | pipe2(output, O_CLOEXEC);
    assert(error == 0);
    fds[0] = payload_fd(payload);
    fds[1] = fds[2] = output[1];
    fds[3] = messages[1];
    packet = xasprintf(
        "{\"op\":\"spawn\",\"run\":%d,\"mark\":\"%s-%016x\",\"type\":\"%s\",\"task\":"
        "\"0b0e7a52-0000-4000-8000-%012d\",\"attempt\":2,\"creator\":\"ann\",\"work_dir\":\"%s\"}",
        run->number, driver->incarnation, (unsigned)run->number, type, run->number, run->work_dir);
    driver_send(driver, packet, fds, ORDER_SPAWN_FDS);
    free(packet);
    close(fds[0]);
    close(output[1]);
    close(messages[1]);
    run->messages = messages[0];
    run->output = output[0];
    return take_spawn_answer(driver, run);
}

static void read_more(int *fd, char *text, size_t *used)
{
    ssize_t got = read(*fd, text + *used, DRIVER_TEXT_MAX - *used);

    if (got > 0)
        *used += (size_t)got;
    else
        fd_close(fd);
    text[*used] = '\0';
}

static char *text_room(char *text)
{
    if (text != NULL)
        return text;
    text = xmalloc(DRIVER_TEXT_MAX + 1);
    text[0] = '\0';
    return text;
}

void driver_finish(struct driver_run *run)
{
    size_t messages_used, output_used;
    pid_t reaped;

    run->message_text = text_room(run->message_text);
    run->output_text = text_room(run->output_text);
    messages_used = strlen(run->message_text);
    output_used = strlen(run->output_text);
    while (run->messages >= 0 || run->output >= 0) {
        struct pollfd readable[2] = {{.fd = run->messages, .events = POLLIN},
                                     {.fd = run->output, .events = POLLIN}};
        int ready = poll(readable, 2, ANSWER_LIMIT_MS);
        assert(ready > 0);
        if (readable[0].revents != 0)
            read_more(&run->messages, run->message_text, &messages_used);
        if (readable[1].revents != 0)
            read_more(&run->output, run->output_text, &output_used);
    }
    reaped = waitpid(run->pid, &run->wait_status, 0);
    assert(reaped == run->pid);
}

void driver_wait_message(struct driver_run *run, const char *text)
{
    size_t used;

    run->message_text = text_room(run->message_text);
    used = strlen(run->message_text);
    while (strstr(run->message_text, text) == NULL) {
        struct pollfd readable = {.fd = run->messages, .events = POLLIN};
        int ready = poll(&readable, 1, ANSWER_LIMIT_MS);
        assert(ready == 1 && run->messages >= 0);
        read_more(&run->messages, run->message_text, &used);
    }
}

void driver_run_clear(struct driver_run *run)
{
    fd_close(&run->messages);
    fd_close(&run->output);
    free(run->work_dir);
    free(run->message_text);
    free(run->output_text);
    memset(run, 0, sizeof(*run));
    run->messages = run->output = -1;
}

void driver_run_type(struct driver *driver, const char *type, const char *payload,
                     struct driver_run *run)
{
    int error = driver_spawn(driver, type, payload, run);

    assert(error == 0);
    driver_finish(run);
}

static int remove_cb(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void driver_remove_tree(const char *path)
{
    nftw(path, remove_cb, 16, FTW_DEPTH | FTW_PHYS);
}

int driver_stop(struct driver *driver)
{
    int status = 0;
    pid_t reaped;

    close(driver->socket);
    reaped = waitpid(driver->pid, &status, 0);
    assert(reaped == driver->pid);
    driver_remove_tree(driver->state_dir);
    free(driver->state_dir);
    return status;
}
