/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateway.h"

#include <stdlib.h>
#include <string.h>

#include "../support/packets.h"

static struct policy *make_policy(const struct endpoint *address)
{
	struct policy *policy = calloc(1, sizeof(*policy) + sizeof(policy->services[0]));

	if (policy == NULL)
		abort();
	policy->max_sessions = 1;
	policy->openings_per_session = 8;
	policy->max_line = 8192;
	policy->idle_seconds = 7200;
	policy->opening_seconds = 60;
	policy->service_count = 1;
	policy->services[0] = (struct service){
		.name = "ftp", .address = *address, .active = true, .fail_open = true,
	};
	return policy;
}

struct gateway *gateway_new(const char *client, const char *service, const char *server)
{
	struct gateway *g = calloc(1, sizeof(*g));
	struct flow flow = {
		.client = at(client), .service = at(service), .server = at(server),
		.id = 0x5eed, .has_helper = true,
	};

	if (g == NULL)
		abort();
	g->policy = make_policy(&flow.service);
	g->service = &g->policy->services[0];
	g->table = table_new(4);
	if (g->table == NULL)
		abort();
	g->now = 1000;
	gateway_restart(g, &flow);
	return g;
}

void gateway_free(struct gateway *g)
{
	table_free(g->table);
	free(g->policy);
	free(g);
}

void gateway_restart(struct gateway *g, const struct flow *flow)
{
	bool evicted;

	if (g->session != NULL)
		table_remove(g->table, g->session);
	g->session = table_add(g->table, flow, g->now, &evicted);
	if (g->session == NULL)
		abort();
	g->service->address = flow->service;
	g->all_reasons = 0;
}

static void make(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		 reason_set *reasons)
{
	struct gateway *g = opener;

	(void)at;
	(void)ticket;
	(void)reasons;
	want->made = false;
	want->port = 0;
	if (g->open != NULL) {
		g->open(g->context, want);
	} else {
		want->port = want->target.port;
		want->made = true;
	}
}

static void undo(void *opener, const struct flow *flow, struct want *want)
{
	(void)opener;
	(void)flow;
	want->made = false;
}

static bool replace(void *opener, const struct situation *at, const struct replaced *last)
{
	(void)opener;
	(void)at;
	(void)last;
	return true;
}

static const struct opener_ops ops = { .make = make, .undo = undo, .replace = replace };

bool gateway_pass(struct gateway *g, enum direction from, const uint8_t *bytes, size_t size)
{
	const struct engine engine = { g->policy, g->table, &ops, g, g->now, NULL };
	struct packet p;
	struct transit transit = { g->session, g->service, from, &p, &g->decision, 0, false };

	if (packet_parse(bytes, size, &p) < 0)
		return false;
	engine_decide(&engine, &transit);
	engine_make(&engine, &transit);
	engine_finish(&engine, &transit, g->out, sizeof(g->out), &g->outcome);
	g->reasons = g->decision.reasons | g->outcome.reasons;
	g->all_reasons |= g->reasons;
	g->session->adjusted |= g->outcome.adjust;
	g->out_size = g->outcome.verdict == VERDICT_REWRITE ? g->outcome.size : 0;
	if (g->outcome.verdict == VERDICT_ACCEPT) {
		memcpy(g->out, bytes, p.size);
		g->out_size = p.size;
	}
	return true;
}
