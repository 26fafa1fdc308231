/* SPDX-License-Identifier: MIT */
/* The scheduler against a store the test answers by hand: slots, one cycle at a time, limits that
 * change, throttling. */
#include "supervisor/scheduler.h"
#include "common/xalloc.h"
#include "supervisor/app.h"
#include "supervisor/events.h"
#include "supervisor/outbox.h"
#include "supervisor/run.h"
#include "supervisor/runs.h"
#include "supervisor/task_log.h"
#include "supervisor/template.h"
#include "supervisor/type.h"
#include "tests/check_main.h"
#include "tests/store_fake.h"

#include <event2/event.h>
#include <string.h>

static struct app app;
static struct run *started[64]; /* runs the scheduler started and the test has not ended */
static size_t started_count;
static bool template_ready;

/* ---- stand-ins for the run and the template: the test decides when a run ends ---- */

bool template_is_ready(const struct template *template)
{
    (void)template;
    return template_ready;
}

void run_start(struct app *owner, struct task *task)
{
    struct run *run = xcalloc(1, sizeof(*run));

    run->app = owner;
    run->task = *task;
    memset(task, 0, sizeof(*task));
    runs_add(owner->runs, run);
    started[started_count++] = run;
}

void run_free(struct run *run)
{
    runs_remove(run->app->runs, run);
    task_clear(&run->task);
    free(run);
}

struct store_finish run_finish(const struct run *run)
{
    return (struct store_finish){
        .row_id = run->task.row_id, .status = run->verdict.status, .cause = run->verdict.cause};
}

static void end_run(size_t index, enum task_status status, enum attempt_cause cause)
{
    struct run *run = started[index];

    memmove(started + index, started + index + 1, (--started_count - index) * sizeof(started[0]));
    run->phase = RUN_ENDED;
    run->reaped = cause != CAUSE_RESOURCES;
    run->verdict = (struct run_verdict){.status = status, .cause = cause};
    scheduler_ended(run);
}

static void turn(void)
{
    event_base_loop(app.base, EVLOOP_NONBLOCK);
}

/* Turns the loop until a cycle is asked for; ends of a fresh cycle wait for each other a few
 * milliseconds. */
static void turn_until_asked(void)
{
    while (!fake_cycle.waiting)
        event_base_loop(app.base, EVLOOP_ONCE);
}

static void set_up(void)
{
    memset(&app, 0, sizeof(app));
    fake_reset();
    started_count = 0;
    template_ready = true;
    app.base = event_base_new();
    app.runs = runs_new();
    app.events = events_new();
    app.types = type_registry_new();
    app.task_log = task_log_new(&app);
    app.outbox = outbox_new(&app);
    app.scheduler = scheduler_new(&app);
    scheduler_set_limit(app.scheduler, 3);
}

START_TEST(nothing_is_claimed_before_it_is_enabled)
{
    scheduler_wake(app.scheduler);
    turn();
    ck_assert_uint_eq(fake_cycle.asked, 0);
    scheduler_enable(app.scheduler);
    turn();
    ck_assert_uint_eq(fake_cycle.asked, 1);
    ck_assert_uint_eq(fake_cycle.claim_limit, 3);
}
END_TEST

START_TEST(nothing_is_claimed_without_a_template)
{
    template_ready = false;
    scheduler_enable(app.scheduler);
    turn();
    ck_assert_uint_eq(fake_cycle.asked, 0);
}
END_TEST

START_TEST(claims_never_exceed_the_free_slots)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2}, 2);
    ck_assert_uint_eq(started_count, 2);
    scheduler_wake(app.scheduler);
    turn();
    ck_assert_uint_eq(fake_cycle.claim_limit, 1);
    fake_answer(STORE_OK, "t", (uint64_t[]){3}, 1);
    scheduler_wake(app.scheduler);
    turn();
    ck_assert_msg(!fake_cycle.waiting, "asked for a claim with no slot free");
}
END_TEST

START_TEST(an_end_is_stored_and_its_slot_claimed_in_one_cycle)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2, 3}, 3);
    end_run(1, TASK_SUCCESS, CAUSE_SUCCESS);
    turn_until_asked();
    ck_assert_uint_eq(fake_cycle.finish_count, 1);
    ck_assert_uint_eq(fake_cycle.finishes[0].row_id, 2);
    ck_assert_uint_eq(fake_cycle.claim_limit, 1);
    ck_assert_uint_eq(runs_count(app.runs), 3); /* kept until it is stored */
    fake_answer(STORE_OK, "t", NULL, 0);
    ck_assert_uint_eq(runs_count(app.runs), 2);
}
END_TEST

START_TEST(ends_during_a_cycle_wait_for_the_next)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2, 3}, 3);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn_until_asked();
    end_run(0, TASK_FAILED, CAUSE_EXIT);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn();
    ck_assert_uint_eq(fake_cycle.asked, 2);
    fake_answer(STORE_OK, "t", (uint64_t[]){4}, 1);
    turn_until_asked();
    ck_assert_uint_eq(fake_cycle.asked, 3);
    ck_assert_uint_eq(fake_cycle.finish_count, 2);
    ck_assert_uint_eq(fake_cycle.claim_limit, 2);
}
END_TEST

START_TEST(the_ends_of_one_cycle_are_gathered)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2, 3}, 3);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn();
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn(); /* all have ended: nothing more to wait for */
    ck_assert(fake_cycle.waiting);
    ck_assert_uint_eq(fake_cycle.finish_count, 3);
}
END_TEST

START_TEST(an_old_attempt_waits_for_nobody)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2}, 2);
    scheduler_wake(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", NULL, 0); /* a cycle that started nothing */
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn();
    ck_assert(fake_cycle.waiting);
}
END_TEST

START_TEST(a_claim_follows_a_creation_at_once)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1}, 1);
    scheduler_claim_behind(app.scheduler);
    ck_assert(fake_cycle.waiting); /* without a turn of the loop */
    ck_assert_uint_eq(fake_cycle.claim_limit, 2);
    scheduler_claim_behind(app.scheduler); /* one is under way: the next follows it */
    fake_answer(STORE_OK, "t", NULL, 0);
    ck_assert(fake_cycle.waiting);
}
END_TEST

START_TEST(a_failed_cycle_loses_nothing)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1}, 1);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn();
    fake_answer(STORE_UNAVAILABLE, "t", NULL, 0);
    ck_assert_uint_eq(runs_count(app.runs), 1);
    scheduler_wake(app.scheduler);
    turn();
    ck_assert_uint_eq(fake_cycle.finish_count, 1);
    ck_assert_uint_eq(fake_cycle.finishes[0].row_id, 1);
}
END_TEST

START_TEST(lowering_the_limit_ends_nothing)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2, 3}, 3);
    scheduler_set_limit(app.scheduler, 1);
    turn();
    ck_assert_uint_eq(started_count, 3);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn_until_asked();
    ck_assert_uint_eq(fake_cycle.claim_limit, 0);
    fake_answer(STORE_OK, "t", NULL, 0);
}
END_TEST

START_TEST(raising_the_limit_claims_at_once)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1, 2, 3}, 3);
    turn();
    ck_assert(!fake_cycle.waiting);
    scheduler_set_limit(app.scheduler, 5);
    turn();
    ck_assert(fake_cycle.waiting);
    ck_assert_uint_eq(fake_cycle.claim_limit, 2);
}
END_TEST

START_TEST(a_machine_without_room_is_given_time)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1}, 1);
    end_run(0, TASK_PENDING, CAUSE_RESOURCES);
    turn();
    ck_assert_uint_eq(fake_cycle.finish_count, 1);
    ck_assert_uint_eq(fake_cycle.claim_limit, 0);
    fake_answer(STORE_OK, "t", NULL, 0);
    scheduler_wake(app.scheduler);
    turn();
    ck_assert(!fake_cycle.waiting);
}
END_TEST

START_TEST(after_stop_claiming_only_ends_are_stored)
{
    scheduler_enable(app.scheduler);
    turn();
    fake_answer(STORE_OK, "t", (uint64_t[]){1}, 1);
    scheduler_stop_claiming(app.scheduler);
    scheduler_wake(app.scheduler);
    turn();
    ck_assert(!fake_cycle.waiting);
    end_run(0, TASK_SUCCESS, CAUSE_SUCCESS);
    turn_until_asked();
    ck_assert_uint_eq(fake_cycle.claim_limit, 0);
    ck_assert(!scheduler_is_idle(app.scheduler));
    fake_answer(STORE_OK, "t", NULL, 0);
    ck_assert(scheduler_is_idle(app.scheduler));
}
END_TEST

/* Whatever happens in whatever order, attempts never outnumber the limit. */
START_TEST(the_limit_holds_over_random_histories)
{
    unsigned seed = (unsigned)_i * 7919 + 1;
    uint64_t next = 1;

    scheduler_enable(app.scheduler);
    for (int step = 0; step < 2000; step++) {
        turn();
        if (fake_cycle.waiting && rand_r(&seed) % 2 == 0) {
            uint64_t ids[FAKE_FINISHES_MAX];
            size_t count = fake_cycle.claim_limit > 0
                               ? (size_t)rand_r(&seed) % (fake_cycle.claim_limit + 1)
                               : 0;
            for (size_t i = 0; i < count; i++)
                ids[i] = next++;
            fake_answer(STORE_OK, "t", ids, count);
        } else if (started_count > 0 && rand_r(&seed) % 2 == 0) {
            end_run((size_t)rand_r(&seed) % started_count, TASK_SUCCESS, CAUSE_SUCCESS);
        } else if (rand_r(&seed) % 4 == 0) {
            scheduler_wake(app.scheduler);
        }
        ck_assert_uint_le(started_count, 3);
        ck_assert_uint_eq(runs_live(app.runs), started_count);
    }
}
END_TEST

static Suite *scheduler_suite(void)
{
    Suite *suite = suite_create("scheduler");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, set_up, NULL);
    tcase_add_test(all, nothing_is_claimed_before_it_is_enabled);
    tcase_add_test(all, nothing_is_claimed_without_a_template);
    tcase_add_test(all, claims_never_exceed_the_free_slots);
    tcase_add_test(all, an_end_is_stored_and_its_slot_claimed_in_one_cycle);
    tcase_add_test(all, ends_during_a_cycle_wait_for_the_next);
    tcase_add_test(all, the_ends_of_one_cycle_are_gathered);
    tcase_add_test(all, an_old_attempt_waits_for_nobody);
    tcase_add_test(all, a_claim_follows_a_creation_at_once);
    tcase_add_test(all, a_failed_cycle_loses_nothing);
    tcase_add_test(all, lowering_the_limit_ends_nothing);
    tcase_add_test(all, raising_the_limit_claims_at_once);
    tcase_add_test(all, a_machine_without_room_is_given_time);
    tcase_add_test(all, after_stop_claiming_only_ends_are_stored);
    tcase_add_loop_test(all, the_limit_holds_over_random_histories, 0, 20);
    suite_add_tcase(suite, all);
    return suite;
}

CHECK_MAIN(scheduler_suite)
