/* SPDX-License-Identifier: MIT */
/* Calibration: how many tasks a second the database can end and claim, durably, in the plainest
 * table that could serve as a queue. None of Taskyard's code is in it, so it changes with the
 * machine and the server alone. Usage: commit SOCKET BATCH [SECONDS]; prints tasks a second. Makes
 * and drops a database of its own, bench_commit. */
#include <mysql.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define QUEUE 20000
#define BATCH_MAX 500
#define SQL_MAX (64 + BATCH_MAX * 12)

static MYSQL *connection;
static unsigned long claimed[BATCH_MAX];
static unsigned claimed_count;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(const char *sql)
{
    if (mysql_query(connection, sql) != 0) {
        fprintf(stderr, "commit: %s: %s\n", sql, mysql_error(connection));
        exit(EXIT_FAILURE);
    }
}

static void prepare(void)
{
    char sql[256];

    run("DROP DATABASE IF EXISTS bench_commit");
    run("CREATE DATABASE bench_commit");
    run("USE bench_commit");
    run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    run("CREATE TABLE queue (id BIGINT UNSIGNED PRIMARY KEY, state TINYINT NOT NULL, payload "
        "CHAR(36) NOT NULL, finished_at DATETIME(6) NULL, KEY queue_claim (state, id)) ENGINE = "
        "InnoDB");
    snprintf(sql, sizeof(sql),
             "INSERT INTO queue (id, state, payload) SELECT seq, 0, UUID() FROM seq_1_to_%d",
             QUEUE);
    run(sql);
}

/* Sets the state of all that is claimed, in one statement. */
static void move(const char *change)
{
    char sql[SQL_MAX];
    int length = snprintf(sql, sizeof(sql), "UPDATE queue SET %s WHERE id IN (", change);

    for (unsigned i = 0; i < claimed_count; i++)
        length += snprintf(sql + length, sizeof(sql) - (size_t)length, "%s%lu", i > 0 ? "," : "",
                           claimed[i]);
    snprintf(sql + length, sizeof(sql) - (size_t)length, ")");
    run(sql);
}

static void claim(unsigned batch)
{
    char sql[128];
    MYSQL_RES *result;
    MYSQL_ROW row;

    snprintf(sql, sizeof(sql),
             "SELECT id FROM queue WHERE state = 0 ORDER BY id LIMIT %u FOR UPDATE SKIP LOCKED",
             batch);
    run(sql);
    result = mysql_store_result(connection);
    claimed_count = 0;
    while ((row = mysql_fetch_row(result)) != NULL)
        claimed[claimed_count++] = strtoul(row[0], NULL, 10);
    mysql_free_result(result);
    if (claimed_count > 0)
        move("state = 1");
}

/* Ends what is claimed and claims as much again, cycle by cycle, until the time or the queue is
 * over. */
static double measure(unsigned batch, double seconds)
{
    double begin = now_s();
    unsigned long ended = 0;

    do {
        run("START TRANSACTION");
        if (claimed_count > 0)
            move("state = 2, finished_at = NOW(6)");
        ended += claimed_count;
        claim(batch);
        run("COMMIT");
    } while (claimed_count > 0 && now_s() - begin < seconds);
    return (double)ended / (now_s() - begin);
}

int main(int argc, char **argv)
{
    unsigned batch = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

    if (batch == 0 || batch > BATCH_MAX) {
        fprintf(stderr, "usage: %s SOCKET BATCH [SECONDS]; a batch is 1 to %d\n", argv[0],
                BATCH_MAX);
        return EXIT_FAILURE;
    }
    connection = mysql_init(NULL);
    if (mysql_real_connect(connection, "localhost", NULL, NULL, NULL, 0, argv[1], 0) == NULL) {
        fprintf(stderr, "commit: %s\n", mysql_error(connection));
        return EXIT_FAILURE;
    }
    prepare();
    printf("%.0f\n", measure(batch, argc > 3 ? atof(argv[3]) : 2));
    run("DROP DATABASE bench_commit");
    mysql_close(connection);
    return EXIT_SUCCESS;
}
