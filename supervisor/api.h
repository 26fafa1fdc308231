/* SPDX-License-Identifier: MIT */
/* The handlers behind the routes (http_routes.c): read a call, ask the service or the store, reply.
 * Each ends its call with exactly one reply, at once or in a callback. Loop thread only. */
#ifndef SUPERVISOR_API_H
#define SUPERVISOR_API_H

struct http_call;

/* api_tasks.c */
void api_task_create(struct http_call *call);
void api_task_list(struct http_call *call);
void api_user_tasks(struct http_call *call);
void api_task_get(struct http_call *call);
void api_task_cancel(struct http_call *call);
void api_task_kill(struct http_call *call);
void api_task_retry(struct http_call *call);
void api_task_delete(struct http_call *call);
void api_task_set_artifact(struct http_call *call);

/* api_pause.c */
void api_task_pause(struct http_call *call);
void api_task_resume(struct http_call *call);

/* api_processes.c */
void api_task_processes(struct http_call *call);

/* api_history.c */
void api_task_attempts(struct http_call *call);
void api_task_timeline(struct http_call *call);
void api_task_logs(struct http_call *call);

/* api_system.c */
void api_healthz(struct http_call *call);
void api_readyz(struct http_call *call);
void api_status(struct http_call *call);
void api_drain(struct http_call *call);
void api_upgrade(struct http_call *call);
void api_purge(struct http_call *call);
void api_types(struct http_call *call);
void api_types_reload(struct http_call *call);

/* api_overview.c */
void api_overview(struct http_call *call);

/* api_settings.c */
void api_settings_get(struct http_call *call);
void api_settings_put(struct http_call *call);
void api_setting_fields(struct http_call *call);
void api_log_backends(struct http_call *call);

/* api_auth.c */
void api_login(struct http_call *call);
void api_logout(struct http_call *call);
void api_profile(struct http_call *call);
void api_profile_set_password(struct http_call *call);

/* api_users.c */
void api_user_list(struct http_call *call);
void api_user_get(struct http_call *call);
void api_user_add(struct http_call *call);
void api_user_change(struct http_call *call);
void api_user_set_password(struct http_call *call);
void api_user_set_role(struct http_call *call);

/* api_tokens.c */
void api_token_list(struct http_call *call);
void api_token_add(struct http_call *call);
void api_token_remove(struct http_call *call);

/* api_roles.c */
void api_role_list(struct http_call *call);
void api_role_add(struct http_call *call);
void api_role_change(struct http_call *call);
void api_role_delete(struct http_call *call);
void api_permission_list(struct http_call *call);

/* api_events.c */
void api_task_events(struct http_call *call);
void api_user_events(struct http_call *call);
void api_all_events(struct http_call *call);

/* api_audit.c */
void api_audit_events(struct http_call *call);

/* api_host.c */
void api_site(struct http_call *call);
void api_empty_list(struct http_call *call);
void api_empty_page(struct http_call *call);
void api_no_schedule(struct http_call *call);

/* api_create.c */
void api_create_endpoint(struct http_call *call);

/* api_files.c */
void api_file_get(struct http_call *call);
void api_file_list(struct http_call *call);

/* api_upload.c */
void api_file_upload(struct http_call *call);

/* api_metrics.c, api_openapi.c */
void api_metrics(struct http_call *call);
void api_openapi(struct http_call *call);

#endif
