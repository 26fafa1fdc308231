/* SPDX-License-Identifier: MIT */
/* What consoles ask a host application for, and of which there is little here: the simplest true
 * answers. */
#include "common/json_util.h"
#include "supervisor/api.h"
#include "supervisor/api_query.h"
#include "supervisor/http_call.h"

void api_site(struct http_call *call)
{
    json_object *site = json_object_new_object();

    json_add_string(site, "name", "Taskyard");
    json_object_object_add(site, "name_i18n", json_object_new_object());
    json_add_string(site, "logo", "");
    json_add_string(site, "home_page", "");
    json_add_bool(site, "disable_local_user_login", false);
    json_add_bool(site, "enable_multi_org", false);
    json_add_bool(site, "enable_skill_tool_binding", false);
    http_reply_data(call, site);
}

/* No providers, schedules or figures for a start page. */
void api_empty_list(struct http_call *call)
{
    http_reply_data(call, json_object_new_array());
}

/* No organizations, and no runs of schedules. */
void api_empty_page(struct http_call *call)
{
    api_reply_empty_page(call);
}

void api_no_schedule(struct http_call *call)
{
    http_reply_error(call, "E4041", "Scheduled job not found");
}
