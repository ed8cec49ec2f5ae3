/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the running gateway does its work: what ftpalgctl status says, what metrics export, and what
 * the log says once when it changes.
 *
 * main looks every few seconds, and a view looks before it answers. What was lost counts for
 * HEALTH_LOSS_SECONDS, then it is a number in the statistics; what was lost before the first look never
 * counts. What cannot be looked at is DOCTOR_UNKNOWN or not a finding at all, never trouble.
 *
 * In main's thread. Findings have the words and ids of doctor(8)'s.
 */
#ifndef FTPALGD_CONTROL_HEALTH_H
#define FTPALGD_CONTROL_HEALTH_H

#include "control/subject.h"
#include "doctor/doctor.h"

#define HEALTH_LOSS_SECONDS 600

struct health;

/* Both are borrowed. NULL: memory is short. */
struct health *health_new(const struct control_subject *subject, struct log *log);
void health_free(struct health *h);

/* Looks at the gateway and the kernel. now is a monotonic clock in ms. */
void health_look(struct health *h, uint64_t now);

/* Reports what the last look found, of d->found and d->data alone. */
void health_report(const struct health *h, const struct doctor *d);

/* The same without what doctor_run finds by itself. */
void health_report_own(const struct health *h, const struct doctor *d);

/* "fine", or the severity of the worst finding: trouble before a warning before what is not known. */
const char *health_name(const struct health *h);

/* As monitoring plugins number it: 0 fine, 1 warning, 2 trouble, 3 unknown. */
int health_number(const struct health *h);

/* Every id, found or not; those that are not known are left out. */
typedef void health_seen(const char *id, bool found, void *data);
void health_each(const struct health *h, health_seen *seen, void *data);

/* What the last look saw, one for each worker. */
const struct subject_queue *health_queues(const struct health *h, uint32_t *count);

/* The same of the ruleset and the backup thread; NULL: the kernel did not say. */
const struct subject_machine *health_machine(const struct health *h);

#endif
