/* SPDX-License-Identifier: MIT */
/* Ends of attempts that the database does not take at once: each is a file in STATE_DIR/outbox, on
 * the disk before anything else can happen to it, until its row is stored. A supervisor that dies
 * meanwhile loses no result. Loop thread only; the files are written and read on the offload
 * thread. */
#ifndef SUPERVISOR_OUTBOX_H
#define SUPERVISOR_OUTBOX_H

#include <stddef.h>

struct app;
struct outbox;
struct run;

/* An end that has waited so long for the database is written down; at once, where the database is
 * known to be away. */
#define OUTBOX_WAIT_MS 1000

struct outbox *outbox_new(struct app *app);
/* After the offload thread has ended, and before the runs are freed. */
void outbox_free(struct outbox *outbox);

/* The run has ended and its end is on its way to the store. Every such run is told once with
 * outbox_stored(), or lives until outbox_free(). */
void outbox_add(struct outbox *outbox, struct run *run);
/* The store has answered: nothing of it need be kept. */
void outbox_stored(struct outbox *outbox, struct run *run);
/* The store has changed its state. */
void outbox_store_state(struct outbox *outbox);
/* How many ends are in files, or about to be. */
size_t outbox_count(const struct outbox *outbox);

/* ---- outbox_load.c: what the last life left ---- */

/* Stores what the files say, as far as their attempts are still running in the table, and removes
 * them; broken ones are set aside. Then calls `done`, unless the store closes before that. */
void outbox_load(struct app *app, void (*done)(struct app *app));

#endif
