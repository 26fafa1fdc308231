/* SPDX-License-Identifier: MIT */
/* Pausing tasks over HTTP. */
#include "supervisor/api.h"
#include "supervisor/http_call.h"
#include "supervisor/service.h"

static void paused_cb(void *arg, enum store_result result, enum service_pause outcome)
{
    static const char *const messages[] = {
        [SERVICE_PAUSED] = "Task paused",
        [SERVICE_PAUSING] = "Task is being paused: not all of its processes have stopped yet",
        [SERVICE_PAUSED_ALREADY] = "Task is paused already",
        [SERVICE_RESUMED] = "Task resumed",
        [SERVICE_NOT_PAUSED] = "Task is not paused; nothing was changed",
        [SERVICE_STARTING] = "Task is being started; nothing was changed",
        [SERVICE_ENDING] = "Task is being ended; nothing was changed",
        [SERVICE_NOT_RUNNING] = "Task is not running; nothing was changed",
    };

    if (result == STORE_OK)
        http_reply_message(arg, messages[outcome]);
    else
        http_reply_store(arg, result, "task");
}

void api_task_pause(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_pause(http_call_app(call), http_call_part(call, 0), http_call_who(call), paused_cb,
                      call);
}

void api_task_resume(struct http_call *call)
{
    if (http_call_id_is_good(call))
        service_resume(http_call_app(call), http_call_part(call, 0), http_call_who(call), paused_cb,
                       call);
}
