/* SPDX-License-Identifier: MIT */
/* Opens answers of the supervisor. An answer without the envelope (a refusal by the HTTP layer
 * itself, or something else that listens on the socket) becomes an error as clear as it can be
 * made. */
#include "client/envelope.h"
#include "client/error.h"
#include "common/json_util.h"

#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *text;
} status_texts[] = {
    {400, "bad request"},        {403, "not allowed"},        {404, "not found"},
    {405, "method not allowed"}, {408, "request too slow"},   {413, "request too large"},
    {417, "request too large"},  {429, "too many requests"},  {500, "internal error"},
    {501, "unknown method"},     {503, "service unavailable"}};

static void envelope_bare_error(int http_status, struct taskyard_error *error)
{
    const char *text = "no reason given";
    size_t i;

    for (i = 0; i < sizeof(status_texts) / sizeof(status_texts[0]); i++) {
        if (status_texts[i].status == http_status)
            text = status_texts[i].text;
    }
    error_set(error, TASKYARD_ERROR_ANSWERED,
              "the supervisor refused the request: %s (HTTP status %d)", text, http_status);
    error->http_status = http_status;
}

static void envelope_error(json_object *answer, int http_status, struct taskyard_error *error)
{
    const char *code = "", *text = NULL;

    (void)json_get_string(answer, "code", &code);
    if (json_get_string(answer, "err", &text) != JSON_OK &&
        json_get_string(answer, "error", &text) != JSON_OK)
        (void)json_get_string(answer, "message", &text);
    if (text == NULL) {
        envelope_bare_error(http_status, error);
    } else {
        error_set(error, TASKYARD_ERROR_ANSWERED, "%s", text);
        error->http_status = http_status;
    }
    snprintf(error->code, sizeof(error->code), "%s", code);
}

static json_object *envelope_page(json_object *answer, struct taskyard_error *error)
{
    static const char *const names[] = {"data", "total", "current", "page_size"};
    json_object *page = json_object_new_object(), *member;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!json_object_object_get_ex(answer, names[i], &member) || member == NULL ||
            !json_object_is_type(member, i == 0 ? json_type_array : json_type_int)) {
            error_set(error, TASKYARD_ERROR_PROTOCOL, "the answer has no usable \"%s\"", names[i]);
            json_object_put(page);
            return NULL;
        }
        json_object_object_add(page, names[i], json_object_get(member));
    }
    return page;
}

static json_object *envelope_data(json_object *answer)
{
    json_object *data;

    if (!json_object_object_get_ex(answer, "data", &data) || data == NULL)
        return json_object_new_object();
    return json_object_get(data);
}

json_object *envelope_open(const char *body, size_t size, int http_status, bool page,
                           struct taskyard_error *error)
{
    const char *why, *code;
    json_object *answer = size > 0 ? json_parse_text(body, size, &why) : NULL, *opened = NULL;

    if (answer == NULL || !json_object_is_type(answer, json_type_object) ||
        json_get_string(answer, "code", &code) != JSON_OK) {
        if (http_status >= 400)
            envelope_bare_error(http_status, error);
        else
            error_set(error, TASKYARD_ERROR_PROTOCOL,
                      "the answer is not that of a Taskyard supervisor (HTTP status %d)",
                      http_status);
    } else if (http_status != 200 || strcmp(code, "0") != 0) {
        envelope_error(answer, http_status, error);
    } else {
        opened = page ? envelope_page(answer, error) : envelope_data(answer);
    }
    json_object_put(answer);
    return opened;
}
