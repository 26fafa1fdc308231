/* SPDX-License-Identifier: MIT */
/* Parsing of orders. They come from the supervisor, so an order that is refused here is a bug
 * there: it is answered and logged, and does no harm. */
#include "worker/order.h"
#include "common/json_util.h"
#include "common/xalloc.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A fresh NULL-terminated array of the strings of a JSON array; NULL if it is anything else. An
 * absent one is empty. */
static const char **parse_strings(json_object *object, const char *key)
{
    json_object *array = NULL;
    size_t count = 0;
    const char **strings;

    if (json_object_object_get_ex(object, key, &array)) {
        if (!json_object_is_type(array, json_type_array))
            return NULL;
        count = json_object_array_length(array);
    }
    strings = xcalloc(count + 1, sizeof(strings[0]));
    for (size_t i = 0; i < count; i++) {
        json_object *item = json_object_array_get_idx(array, i);
        if (!json_object_is_type(item, json_type_string)) {
            free(strings);
            return NULL;
        }
        strings[i] = json_object_get_string(item);
    }
    return strings;
}

static bool parse_limits(json_object *json, struct order_limits *limits)
{
    const struct {
        const char *key;
        int64_t *value;
    } members[] = {{"memory_bytes", &limits->memory_bytes},
                   {"cpu_seconds", &limits->cpu_seconds},
                   {"processes", &limits->processes},
                   {"open_files", &limits->open_files},
                   {"file_size_bytes", &limits->file_size_bytes}};
    json_object *object;

    if (!json_object_object_get_ex(json, "limits", &object) || object == NULL)
        return true;
    if (!json_object_is_type(object, json_type_object))
        return false;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (json_get_int(object, members[i].key, 0, INT64_MAX, members[i].value) == JSON_WRONG_TYPE)
            return false;
    return true;
}

/* What is meant to keep a task in is never overheard: another word for `network` is an error. */
static bool parse_isolation(json_object *json, struct isolation *isolation)
{
    const char *network = NULL;

    if (json_get_string(json, "network", &network) == JSON_WRONG_TYPE ||
        json_get_bool(json, "read_only", &isolation->read_only) == JSON_WRONG_TYPE)
        return false;
    isolation->no_network = network != NULL;
    return network == NULL || strcmp(network, "none") == 0;
}

static bool parse_type(json_object *json, struct order *order, const char **why)
{
    struct order_type *type = &order->type;

    *why = "a type needs a name, and a plugin or a command";
    if (json_get_string(json, "name", &type->name) != JSON_OK ||
        json_get_string(json, "plugin", &type->plugin) == JSON_WRONG_TYPE ||
        json_get_string(json, "user", &type->user) == JSON_WRONG_TYPE)
        return false;
    if (type->user != NULL && type->user[0] == '\0')
        type->user = NULL;
    type->environment = parse_strings(json, "environment");
    if (type->plugin == NULL)
        type->command = parse_strings(json, "command");
    if (type->plugin == NULL && (type->command == NULL || type->command[0] == NULL))
        return false;
    *why = "environment is not an array of strings";
    if (type->environment == NULL)
        return false;
    *why = "network is not \"none\", or read_only no boolean";
    if (!parse_isolation(json, &type->isolation))
        return false;
    *why = "limits has a wrong member";
    return parse_limits(json, &type->limits);
}

static bool parse_spawn(json_object *json, struct order *order, const char **why)
{
    struct order_spawn *spawn = &order->spawn;
    int64_t attempt;

    *why = "a spawn needs run, mark, type, task, attempt, creator and work_dir";
    if (json_get_int(json, "run", 0, INT64_MAX, &spawn->run) != JSON_OK ||
        json_get_string(json, "mark", &spawn->mark) != JSON_OK ||
        json_get_string(json, "type", &spawn->type) != JSON_OK ||
        json_get_string(json, "task", &spawn->task) != JSON_OK ||
        json_get_int(json, "attempt", 0, INT_MAX, &attempt) != JSON_OK ||
        json_get_string(json, "creator", &spawn->creator) != JSON_OK ||
        json_get_string(json, "work_dir", &spawn->work_dir) != JSON_OK)
        return false;
    spawn->attempt = (int)attempt;
    *why = "the mark has a wrong length";
    if (strlen(spawn->mark) != ORDER_MARK_LENGTH)
        return false;
    *why = "work_dir is not an absolute path";
    return spawn->work_dir[0] == '/';
}

bool order_parse(const char *packet, size_t size, struct order *order, const char **why)
{
    const char *op = "";

    memset(order, 0, sizeof(*order));
    order->spawn.run = -1;
    order->json = json_parse_text(packet, size, why);
    if (order->json == NULL)
        return false;
    *why = "is not an object with a known op";
    if (!json_object_is_type(order->json, json_type_object) ||
        json_get_string(order->json, "op", &op) != JSON_OK)
        return false;
    if (strcmp(op, "type") == 0) {
        order->kind = ORDER_TYPE;
        return parse_type(order->json, order, why);
    }
    if (strcmp(op, "spawn") == 0) {
        order->kind = ORDER_SPAWN;
        return parse_spawn(order->json, order, why);
    }
    order->kind = strcmp(op, "quit") == 0 ? ORDER_QUIT : ORDER_READY;
    return order->kind == ORDER_QUIT || strcmp(op, "ready") == 0;
}

void order_clear(struct order *order)
{
    free(order->type.command);
    free(order->type.environment);
    json_object_put(order->json);
    memset(order, 0, sizeof(*order));
}
