/* SPDX-License-Identifier: MIT */
/* Options, configuration, the parts in their order, the loop, and the ordered stop. */
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/events.h"
#include "supervisor/http_server.h"
#include "supervisor/lifecycle.h"
#include "supervisor/offload.h"
#include "supervisor/progress.h"
#include "supervisor/reaper.h"
#include "supervisor/runs.h"
#include "supervisor/scheduler.h"
#include "supervisor/state_dir.h"
#include "supervisor/store.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/tree.h"
#include "supervisor/type.h"
#include "supervisor/workdir.h"

#include <argp.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define READERS 2
#define STORE_CLOSE_MS 5000

const char *argp_program_version = "taskyard-supervisor " PACKAGE_VERSION;

struct options {
    const char *config_path;
    bool check_only;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case 'c':
        options->config_path = argument;
        return 0;
    case 'k':
        options->check_only = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option option_table[] = {
    {"config", 'c', "FILE", 0, "read this configuration (default " TASKYARD_CONFIG_FILE ")", 0},
    {"check", 'k', NULL, 0, "check the configuration and the task types, then exit", 0},
    {0}};
static const struct argp argument_parser = {
    .options = option_table,
    .parser = parse_option,
    .doc = "Runs background tasks, each in a process of its own, and serves the HTTP API. Stops on "
           "SIGTERM after the running "
           "tasks had time to end; reads the task types again on SIGHUP."};

static int check(const struct config *config)
{
    struct type_registry *types = type_registry_new();
    size_t problems;

    type_registry_read(types, config->types_dir);
    problems = type_registry_problem_count(types);
    log_info("the configuration is good; %zu task types, %zu problems", type_registry_count(types),
             problems);
    type_registry_free(types);
    return problems == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- callbacks of the loop ---- */

static void child_cb(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    reaper_reap(arg);
}

static void terminate_cb(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    lifecycle_drain(arg);
}

static void hang_up_cb(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    log_info("reading the task types again");
    lifecycle_reload(arg, NULL, NULL);
}

/* A lost SIGCHLD, a stray that nobody asked about: seen a second later at the latest. */
static void housekeeping_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    reaper_reap(arg);
    tree_check(arg);
}

static void store_state_cb(void *arg, enum store_state state, const char *why)
{
    (void)state, (void)why;
    lifecycle_store_state(arg);
}

static void libevent_log_cb(int severity, const char *message)
{
    log_write(severity == EVENT_LOG_ERR    ? LOG_LEVEL_ERROR
              : severity == EVENT_LOG_WARN ? LOG_LEVEL_WARN
                                           : LOG_LEVEL_DEBUG,
              "libevent: %s", message);
}

/* ---- start and stop ---- */

static void prepare_process(void)
{
    struct rlimit files;

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_DUMPABLE, 0); /* a task under the same uid may neither trace nor read us */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void new_incarnation(struct app *app)
{
    char *out = app->mark_prefix;

    id_new(app->incarnation);
    for (const char *c = app->incarnation; *c != '\0'; c++)
        if (*c != '-')
            *out++ = *c;
    *out = '\0';
}

static struct store *open_store(struct app *app)
{
    const struct config *config = app->config;
    struct store_config store = {.socket = config->database_socket,
                                 .host = config->database_host,
                                 .port = config->database_port,
                                 .user = config->database_user,
                                 .password = config->database_password,
                                 .database = config->database_name,
                                 .tls = config->database_tls,
                                 .tls_ca = config->database_tls_ca,
                                 .node = config->node,
                                 .incarnation = app->incarnation,
                                 .readers = READERS};

    return store_open(app->base, &store, store_state_cb, app);
}

#define SIGNAL_EVENTS 5
static void add_events(struct app *app, struct event *events[SIGNAL_EVENTS])
{
    struct timeval second = {.tv_sec = 1};

    events[0] = evsignal_new(app->base, SIGCHLD, child_cb, app);
    events[1] = evsignal_new(app->base, SIGTERM, terminate_cb, app);
    events[2] = evsignal_new(app->base, SIGINT, terminate_cb, app);
    events[3] = evsignal_new(app->base, SIGHUP, hang_up_cb, app);
    events[4] = event_new(app->base, -1, EV_PERSIST, housekeeping_cb, app);
    for (int i = 0; i < SIGNAL_EVENTS; i++)
        event_add(events[i], i == 4 ? &second : NULL);
}

/* Precise timers (timerfd_create(2)): the others are rounded up to whole milliseconds. */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

/* The template comes before the first thread and the first database connection. */
static void make_parts(struct app *app)
{
    evthread_use_pthreads();
    event_set_log_callback(libevent_log_cb);
    app->base = new_base();
    if (app->base == NULL)
        fatal("no event loop: %s", strerror(errno));
    app->types = type_registry_new();
    app->runs = runs_new();
    app->workdirs = workdirs_new(app);
    app->events = events_new();
    app->task_log = task_log_new(app);
    app->scheduler = scheduler_new(app);
    app->template = template_new(app);
    lifecycle_reload(app, NULL, NULL);
    app->http = http_server_new(app);
    if (app->http == NULL)
        fatal("the service cannot start");
    app->offload = offload_new(app->base);
    app->store = open_store(app);
    progress_start(app);
}

static void free_parts(struct app *app)
{
    http_server_stop_listening(app->http);
    task_log_flush(app->task_log);
    template_free(app->template);
    store_close(app->store, STORE_CLOSE_MS); /* answers what still waits */
    offload_free(app->offload);
    http_server_free(app->http);
    progress_stop();
    scheduler_free(app->scheduler);
    task_log_free(app->task_log);
    events_free(app->events);
    runs_free(app->runs);
    workdirs_free(app->workdirs);
    type_registry_free(app->types);
}

static int serve(struct config *config)
{
    struct app app = {.config = config, .started_ms = clock_ms()};
    struct event *events[SIGNAL_EVENTS];

    prepare_process();
    new_incarnation(&app);
    state_dir_prepare(config->state_dir);
    app.lock_fd = state_dir_lock(config->state_dir);
    state_dir_succeed(config->state_dir, app.mark_prefix);
    make_parts(&app);
    add_events(&app, events);
    log_info("taskyard %s, node %s, control socket %s%s%s", PACKAGE_VERSION, config->node,
             config->control_socket, config->listen != NULL ? ", http://" : "",
             config->listen != NULL ? config->listen : "");
    event_base_dispatch(app.base);
    free_parts(&app);
    for (int i = 0; i < SIGNAL_EVENTS; i++)
        event_free(events[i]);
    if (app.drain_timer != NULL)
        event_free(app.drain_timer);
    event_base_free(app.base);
    log_info("stopped");
    return app.failed ? 78 : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct options options = {.config_path = TASKYARD_CONFIG_FILE};
    struct config *config;
    int status;

    argp_parse(&argument_parser, argc, argv, 0, NULL, &options);
    log_open("taskyard-supervisor", LOG_LEVEL_INFO);
    config = config_read(options.config_path);
    if (config == NULL)
        fatal("the configuration %s is not fit for use", options.config_path);
    log_set_level(config->log_level);
    status = options.check_only ? check(config) : serve(config);
    config_free(config);
    return status;
}
