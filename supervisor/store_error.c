/* SPDX-License-Identifier: MIT */
/* The table of database errors. A number that is not in it is a refusal if it comes from the
 * server, and a lost connection if it comes from the client library. */
#include "supervisor/store_error.h"

#include <stdbool.h>
#include <stddef.h>

static const struct {
    unsigned code;
    enum store_failure class;
} table[] = {
    {1020, STORE_FAILURE_RETRY}, /* record has changed since last read */
    {1205,
     STORE_FAILURE_RETRY}, /* lock wait timeout; the transaction is still open, so roll back */
    {1213, STORE_FAILURE_RETRY}, /* deadlock; a refused certification of a cluster looks the same */
    {3101, STORE_FAILURE_RETRY}, /* rolled back by group replication */

    {1053, STORE_FAILURE_LOST}, /* server shutdown in progress */
    {1080, STORE_FAILURE_LOST}, /* forced close of a thread */
    {1152, STORE_FAILURE_LOST}, /* aborted connection */
    {1156, STORE_FAILURE_LOST}, /* packets out of order */
    {1157, STORE_FAILURE_LOST}, /* could not uncompress a packet */
    {1158, STORE_FAILURE_LOST}, /* error reading packets */
    {1159, STORE_FAILURE_LOST}, /* timeout reading packets */
    {1160, STORE_FAILURE_LOST}, /* error writing packets */
    {1161, STORE_FAILURE_LOST}, /* timeout writing packets */
    {1180, STORE_FAILURE_LOST}, /* error during COMMIT */
    {1184, STORE_FAILURE_LOST}, /* new aborted connection */
    {1243, STORE_FAILURE_LOST}, /* unknown prepared statement: another server behind a proxy */
    {1317, STORE_FAILURE_LOST}, /* query interrupted by KILL */
    {1615, STORE_FAILURE_LOST}, /* prepared statement needs to be prepared again */
    {1927, STORE_FAILURE_LOST}, /* connection was killed */
    {3169, STORE_FAILURE_LOST}, /* session was killed */
    {4031, STORE_FAILURE_LOST}, /* disconnected for inactivity */

    {1015, STORE_FAILURE_WAIT}, /* cannot lock a file */
    {1021, STORE_FAILURE_WAIT}, /* disk full */
    {1026, STORE_FAILURE_WAIT}, /* error writing a file */
    {1030, STORE_FAILURE_WAIT}, /* error from the storage engine (28: no space) */
    {1037, STORE_FAILURE_WAIT}, /* out of memory */
    {1038, STORE_FAILURE_WAIT}, /* out of sort memory */
    {1040, STORE_FAILURE_WAIT}, /* too many connections */
    {1041, STORE_FAILURE_WAIT}, /* out of resources */
    {1044, STORE_FAILURE_WAIT}, /* access denied to the database */
    {1045, STORE_FAILURE_WAIT}, /* access denied */
    {1047, STORE_FAILURE_WAIT}, /* cluster node not ready */
    {1049, STORE_FAILURE_WAIT}, /* unknown database */
    {1054, STORE_FAILURE_WAIT}, /* unknown column: the schema is not ours */
    {1114, STORE_FAILURE_WAIT}, /* table is full */
    {1129, STORE_FAILURE_WAIT}, /* host is blocked */
    {1130, STORE_FAILURE_WAIT}, /* host is not allowed */
    {1135, STORE_FAILURE_WAIT}, /* cannot create a thread */
    {1142, STORE_FAILURE_WAIT}, /* command denied */
    {1143, STORE_FAILURE_WAIT}, /* command denied for a column */
    {1146, STORE_FAILURE_WAIT}, /* no such table */
    {1203, STORE_FAILURE_WAIT}, /* user has too many connections */
    {1226, STORE_FAILURE_WAIT}, /* user has exceeded a resource */
    {1227, STORE_FAILURE_WAIT}, /* privilege needed */
    {1290, STORE_FAILURE_WAIT}, /* read-only server */
    {1461, STORE_FAILURE_WAIT}, /* too many prepared statements */
    {1637, STORE_FAILURE_WAIT}, /* too many transactions */
    {1698, STORE_FAILURE_WAIT}, /* access denied (socket authentication) */
    {1792, STORE_FAILURE_WAIT}, /* read-only transaction */
    {1836, STORE_FAILURE_WAIT}, /* read-only mode */
    {1874, STORE_FAILURE_WAIT}, /* InnoDB is read-only */

    {1969, STORE_FAILURE_TIMEOUT}, /* max_statement_time (MariaDB) */
    {3024, STORE_FAILURE_TIMEOUT}, /* max_execution_time (MySQL) */

    {2020, STORE_FAILURE_REFUSED}, /* client: packet too large */
    {2031, STORE_FAILURE_REFUSED}, /* client: no data for parameters */
    {2036, STORE_FAILURE_REFUSED}, /* client: unsupported buffer type */
};

enum store_failure store_error_class(unsigned code)
{
    if (code == 0) {
        return STORE_FAILURE_NONE;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == code) {
            return table[i].class;
        }
    }
    /* 2000-2999: client library; 5000-5999: MariaDB's client library */
    bool from_client = (code >= 2000 && code < 3000) || (code >= 5000 && code < 6000);
    return from_client ? STORE_FAILURE_LOST : STORE_FAILURE_REFUSED;
}

const char *store_error_advice(unsigned code)
{
    switch (code) {
    case 1021:
    case 1026:
    case 1030:
    case 1114:
        return "make room on the disk of the database";
    case 1040:
    case 1203:
        return "raise max_connections of the database, or close other clients";
    case 1290:
    case 1792:
    case 1836:
    case 1874:
        return "let the database take writes again";
    case 1044:
    case 1045:
    case 1142:
    case 1143:
    case 1227:
    case 1698:
        return "look at the account in the section `database` of the configuration and what it may "
               "do";
    default:
        return NULL;
    }
}
