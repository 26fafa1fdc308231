/* SPDX-License-Identifier: MIT */
/* Credentials to principals, through a table of the sessions seen lately. What cannot be decided
 * for want of the database is never taken for a session that has ended. */
#include "supervisor/auth.h"
#include "common/hex.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/credentials.h"
#include "supervisor/store_sessions.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define ENTRIES_MAX 4096
#define BUCKETS 1024
#define TRUST_MS 5000          /* a reading is good for so long */
#define AWAY_TRUST_MS 60000    /* and for so long while the database is away */
#define AGAIN_MS 1000          /* then it is not asked for again each time */
#define READ_AGAIN_WAIT_MS 100 /* for what memory could answer in case of need */
#define TOUCH_MAX_MS 60000
#define SWEEP_S 600
#define ENDED "Invalid or expired token"

/* A request that waits for a session to be read. */
struct waiter {
    STAILQ_ENTRY(waiter) next;
    char id[ID_SIZE]; /* that the session must have, or "" */
    auth_fn done;
    void *arg;
};
STAILQ_HEAD(waiter_list, waiter);

/* A session as it was read last. Times are monotonic, made from the database's clock at the
 * reading. */
struct entry {
    TAILQ_ENTRY(entry) age;
    LIST_ENTRY(entry) chain;
    struct auth *auth;
    unsigned char key[TOKEN_HASH_BYTES]; /* SHA-256 of the token, which is not kept */
    bool by_cookie;                      /* one that came in a cookie has an entry of its own */
    struct principal *principal;         /* NULL: not read yet, or forgotten */
    uint64_t row_id;
    int64_t read_ms;
    int64_t ends_ms;  /* the absolute end */
    int64_t seen_ms;  /* the last use */
    int64_t again_ms; /* not read again before, after a reading in vain */
    bool used;        /* since the database was last told */
    bool reading;     /* it cannot be freed now */
    bool forgotten;   /* while it was being read: what comes may be old */
    struct waiter_list waiters;
};
TAILQ_HEAD(entry_list, entry);
LIST_HEAD(entry_chain, entry);

struct auth {
    struct app *app;
    int64_t idle_ms;
    struct entry_list oldest_first; /* by last use */
    struct entry_chain buckets[BUCKETS];
    size_t count;
    struct event *touch_timer, *sweep_timer;
};

/* ---- the table ---- */

static struct entry_chain *chain_of(struct auth *auth, const unsigned char *key)
{
    return &auth->buckets[(key[0] | (size_t)key[1] << 8) % BUCKETS];
}

static struct entry *find(struct auth *auth, const unsigned char *key, bool by_cookie)
{
    struct entry *entry;

    LIST_FOREACH(entry, chain_of(auth, key), chain)
    {
        if (entry->by_cookie == by_cookie && token_digest_equal(entry->key, key))
            return entry;
    }
    return NULL;
}

/* An entry that is being read stays, but knows nothing any more. */
static void drop(struct entry *entry)
{
    struct auth *auth = entry->auth;

    if (entry->used)
        store_session_touch(auth->app->store, &entry->row_id, 1);
    entry->used = false;
    principal_unref(entry->principal);
    entry->principal = NULL;
    entry->forgotten = true;
    if (entry->reading)
        return;
    TAILQ_REMOVE(&auth->oldest_first, entry, age);
    LIST_REMOVE(entry, chain);
    auth->count--;
    free(entry);
}

static bool make_room(struct auth *auth)
{
    struct entry *entry;

    if (auth->count < ENTRIES_MAX)
        return true;
    TAILQ_FOREACH(entry, &auth->oldest_first, age)
    {
        if (!entry->reading) {
            drop(entry);
            return true;
        }
    }
    return false;
}

/* NULL: everything there is room for is being read at present. */
static struct entry *add(struct auth *auth, const unsigned char *key, bool by_cookie)
{
    struct entry *entry;

    if (!make_room(auth))
        return NULL;
    entry = xcalloc(1, sizeof(*entry));
    entry->auth = auth;
    entry->by_cookie = by_cookie;
    entry->seen_ms = INT64_MIN; /* a last use may lie before the start of the machine */
    memcpy(entry->key, key, sizeof(entry->key));
    STAILQ_INIT(&entry->waiters);
    LIST_INSERT_HEAD(chain_of(auth, key), entry, chain);
    TAILQ_INSERT_TAIL(&auth->oldest_first, entry, age);
    auth->count++;
    return entry;
}

/* ---- what an entry says ---- */

static bool has_ended(const struct entry *entry, int64_t now)
{
    return now >= entry->ends_ms ||
           (!entry->principal->is_token && now - entry->seen_ms >= entry->auth->idle_ms);
}

/* Is it good enough to answer without the database? */
static bool is_fresh(const struct entry *entry, int64_t now)
{
    int64_t age = now - entry->read_ms;

    return entry->principal != NULL &&
           (age < TRUST_MS || (now < entry->again_ms && age < AWAY_TRUST_MS));
}

static void note_use(struct entry *entry, int64_t now)
{
    struct auth *auth = entry->auth;

    entry->seen_ms = now;
    entry->used = true;
    TAILQ_REMOVE(&auth->oldest_first, entry, age);
    TAILQ_INSERT_TAIL(&auth->oldest_first, entry, age);
}

/* A cookie that is worth nothing is like none: the browser sends it by itself. */
static void answer(struct waiter *waiter, enum auth_outcome outcome, struct principal *principal,
                   bool by_cookie)
{
    bool is_other = outcome == AUTH_OK && waiter->id[0] != '\0' &&
                    strcmp(waiter->id, principal->session_id) != 0;

    if (is_other)
        outcome = AUTH_REFUSED;
    if (outcome == AUTH_OK)
        waiter->done(waiter->arg, outcome, principal_ref(principal), NULL);
    else if (outcome == AUTH_REFUSED && by_cookie)
        waiter->done(waiter->arg, AUTH_ANONYMOUS, NULL, NULL);
    else
        waiter->done(waiter->arg, outcome, NULL,
                     outcome == AUTH_DISABLED ? "Account is disabled" : ENDED);
}

/* Answers all that wait. The entry may be gone afterwards: it is dropped here if the session has
 * ended, and what is called may have it forgotten. */
static void settle(struct entry *entry, enum auth_outcome outcome)
{
    struct waiter_list waiters = STAILQ_HEAD_INITIALIZER(waiters);
    struct principal *principal = entry->principal != NULL ? principal_ref(entry->principal) : NULL;
    bool by_cookie = entry->by_cookie;
    struct waiter *waiter;

    STAILQ_CONCAT(&waiters, &entry->waiters);
    if (outcome == AUTH_OK && !STAILQ_EMPTY(&waiters))
        note_use(entry, clock_ms());
    if (outcome != AUTH_OK && (outcome != AUTH_UNAVAILABLE || principal == NULL))
        drop(entry);
    while ((waiter = STAILQ_FIRST(&waiters)) != NULL) {
        STAILQ_REMOVE_HEAD(&waiters, next);
        answer(waiter, outcome, principal, by_cookie);
        free(waiter);
    }
    principal_unref(principal);
}

/* ---- reading ---- */

static struct principal *make_principal(const struct store_session_row *session, bool by_cookie)
{
    const struct store_user_row *user = &session->user;
    struct principal *principal = principal_new(PRINCIPAL_USER, user->id);

    snprintf(principal->username, sizeof(principal->username), "%s", user->username);
    snprintf(principal->session_id, sizeof(principal->session_id), "%s", session->id);
    principal->is_token = session->is_token;
    principal->by_cookie = by_cookie;
    principal->password_expired = strcmp(user->status, STORE_USER_PASSWORD_EXPIRED) == 0;
    for (size_t i = 0; i < user->role_count; i++) {
        const struct store_role_row *role = &user->roles[i];
        principal->sees_all = principal->sees_all || strcmp(role->name, STORE_ROLE_ADMIN) == 0;
        for (size_t k = 0; k < role->permission_count; k++)
            principal_grant(principal, role->permissions[k]);
    }
    return principal;
}

static void take_over(struct entry *entry, const struct store_session_row *session)
{
    int64_t now = clock_ms();
    int64_t seen = now - (session->now_us - session->seen_at_us) / 1000;

    principal_unref(entry->principal);
    entry->principal = make_principal(session, entry->by_cookie);
    entry->row_id = session->row_id;
    entry->read_ms = now;
    entry->again_ms = 0;
    entry->ends_ms = session->expires_at_us != 0
                         ? now + (session->expires_at_us - session->now_us) / 1000
                         : INT64_MAX;
    entry->seen_ms = entry->seen_ms > seen ? entry->seen_ms : seen;
}

static enum auth_outcome judge(struct entry *entry, const struct store_session_row *session)
{
    if (session->is_token && entry->by_cookie)
        return AUTH_REFUSED;
    if (!store_user_may_sign_in(session->user.status))
        return AUTH_DISABLED;
    take_over(entry, session);
    return has_ended(entry, entry->read_ms) ? AUTH_REFUSED : AUTH_OK;
}

static enum auth_outcome judge_without(struct entry *entry)
{
    int64_t now = clock_ms();

    if (entry->principal == NULL || now - entry->read_ms >= AWAY_TRUST_MS)
        return AUTH_UNAVAILABLE;
    entry->again_ms = now + AGAIN_MS;
    return has_ended(entry, now) ? AUTH_REFUSED : AUTH_OK;
}

static void read_entry(struct entry *entry, unsigned deadline_ms);

static void read_cb(void *arg, enum store_result result, const struct store_session_row *session)
{
    struct entry *entry = arg;

    entry->reading = false;
    if (result == STORE_OK && entry->forgotten)
        read_entry(entry, READ_AGAIN_WAIT_MS);
    else if (result == STORE_OK)
        settle(entry, judge(entry, session));
    else if (result == STORE_NOT_FOUND)
        settle(entry, AUTH_REFUSED);
    else
        settle(entry, judge_without(entry));
}

static void read_entry(struct entry *entry, unsigned deadline_ms)
{
    char hash[STORE_TOKEN_HASH_SIZE];

    hex_write(hash, entry->key, sizeof(entry->key));
    entry->reading = true;
    entry->forgotten = false;
    store_session_find(entry->auth->app->store, hash, deadline_ms, read_cb, entry);
}

static void wait_for(struct entry *entry, const struct credentials *credentials, auth_fn done,
                     void *arg)
{
    struct waiter *waiter = xcalloc(1, sizeof(*waiter));

    memcpy(waiter->id, credentials->id, sizeof(waiter->id));
    waiter->done = done;
    waiter->arg = arg;
    STAILQ_INSERT_TAIL(&entry->waiters, waiter, next);
}

static unsigned reading_wait(const struct entry *entry, unsigned deadline_ms)
{
    return entry->principal != NULL && deadline_ms > READ_AGAIN_WAIT_MS ? READ_AGAIN_WAIT_MS
                                                                        : deadline_ms;
}

static void identify_token(struct auth *auth, const struct credentials *credentials,
                           unsigned deadline_ms, auth_fn done, void *arg)
{
    unsigned char key[TOKEN_HASH_BYTES];
    int64_t now = clock_ms();
    struct entry *entry;

    token_digest(credentials->token, key);
    entry = find(auth, key, credentials->by_cookie);
    if (entry == NULL)
        entry = add(auth, key, credentials->by_cookie);
    if (entry == NULL) {
        done(arg, AUTH_UNAVAILABLE, NULL, NULL);
        return;
    }
    wait_for(entry, credentials, done, arg);
    if (entry->reading)
        return;
    if (is_fresh(entry, now))
        settle(entry, has_ended(entry, now) ? AUTH_REFUSED : AUTH_OK);
    else
        read_entry(entry, reading_wait(entry, deadline_ms));
}

/* ---- the calls ---- */

void auth_identify(struct app *app, const struct auth_credentials *given, unsigned deadline_ms,
                   auth_fn done, void *arg)
{
    struct credentials credentials = credentials_read(given->authorization, given->cookie);

    switch (credentials.kind) {
    case CREDENTIALS_NONE:
        done(arg, AUTH_ANONYMOUS, NULL, NULL);
        break;
    case CREDENTIALS_REFUSED:
        done(arg, AUTH_REFUSED, NULL,
             strchr(given->authorization, ' ') != NULL ? ENDED : "Invalid token format");
        break;
    case CREDENTIALS_TOKEN:
        identify_token(app->auth, &credentials, deadline_ms, done, arg);
        break;
    }
    explicit_bzero(&credentials, sizeof(credentials));
}

bool auth_is_current(struct app *app, const struct principal *principal)
{
    int64_t now = clock_ms();
    struct entry *entry;

    if (principal->kind != PRINCIPAL_USER)
        return true;
    TAILQ_FOREACH(entry, &app->auth->oldest_first, age)
    {
        if (entry->principal == NULL ||
            strcmp(entry->principal->session_id, principal->session_id) != 0)
            continue;
        if (!entry->reading && !is_fresh(entry, now))
            read_entry(entry, READ_AGAIN_WAIT_MS);
        return !has_ended(entry, now);
    }
    return false;
}

/* What is being read may have been read before the change. */
static void forget(struct auth *auth, const char *user_id, const char *session_id)
{
    struct entry *entry, *next;

    for (entry = TAILQ_FIRST(&auth->oldest_first); entry != NULL; entry = next) {
        const struct principal *principal = entry->principal;
        next = TAILQ_NEXT(entry, age);
        if (entry->reading || principal == NULL ||
            ((user_id == NULL || strcmp(principal->id, user_id) == 0) &&
             (session_id == NULL || strcmp(principal->session_id, session_id) == 0)))
            drop(entry);
    }
}

void auth_forget(struct app *app, const char *user_id)
{
    forget(app->auth, user_id[0] != '\0' ? user_id : NULL, NULL);
}

void auth_forget_session(struct app *app, const char *session_id)
{
    forget(app->auth, NULL, session_id);
}

/* ---- now and then ---- */

static void touch_cb(evutil_socket_t fd, short what, void *arg)
{
    struct auth *auth = arg;
    uint64_t *row_ids = xcalloc(auth->count + 1, sizeof(*row_ids));
    size_t count = 0;
    struct entry *entry;

    (void)fd, (void)what;
    TAILQ_FOREACH(entry, &auth->oldest_first, age)
    {
        if (entry->used)
            row_ids[count++] = entry->row_id;
        entry->used = false;
    }
    if (count > 0)
        store_session_touch(auth->app->store, row_ids, count);
    free(row_ids);
}

static void sweep_cb(evutil_socket_t fd, short what, void *arg)
{
    struct auth *auth = arg;

    (void)fd, (void)what;
    if (store_state(auth->app->store, NULL) == STORE_READY)
        store_session_sweep(auth->app->store, (unsigned)(auth->idle_ms / 1000));
}

static struct event *add_timer(struct auth *auth, int64_t interval_ms, event_callback_fn callback)
{
    struct timeval interval = {.tv_sec = interval_ms / 1000, .tv_usec = interval_ms % 1000 * 1000};
    struct event *timer = event_new(auth->app->base, -1, EV_PERSIST, callback, auth);

    event_add(timer, &interval);
    return timer;
}

struct auth *auth_new(struct app *app)
{
    struct auth *auth = xcalloc(1, sizeof(*auth));
    int64_t touch_ms;

    auth->app = app;
    auth->idle_ms = (int64_t)app->config->sign_in.session_idle_s * 1000;
    TAILQ_INIT(&auth->oldest_first);
    touch_ms = auth->idle_ms / 4 < TOUCH_MAX_MS ? auth->idle_ms / 4 : TOUCH_MAX_MS;
    auth->touch_timer = add_timer(auth, touch_ms, touch_cb);
    auth->sweep_timer = add_timer(auth, SWEEP_S * 1000, sweep_cb);
    return auth;
}

/* The store is closed: nothing is being read. */
void auth_free(struct auth *auth)
{
    struct entry *entry;

    if (auth == NULL)
        return;
    while ((entry = TAILQ_FIRST(&auth->oldest_first)) != NULL) {
        entry->used = false;
        drop(entry);
    }
    event_free(auth->touch_timer);
    event_free(auth->sweep_timer);
    free(auth);
}
