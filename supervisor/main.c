/* SPDX-License-Identifier: MIT */
/* Options, configuration, the parts in their order, the loop, and the ordered stop. */
#include "common/crash_point.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/cgroup.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/config_store.h"
#include "supervisor/doctor.h"
#include "supervisor/doctor_account.h"
#include "supervisor/events.h"
#include "supervisor/disk_room.h"
#include "supervisor/file_sweep.h"
#include "supervisor/heartbeat.h"
#include "supervisor/http_server.h"
#include "supervisor/journal.h"
#include "supervisor/lifecycle.h"
#include "supervisor/loop.h"
#include "supervisor/notify.h"
#include "supervisor/offload.h"
#include "supervisor/outbox.h"
#include "supervisor/progress.h"
#include "supervisor/reaper.h"
#include "supervisor/runs.h"
#include "supervisor/retention.h"
#include "supervisor/scheduler.h"
#include "supervisor/settings.h"
#include "supervisor/sign_in.h"
#include "supervisor/state_dir.h"
#include "supervisor/stop_requests.h"
#include "supervisor/store.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/tree.h"
#include "supervisor/type.h"
#include "supervisor/upgrade.h"
#include "supervisor/upgrade_exec.h"
#include "supervisor/web_assets.h"
#include "supervisor/workdir.h"

#include <argp.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define STORE_CLOSE_MS 5000

const char *argp_program_version = "taskyard-supervisor " PACKAGE_VERSION;

enum { OPTION_ROUTES = 0x100, OPTION_DOCTOR, OPTION_CHECK_HANDOVER, OPTION_CRASH_POINTS };

struct options {
    const char *config_path;
    bool check_only;
    bool check_handover;
    bool routes_only;
    bool doctor;
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
    case OPTION_ROUTES:
        options->routes_only = true;
        return 0;
    case OPTION_DOCTOR:
        options->doctor = true;
        return 0;
    case OPTION_CHECK_HANDOVER:
        options->check_handover = true;
        return 0;
#ifdef ENABLE_CRASH_POINTS
    case OPTION_CRASH_POINTS:
        crash_points_print();
        exit(EXIT_SUCCESS);
#endif
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
    {"doctor", OPTION_DOCTOR, NULL, 0, "look for what keeps the service from working, then exit",
     0},
    {"routes", OPTION_ROUTES, NULL, 0, "print every HTTP route and who may use it, then exit", 0},
    {"check-handover", OPTION_CHECK_HANDOVER, NULL, OPTION_HIDDEN,
     "what an upgrade asks of the new program", 0},
#ifdef ENABLE_CRASH_POINTS
    {"crash-points", OPTION_CRASH_POINTS, NULL, 0,
     "print the points of TASKYARD_CRASH_AT, then exit", 0},
#endif
    {0}};
static const struct argp argument_parser = {
    .options = option_table,
    .parser = parse_option,
    .doc = "Runs background tasks, each in a process of its own, and serves the HTTP API. Stops on "
           "SIGTERM after the running "
           "tasks had time to end; reads the configuration and the task types again on SIGHUP; is "
           "replaced by the program that lies in its place on SIGUSR2, while running tasks go on."};

static struct type_registry *read_types(const struct config *config)
{
    struct type_registry *types = type_registry_new();

    type_registry_read(types, config->types_dir);
    type_registry_run_as(types, config->task_user);
    type_registry_refuse_paths(types, http_routes_have);
    return types;
}

static int print_routes(const struct config *config)
{
    struct type_registry *types = read_types(config);

    http_routes_print(stdout, types);
    type_registry_free(types);
    return EXIT_SUCCESS;
}

static int check(const struct config *config)
{
    struct type_registry *types = read_types(config);
    size_t problems = type_registry_problem_count(types);

    log_info("the configuration is good; %zu task types, %zu problems", type_registry_count(types),
             problems);
    type_registry_free(types);
    return problems == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int look(const struct config *config)
{
    struct store_config store = config_store(config);
    struct type_registry *types;
    int failures;

    log_set_level(LOG_LEVEL_ERROR); /* the report tells what is wrong with types */
    types = read_types(config);
    failures = doctor(stdout, config, &store, types);
    type_registry_free(types);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- callbacks of the loop ---- */

static void child_cb(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    reaper_signalled(arg);
}

static void terminate_cb(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    lifecycle_drain(arg);
}

static void hang_up_cb(evutil_socket_t number, short what, void *arg)
{
    struct app *app = arg;

    (void)number, (void)what;
    log_info("reading the configuration and the task types again");
    config_reload(app->config, &app->config_reload);
    lifecycle_reload(app, NULL, NULL);
}

static void upgrade_cb(evutil_socket_t number, short what, void *arg)
{
    struct app *app = arg;

    (void)number, (void)what;
    upgrade_start(app->upgrade, NULL, NULL);
}

/* A lost SIGCHLD, a stray that nobody asked about: seen a second later at the latest. */
static void housekeeping_cb(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    reaper_reap(arg);
    tree_kill_strays(arg);
    tree_check(arg);
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

/* Its path, also when the file has been replaced since. */
static char *program_file(void)
{
    static const char gone[] = " (deleted)";
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (size < 0)
        fatal("cannot read /proc/self/exe: %s", strerror(errno));
    path[size] = '\0';
    if ((size_t)size > strlen(gone) && strcmp(path + size - strlen(gone), gone) == 0)
        path[(size_t)size - strlen(gone)] = '\0';
    return xstrdup(path);
}

static void set_mark(struct app *app)
{
    char *out = app->mark_prefix;

    for (const char *c = app->incarnation; *c != '\0'; c++)
        if (*c != '-')
            *out++ = *c;
    *out = '\0';
}

static const struct {
    int number;
    event_callback_fn callback;
} signals[] = {{SIGCHLD, child_cb},
               {SIGTERM, terminate_cb},
               {SIGINT, terminate_cb},
               {SIGHUP, hang_up_cb},
               {SIGUSR2, upgrade_cb}};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* The last is the housekeeping. */
static void add_events(struct app *app, struct event *events[SIGNALS + 1])
{
    struct timeval second = {.tv_sec = 1};

    for (size_t i = 0; i < SIGNALS; i++) {
        events[i] = loop_urgent_new(app->base, signals[i].number, EV_SIGNAL | EV_PERSIST,
                                    signals[i].callback, app);
        event_add(events[i], NULL);
    }
    events[SIGNALS] = loop_urgent_new(app->base, -1, EV_PERSIST, housekeeping_cb, app);
    event_add(events[SIGNALS], &second);
}

/* The template comes before the first thread and the first database connection. */
static void make_parts(struct app *app)
{
    evthread_use_pthreads();
    event_set_log_callback(libevent_log_cb);
    app->base = loop_new();
    if (app->base == NULL)
        fatal("no event loop: %s", strerror(errno));
    app->types = type_registry_new();
    app->runs = runs_new();
    app->workdirs = workdirs_new(app);
    app->events = events_new();
    app->task_log = task_log_new(app);
    app->scheduler = scheduler_new(app);
    settings_init(app);
    app->outbox = outbox_new(app);
    app->cgroup = cgroup_new(app, tree_check);
    app->template = template_new(app);
    app->notify = notify_new(app);
    lifecycle_reload(app, NULL, NULL);
    app->web_assets = web_assets_read(app->config->http.web_root, app->config->http.base_path);
    app->http = http_server_new(app);
    if (app->http == NULL)
        fatal("the service cannot start");
    app->offload = offload_new(app->base);
    app->json_thread = offload_new(app->base);
    app->task_files = offload_new(app->base);
    app->file_sweep = file_sweep_new(app); /* the first job: nothing of this life is there yet */
    lifecycle_open_store(app);
    app->auth = auth_new(app);
    app->sign_in = sign_in_new(app);
    app->heartbeat = heartbeat_new(app);
    app->disk_room = disk_room_new(app);
    app->retention = retention_new(app);
    app->stop_requests = stop_requests_new(app);
    app->upgrade = upgrade_new(app);
    progress_start(app);
}

static void free_parts(struct app *app)
{
    http_server_stop_listening(app->http);
    task_log_flush(app->task_log);
    template_free(app->template);
    store_close(app->store, STORE_CLOSE_MS); /* answers what still waits */
    retention_free(app->retention);
    stop_requests_free(app->stop_requests);
    offload_free(app->task_files);
    offload_free(app->offload);
    offload_free(app->json_thread);
    app->json_thread = NULL; /* calls that are still answered do without */
    file_sweep_free(app->file_sweep);
    upgrade_free(app->upgrade);
    http_server_free(app->http);
    notify_free(app->notify);
    sign_in_free(app->sign_in);
    auth_free(app->auth);
    web_assets_free(app->web_assets);
    heartbeat_free(app->heartbeat);
    disk_room_free(app->disk_room);
    progress_stop();
    outbox_free(app->outbox);
    scheduler_free(app->scheduler);
    lifecycle_forget_runs(app);
    task_log_free(app->task_log);
    events_free(app->events);
    runs_free(app->runs);
    workdirs_free(app->workdirs);
    cgroup_free(app->cgroup);
    metrics_clear(&app->metrics);
    config_reload_clear(&app->config_reload);
    type_registry_free(app->types);
}

/* The end of an earlier life; or nothing, if this life goes on with a new program. */
static void begin_life(struct app *app)
{
    const char *state_dir = app->config->state_dir;

    upgrade_receive(app);
    if (app->handover != NULL) {
        state_dir_id(state_dir, app->state_dir_id);
        set_mark(app);
        return;
    }
    id_new(app->incarnation);
    set_mark(app);
    state_dir_prepare(state_dir);
    app->lock_fd = state_dir_lock(state_dir);
    state_dir_succeed(state_dir, app->mark_prefix, app->last_incarnation);
    state_dir_id(state_dir, app->state_dir_id);
}

static void dispatch(struct app *app)
{
    struct event *events[SIGNALS + 1];

    add_events(app, events);
    if (app->handover != NULL)
        upgrade_resume(app);
    upgrade_hold_signals(false);
    reaper_reap(app);
    do
        event_base_dispatch(app->base);
    while (upgrade_leave(app->upgrade));
    free_parts(app);
    for (size_t i = 0; i <= SIGNALS; i++)
        event_free(events[i]);
    if (app->drain_timer != NULL)
        event_free(app->drain_timer);
    event_base_free(app->base);
}

static int serve(struct config *config, char **arguments)
{
    struct app app = {.config = config,
                      .started_ms = clock_ms(),
                      .program = program_file(),
                      .arguments = arguments};

    prepare_process();
    begin_life(&app);
    make_parts(&app);
    log_info("taskyard %s, node %s, control socket %s%s%s", PACKAGE_VERSION, config->node,
             config->control_socket, config->listen != NULL ? ", http://" : "",
             config->listen != NULL ? config->listen : "");
    dispatch(&app);
    free(app.program);
    log_info("stopped");
    return app.failed ? 78 : EXIT_SUCCESS;
}

static int run(struct config *config, const struct options *options, char **arguments)
{
    if (options->routes_only)
        return print_routes(config);
    if (options->check_only)
        return check(config);
    if (options->doctor)
        return look(config);
    if (options->check_handover)
        return upgrade_check(config);
    return serve(config, arguments);
}

static struct config *read_config(const char *path)
{
    struct config *config = config_read(path);

    if (config == NULL)
        fatal("the configuration %s is not fit for use", path);
    return config;
}

int main(int argc, char **argv)
{
    struct options options = {.config_path = TASKYARD_CONFIG_FILE};
    struct config *config;
    int status;

    argp_parse(&argument_parser, argc, argv, 0, NULL, &options);
    log_open("taskyard-supervisor", LOG_LEVEL_INFO);
    journal_open();
    config = read_config(options.config_path);
    if (options.doctor && doctor_account_take(config->state_dir)) {
        config_free(config);
        config = read_config(options.config_path); /* that account may not be able to */
    }
    log_set_level(config->log_level);
    status = run(config, &options, argv);
    config_free(config);
    return status;
}
