/* SPDX-License-Identifier: MIT */
/* The handlers behind the routes (http_routes.c): read a call, ask the service or the store, reply.
 * Each ends its call with exactly one reply, at once or in a callback. Loop thread only. */
#ifndef SUPERVISOR_API_H
#define SUPERVISOR_API_H

struct http_call;

/* How long a client's request may wait for the database. */
#define API_DEADLINE_MS 2000

/* api_tasks.c */
void api_task_create(struct http_call *call);
void api_task_list(struct http_call *call);
void api_task_get(struct http_call *call);
void api_task_cancel(struct http_call *call);
void api_task_retry(struct http_call *call);
void api_task_delete(struct http_call *call);
void api_task_set_artifact(struct http_call *call);
void api_task_events(struct http_call *call);
void api_all_events(struct http_call *call);

/* api_history.c */
void api_task_attempts(struct http_call *call);
void api_task_timeline(struct http_call *call);
void api_task_logs(struct http_call *call);

/* api_system.c */
void api_healthz(struct http_call *call);
void api_readyz(struct http_call *call);
void api_status(struct http_call *call);
void api_drain(struct http_call *call);
void api_types(struct http_call *call);
void api_types_reload(struct http_call *call);
void api_settings_get(struct http_call *call);
void api_settings_put(struct http_call *call);

/* api_users.c */
void api_user_list(struct http_call *call);
void api_user_add(struct http_call *call);
void api_user_set_password(struct http_call *call);
void api_user_set_role(struct http_call *call);

/* api_files.c */
void api_file_get(struct http_call *call);

#endif
