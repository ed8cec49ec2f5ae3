/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A session's three, an opening's two; and a port in decimal. */
enum { WORDS_ENDPOINTS = 5, PORT_TEXT_MAX = 6 };

_Static_assert(1 + 2 * WORDS_ENDPOINTS <= LOG_FIELDS_MAX, "a record holds them all");

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

/* ---- fields ---- */

/* The texts that the fields of a record point at. */
struct words {
	struct log_about about;
	char addresses[WORDS_ENDPOINTS][INET6_ADDRSTRLEN];
	char ports[WORDS_ENDPOINTS][PORT_TEXT_MAX];
	size_t endpoints;
};

static void add_field(struct words *w, const char *name, const char *value)
{
	w->about.fields[w->about.count++] = (struct log_field){ name, value };
}

/* Two fields, as one selects by either. */
static void add_endpoint(struct words *w, const char *address_name, const char *port_name,
			 const struct endpoint *e)
{
	char *address = w->addresses[w->endpoints], *port = w->ports[w->endpoints];

	w->endpoints++;
	snprintf(port, PORT_TEXT_MAX, "%u", e->port);
	add_field(w, address_name, endpoint_format_address(e, address));
	add_field(w, port_name, port);
}

static void add_flow(struct words *w, const struct flow *flow)
{
	add_endpoint(w, "CLIENT", "CLIENT_PORT", &flow->client);
	add_endpoint(w, "SERVICE", "SERVICE_PORT", &flow->service);
	add_endpoint(w, "SERVER", "SERVER_PORT", &flow->server);
}

/* ---- what is told ---- */

static void report_session(struct report *r, enum reason reason, const struct flow *flow)
{
	char client[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];
	struct words words = { .endpoints = 0 };

	add_field(&words, "REASON", reason_name(reason));
	add_flow(&words, flow);
	log_message_limited(r->log, &r->reasons[reason], now_ms(), &words.about,
			    LOG_REFUSAL(level_of(reason)), reason_text(reason),
			    endpoint_format(&flow->client, client),
			    endpoint_format(&flow->service, service),
			    endpoint_format(&flow->server, server));
}

void report_reason(struct report *r, enum reason reason, const struct situation *at)
{
	const struct log_about about = { 1, { { "REASON", reason_name(reason) } } };

	if (!log_enabled(r->log, level_of(reason)))
		return;
	if (at != NULL)
		report_session(r, reason, &at->session->flow);
	else
		log_message_limited(r->log, &r->reasons[reason], now_ms(), &about,
				    LOG_REFUSAL_OF_PACKET(level_of(reason)), reason_text(reason));
}

void report_opening(struct report *r, const struct situation *at, const struct want *want)
{
	char client[ENDPOINT_TEXT_MAX], target[ENDPOINT_TEXT_MAX], shown[ENDPOINT_TEXT_MAX];
	struct endpoint announced = at->session->flow.service;
	struct words words = { .endpoints = 0 };

	if (!log_enabled(r->log, LOG_LEVEL_DEBUG))
		return;
	announced.port = want->port;
	add_field(&words, "MODE", mode_name(want->mode));
	add_flow(&words, &at->session->flow);
	add_endpoint(&words, "TARGET", "TARGET_PORT", &want->target);
	endpoint_format(&at->session->flow.client, client);
	endpoint_format(&want->target, target);
	if (mode_is_passive(want->mode)) {
		add_endpoint(&words, "ANNOUNCED", "ANNOUNCED_PORT", &announced);
		log_message_about(r->log, &words.about, LOG_OPENING_PASSIVE, mode_name(want->mode), client,
				  endpoint_format(&announced, shown), target);
	} else {
		log_message_about(r->log, &words.about, LOG_OPENING_ACTIVE, mode_name(want->mode), client,
				  target);
	}
}

void report_failure(struct report *r, const char *what, int error)
{
	log_message_limited(r->log, &r->failures, now_ms(), NULL, LOG_FAILURE, what, strerror(-error));
}
