/* SPDX-License-Identifier: MIT */
/* The supervisor's configuration file, and *.conf in the directory conf.d beside it. Everything is
 * checked before anything is used. Loop thread only. */
#ifndef SUPERVISOR_CONFIG_H
#define SUPERVISOR_CONFIG_H

#include "common/log.h"
#include "supervisor/config_http.h"
#include "supervisor/config_sign_in.h"
#include <stdbool.h>
#include <sys/types.h>

/* Strings belong to the struct; absent ones are NULL, never "". */
struct config {
    char *path;   /* of the file that was read */
    char *listen; /* ADDR:PORT of the public listener, NULL: none */
    char *listen_address;
    unsigned listen_port;
    char *control_socket;
    gid_t control_group; /* (gid_t)-1: none */
    char *state_dir;
    char *types_dir;
    char *task_user; /* the account for types that name none; NULL: our own */
    char *worker_program;
    char *node;
    char *cgroup; /* "auto", "off" or an absolute path */
    unsigned drain_timeout_ms;
    size_t disk_free_limit; /* bytes, 0: none; see disk_room.h */
    enum log_level log_level;
    struct config_http http;
    struct config_sign_in sign_in;
    char *database_socket;
    char *database_host;
    unsigned database_port;
    char *database_user;
    char *database_password; /* read from database.password_file */
    char *database_name;
    bool database_tls;
    char *database_tls_ca;
};

/* NULL, with the reasons logged as file:line, if the file is not fit for use. */
struct config *config_read(const char *path);
/* The last of these reasons; valid until the next call of config_read(). */
const char *config_fault(void);
void config_free(struct config *config);

#endif
