/* SPDX-License-Identifier: MIT */
/* The bounds of the histograms, in seconds: what metrics.c sorts by and metrics_text.c prints. */
#ifndef SUPERVISOR_METRICS_TEXT_H
#define SUPERVISOR_METRICS_TEXT_H

#include "supervisor/metrics.h"

extern const double metrics_duration_bounds[METRICS_BUCKETS]; /* how long tasks run */
extern const double metrics_latency_bounds[METRICS_BUCKETS];  /* how long due tasks wait */
extern const double metrics_lag_bounds[METRICS_BUCKETS];      /* how late the loop is */

#endif
