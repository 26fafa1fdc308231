/* SPDX-License-Identifier: MIT */
/* The new program as a child of the old one: it shows that it understands what would be left to it,
 * that the database is the same and known to it, and that a template of its own comes up. Whatever
 * is wrong is said in the log. */
#include "common/hex.h"
#include "common/id.h"
#include "common/log.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/config_store.h"
#include "supervisor/handover.h"
#include "supervisor/program.h"
#include "supervisor/run_handover.h"
#include "supervisor/runs.h"
#include "supervisor/store_trial.h"
#include "supervisor/template.h"
#include "supervisor/type.h"
#include "supervisor/upgrade.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

static bool runs_are_good(json_object *runs)
{
    for (size_t i = 0; i < json_object_array_length(runs); i++) {
        const char *wrong;

        if (run_handover_is_good(json_object_array_get_idx(runs, i), &wrong))
            continue;
        log_error("this version cannot go on with a running task: %s", wrong);
        return false;
    }
    return true;
}

static bool database_is_good(const struct handover *handover, const struct config *config)
{
    struct store_config store = config_store(config);
    char *why;

    store.incarnation = handover->incarnation;
    why = store_trial(&store);
    if (why != NULL)
        log_error("this version cannot use the database: %s", why);
    free(why);
    return why == NULL;
}

static bool can_take_over(const struct config *config)
{
    const char *why;
    struct handover *handover = handover_read(PROGRAM_FD, &why);
    bool good;

    if (handover == NULL) {
        log_error("version %s cannot take over from the running one: %s; restart the service to "
                  "change to it",
                  PACKAGE_VERSION, why);
        return false;
    }
    good = upgrade_is_ours(handover, config) && runs_are_good(handover->runs) &&
           database_is_good(handover, config);
    handover_free(handover);
    return good;
}

/* ---- a template ---- */

struct trial {
    struct app app;
    bool good;
};

static void loaded_cb(void *arg, struct type_registry *types)
{
    struct trial *trial = arg;

    trial->good = types != NULL;
    type_registry_free(types);
    event_base_loopbreak(trial->app.base);
}

static bool try_template(struct trial *trial)
{
    struct app *app = &trial->app;
    struct type_registry *types = type_registry_new();

    type_registry_read(types, app->config->types_dir);
    if (template_load(app->template, types, loaded_cb, trial)) {
        event_base_dispatch(app->base);
    } else {
        log_error("cannot start %s: %s", app->config->worker_program, strerror(errno));
        type_registry_free(types);
    }
    return trial->good;
}

static bool template_comes_up(struct config *config)
{
    struct trial trial = {.app = {.config = config}};
    bool good;

    hex_random(trial.app.mark_prefix, (sizeof(trial.app.mark_prefix) - 1) / 2);
    trial.app.base = event_base_new();
    if (trial.app.base == NULL)
        fatal("no event loop: %s", strerror(errno));
    trial.app.runs = runs_new();
    trial.app.template = template_new(&trial.app);
    good = try_template(&trial);
    if (!good)
        log_error("%s does not work", config->worker_program);
    template_free(trial.app.template);
    runs_free(trial.app.runs);
    event_base_free(trial.app.base);
    return good;
}

int upgrade_check(struct config *config)
{
    return can_take_over(config) && template_comes_up(config) ? EXIT_SUCCESS : EXIT_FAILURE;
}
