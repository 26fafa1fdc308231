/* SPDX-License-Identifier: MIT */
/* The supervisor's configuration file. Read once at start; everything is checked before anything is
 * started. */
#ifndef SUPERVISOR_CONFIG_H
#define SUPERVISOR_CONFIG_H

#include "common/log.h"
#include <stdbool.h>
#include <sys/types.h>

/* Strings belong to the struct; absent ones are NULL, never "". */
struct config {
    char *listen; /* ADDR:PORT of the public listener, NULL: none */
    char *listen_address;
    unsigned listen_port;
    char *control_socket;
    gid_t control_group; /* (gid_t)-1: none */
    char *state_dir;
    char *types_dir;
    char *worker_program;
    char *node;
    unsigned drain_timeout_ms;
    enum log_level log_level;
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
void config_free(struct config *config);

#endif
