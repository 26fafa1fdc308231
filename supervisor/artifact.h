/* SPDX-License-Identifier: MIT */
/* Files that tasks leave: moving the artifact from the work directory into the file store, and
 * removing the directory. The slow part happens on the offload thread; calls and callbacks on the
 * loop. */
#ifndef SUPERVISOR_ARTIFACT_H
#define SUPERVISOR_ARTIFACT_H

struct run;

/* Opens run->artifact_path beneath the run's work directory without following any link
 * or "..", accepts only a regular file with one name, moves it to STATE_DIR/files/KEY and
 * fills run->artifact. `done` gets NULL or a sentence for a person (valid during the call). Only
 * after the attempt's last process is gone. */
void artifact_collect(struct run *run, void (*done)(struct run *run, const char *error));

#endif
