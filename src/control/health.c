/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/health.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 16, MS = 1000 };

enum check {
	CHECK_RULESET,
	CHECK_SERVICES,
	CHECK_BOUND,
	CHECK_OVERFLOW,
	CHECK_UNDELIVERED,
	CHECK_RELOAD,
	CHECK_THREADS,
	CHECKS,
};

/* What may be found, and whether nothing else in the daemon logs it. */
static const struct {
	const char *id;
	bool logged;
} checks[] = {
	[CHECK_RULESET] = { "ruleset", true },
	[CHECK_SERVICES] = { "no_services", false },
	[CHECK_BOUND] = { "queue_unbound", true },
	[CHECK_OVERFLOW] = { "queue_overflow", true },
	[CHECK_UNDELIVERED] = { "queue_undelivered", true },
	[CHECK_RELOAD] = { "reload_refused", false },
	[CHECK_THREADS] = { "threads_apart", true },
};
static_assert(sizeof(checks) / sizeof(checks[0]) == CHECKS, "every check has its id");

/* The severity of what was not found. */
#define NOT_FOUND DOCTOR_SEVERITIES

/* A counter of the kernel's, and when a loss was last seen; 0: not since the first look. */
struct loss {
	bool seen;
	uint32_t count;
	uint64_t grown; /* ms */
};

struct health {
	const struct control_subject *subject;
	struct log *log;
	uint64_t now; /* of the last look, ms */
	bool machine_known;
	struct subject_machine machine;
	uint32_t queue_count;
	struct subject_queue queues[CONFIG_QUEUES_MAX];
	struct loss dropped[CONFIG_QUEUES_MAX], lost[CONFIG_QUEUES_MAX];
	bool blind[CHECKS]; /* not all of it could be looked at */
	struct doctor_finding found[CHECKS]; /* the worst with each id; severity may be NOT_FOUND */
};

static void clear(struct health *h)
{
	for (size_t i = 0; i < CHECKS; i++)
		h->found[i].severity = NOT_FOUND;
	memset(h->blind, 0, sizeof(h->blind));
}

struct health *health_new(const struct control_subject *subject, struct log *log)
{
	struct health *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->subject = subject;
	h->log = log;
	clear(h);
	return h;
}

void health_free(struct health *h)
{
	free(h);
}

/* ---- looking ---- */

static void follow(struct loss *loss, bool known, uint32_t count, uint64_t now)
{
	if (!known)
		return;
	if (loss->seen && count > loss->count)
		loss->grown = now;
	loss->seen = true;
	loss->count = count;
}

static void keep_worst(const struct doctor_finding *f, void *data)
{
	struct doctor_finding *found = data;

	for (size_t i = 0; i < CHECKS; i++)
		if (strcmp(checks[i].id, f->id) == 0 && f->severity < found[i].severity)
			found[i] = *f;
}

static void look_at_queue(struct health *h, uint32_t i)
{
	const struct subject_queue *q = &h->queues[i];
	uint32_t length = h->subject->config(h->subject->context)->queues.length;

	follow(&h->dropped[i], q->counted, q->dropped, h->now);
	if (q->counted && q->waiting >= length)
		h->dropped[i].grown = h->now; /* the kernel does not count what it lets pass */
	follow(&h->lost[i], q->measured, q->memory.lost, h->now);
	h->blind[CHECK_OVERFLOW] |= !q->counted;
	h->blind[CHECK_UNDELIVERED] |= !q->measured;
}

/* A finding that comes, gets another severity, or goes is said once. */
static void log_change(const struct health *h, size_t check, const struct doctor_finding *before)
{
	const struct doctor_finding *f = &h->found[check];

	if (!checks[check].logged || f->severity == before->severity)
		return;
	if (f->severity == NOT_FOUND)
		log_message(h->log, LOG_HEALTH_BETTER, before->what);
	else
		log_message(h->log, LOG_HEALTH_WORSE, doctor_severity_name(f->severity), f->what,
			    f->why, f->mend);
}

void health_look(struct health *h, uint64_t now)
{
	const struct control_subject *s = h->subject;
	const struct doctor collect = { .found = keep_worst, .data = h->found };
	struct doctor_finding before[CHECKS];

	memcpy(before, h->found, sizeof(before));
	clear(h);
	h->now = now;
	h->machine_known = s->machine(s->context, &h->machine) == 0;
	h->queue_count = s->worker_count(s->context);
	s->queues(s->context, h->queues);
	for (uint32_t i = 0; i < h->queue_count; i++)
		look_at_queue(h, i);
	health_report(h, &collect);
	for (size_t i = 0; i < CHECKS; i++)
		log_change(h, i, &before[i]);
}

/* ---- findings ---- */

static bool is_recent(const struct health *h, const struct loss *loss)
{
	return loss->grown != 0 && h->now - loss->grown < (uint64_t)HEALTH_LOSS_SECONDS * MS;
}

static void check_ruleset(const struct health *h, const struct doctor *d)
{
	if (!h->machine_known)
		doctor_report(d, DOCTOR_UNKNOWN, "ruleset",
			      "the kernel does not say how the ruleset stands",
			      "nobody knows whether control connections are diverted",
			      "nft list table inet ftpalgd", "");
	else if (h->machine.ruleset != RULESET_EFFECTIVE)
		doctor_report(d, DOCTOR_TROUBLE, "ruleset",
			      "table inet " RULESET_TABLE " is not complete",
			      "control connections are not diverted: passive transfers fail",
			      "systemctl reload ftpalgd", "");
}

static void check_services(const struct health *h, const struct doctor *d)
{
	if (h->subject->policy(h->subject->context)->service_count == 0)
		doctor_report(d, DOCTOR_TROUBLE, "no_services", "there is no virtual service to serve",
			      "no control connection is diverted", "ftpalgctl doctor", "");
}

static void check_bound(const struct doctor *d, const struct subject_queue *q, const char *number)
{
	if (q->bound == QUEUE_UNBOUND)
		doctor_report(d, DOCTOR_TROUBLE, "queue_unbound", "queue % is not bound",
			      "its packets pass unchanged: passive transfers fail",
			      "systemctl restart ftpalgd", number);
	else if (q->bound == QUEUE_UNKNOWN)
		doctor_report(d, DOCTOR_UNKNOWN, "queue_unbound",
			      "the kernel does not say whether queue % is bound",
			      "nobody knows whether its packets are read",
			      "journalctl -u ftpalgd", number);
}

#define MEND_LOSS "set queues.length or queues.count higher in ftpalgd.conf, and restart ftpalgd"

static void check_losses(const struct health *h, const struct doctor *d, uint32_t i, const char *number)
{
	if (is_recent(h, &h->dropped[i]))
		doctor_report(d, DOCTOR_WARNING, "queue_overflow",
			      "queue % was full within the last ten minutes",
			      "packets that found it full were dropped, or passed unchanged",
			      MEND_LOSS, number);
	if (is_recent(h, &h->lost[i]))
		doctor_report(d, DOCTOR_WARNING, "queue_undelivered",
			      "packets of queue % found no room within the last ten minutes",
			      "ftpalgd's socket was full: they were dropped, or passed unchanged",
			      MEND_LOSS, number);
}
static_assert(HEALTH_LOSS_SECONDS == 600, "the texts say ten minutes");

static void check_reload(const struct health *h, const struct doctor *d)
{
	const struct subject_reload *reload = h->subject->reloaded;

	if (reload != NULL && reload->when != 0 && !reload->accepted)
		doctor_report(d, DOCTOR_WARNING, "reload_refused", "the last reload was refused: %",
			      "what runs is not what the file says, and the next start may fail",
			      "ftpalgd --check   # then: systemctl reload ftpalgd", reload->words);
}

void health_report_own(const struct health *h, const struct doctor *d)
{
	for (uint32_t i = 0; i < h->queue_count; i++) {
		char number[NUMBER_MAX];

		snprintf(number, sizeof(number), "%u", h->queues[i].number);
		check_bound(d, &h->queues[i], number);
		check_losses(h, d, i, number);
	}
	check_reload(h, d);
}

void health_report(const struct health *h, const struct doctor *d)
{
	check_ruleset(h, d);
	check_services(h, d);
	if (h->machine_known)
		doctor_check_threads(d, &h->machine.threads);
	health_report_own(h, d);
}

/* ---- in one word ---- */

static enum doctor_severity worst(const struct health *h)
{
	enum doctor_severity worst = NOT_FOUND;

	for (size_t i = 0; i < CHECKS; i++)
		if (h->found[i].severity < worst)
			worst = h->found[i].severity;
	return worst;
}

const char *health_name(const struct health *h)
{
	enum doctor_severity severity = worst(h);

	return severity == NOT_FOUND ? "fine" : doctor_severity_name(severity);
}

int health_number(const struct health *h)
{
	switch (worst(h)) {
	case DOCTOR_TROUBLE:
		return 2;
	case DOCTOR_WARNING:
		return 1;
	case DOCTOR_UNKNOWN:
		return 3;
	default:
		return 0;
	}
}

void health_each(const struct health *h, health_seen *seen, void *data)
{
	for (size_t i = 0; i < CHECKS; i++) {
		bool found = h->found[i].severity != NOT_FOUND;

		if (h->found[i].severity != DOCTOR_UNKNOWN && (found || !h->blind[i]))
			seen(checks[i].id, found, data);
	}
}

const struct subject_queue *health_queues(const struct health *h, uint32_t *count)
{
	*count = h->queue_count;
	return h->queues;
}

const struct subject_machine *health_machine(const struct health *h)
{
	return h->machine_known ? &h->machine : NULL;
}
