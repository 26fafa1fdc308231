/* SPDX-License-Identifier: MIT */
#include "supervisor/config_place.h"
#include "common/xalloc.h"
#include "supervisor/config_text.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_MAX 64 /* more than there are settings */

static struct place {
    char *setting, *where;
} places[PLACES_MAX];

static struct place *find(const char *setting, size_t length)
{
    size_t i = 0;

    while (i < PLACES_MAX && places[i].setting != NULL &&
           (strncmp(places[i].setting, setting, length) != 0 || places[i].setting[length] != '\0'))
        i++;
    return i < PLACES_MAX ? &places[i] : NULL;
}

/* Called with each value of a setting. */
static int note_cb(cfg_t *cfg, cfg_opt_t *setting)
{
    struct place *place = find(setting->name, strlen(setting->name));

    if (place != NULL) {
        free(place->where);
        place->where = xasprintf("%s:%d", config_text_path(), cfg->line);
        if (place->setting == NULL)
            place->setting = xstrdup(setting->name);
    }
    return 0;
}

/* The names of settings differ between the sections, too. */
void config_place_watch(cfg_t *cfg)
{
    for (cfg_opt_t *option = cfg->opts; option->name != NULL; option++) {
        if (option->type != CFGT_SEC) {
            cfg_set_validate_func(cfg, option->name, note_cb);
            continue;
        }
        for (cfg_opt_t *inner = option->subopts; inner->name != NULL; inner++) {
            char *path = xasprintf("%s|%s", option->name, inner->name);
            cfg_set_validate_func(cfg, path, note_cb);
            free(path);
        }
    }
}

const char *config_place_of(const char *reason)
{
    size_t length = strspn(reason, "abcdefghijklmnopqrstuvwxyz_."), start = length;
    const struct place *place;

    while (start > 0 && reason[start - 1] != '.')
        start--;
    place = find(reason + start, length - start);
    return place != NULL ? place->where : NULL;
}

void config_place_forget(void)
{
    for (size_t i = 0; i < PLACES_MAX; i++) {
        free(places[i].setting);
        free(places[i].where);
        places[i] = (struct place){0};
    }
}
