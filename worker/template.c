/* SPDX-License-Identifier: MIT */
/* Serving orders. A refused order is answered and logged; only a quit or a hang-up ends the loop.
 */
#include "worker/template.h"
#include "common/fd_util.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "worker/child.h"
#include "worker/order.h"
#include "worker/spawn.h"
#include "worker/types.h"
#include "worker/undertaker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct template
{
    const struct template_config *config;
    struct worker_types *types;
    bool reset_oom;
    char packet[ORDER_PACKET_MAX + 1];
};

enum heard { HEARD_ORDER, HEARD_QUIT, HEARD_HANG_UP };

static void reply(const struct template *template, json_object *answer)
{
    const char *text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN);

    if (!fd_send_packet(template->config->socket, text, strlen(text), NULL, 0))
        log_debug("the supervisor did not take an answer: %s", strerror(errno));
    json_object_put(answer);
}

/* Whoever started us may have left signals ignored, and a plugin's libraries may have changed any.
 * A clone has what the template has: set back here once, they need not be in each clone. Until its
 * own code begins, a clone blocks all of them, as the template does. */
static void reset_signals(void)
{
    /* The kernel's struct, all zero: SIG_DFL. The C library's function refuses its own two signals.
     */
    static const unsigned long by_default[8];

    for (int number = 1; number < _NSIG; number++)
        syscall(SYS_rt_sigaction, number, by_default, NULL, _NSIG / 8); /* not SIGKILL, SIGSTOP */
}

static void load_type(const struct template *template, const struct order_type *type)
{
    json_object *answer;
    char *why = NULL;
    bool loaded = worker_types_load(template->types, type, &why);

    reset_signals();
    if (loaded)
        return;
    answer = json_object_new_object();
    json_add_string(answer, "type", type->name);
    json_add_string(answer, "error", why);
    reply(template, answer);
    free(why);
}

/* By hand and not through json-c: there is one for every task. */
static void reply_run(const struct template *template, int64_t run, const char *what, int value)
{
    char text[96];
    int size =
        snprintf(text, sizeof(text), "{\"run\":%lld,\"%s\":%d}", (long long)run, what, value);

    if (!fd_send_packet(template->config->socket, text, (size_t)size, NULL, 0))
        log_debug("the supervisor did not take an answer: %s", strerror(errno));
}

/* `fds` as in common/order.h; the last is -1 if the worker has no cgroup. */
static void spawn(const struct template *template, const struct order_spawn *order, const int *fds)
{
    struct child_job job = {.type = worker_types_find(template->types, order->type),
                            .spawn = order,
                            .supervisor = template->config->supervisor,
                            .mark_memory = template->config->mark,
                            .reset_oom = template->reset_oom};
    pid_t pid;

    if (job.type == NULL) {
        log_error("spawn: type \"%s\" is not loaded", order->type);
        reply_run(template, order->run, "errno", ENOENT);
        return;
    }
    memcpy(job.fds, fds, sizeof(job.fds));
    job.environment = child_environment(job.type, order);
    job.cgroup = fds[ORDER_SPAWN_FDS];
    pid = spawn_sibling(job.cgroup, &job.outside);
    if (pid == 0)
        child_run(&job);
    if (pid < 0)
        reply_run(template, order->run, "errno", errno);
    else
        reply_run(template, order->run, "pid", (int)pid);
    child_environment_free(job.environment);
}

static void refuse(const struct template *template, const struct order *order, const char *why)
{
    log_error("order refused: %s", why);
    if (order->kind == ORDER_SPAWN && order->spawn.run >= 0)
        reply_run(template, order->spawn.run, "errno", EINVAL);
    else if (order->kind == ORDER_TYPE && order->type.name != NULL) {
        json_object *answer = json_object_new_object();
        json_add_string(answer, "type", order->type.name);
        json_add_string(answer, "error", why);
        reply(template, answer);
    }
}

/* False if this was the last one. */
static bool serve_order(const struct template *template, size_t size, const int *fds,
                        size_t fd_count)
{
    struct order order;
    const char *why;
    bool go_on = true;

    if (!order_parse(template->packet, size, &order, &why))
        refuse(template, &order, why);
    else if (order.kind == ORDER_TYPE)
        load_type(template, &order.type);
    else if (order.kind == ORDER_READY) {
        json_object *answer = json_object_new_object();
        json_add_bool(answer, "ready", true);
        reply(template, answer);
    } else if (order.kind == ORDER_QUIT)
        go_on = false;
    else if (fd_count != ORDER_SPAWN_FDS && fd_count != ORDER_SPAWN_FDS_MAX)
        refuse(template, &order, "a spawn comes with 4 or 5 descriptors");
    else
        spawn(template, &order.spawn, fds);
    order_clear(&order);
    return go_on;
}

static bool read_oom_score(void)
{
    size_t size;
    char *text = fd_read_file("/proc/self/oom_score_adj", 32, &size);
    bool lowered = text != NULL && atoi(text) != 0;

    free(text);
    return lowered;
}

/* Takes one packet from the socket and serves it. */
static enum heard hear(struct template *template)
{
    int fds[ORDER_SPAWN_FDS_MAX] = {-1, -1, -1, -1, -1};
    size_t fd_count = ORDER_SPAWN_FDS_MAX;
    ssize_t size = fd_receive_packet(template->config->socket, template->packet, ORDER_PACKET_MAX,
                                     fds, &fd_count);
    bool go_on = true;

    if (size < 0 && errno == EMSGSIZE) { /* its descriptors are closed already */
        log_error("order refused: longer than %d bytes", ORDER_PACKET_MAX);
        return HEARD_ORDER;
    }
    if (size <= 0)
        return HEARD_HANG_UP;
    go_on = serve_order(template, (size_t)size, fds, fd_count);
    for (size_t i = 0; i < fd_count; i++)
        close(fds[i]);
    return go_on ? HEARD_ORDER : HEARD_QUIT;
}

int template_serve(const struct template_config *config)
{
    struct template *template = xcalloc(1, sizeof(*template));
    enum heard heard;
    unsigned killed = 0;

    template->config = config;
    template->types = worker_types_new();
    template->reset_oom = read_oom_score();
    do {
        heard = hear(template);
    } while (heard == HEARD_ORDER);
    worker_types_free(template->types);
    free(template);
    if (heard == HEARD_HANG_UP)
        killed = undertaker_bury(config->mark, config->supervisor, config->cgroup);
    if (killed > 0)
        log_warn("the supervisor is gone; processes of its tasks that were killed: %u", killed);
    return EXIT_SUCCESS;
}
