/* SPDX-License-Identifier: MIT */
/* The description of this API, for programs that read such. It is the document itself, not in an
 * envelope. */
#include "docs/openapi_json.h"
#include "supervisor/api.h"
#include "supervisor/http_call.h"

void api_openapi(struct http_call *call)
{
    http_reply_bytes(call, "application/json; charset=utf-8", openapi_json, openapi_json_size);
}
