/* SPDX-License-Identifier: MIT */
/* `taskyard upgrade`: asks for it, then looks until the new program answers. */
#include "client/cli.h"

#include <stdio.h>
#include <time.h>

#define LOOK_MS 50
#define LIMIT_MS 60000

/* While the program is replaced nobody answers. NULL: it has not been yet. Caller frees. */
static struct taskyard_object *look(struct cli *cli, long long before)
{
    struct taskyard_object *status = taskyard_status(cli->client, NULL);

    if (status == NULL || taskyard_int(status, "upgrades", 0) > before ||
        taskyard_string(status, "upgrade_error") != NULL)
        return status;
    taskyard_object_free(status);
    return NULL;
}

static struct taskyard_object *wait_for_end(struct cli *cli, long long before)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    struct taskyard_object *status = NULL;

    for (int i = 0; status == NULL && i < LIMIT_MS / LOOK_MS; i++) {
        nanosleep(&pause, NULL);
        status = look(cli, before);
    }
    return status;
}

static int tell(const struct cli *cli, const struct taskyard_object *status)
{
    const char *why = taskyard_string(status, "upgrade_error");

    if (status == NULL) {
        cli_complain("the new program has not answered for %d s; look at the service's log",
                     LIMIT_MS / 1000);
        return CLI_UNREACHABLE;
    }
    if (why != NULL) {
        cli_complain("no upgrade, the old program goes on: %s", why);
        return CLI_REFUSED;
    }
    printf(cli->json ? "{\"version\":\"%s\"}\n" : "upgraded: version %s is running\n",
           taskyard_string(status, "version"));
    return CLI_OK;
}

int cli_upgrade(struct cli *cli, int argc, char **argv)
{
    static const struct argp argp = {
        .parser = cli_arguments_parser,
        .doc = "Replace the supervisor by the program that lies in its place now, after a new "
               "version was installed. It is tried first; running tasks go on. One that is not "
               "fit changes nothing: exit status 6."};
    struct cli_arguments arguments = {0};
    struct taskyard_object *status;
    struct taskyard_error error;
    long long before;
    int code;

    cli_parse(cli, &argp, argc, argv, &arguments);
    status = taskyard_status(cli->client, &error);
    if (status == NULL)
        return cli_fail(cli, &error);
    before = taskyard_int(status, "upgrades", 0);
    taskyard_object_free(status);
    if (!taskyard_upgrade(cli->client, &error))
        return cli_fail(cli, &error);
    status = wait_for_end(cli, before);
    code = tell(cli, status);
    taskyard_object_free(status);
    return code;
}
