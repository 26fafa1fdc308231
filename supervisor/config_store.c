/* SPDX-License-Identifier: MIT */
/* The section `database`, and the node. */
#include "supervisor/config_store.h"
#include "supervisor/config.h"

#define READERS 2

struct store_config config_store(const struct config *config)
{
    return (struct store_config){.socket = config->database_socket,
                                 .host = config->database_host,
                                 .port = config->database_port,
                                 .user = config->database_user,
                                 .password = config->database_password,
                                 .database = config->database_name,
                                 .tls = config->database_tls,
                                 .tls_ca = config->database_tls_ca,
                                 .node = config->node,
                                 .readers = READERS};
}
