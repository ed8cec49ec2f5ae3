/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/engine.h"

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

bool engine_make(const struct engine *e, struct transit *t)
{
	const struct situation at = engine_situation(e, t);
	struct decision *d = t->decision;

	t->ticket = 0;
	for (size_t i = 0; i < d->want_count; i++)
		e->ops->make(e->opener, &at, &d->wants[i], &t->ticket, &d->reasons);
	return t->ticket == 0;
}

static void undo_all(const struct engine *e, const struct transit *t, const struct situation *at)
{
	for (size_t i = 0; i < t->decision->want_count; i++)
		if (t->decision->wants[i].made)
			e->ops->undo(e->opener, at, &t->decision->wants[i]);
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

	if (settled < 0)
		settled = send_again(e, t, &at);
	if (settled == 0 && !late)
		return false;
	if (settled <= 0) {
		undo_all(e, t, &at);
		t->decision->reasons |= reason_bit(REASON_OPENING_FAILED);
	}
	return true;
}

void engine_finish(const struct engine *e, const struct transit *t, uint8_t *buffer, size_t capacity,
		   struct outcome *outcome)
{
	const struct situation at = engine_situation(e, t);

	settle(&at, t->decision, e->table, t->session, buffer, capacity, outcome);
	if (outcome->forgotten)
		undo_all(e, t, &at);
	for (size_t i = 0; i < outcome->replaced_count; i++)
		outcome->replaced[i].unused = e->ops->replace(e->opener, &at, &outcome->replaced[i]);
}
