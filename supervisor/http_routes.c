/* SPDX-License-Identifier: MIT */
/* Every route as a row. A path that no row has is 404; one that has no row for the method is 405
 * and says which it has. */
#include "supervisor/http_internal.h"
#include "supervisor/api.h"

#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOTH (HTTP_PUBLIC | HTTP_CONTROL)

static const struct route {
    enum evhttp_cmd_type method;
    const char *path; /* {} matches one part */
    int listeners;
    void (*handle)(struct http_call *call);
} routes[] = {
    {EVHTTP_REQ_GET, "/healthz", BOTH, api_healthz},
    {EVHTTP_REQ_GET, "/readyz", BOTH, api_readyz},
    {EVHTTP_REQ_GET, "/api/status", HTTP_CONTROL, api_status},
    {EVHTTP_REQ_POST, "/api/drain", HTTP_CONTROL, api_drain},
    {EVHTTP_REQ_GET, "/api/events", HTTP_CONTROL, api_all_events},
    {EVHTTP_REQ_POST, "/api/tasks", HTTP_CONTROL, api_task_create},
    {EVHTTP_REQ_GET, "/api/tasks", HTTP_CONTROL, api_task_list},
    {EVHTTP_REQ_GET, "/api/tasks/{}", HTTP_CONTROL, api_task_get},
    {EVHTTP_REQ_DELETE, "/api/tasks/{}", HTTP_CONTROL, api_task_delete},
    {EVHTTP_REQ_POST, "/api/tasks/{}/cancel", HTTP_CONTROL, api_task_cancel},
    {EVHTTP_REQ_POST, "/api/tasks/{}/retry", HTTP_CONTROL, api_task_retry},
    {EVHTTP_REQ_PUT, "/api/tasks/{}/artifact", HTTP_CONTROL, api_task_set_artifact},
    {EVHTTP_REQ_GET, "/api/tasks/{}/attempts", HTTP_CONTROL, api_task_attempts},
    {EVHTTP_REQ_GET, "/api/tasks/{}/timeline", HTTP_CONTROL, api_task_timeline},
    {EVHTTP_REQ_GET, "/api/tasks/{}/logs", HTTP_CONTROL, api_task_logs},
    {EVHTTP_REQ_GET, "/api/tasks/{}/events", HTTP_CONTROL, api_task_events},
    {EVHTTP_REQ_GET, "/api/files/{}", HTTP_CONTROL, api_file_get},
    {EVHTTP_REQ_GET, "/api/task-types", HTTP_CONTROL, api_types},
    {EVHTTP_REQ_POST, "/api/task-types/reload", HTTP_CONTROL, api_types_reload},
    {EVHTTP_REQ_GET, "/api/system/task-settings", HTTP_CONTROL, api_settings_get},
    {EVHTTP_REQ_PUT, "/api/system/task-settings", HTTP_CONTROL, api_settings_put},
    {EVHTTP_REQ_GET, "/api/authorization/users", HTTP_CONTROL, api_user_list},
    {EVHTTP_REQ_POST, "/api/authorization/users", HTTP_CONTROL, api_user_add},
    {EVHTTP_REQ_PUT, "/api/authorization/users/{}/password", HTTP_CONTROL, api_user_set_password},
    {EVHTTP_REQ_PUT, "/api/authorization/users/{}/role", HTTP_CONTROL, api_user_set_role},
};
#define ROUTE_COUNT (sizeof(routes) / sizeof(routes[0]))

static const struct {
    enum evhttp_cmd_type method;
    const char *name;
} methods[] = {{EVHTTP_REQ_GET, "GET"},
               {EVHTTP_REQ_POST, "POST"},
               {EVHTTP_REQ_PUT, "PUT"},
               {EVHTTP_REQ_DELETE, "DELETE"}};

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

void http_route(struct http_call *call)
{
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(call->request));
    enum evhttp_cmd_type method = evhttp_request_get_command(call->request);
    char allowed[64] = "";

    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct route *route = &routes[i];
        if (!(route->listeners & (int)call->listener) || !matches(route->path, path, call->parts))
            continue;
        if (route->method == method) {
            route->handle(call);
            return;
        }
        add_allowed(allowed, sizeof(allowed), route->method);
    }
    if (allowed[0] == '\0') {
        http_reply_error(call, "E4041", "there is nothing at this address");
        return;
    }
    evhttp_add_header(evhttp_request_get_output_headers(call->request), "Allow", allowed);
    http_reply_error(call, "E4051", "this address takes %s", allowed);
}
