/* SPDX-License-Identifier: MIT */
/* Who asks, whether he may, and whether the request is one that his browser was tricked into. */
#include "supervisor/app.h"
#include "supervisor/audit.h"
#include "supervisor/auth.h"
#include "supervisor/http_internal.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <string.h>

void http_reply_forbidden(struct http_call *call)
{
    if (call->route->method != EVHTTP_REQ_GET)
        audit_refused(call->app, &call->who, http_method_name(call->route->method), call->path);
    http_reply_error(call, "E4031", "No permission to perform this operation");
}

/* A peer of the control socket has passed its door; on the network the row decides. */
static bool is_allowed(struct http_call *call)
{
    const struct http_route *route = call->route;

    if (route->access == HTTP_ANYBODY || call->principal->kind == PRINCIPAL_PEER)
        return true;
    if (call->principal->kind == PRINCIPAL_ANONYMOUS) {
        http_reply_error(call, "E4011", "Not signed in, or the session has ended");
        return false;
    }
    if (route->access == HTTP_EXPIRED)
        return true;
    if (call->principal->password_expired) {
        http_reply_error(call, "E4031", "The password has expired: change it first");
        return false;
    }
    if (route->access == HTTP_SIGNED_IN || principal_may(call->principal, route->permission))
        return true;
    http_reply_forbidden(call);
    return false;
}

/* A browser sends cookies along with what a foreign page asks it to send. To sign in needs no
 * cookie, so an old one does not count there; the content type keeps foreign pages out. */
static bool is_forged(const struct http_call *call)
{
    return call->principal->by_cookie && call->route->access != HTTP_ANYBODY &&
           call->route->method != EVHTTP_REQ_GET && !http_call_is_same_origin(call);
}

static bool is_type(const char *text, const char *type)
{
    size_t length = strlen(type);

    return text != NULL && strncasecmp(text, type, length) == 0 &&
           (text[length] == '\0' || strchr("; \t", text[length]) != NULL);
}

static bool takes_form(const struct http_call *call)
{
    return call->route->method == EVHTTP_REQ_POST && strcmp(call->route->path, "/api/files") == 0;
}

/* Local modules may leave the content type out. */
static bool has_good_type(const struct http_call *call)
{
    const char *wanted = takes_form(call) ? "multipart/form-data" : "application/json";

    return call->listener == HTTP_CONTROL ||
           evbuffer_get_length(evhttp_request_get_input_buffer(call->request)) == 0 ||
           is_type(http_call_header(call, "Content-Type"), wanted);
}

static void handle(struct http_call *call)
{
    if (is_forged(call))
        http_reply_error(call, "E4031", "this request must come from a page of this site");
    else if (!is_allowed(call))
        return; /* answered */
    else if (!has_good_type(call))
        http_reply_error(call, "E4151", "the content type of the body is not taken here");
    else if (takes_form(call))
        call->route->handle(call);
    else
        http_body_read(call, call->route->handle);
}

/* With an expired password he is nobody where nobody need sign in: he gets no more than they do. */
static void take_principal(struct http_call *call, struct principal *principal)
{
    if (principal->password_expired && call->route->access == HTTP_ANYBODY)
        principal_unref(principal);
    else
        http_call_set_principal(call, principal);
}

static void identified_cb(void *arg, enum auth_outcome outcome, struct principal *principal,
                          const char *why)
{
    struct http_call *call = arg;

    switch (outcome) {
    case AUTH_OK:
        take_principal(call, principal);
        break;
    case AUTH_ANONYMOUS:
        break;
    case AUTH_REFUSED:
        http_reply_error(call, "E4011", "%s", why);
        return;
    case AUTH_DISABLED:
        http_reply_error(call, "E4012", "%s", why);
        return;
    case AUTH_UNAVAILABLE:
        http_reply_store(call, STORE_UNAVAILABLE, "session");
        return;
    }
    handle(call);
}

void http_admit(struct http_call *call)
{
    struct auth_credentials credentials = {.authorization = http_call_header(call, "Authorization"),
                                           .cookie = http_call_cookie(call)};

    if (call->listener == HTTP_CONTROL)
        handle(call);
    else
        auth_identify(call->app, &credentials, http_call_deadline(call), identified_cb, call);
}
