/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker tells the log of packets, at a bounded rate for each reason, which one client cannot use up.
 */
#ifndef FTPALGD_TRAFFIC_REPORT_H
#define FTPALGD_TRAFFIC_REPORT_H

#include "core/decide.h"
#include "log/log.h"

#define REPORT_INTERVAL_SECONDS 10

struct report;

struct report *report_new(struct log *log);
void report_free(struct report *r);

/* error is what the kernel said, or 0; at is NULL where no session is known. */
void report_reason(struct report *r, enum reason reason, int error, const struct situation *at);

/* One opening, for those who log at debug level. */
void report_opening(struct report *r, const struct situation *at, const struct want *want);

/* Something in the daemon or the kernel went wrong while doing what; error is -errno. */
void report_failure(struct report *r, const char *what, int error);

#endif
