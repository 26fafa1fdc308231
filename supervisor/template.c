/* SPDX-License-Identifier: MIT */
/* Starts templates and talks to the one in service. A template that dies is replaced; its
 * unanswered orders fail as if the machine had no room, so their tasks are given back. */
#include "supervisor/template.h"
#include "common/fd_util.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/cgroup.h"
#include "supervisor/config.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/template_order.h"
#include "supervisor/tree.h"
#include "supervisor/type.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_S 10
#define RESTART_DELAY_S 1

/* One template process. */
struct process {
    struct template *owner;
    pid_t pid;
    int socket;
    struct event *readable;
    struct event *writable;      /* pending while there is no room for more types */
    struct type_registry *types; /* until ready; then handed out */
    size_t told;                 /* how many of them it has been told */
    bool reaped;
};

struct template
{
    struct app *app;
    struct process *current; /* takes orders */
    struct process *coming;  /* told its types, not ready yet */
    struct process
        *leaving; /* told to quit, not reaped yet; at most one, an older one is only waited for */
    template_ready_fn ready;
    void *ready_arg;
    unsigned outstanding;
    struct event *answer_timer;
    struct event *restart_timer;
    bool stopping;
};

static void restart_cb(evutil_socket_t fd, short what, void *arg);
static void answer_late_cb(evutil_socket_t fd, short what, void *arg);

struct template *template_new(struct app *app)
{
    struct template *template = xcalloc(1, sizeof(*template));

    template->app = app;
    template->answer_timer = evtimer_new(app->base, answer_late_cb, template);
    template->restart_timer = evtimer_new(app->base, restart_cb, template);
    return template;
}

static void process_free(struct process *process)
{
    if (process == NULL)
        return;
    if (process->readable != NULL)
        event_free(process->readable);
    if (process->writable != NULL)
        event_free(process->writable);
    fd_close(&process->socket);
    type_registry_free(process->types);
    free(process);
}

/* One whose socket is full would not hear it, take the end of the socket for ours, and bury our
 * tasks. */
static void process_quit(struct process *process)
{
    static const char quit[] = "{\"op\":\"quit\"}";

    if (process != NULL && process->socket >= 0 &&
        !fd_send_packet(process->socket, quit, sizeof(quit) - 1, NULL, 0) && !process->reaped)
        kill(process->pid, SIGKILL);
}

void template_free(struct template *template)
{
    if (template == NULL)
        return;
    template->stopping = true;
    process_quit(template->current);
    process_quit(template->coming);
    process_free(template->current);
    process_free(template->coming);
    process_free(template->leaving);
    event_free(template->answer_timer);
    event_free(template->restart_timer);
    free(template);
}

static void on_answer(struct process *process, json_object *answer);

static void lose_process(struct process *process);

static void readable_cb(evutil_socket_t fd, short what, void *arg)
{
    struct process *process = arg;
    char packet[ORDER_PACKET_MAX];
    const char *why;

    (void)what;
    for (int i = 0; i < 64; i++) {
        size_t none = 0;
        ssize_t size = fd_receive_packet(fd, packet, sizeof(packet), NULL, &none);
        json_object *answer;

        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0) {
            lose_process(process);
            return;
        }
        answer = json_parse_text(packet, (size_t)size, &why);
        if (answer == NULL) {
            log_error("the template's answer %s", why);
            continue;
        }
        on_answer(process, answer);
        json_object_put(answer);
    }
}

/* Takes the socket over. */
static struct process *process_new(struct template *template, pid_t pid, int socket)
{
    struct process *process = xcalloc(1, sizeof(*process));

    process->owner = template;
    process->pid = pid;
    process->socket = socket;
    process->readable =
        event_new(template->app->base, process->socket, EV_READ | EV_PERSIST, readable_cb, process);
    event_add(process->readable, NULL);
    return process;
}

/* NULL with errno set. */
static struct process *process_start(struct template *template)
{
    int sockets[2], error;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0)
        return NULL;
    fd_set_nonblocking(sockets[0]);
    error = template_order_process(template->app, sockets[1], &pid);
    close(sockets[1]);
    if (error != 0) {
        close(sockets[0]);
        errno = error;
        return NULL;
    }
    return process_new(template, pid, sockets[0]);
}

static bool send_json(struct process *process, json_object *order, const int *fds, size_t fd_count)
{
    const char *text = json_object_to_json_string_ext(order, JSON_C_TO_STRING_PLAIN);
    size_t size = strlen(text);

    if (size > ORDER_PACKET_MAX) {
        errno = E2BIG;
        return false;
    }
    return fd_send_packet(process->socket, text, size, fds, fd_count);
}

/* False: there is no room for it now. */
static bool tell_type(struct process *process, const struct task_type *type)
{
    json_object *order = template_order_type(type);
    bool sent = send_json(process, order, NULL, 0), full = !sent && errno == EAGAIN;

    if (!sent && !full)
        log_error("type \"%s\" could not be told to the template: %s", type->name, strerror(errno));
    json_object_put(order);
    return !full;
}

/* As far as the socket takes them; the rest follows when the template has read some. */
static void tell_types(struct process *process)
{
    static const char ready[] = "{\"op\":\"ready\"}";

    for (; process->told < type_registry_count(process->types); process->told++) {
        if (!tell_type(process, type_registry_at(process->types, process->told))) {
            event_add(process->writable, NULL);
            return;
        }
    }
    if (!fd_send_packet(process->socket, ready, sizeof(ready) - 1, NULL, 0) && errno == EAGAIN)
        event_add(process->writable, NULL);
}

static void writable_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    tell_types(arg);
}

bool template_load(struct template *template, struct type_registry *types, template_ready_fn ready,
                   void *arg)
{
    struct process *process = process_start(template);

    if (process == NULL)
        return false;
    process_quit(template->coming); /* an unfinished reload is overtaken by this one */
    process_free(template->coming);
    template->coming = process;
    template->ready = ready;
    template->ready_arg = arg;
    process->types = types;
    process->writable =
        event_new(template->app->base, process->socket, EV_WRITE, writable_cb, process);
    tell_types(process);
    return true;
}

static void fail_order(struct run *run, void *arg)
{
    struct process *process = arg;

    if (run->phase != RUN_STARTING || run->ordered_from != process->pid)
        return;
    process->owner->outstanding--;
    run_spawned(run, 0, EAGAIN);
}

/* Its answers will not come. */
static void fail_orders(struct process *process)
{
    if (process == NULL || process->owner->outstanding == 0)
        return;
    runs_each(process->owner->app->runs, fail_order, process);
    if (process->owner->outstanding == 0)
        evtimer_del(process->owner->answer_timer);
    tree_kill_strays(process->owner->app); /* clones whose pid was never told */
}

/* The new template has loaded what it could: from now on it takes the orders. */
static void on_ready(struct process *process)
{
    struct template *template = process->owner;
    struct type_registry *types = process->types;

    process->types = NULL;
    template->coming = NULL;
    process_quit(template->leaving); /* one that an upgrade has handed over */
    if (template->current != NULL) {
        process_quit(template->current);
        fail_orders(template->leaving);
        process_free(template->leaving);
        template->leaving = template->current;
    }
    template->current = process;
    template->ready(template->ready_arg, types);
}

static void on_spawn_answer(struct template *template, json_object *answer)
{
    int64_t number = 0, pid = 0, error = 0;
    struct run *run;

    json_get_int(answer, "run", 1, INT64_MAX, &number);
    json_get_int(answer, "pid", 1, INT32_MAX, &pid);
    json_get_int(answer, "errno", 1, INT32_MAX, &error);
    run = runs_by_number(template->app->runs, (uint64_t)number);
    if (run == NULL || run->phase != RUN_STARTING || (pid == 0) == (error == 0)) {
        log_error("the template answered an order that was not given: run %lld", (long long)number);
        return;
    }
    template->outstanding--;
    if (template->outstanding == 0)
        evtimer_del(template->answer_timer);
    run_spawned(run, (pid_t)pid, (int)error);
}

static void on_answer(struct process *process, json_object *answer)
{
    const char *type, *error;
    bool ready;

    if (process->types != NULL && json_get_string(answer, "type", &type) == JSON_OK &&
        json_get_string(answer, "error", &error) == JSON_OK) {
        if (type_registry_find(process->types, type) != NULL)
            process->told--; /* those behind it move up */
        type_registry_reject(process->types, type, error);
    } else if (process->types != NULL && json_get_bool(answer, "ready", &ready) == JSON_OK)
        on_ready(process);
    else if (process->types == NULL)
        on_spawn_answer(process->owner, answer);
}

bool template_is_ready(const struct template *template)
{
    return template->current != NULL;
}

bool template_spawn(struct template *template, struct run *run, const int fds[ORDER_SPAWN_FDS])
{
    struct timeval limit = {.tv_sec = ANSWER_TIMEOUT_S};
    int all[ORDER_SPAWN_FDS_MAX];
    size_t count = ORDER_SPAWN_FDS;
    json_object *order;
    bool sent;

    if (template->current == NULL) {
        errno = EAGAIN;
        return false;
    }
    order = template_order_spawn(run, template->app->mark_prefix);
    memcpy(all, fds, sizeof(all[0]) * ORDER_SPAWN_FDS);
    if (run->leaf != NULL)
        all[count++] = cgroup_leaf_fd(run->leaf);
    sent = send_json(template->current, order, all, count);
    json_object_put(order);
    if (sent) {
        template->outstanding++;
        run->ordered_from = template->current->pid;
        evtimer_add(template->answer_timer, &limit);
    }
    return sent;
}

unsigned template_outstanding(const struct template *template)
{
    return template->outstanding;
}

static void answer_late_cb(evutil_socket_t fd, short what, void *arg)
{
    struct template *template = arg;

    (void)fd, (void)what;
    if (template->current == NULL)
        return;
    log_error("the template (pid %d) has not answered for %d s; it is replaced",
              (int)template->current->pid, ANSWER_TIMEOUT_S);
    kill(template->current->pid, SIGKILL);
}

/* A template is remembered until it is reaped, so that its pid is never mistaken, and all of its
 * answers have been read. */
static void forget_if_over(struct template *template)
{
    if (template->leaving == NULL || !template->leaving->reaped ||
        template->leaving->readable != NULL)
        return;
    process_free(template->leaving);
    template->leaving = NULL;
}

/* The template in service is gone: its answers will not come, and a new one has to be started. */
static void lose_current(struct template *template)
{
    struct timeval soon = {.tv_sec = RESTART_DELAY_S};

    log_error("the template (pid %d) is gone; starting another", (int)template->current->pid);
    fail_orders(template->leaving);
    process_free(template->leaving);
    template->leaving = template->current;
    fd_close(&template->current->socket);
    event_free(template->current->readable);
    template->current->readable = NULL;
    template->current = NULL;
    fail_orders(template->leaving);
    forget_if_over(template);
    if (!template->stopping)
        evtimer_add(template->restart_timer, &soon);
}

static void lose_process(struct process *process)
{
    struct template *template = process->owner;

    if (process == template->current) {
        lose_current(template);
    } else if (process == template->coming) {
        log_error("the template ended while it loaded types");
        template->coming = NULL;
        process_free(process);
        template->ready(template->ready_arg, NULL);
    } else {
        fail_orders(process);
        event_free(process->readable);
        process->readable = NULL;
        fd_close(&process->socket);
        forget_if_over(template);
    }
}

/* After a crash: the same types again, in a registry of their own until it is known which of them
 * this template could load. */
static void same_types_cb(void *arg, struct type_registry *types)
{
    struct template *template = arg;
    struct timeval later = {.tv_sec = RESTART_DELAY_S};

    if (types == NULL) {
        evtimer_add(template->restart_timer, &later);
        return;
    }
    log_info("the template is back");
    type_registry_free(template->app->types);
    template->app->types = types;
    scheduler_wake(template->app->scheduler);
}

static void restart_cb(evutil_socket_t fd, short what, void *arg)
{
    struct template *template = arg;
    struct timeval later = {.tv_sec = RESTART_DELAY_S};
    struct type_registry *copy;

    (void)fd, (void)what;
    if (template->current != NULL)
        return;                     /* a reload has brought one */
    if (template->coming != NULL) { /* it may, or end before it does */
        evtimer_add(template->restart_timer, &later);
        return;
    }
    copy = type_registry_new();
    for (size_t i = 0; i < type_registry_count(template->app->types); i++)
        type_registry_add(copy, type_ref(type_registry_at(template->app->types, i)));
    if (!template_load(template, copy, same_types_cb, template)) {
        log_error("cannot start the template %s: %s", template->app->config->worker_program,
                  strerror(errno));
        template->app->metrics.fork_failures++;
        type_registry_free(copy);
        evtimer_add(template->restart_timer, &later);
    }
}

/* ---- an upgrade ---- */

bool template_hand_over(const struct template *template, int *pid, int *fd)
{
    if (template->current == NULL || template->coming != NULL || template->outstanding > 0)
        return false;
    *pid = template->current->pid;
    *fd = template->current->socket;
    return true;
}

void template_take_over(struct template *template, pid_t pid, int fd)
{
    template->leaving = process_new(template, pid, fd);
}

bool template_owns(const struct template *template, pid_t pid)
{
    return (template->current != NULL && template->current->pid == pid) ||
           (template->coming != NULL && template->coming->pid == pid) ||
           (template->leaving != NULL && template->leaving->pid == pid);
}

void template_on_exit(struct template *template, pid_t pid, int wait_status)
{
    struct process *all[] = {template->current, template->coming, template->leaving};

    (void)wait_status;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i] == NULL || all[i]->pid != pid)
            continue;
        all[i]->reaped = true;
        if (all[i]->readable != NULL) /* its last answers, then the end of its socket */
            event_active(all[i]->readable, EV_READ, 0);
    }
    forget_if_over(template);
}
