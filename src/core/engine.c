/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/engine.h"

#include <errno.h>

struct situation engine_situation(const struct engine *e, const struct transit *t)
{
	return (struct situation){
		.policy = e->policy,
		.service = t->service,
		.session = t->session,
		.splices = { table_splice(e->table, t->session, FROM_CLIENT),
			     table_splice(e->table, t->session, FROM_SERVER) },
		.from = t->from,
		.packet = t->packet,
		.now = e->now,
	};
}

void engine_decide(const struct engine *e, const struct transit *t)
{
	const struct situation at = engine_situation(e, t);

	decide(&at, t->decision);
}

/* ---- the limit of one client ---- */

static void give_up(const struct engine *e, struct held_opening *held)
{
	e->ops->undo(e->opener, &held->flow, &held->want);
	clients_drop_opening(e->clients, held);
}

/* Forgets which of the client's oldest openings wait no longer. Returns the oldest that does, or NULL. */
static struct held_opening *forget_used(const struct engine *e, const struct endpoint *client)
{
	struct held_opening *held = clients_oldest_opening(e->clients, client), *waiting = NULL;

	for (int i = 0; i < CLIENTS_LOOKS_MAX && held != NULL; i++) {
		struct held_opening *newer = clients_newer_opening(e->clients, held);

		if (!e->ops->waits(e->opener, &held->flow, &held->want))
			clients_drop_opening(e->clients, held);
		else if (waiting == NULL)
			waiting = held;
		held = newer;
	}
	return waiting;
}

static void make_room(const struct engine *e, const struct flow *flow, reason_set *reasons)
{
	const uint32_t max = e->policy->openings_per_client;
	struct held_opening *waiting;

	clients_expire_openings(e->clients, e->now);
	if (clients_openings(e->clients, &flow->client) < max)
		return;
	waiting = forget_used(e, &flow->client);
	if (clients_openings(e->clients, &flow->client) < max || waiting == NULL)
		return;
	give_up(e, waiting);
	*reasons |= reason_bit(REASON_CLIENT_OPENINGS);
}

/* The kernel's table is full and no entry will do. Returns whether there is room now. */
static bool make_room_in_kernel(const struct engine *e, const struct flow *flow, const struct want *want)
{
	struct held_opening *waiting;

	if (want->made || want->error != -EMFILE)
		return false;
	waiting = forget_used(e, &flow->client);
	if (waiting == NULL)
		return false;
	give_up(e, waiting);
	return true;
}

static void make_one(const struct engine *e, struct transit *t, const struct situation *at, struct want *want)
{
	const struct flow *flow = &t->session->flow;
	reason_set reasons = 0, again = 0;

	if (e->clients != NULL)
		make_room(e, flow, &t->decision->reasons);
	e->ops->make(e->opener, at, want, &t->ticket, &reasons);
	if (e->clients != NULL && make_room_in_kernel(e, flow, want)) {
		reasons = reason_bit(REASON_CLIENT_OPENINGS);
		e->ops->make(e->opener, at, want, &t->ticket, &again);
	}
	if (e->clients != NULL && want->made)
		clients_add_opening(e->clients, flow, want, e->now + e->policy->opening_seconds);
	t->decision->reasons |= reasons | again;
}

/* ---- the way of a packet ---- */

bool engine_make(const struct engine *e, struct transit *t)
{
	const struct situation at = engine_situation(e, t);
	struct decision *d = t->decision;

	t->ticket = 0;
	t->repeated = false;
	for (size_t i = 0; i < d->want_count; i++)
		make_one(e, t, &at, &d->wants[i]);
	return t->ticket == 0;
}

static void undo_all(const struct engine *e, const struct transit *t)
{
	const struct flow *flow = &t->session->flow;

	for (size_t i = 0; i < t->decision->want_count; i++) {
		struct want *want = &t->decision->wants[i];

		if (!want->made)
			continue;
		e->ops->undo(e->opener, flow, want);
		if (e->clients != NULL)
			clients_remove_opening(e->clients, flow, want);
	}
}

/* Does without what never came into force. */
static void fall_back(const struct engine *e, const struct transit *t, const struct situation *at, int error)
{
	struct decision *d = t->decision;

	for (size_t i = 0; i < d->want_count; i++) {
		if (!d->wants[i].made)
			continue;
		e->ops->fall_back(e->opener, at, &d->wants[i], error);
		if (!d->wants[i].made && e->clients != NULL)
			clients_remove_opening(e->clients, &t->session->flow, &d->wants[i]);
		decision_refuse(d, d->wants[i].made ? REASON_OPENING_HALVED : REASON_OPENING_FAILED);
	}
}

static int send_again(const struct engine *e, struct transit *t, const struct situation *at)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < t->decision->want_count; i++)
		if (t->decision->wants[i].made)
			error = e->ops->send_again(e->opener, at, &t->decision->wants[i], &t->ticket);
	return error;
}

bool engine_ready(const struct engine *e, struct transit *t, bool late)
{
	const struct situation at = engine_situation(e, t);
	int settled = e->ops->settled(e->opener, t->ticket);

	if (settled < 0 && !t->repeated) {
		t->repeated = true;
		settled = send_again(e, t, &at);
	}
	if (settled == 0 && !late)
		return false;
	if (settled <= 0)
		fall_back(e, t, &at, settled < 0 ? settled : -ETIMEDOUT);
	return true;
}

void engine_finish(const struct engine *e, const struct transit *t, uint8_t *buffer, size_t capacity,
		   struct outcome *outcome)
{
	const struct situation at = engine_situation(e, t);

	settle(&at, t->decision, e->table, t->session, buffer, capacity, outcome);
	if (outcome->forgotten)
		undo_all(e, t);
	for (size_t i = 0; i < outcome->replaced_count; i++) {
		const struct want last = { .mode = MODE_PASSIVE, .port = outcome->replaced[i].shown };

		outcome->replaced[i].unused = e->ops->replace(e->opener, &at, &outcome->replaced[i]);
		if (e->clients != NULL)
			clients_remove_opening(e->clients, &t->session->flow, &last);
	}
}
