/* SPDX-License-Identifier: MIT */
/* Every route as a row. A path that no row has is 404; one that has no row for the method is 405
 * and says which it has. */
#include "supervisor/http_internal.h"
#include "supervisor/api.h"
#include "supervisor/app.h"
#include "supervisor/config.h"
#include "supervisor/http_server.h"
#include "supervisor/type.h"
#include "supervisor/type_create.h"

#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024 * 1024)
#define PUBLIC_BODY_MAX (1 * MIB)
#define CONTROL_BODY_MAX (8 * MIB)
#define CREATE_BODY_MAX (12 * MIB) /* so that a payload that is too large is told by name */
#define FORM_OVERHEAD (64 * 1024)  /* what multipart/form-data adds to a file */

#define BOTH (HTTP_PUBLIC | HTTP_CONTROL)

/* Short names for the table. */
#define GET EVHTTP_REQ_GET
#define POST EVHTTP_REQ_POST
#define PUT EVHTTP_REQ_PUT
#define DELETE EVHTTP_REQ_DELETE
#define ANYBODY HTTP_ANYBODY, NULL
#define EXPIRED HTTP_EXPIRED, NULL
#define SIGNED_IN HTTP_SIGNED_IN, NULL
#define NEEDS(permission) HTTP_PERMITTED, permission

static const struct http_route routes[] = {
    {GET, "/healthz", BOTH, ANYBODY, api_healthz},
    {GET, "/readyz", BOTH, ANYBODY, api_readyz},
    {GET, "/metrics", BOTH, ANYBODY, api_metrics},
    {GET, "/api/openapi.json", BOTH, ANYBODY, api_openapi},

    {GET, "/api/tasks", BOTH, NEEDS("task:list"), api_task_list},
    {POST, "/api/tasks", HTTP_CONTROL, SIGNED_IN, api_task_create},
    {GET, "/api/tasks/{}", BOTH, NEEDS("task:view"), api_task_get},
    {DELETE, "/api/tasks/{}", BOTH, NEEDS("task:delete"), api_task_delete},
    {POST, "/api/tasks/{}/cancel", BOTH, NEEDS("task:cancel"), api_task_cancel},
    {POST, "/api/tasks/{}/kill", BOTH, NEEDS("task:kill"), api_task_kill},
    {POST, "/api/tasks/{}/pause", BOTH, NEEDS("task:pause"), api_task_pause},
    {POST, "/api/tasks/{}/resume", BOTH, NEEDS("task:pause"), api_task_resume},
    {POST, "/api/tasks/{}/retry", BOTH, NEEDS("task:retry"), api_task_retry},
    {PUT, "/api/tasks/{}/artifact", HTTP_CONTROL, SIGNED_IN, api_task_set_artifact},
    {GET, "/api/tasks/{}/attempts", BOTH, NEEDS("task:view"), api_task_attempts},
    {GET, "/api/tasks/{}/timeline", BOTH, NEEDS("task:view"), api_task_timeline},
    {GET, "/api/tasks/{}/logs", BOTH, NEEDS("task:view"), api_task_logs},
    {GET, "/api/tasks/{}/processes", BOTH, NEEDS("task:view"), api_task_processes},
    {GET, "/api/tasks/{}/events", BOTH, NEEDS("task:view"), api_task_events},
    {GET, "/api/events", HTTP_CONTROL, SIGNED_IN, api_all_events},

    /* One list under the names of both versions of the front end. */
    {GET, "/api/userTasks", HTTP_PUBLIC, SIGNED_IN, api_user_tasks},
    {GET, "/api/userTasks/events", HTTP_PUBLIC, SIGNED_IN, api_user_events},
    {GET, "/api/user-tasks", HTTP_PUBLIC, SIGNED_IN, api_user_tasks},
    {GET, "/api/user-tasks/events", HTTP_PUBLIC, SIGNED_IN, api_user_events},

    {GET, "/api/task-schedules", HTTP_PUBLIC, NEEDS("task:schedule:list"), api_empty_list},
    {GET, "/api/task-schedules/{}/history", HTTP_PUBLIC, SIGNED_IN, api_empty_page},
    {POST, "/api/task-schedules/{}/toggle", HTTP_PUBLIC, NEEDS("task:schedule:update"),
     api_no_schedule},
    {POST, "/api/task-schedules/{}/trigger", HTTP_PUBLIC, NEEDS("task:schedule:update"),
     api_no_schedule},

    {GET, "/api/files/{}", BOTH, ANYBODY, api_file_get},
    {GET, "/api/files", HTTP_PUBLIC, SIGNED_IN, api_file_list},
    {POST, "/api/files", HTTP_PUBLIC, SIGNED_IN, api_file_upload},

    {GET, "/api/system/site", HTTP_PUBLIC, ANYBODY, api_site},
    {GET, "/api/system/organizations", HTTP_PUBLIC, SIGNED_IN, api_empty_page},
    {GET, "/api/oauth/providers", HTTP_PUBLIC, ANYBODY, api_empty_list},
    {GET, "/api/statistics", HTTP_PUBLIC, SIGNED_IN, api_empty_list},

    {GET, "/api/system/audit-events", BOTH, NEEDS("system:audit:view"), api_audit_events},
    {GET, "/api/system/task-settings", BOTH, NEEDS("system:settings:view"), api_settings_get},
    {PUT, "/api/system/task-settings", BOTH, NEEDS("system:settings:update"), api_settings_put},
    {GET, "/api/system/task-settings/fields", BOTH, NEEDS("system:settings:view"),
     api_setting_fields},
    {GET, "/api/system/task-settings/log-storage-backends", BOTH, NEEDS("system:settings:view"),
     api_log_backends},

    {POST, "/api/authorization/auth/login", HTTP_PUBLIC, ANYBODY, api_login},
    {POST, "/api/authorization/auth/logout", HTTP_PUBLIC, EXPIRED, api_logout},
    {GET, "/api/authorization/profile", HTTP_PUBLIC, EXPIRED, api_profile},
    {PUT, "/api/authorization/profile/password", HTTP_PUBLIC, EXPIRED, api_profile_set_password},

    {GET, "/api/authorization/users", BOTH, NEEDS("authorization:user:list"), api_user_list},
    {POST, "/api/authorization/users", BOTH, NEEDS("authorization:user:create"), api_user_add},
    {GET, "/api/authorization/users/{}", BOTH, NEEDS("authorization:user:view"), api_user_get},
    {PUT, "/api/authorization/users/{}", BOTH, NEEDS("authorization:user:update"), api_user_change},
    {PUT, "/api/authorization/users/{}/password", BOTH, NEEDS("authorization:user:update"),
     api_user_set_password},
    {PUT, "/api/authorization/users/{}/role", BOTH, NEEDS("authorization:user:update"),
     api_user_set_role},
    {GET, "/api/authorization/users/{}/tokens", BOTH, NEEDS("authorization:user:update"),
     api_token_list},
    {POST, "/api/authorization/users/{}/tokens", BOTH, NEEDS("authorization:user:update"),
     api_token_add},
    {DELETE, "/api/authorization/users/{}/tokens/{}", BOTH, NEEDS("authorization:user:update"),
     api_token_remove},

    {GET, "/api/authorization/roles", BOTH, NEEDS("authorization:role:list"), api_role_list},
    {POST, "/api/authorization/roles", BOTH, NEEDS("authorization:role:create"), api_role_add},
    {PUT, "/api/authorization/roles/{}", BOTH, NEEDS("authorization:role:update"), api_role_change},
    {DELETE, "/api/authorization/roles/{}", BOTH, NEEDS("authorization:role:delete"),
     api_role_delete},
    {GET, "/api/authorization/permissions", BOTH, NEEDS("authorization:role:list"),
     api_permission_list},

    {GET, "/api/overview", BOTH, NEEDS("task:list"), api_overview},
    {GET, "/api/status", BOTH, NEEDS("system:status:view"), api_status},
    {POST, "/api/drain", HTTP_CONTROL, SIGNED_IN, api_drain},
    {POST, "/api/upgrade", HTTP_CONTROL, SIGNED_IN, api_upgrade},
    {POST, "/api/purge", HTTP_CONTROL, SIGNED_IN, api_purge},
    {GET, "/api/task-types", BOTH, NEEDS("task:list"), api_types},
    {POST, "/api/task-types/reload", HTTP_CONTROL, SIGNED_IN, api_types_reload},
};
#define ROUTE_COUNT (sizeof(routes) / sizeof(routes[0]))

static const struct {
    enum evhttp_cmd_type method;
    const char *name;
} methods[] = {{EVHTTP_REQ_GET, "GET"},
               {EVHTTP_REQ_POST, "POST"},
               {EVHTTP_REQ_PUT, "PUT"},
               {EVHTTP_REQ_DELETE, "DELETE"}};

const char *http_method_name(enum evhttp_cmd_type method)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i].method == method)
            return methods[i].name;
    return "";
}

/* Copies one part of the path, decoded; false if it is too long or holds a NUL. */
static bool copy_part(const char *start, size_t length, char part[HTTP_PART_SIZE])
{
    size_t size = 0;
    char raw[HTTP_PART_SIZE], *decoded;
    bool good;

    if (length == 0 || length >= sizeof(raw))
        return false;
    memcpy(raw, start, length);
    raw[length] = '\0';
    decoded = evhttp_uridecode(raw, 0, &size);
    good = decoded != NULL && size < HTTP_PART_SIZE && strlen(decoded) == size;
    if (good)
        memcpy(part, decoded, size + 1);
    free(decoded);
    return good;
}

static bool matches(const char *pattern, const char *path,
                    char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE])
{
    size_t count = 0;

    while (*pattern != '\0') {
        if (pattern[0] == '{') {
            size_t length = strcspn(path, "/");
            if (count == HTTP_PARTS_MAX || !copy_part(path, length, parts[count++]))
                return false;
            path += length;
            pattern += 2;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

static void add_allowed(char *allowed, size_t size, enum evhttp_cmd_type method)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        size_t used = strlen(allowed);
        if (methods[i].method == method)
            snprintf(allowed + used, size - used, "%s%s", used > 0 ? ", " : "", methods[i].name);
    }
}

/* ---- which row ---- */

static struct http_route route_of(const struct task_type *type)
{
    return (struct http_route){POST,           type->create->path,       HTTP_PUBLIC,
                               HTTP_PERMITTED, type->create->permission, api_create_endpoint};
}

/* The address at which a type's descriptor lets front ends make tasks. */
static const struct http_route *find_type_route(struct http_call *call, enum evhttp_cmd_type method,
                                                char *allowed, size_t size)
{
    struct task_type *type = type_registry_find_path(call->app->types, call->path);

    if (type == NULL || call->listener != HTTP_PUBLIC)
        return NULL;
    add_allowed(allowed, size, POST);
    if (method != POST)
        return NULL;
    call->type = type_ref(type);
    call->type_route = route_of(type);
    return &call->type_route;
}

bool http_routes_have(const char *path)
{
    char parts[HTTP_PARTS_MAX][HTTP_PART_SIZE];

    for (size_t i = 0; i < ROUTE_COUNT; i++)
        if (routes[i].method == POST && matches(routes[i].path, path, parts))
            return true;
    return false;
}

static const struct http_route *find_route(struct http_call *call, char *allowed, size_t size)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(call->request);

    if (call->path == NULL)
        return NULL;
    if (method == EVHTTP_REQ_HEAD)
        method = GET; /* http_send() leaves the body out */
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct http_route *route = &routes[i];
        if (!(route->listeners & (int)call->listener) ||
            !matches(route->path, call->path, call->parts))
            continue;
        if (route->method == method)
            return route;
        add_allowed(allowed, size, route->method);
    }
    return find_type_route(call, method, allowed, size);
}

/* Whether it has been answered with the web console or the way to it. */
static bool is_page(struct http_call *call)
{
    const char *base = call->app->config->http.base_path;
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(call->request));
    enum evhttp_cmd_type method = evhttp_request_get_command(call->request);

    if (call->listener != HTTP_PUBLIC || (method != GET && method != EVHTTP_REQ_HEAD))
        return false;
    if (call->path != NULL)
        return http_reply_static(call, call->path);
    if (strcmp(path, "/") != 0 &&
        (strlen(path) + 1 != strlen(base) || strncmp(path, base, strlen(path)) != 0))
        return false;
    http_set_header(call, "Location", base);
    http_send(call, 308, NULL);
    return true;
}

void http_route(struct http_call *call)
{
    char allowed[64] = "";

    call->route = find_route(call, allowed, sizeof(allowed));
    if (call->route != NULL) {
        http_admit(call);
        return;
    }
    if (allowed[0] == '\0' && is_page(call))
        return;
    if (allowed[0] == '\0') {
        http_reply_error(call, "E4041", "there is nothing at this address");
        return;
    }
    if (evhttp_request_get_command(call->request) == EVHTTP_REQ_OPTIONS) {
        http_reply_options(call, allowed);
        return;
    }
    http_set_header(call, "Allow", allowed);
    http_reply_error(call, "E4051", "this address takes %s", allowed);
}

size_t http_route_body_max(const struct app *app, enum http_listener listener, const char *method,
                           const char *path)
{
    bool is_post = strcmp(method, "POST") == 0;
    const char *below =
        listener == HTTP_CONTROL ? path : config_http_strip(&app->config->http, path);

    if (listener == HTTP_CONTROL)
        return is_post && strcmp(path, "/api/tasks") == 0 ? CREATE_BODY_MAX : CONTROL_BODY_MAX;
    if (is_post && below != NULL && strcmp(below, "/api/files") == 0)
        return app->config->http.upload_max + FORM_OVERHEAD;
    return PUBLIC_BODY_MAX;
}

/* ---- the list for documents and tests ---- */

static void print(FILE *out, const struct http_route *route)
{
    static const char *const listeners[] = {"", "public", "control", "both"};

    fprintf(out, "%s\t%s\t%s\t%s\n", http_method_name(route->method), route->path,
            listeners[route->listeners],
            route->access == HTTP_ANYBODY     ? "anybody"
            : route->access == HTTP_PERMITTED ? route->permission
                                              : "signed-in");
}

void http_routes_print(FILE *out, const struct type_registry *types)
{
    for (size_t i = 0; i < ROUTE_COUNT; i++)
        print(out, &routes[i]);
    for (size_t i = 0; i < type_registry_count(types); i++) {
        const struct task_type *type = type_registry_at(types, i);
        struct http_route route;
        if (type->create == NULL)
            continue;
        route = route_of(type);
        print(out, &route);
    }
}
