/* SPDX-License-Identifier: MIT */
/* What an error of the database or its client library means for what was asked: one table. Pure,
 * thread safe. */
#ifndef SUPERVISOR_STORE_ERROR_H
#define SUPERVISOR_STORE_ERROR_H

enum store_failure {
    STORE_FAILURE_NONE,
    STORE_FAILURE_RETRY, /* deadlock, lock wait: roll back, run the whole transaction again */
    STORE_FAILURE_LOST,  /* the connection is gone or unusable: connect again; a COMMIT under way is
                            in doubt */
    STORE_FAILURE_WAIT,  /* read-only, full, not allowed: certainly not done; try again later on a
                            new connection */
    STORE_FAILURE_TIMEOUT, /* the statement ran into its time limit */
    STORE_FAILURE_REFUSED  /* these values will never be taken */
};

/* What an administrator may do about it, a clause that begins with a verb; NULL: nothing special.
 * Static text. */
const char *store_error_advice(unsigned code);

/* The class of an error number of the server or of the client library; 0 is STORE_FAILURE_NONE. */
enum store_failure store_error_class(unsigned code);

#endif
