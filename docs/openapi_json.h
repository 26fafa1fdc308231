/* SPDX-License-Identifier: MIT */
/* docs/openapi.json as it was when the supervisor was built (docs/docs.am). */
#ifndef DOCS_OPENAPI_JSON_H
#define DOCS_OPENAPI_JSON_H

#include <stddef.h>

extern const unsigned char openapi_json[];
extern const size_t openapi_json_size; /* bytes */

#endif
