/* SPDX-License-Identifier: MIT */
/* One try goes: limits, the user's row, limits of the user, the hash on its thread, the outcome.
 * A try counts as a failure from its beginning and is taken back when it turns out to be none. */
#include "supervisor/sign_in.h"
#include "common/json_util.h"
#include "common/log.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/auth.h"
#include "supervisor/clock.h"
#include "supervisor/config.h"
#include "supervisor/ip_range.h"
#include "supervisor/login_limit.h"
#include "supervisor/offload.h"
#include "supervisor/password.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX 32 /* under way at the same time */
#define LIMIT_ROOM 10000
#define NAME_MAX_BYTES 255
#define USER_AGENT_MAX 255

struct sign_in {
    struct app *app;
    struct offload *offload;
    struct login_limit *users, *addresses;
    unsigned tries;   /* under way */
    char *dummy_hash; /* its thread: what the passwords of unknown users are checked against */
};

struct attempt {
    struct sign_in *sign_in;
    sign_in_fn done;
    void *arg;
    /* what was asked */
    char *username, *password, *new_password, *user_agent;
    struct store_actor who; /* its strings are copies */
    char address_key[IP_TEXT_SIZE + 4];
    /* what was found out */
    char *user_key; /* NULL: not counted yet */
    char *user_id, *found_name, *hash;
    bool is_active;
    bool fits;
    char *new_hash;
    char token[TOKEN_SIZE];
    char session_id[ID_SIZE];
};

static void wipe_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void attempt_free(struct attempt *attempt)
{
    attempt->sign_in->tries--;
    wipe_free(attempt->password);
    wipe_free(attempt->new_password);
    wipe_free(attempt->hash);
    wipe_free(attempt->new_hash);
    free(attempt->username);
    free(attempt->user_agent);
    free(attempt->user_key);
    free(attempt->user_id);
    free(attempt->found_name);
    free((void *)attempt->who.id);
    free((void *)attempt->who.address);
    explicit_bzero(attempt, sizeof(*attempt));
    free(attempt);
}

static void finish(struct attempt *attempt, const struct sign_in_answer *answer)
{
    attempt->done(attempt->arg, answer);
    attempt_free(attempt);
}

/* It was not a guess that failed. */
static void take_back(const struct attempt *attempt)
{
    login_limit_give_back(attempt->sign_in->addresses, attempt->address_key);
    if (attempt->user_key != NULL)
        login_limit_give_back(attempt->sign_in->users, attempt->user_key);
}

static void finish_store(struct attempt *attempt, enum store_result result)
{
    take_back(attempt);
    finish(attempt, &(struct sign_in_answer){.outcome = SIGN_IN_STORE, .result = result});
}

/* ---- in vain ---- */

static const char *reason_of(const struct attempt *attempt, enum sign_in_outcome outcome)
{
    if (outcome == SIGN_IN_LOCKED)
        return "locked";
    if (outcome == SIGN_IN_DISABLED)
        return "disabled";
    return attempt->user_id != NULL ? "wrong password" : "unknown user";
}

struct failure {
    struct attempt *attempt;
    struct sign_in_answer answer;
};

/* Written down or not, the answer is the same. */
static void failure_cb(void *arg, enum store_result result)
{
    struct failure *failure = arg;

    if (result != STORE_OK)
        log_error("a sign-in in vain could not be written down: %s", store_result_name(result));
    finish(failure->attempt, &failure->answer);
    free(failure);
}

/* What was typed as a name that nobody has may be a password: it is neither logged nor kept. */
static void fail(struct attempt *attempt, enum sign_in_outcome outcome, unsigned wait_s)
{
    struct failure *failure = xcalloc(1, sizeof(*failure));
    const char *reason = reason_of(attempt, outcome);
    struct store_sign_in_failure row = {.user_id = attempt->user_id,
                                        .username = attempt->found_name,
                                        .reason = reason,
                                        .address = attempt->who.address};

    failure->attempt = attempt;
    failure->answer = (struct sign_in_answer){.outcome = outcome, .wait_s = wait_s};
    log_warn("sign-in of %s from %s refused: %s",
             attempt->found_name != NULL ? attempt->found_name : "somebody",
             attempt->who.address != NULL ? attempt->who.address : "this machine", reason);
    store_sign_in_failed(attempt->sign_in->app->store, &row, attempt->who.deadline_ms, failure_cb,
                         failure);
}

/* ---- the password fits ---- */

static void signed_in_cb(void *arg, enum store_result result, const struct store_user_row *user,
                         int64_t expires_at_us)
{
    struct attempt *attempt = arg;

    if (result == STORE_CONFLICT) {
        fail(attempt, SIGN_IN_WRONG, 0); /* changed or disabled while it was checked */
        return;
    }
    if (result != STORE_OK) {
        finish_store(attempt, result);
        return;
    }
    take_back(attempt);
    login_limit_clear(attempt->sign_in->users, attempt->user_key);
    finish(attempt, &(struct sign_in_answer){.outcome = SIGN_IN_OK,
                                             .token = attempt->token,
                                             .user = user,
                                             .expires_at_us = expires_at_us});
}

static void begin_session(struct attempt *attempt)
{
    struct app *app = attempt->sign_in->app;
    char hash[TOKEN_HASH_SIZE];
    struct store_session_new session = {.user_id = attempt->user_id,
                                        .password_hash = attempt->hash,
                                        .token_hash = hash,
                                        .address = attempt->who.address,
                                        .user_agent = attempt->user_agent,
                                        .lifetime_s = app->config->sign_in.session_lifetime_s};

    token_new(attempt->token);
    token_hash(attempt->token, hash);
    id_new(session.id);
    store_sign_in(app->store, &session, attempt->who.deadline_ms, signed_in_cb, attempt);
}

static void changed_cb(void *arg, enum store_result result, enum store_refusal refusal,
                       const struct store_user_row *user)
{
    struct attempt *attempt = arg;

    (void)refusal, (void)user;
    if (result != STORE_OK) {
        finish_store(attempt, result);
        return;
    }
    take_back(attempt);
    auth_forget(attempt->sign_in->app, attempt->user_id);
    finish(attempt, &(struct sign_in_answer){.outcome = SIGN_IN_OK});
}

static void change_password(struct attempt *attempt)
{
    struct store_user_change change = {.password_hash = attempt->new_hash};

    if (attempt->new_hash == NULL)
        finish_store(attempt, STORE_INVALID);
    else
        store_user_change(attempt->sign_in->app->store, attempt->user_id, &change, &attempt->who,
                          changed_cb, attempt);
}

/* ---- the hash ---- */

/* On its thread. The same work for one whom nobody knows. */
static void check_work(void *arg)
{
    struct attempt *attempt = arg;
    const char *hash = attempt->hash;

    attempt->fits =
        password_fits(attempt->password, hash != NULL ? hash : attempt->sign_in->dummy_hash) &&
        hash != NULL;
    if (attempt->fits && attempt->new_password != NULL)
        attempt->new_hash = password_make_hash(attempt->new_password);
}

static void checked_cb(void *arg)
{
    struct attempt *attempt = arg;

    if (!attempt->fits) {
        fail(attempt, SIGN_IN_WRONG, 0);
    } else if (!attempt->is_active) {
        take_back(attempt);
        fail(attempt, SIGN_IN_DISABLED, 0);
    } else if (attempt->new_password != NULL) {
        change_password(attempt);
    } else {
        begin_session(attempt);
    }
}

/* ---- who it is ---- */

static char *lower(const char *text)
{
    char *copy = xstrdup(text);

    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

/* A user who signs in by name and by address is one; a name that nobody has counts like one. */
static void know_user(struct attempt *attempt, const struct store_login_row *row)
{
    char *typed;

    if (row != NULL) {
        attempt->user_id = xstrdup(row->id);
        attempt->found_name = xstrdup(row->username);
        attempt->hash = xstrdup_or_null(row->password_hash);
        attempt->is_active = store_user_may_sign_in(row->status);
        attempt->user_key = xasprintf("id %s", row->id);
        return;
    }
    typed = lower(attempt->username);
    attempt->user_key = xasprintf("name %s", typed);
    free(typed);
}

static void found_cb(void *arg, enum store_result result, const struct store_login_row *row)
{
    struct attempt *attempt = arg;
    struct sign_in *sign_in = attempt->sign_in;
    int64_t now = clock_ms();

    if (result != STORE_OK && result != STORE_NOT_FOUND) {
        finish_store(attempt, result);
        return;
    }
    know_user(attempt, row);
    if (!login_limit_take(sign_in->users, attempt->user_key, now)) {
        unsigned wait_s =
            (unsigned)(login_limit_wait(sign_in->users, attempt->user_key, now) / 1000 + 1);
        fail(attempt, SIGN_IN_LOCKED, wait_s);
        return;
    }
    offload_run(sign_in->offload, check_work, checked_cb, attempt);
}

/* ---- the beginning ---- */

/* Whoever has one IPv6 address has a whole network of them. */
static void make_address_key(const char *text, char key[IP_TEXT_SIZE + 4])
{
    struct ip_address address;
    char written[IP_TEXT_SIZE];

    if (text == NULL || strchr(text, ':') == NULL || !ip_address_parse(text, &address)) {
        snprintf(key, IP_TEXT_SIZE + 4, "%s", text != NULL ? text : "");
        return;
    }
    memset(&address.bytes[8], 0, 8);
    ip_address_format(&address, written);
    snprintf(key, IP_TEXT_SIZE + 4, "%s/64", written);
}

static struct attempt *attempt_new(struct app *app, const struct sign_in_request *request,
                                   const struct store_actor *who)
{
    struct attempt *attempt = xcalloc(1, sizeof(*attempt));

    attempt->sign_in = app->sign_in;
    attempt->username = xstrdup(request->username);
    attempt->password = xstrdup(request->password);
    attempt->new_password = xstrdup_or_null(request->new_password);
    if (request->user_agent != NULL)
        attempt->user_agent =
            utf8_sanitise(request->user_agent, strlen(request->user_agent), USER_AGENT_MAX);
    attempt->who = *who;
    attempt->who.id = xstrdup(who->id);
    attempt->who.address = xstrdup_or_null(who->address);
    make_address_key(who->address, attempt->address_key);
    app->sign_in->tries++;
    return attempt;
}

static void try(struct app *app, const struct sign_in_request *request,
                const struct store_actor *who, sign_in_fn done, void *arg)
{
    struct sign_in *sign_in = app->sign_in;
    struct attempt *attempt = attempt_new(app, request, who);
    int64_t now = clock_ms();

    attempt->done = done;
    attempt->arg = arg;
    if (sign_in->tries > TRIES_MAX) {
        finish(attempt, &(struct sign_in_answer){.outcome = SIGN_IN_BUSY});
    } else if (!login_limit_take(sign_in->addresses, attempt->address_key, now)) {
        int64_t wait_ms = login_limit_wait(sign_in->addresses, attempt->address_key, now);
        finish(attempt, &(struct sign_in_answer){.outcome = SIGN_IN_TOO_MANY,
                                                 .wait_s = (unsigned)(wait_ms / 1000 + 1)});
    } else if (strlen(attempt->username) > NAME_MAX_BYTES) {
        found_cb(attempt, STORE_NOT_FOUND, NULL);
    } else {
        store_login_find(app->store, attempt->username, who->deadline_ms, found_cb, attempt);
    }
}

void sign_in_begin(struct app *app, const struct sign_in_request *request,
                   const struct store_actor *who, sign_in_fn done, void *arg)
{
    struct sign_in_request wanted = *request;

    wanted.new_password = NULL;
    try(app, &wanted, who, done, arg);
}

void sign_in_change_password(struct app *app, const struct sign_in_request *request,
                             const struct store_actor *who, sign_in_fn done, void *arg)
{
    try(app, request, who, done, arg);
}

/* ---- life ---- */

/* On its thread, before any password is checked there. */
static void dummy_work(void *arg)
{
    struct sign_in *sign_in = arg;
    char password[TOKEN_SIZE];

    token_new(password);
    sign_in->dummy_hash = password_make_hash(password);
}

struct sign_in *sign_in_new(struct app *app)
{
    const struct config_sign_in *config = &app->config->sign_in;
    struct sign_in *sign_in = xcalloc(1, sizeof(*sign_in));

    sign_in->app = app;
    sign_in->offload = offload_new(app->base);
    sign_in->users = login_limit_new(config->user_failures, config->window_s, LIMIT_ROOM);
    sign_in->addresses = login_limit_new(config->address_failures, config->window_s, LIMIT_ROOM);
    offload_run(sign_in->offload, dummy_work, NULL, sign_in);
    return sign_in;
}

void sign_in_free(struct sign_in *sign_in)
{
    if (sign_in == NULL)
        return;
    offload_free(sign_in->offload);
    login_limit_free(sign_in->users);
    login_limit_free(sign_in->addresses);
    free(sign_in->dummy_hash);
    free(sign_in);
}
