/* SPDX-License-Identifier: MIT */
/* Starting, stopping and asking the private database of the store's tests. */
#include "tests/store_server.h"

#include "common/fd_util.h"
#include "common/xalloc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <mysql.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_LIMIT_S 60

/* Shared by the test program and its forked tests, each of which may restart the server. */
static struct shared {
    pid_t pid;
    char directory[64];
    char socket[96];
    char launcher[96];
} * shared;

static void die(const char *what)
{
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(1);
}

static void copy_launcher(void)
{
    const char *from = getenv("TASKYARD_DATABASE");
    size_t size;
    char *text = from != NULL ? fd_read_file(from, 1 << 20, &size) : NULL;
    if (text == NULL) {
        die("cannot read the launcher named by TASKYARD_DATABASE");
    }
    int fd = open(shared->launcher, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    if (fd < 0 || !fd_write_all(fd, text, size) || fchmod(fd, 0755) != 0) {
        die("cannot copy the launcher");
    }
    close(fd);
    free(text);
}

static void become_ordinary(void)
{
    const struct passwd *account = getpwnam("taskyard");
    account = account != NULL ? account : getpwnam("nobody");
    if (account == NULL || chown(shared->directory, account->pw_uid, account->pw_gid) != 0 ||
        setgroups(0, NULL) != 0 || setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0) {
        die("cannot become an ordinary user");
    }
}

void store_server_prepare(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        die("mmap");
    }
    strcpy(shared->directory, "/tmp/taskyard-store.XXXXXX");
    if (mkdtemp(shared->directory) == NULL) {
        die("mkdtemp");
    }
    snprintf(shared->socket, sizeof shared->socket, "%s/socket", shared->directory);
    snprintf(shared->launcher, sizeof shared->launcher, "%s/taskyard-database", shared->directory);
    copy_launcher();
    if (geteuid() == 0) {
        become_ordinary();
    }
    prctl(PR_SET_CHILD_SUBREAPER,
          1); /* a server started by a forked test becomes ours when the test ends */
    signal(SIGPIPE, SIG_IGN);
}

static bool takes_connections(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", shared->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return ok;
}

void store_server_start(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        char log[128], data[128];
        snprintf(log, sizeof log, "%s/server.log", shared->directory);
        snprintf(data, sizeof data, "%s/state", shared->directory);
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, 1);
        dup2(fd, 2);
        setsid();
        execl("/bin/sh", "sh", shared->launcher, data, shared->socket, (char *)NULL);
        _exit(127);
    }
    shared->pid = pid;
    for (int i = 0; i < START_LIMIT_S * 50; i++) {
        if (takes_connections()) {
            return;
        }
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            die("the database server has ended, see its log");
        }
        usleep(20000);
    }
    die("the database server does not start");
}

/* A signal stops the threads of a process one after the other: each has to be seen stopped. */
static bool all_threads_stopped(void)
{
    char path[32], name[320], state = 'T';
    snprintf(path, sizeof path, "/proc/%d/task", (int)shared->pid);
    DIR *tasks = opendir(path);
    const struct dirent *entry;
    while (tasks != NULL && state == 'T' && (entry = readdir(tasks)) != NULL) {
        snprintf(name, sizeof name, "%s/%s/stat", path, entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(name, "r") : NULL;
        if (file != NULL) {
            if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1) {
                state = 'T'; /* it has just ended */
            }
            fclose(file);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return state == 'T';
}

void store_server_signal(int number)
{
    kill(shared->pid, number);
    while (number == SIGSTOP && !all_threads_stopped()) {
        usleep(1000);
    }
}

/* Gone, or a zombie: another process may be its parent. */
static bool has_ended(pid_t pid)
{
    char path[32], state = 'Z';
    if (waitpid(pid, NULL, WNOHANG) == pid) {
        return true;
    }
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        int fields = fscanf(file, "%*d %*s %c", &state);
        (void)fields;
        fclose(file);
    }
    return state == 'Z';
}

void store_server_stop(int number)
{
    if (shared->pid == 0) {
        return;
    }
    kill(shared->pid, number);
    kill(shared->pid, SIGCONT);
    while (!has_ended(shared->pid)) {
        usleep(10000);
    }
    shared->pid = 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void store_server_remove(void)
{
    store_server_stop(SIGKILL);
    nftw(shared->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *store_server_socket(void)
{
    return shared->socket;
}

const char *store_server_directory(void)
{
    return shared->directory;
}

struct store_config store_server_config(const char *database, const char *incarnation)
{
    return (struct store_config){.socket = shared->socket,
                                 .database = database,
                                 .node = "test-node",
                                 .incarnation = incarnation,
                                 .readers = 2};
}

static MYSQL *connect_to(const char *database)
{
    MYSQL *mysql = mysql_init(NULL);
    const struct passwd *account = getpwuid(geteuid());
    if (!mysql_real_connect(mysql, NULL, account->pw_name, NULL, database, 0, shared->socket,
                            CLIENT_MULTI_STATEMENTS)) {
        printf("Bail out! test connection: %s\n", mysql_error(mysql));
        abort();
    }
    return mysql;
}

void store_server_sql(const char *database, const char *statements)
{
    MYSQL *mysql = connect_to(database);
    int result = mysql_real_query(mysql, statements, strlen(statements));
    while (result == 0) {
        mysql_free_result(mysql_store_result(mysql));
        result = mysql_next_result(mysql);
    }
    if (mysql_errno(mysql) != 0) {
        printf("Bail out! test statement: %s\n", mysql_error(mysql));
        abort();
    }
    mysql_close(mysql);
}

const char *store_server_rows(const char *database, const char *query)
{
    static char text[65536];
    MYSQL *mysql = connect_to(database);
    if (mysql_real_query(mysql, query, strlen(query)) != 0) {
        printf("Bail out! test query: %s\n", mysql_error(mysql));
        abort();
    }
    MYSQL_RES *result = mysql_store_result(mysql);
    unsigned columns = mysql_num_fields(result);
    size_t length = 0;
    MYSQL_ROW row;
    text[0] = '\0';
    while ((row = mysql_fetch_row(result)) != NULL) {
        for (unsigned i = 0; i < columns && length < sizeof text - 1024; i++) {
            length +=
                (size_t)snprintf(text + length, 1024, "%.1000s%s", row[i] != NULL ? row[i] : "NULL",
                                 i + 1 < columns ? "|" : "\n");
        }
    }
    mysql_free_result(result);
    mysql_close(mysql);
    return text;
}

const char *store_server_value(const char *database, const char *query)
{
    char *text = (char *)store_server_rows(database, query);
    text[strcspn(text, "|\n")] = '\0';
    return text;
}
