/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct report {
	struct log *log;
	struct log_limit reasons[REASONS];
	struct log_limit failures;
};

struct report *report_new(struct log *log)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->log = log;
	for (size_t i = 0; i < REASONS; i++)
		r->reasons[i].seconds = REPORT_INTERVAL_SECONDS;
	r->failures.seconds = REPORT_INTERVAL_SECONDS;
	return r;
}

void report_free(struct report *r)
{
	free(r);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + 1;
}

/* Trouble that an operator should look at, as against what any peer can cause. */
static enum log_level level_of(enum reason reason)
{
	switch (reason) {
	case REASON_OPENING_FAILED:
	case REASON_PORTS_EXHAUSTED:
	case REASON_HELPER_MISSING:
	case REASON_SPLICES_EXHAUSTED:
	case REASON_SESSION_EVICTED:
		return LOG_LEVEL_WARNING;
	case REASON_OUT_OF_ORDER:
		return LOG_LEVEL_DEBUG;
	default:
		return LOG_LEVEL_INFO;
	}
}

static void report_session(struct report *r, enum reason reason, const struct flow *flow)
{
	char client[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];
	const struct log_field fields[] = {
		{ "REASON", reason_name(reason) },
		{ "CLIENT", endpoint_format(&flow->client, client) },
		{ "SERVICE", endpoint_format(&flow->service, service) },
		{ "SERVER", endpoint_format(&flow->server, server) },
	};
	const struct log_record event = {
		.level = level_of(reason),
		.fields = fields,
		.field_count = sizeof(fields) / sizeof(fields[0]),
	};

	log_limited(r->log, &r->reasons[reason], now_ms(), &event, "%s: client %s, service %s, server %s",
		    reason_text(reason), client, service, server);
}

void report_reason(struct report *r, enum reason reason, const struct situation *at)
{
	const struct log_field fields[] = { { "REASON", reason_name(reason) } };
	const struct log_record event = { .level = level_of(reason), .fields = fields, .field_count = 1 };

	if (!log_enabled(r->log, event.level))
		return;
	if (at != NULL)
		report_session(r, reason, &at->session->flow);
	else
		log_limited(r->log, &r->reasons[reason], now_ms(), &event, "%s", reason_text(reason));
}

void report_opening(struct report *r, const struct situation *at, const struct want *want)
{
	char client[ENDPOINT_TEXT_MAX], target[ENDPOINT_TEXT_MAX], shown[ENDPOINT_TEXT_MAX];
	struct endpoint announced = at->session->flow.service;

	if (!log_enabled(r->log, LOG_LEVEL_DEBUG))
		return;
	announced.port = want->port;
	endpoint_format(&at->session->flow.client, client);
	endpoint_format(&want->target, target);
	if (mode_is_passive(want->mode))
		log_debug(r->log, "%s: client %s may open %s, which is %s", mode_name(want->mode), client,
			  endpoint_format(&announced, shown), target);
	else
		log_debug(r->log, "%s: the server of client %s may open %s", mode_name(want->mode), client,
			  target);
}

void report_failure(struct report *r, const char *what, int error)
{
	const struct log_record event = { .level = LOG_LEVEL_WARNING };

	log_limited(r->log, &r->failures, now_ms(), &event, "%s failed: %s", what, strerror(-error));
}
