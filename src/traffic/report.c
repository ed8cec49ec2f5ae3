/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/report.h"

#include "core/clients.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A session's three, an opening's two; and a port in decimal. */
enum { WORDS_ENDPOINTS = 5, PORT_TEXT_MAX = 6 };

#define SENTENCE_MAX 256 /* a reason's, with an error */

_Static_assert(1 + 2 * WORDS_ENDPOINTS <= LOG_FIELDS_MAX, "a record holds them all");

/*
 * One client that causes a reason again and again must not silence what is said about others: the first
 * ones in an interval have a limit of their own, and all others share one.
 */
enum { CLIENTS_TOLD = 4, SHARED = CLIENTS_TOLD };

struct told {
	uint64_t client; /* client_key; 0: nobody, or all others */
	struct log_limit limit;
};

struct report {
	struct log *log;
	struct told reasons[REASONS][CLIENTS_TOLD + 1];
	struct log_limit failures;
};

struct report *report_new(struct log *log)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->log = log;
	for (size_t i = 0; i < REASONS; i++)
		for (size_t j = 0; j <= SHARED; j++)
			r->reasons[i][j].limit.seconds = REPORT_INTERVAL_SECONDS;
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
	case REASON_OPENING_HALVED:
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

static bool is_over(const struct log_limit *limit, uint64_t now)
{
	return limit->since == 0 || now - limit->since >= (uint64_t)limit->seconds * 1000;
}

static struct log_limit *limit_of(struct report *r, enum reason reason, const struct endpoint *client,
				  uint64_t now)
{
	struct told *told = r->reasons[reason], *vacant = NULL;
	const uint64_t key = client_key(client);

	for (size_t i = 0; i < CLIENTS_TOLD; i++) {
		if (told[i].client == key)
			return &told[i].limit;
		/* What was counted of a client is told with its next record: a place that has none goes first. */
		if (is_over(&told[i].limit, now) &&
		    (vacant == NULL || told[i].limit.suppressed < vacant->limit.suppressed))
			vacant = &told[i];
	}
	if (vacant == NULL)
		return &told[SHARED].limit;
	vacant->client = key;
	return &vacant->limit;
}

/* The reason's sentence, with the kernel's own word where there is one. */
static const char *sentence(enum reason reason, int error, char text[static SENTENCE_MAX])
{
	if (error == 0)
		return reason_text(reason);
	snprintf(text, SENTENCE_MAX, "%s (%s)", reason_text(reason), strerror(-error));
	return text;
}

static void report_session(struct report *r, enum reason reason, int error, const struct flow *flow)
{
	char client[ENDPOINT_TEXT_MAX], service[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];
	struct words words = { .endpoints = 0 };
	const uint64_t now = now_ms();
	char text[SENTENCE_MAX];

	add_field(&words, "REASON", reason_name(reason));
	add_flow(&words, flow);
	log_message_limited(r->log, limit_of(r, reason, &flow->client, now), now, &words.about,
			    LOG_REFUSAL(level_of(reason)), sentence(reason, error, text),
			    endpoint_format(&flow->client, client),
			    endpoint_format(&flow->service, service),
			    endpoint_format(&flow->server, server));
}

void report_reason(struct report *r, enum reason reason, int error, const struct situation *at)
{
	const struct log_about about = { 1, { { "REASON", reason_name(reason) } } };

	if (!log_enabled(r->log, level_of(reason)))
		return;
	if (at != NULL)
		report_session(r, reason, error, &at->session->flow);
	else
		log_message_limited(r->log, &r->reasons[reason][SHARED].limit, now_ms(), &about,
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
