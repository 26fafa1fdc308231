/* SPDX-License-Identifier: MIT */
/* Query parameters of lists. */
#include "supervisor/api_query.h"
#include "common/json_util.h"
#include "supervisor/http_call.h"

#include <string.h>

#define PAGE_SIZE_MAX 100
#define PAGE_SIZE_DEFAULT 10

static bool is_beyond(const char *text)
{
    return text != NULL && strspn(text, "0123456789") == strlen(text) && strlen(text) >= 10;
}

struct api_page api_page(const struct http_call *call)
{
    unsigned otherwise = is_beyond(http_call_query(call, "current")) ? API_PAGE_LAST : 1;

    return (struct api_page){
        .current = http_call_query_number(call, "current", 1, API_PAGE_LAST, otherwise),
        .page_size =
            http_call_query_number(call, "page_size", 1, PAGE_SIZE_MAX, PAGE_SIZE_DEFAULT)};
}

bool api_filter(const struct http_call *call, const char *name, size_t most, const char **text)
{
    const char *given = http_call_query(call, name);

    *text = given != NULL && given[0] != '\0' ? given : NULL;
    return *text == NULL || (strlen(given) <= most && utf8_is_valid(given, strlen(given)));
}

void api_reply_empty_page(struct http_call *call)
{
    struct api_page page = api_page(call);

    http_reply_page(call, json_object_new_array(), 0, page.current, page.page_size);
}
