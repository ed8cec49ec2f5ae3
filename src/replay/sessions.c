/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/sessions.h"

#include "core/decide.h"

/* A real server may show itself later; the table goes by the id, which no other talk has. */
struct session *sessions_find(struct table *table, struct talk *talk)
{
	struct flow flow = talk->flow;
	struct session *s;

	flow.server = talk->seated;
	s = table_find(table, &flow);
	if (s != NULL)
		s->flow.server = talk->seated = talk->flow.server;
	return s;
}

static bool is_diverted(const struct passage *p)
{
	const struct packet *packet = &p->segment.packet;

	if (segment_opens(&p->segment))
		return false;
	return packet->payload_size > 0 || (packet->flags & (TCP_FIN | TCP_RST)) != 0 ||
	       (segment_answers(&p->segment) && !p->talk->assured);
}

bool sessions_divert(const struct session *s, const struct passage *p)
{
	return s != NULL &&
	       (is_diverted(p) || (s->adjusted && (p->segment.packet.flags & TCP_SYN) == 0));
}

static struct session *add(struct table *table, struct talk *talk, uint32_t now)
{
	bool evicted;

	talk->seated = talk->flow.server;
	return table_add(table, &talk->flow, now, &evicted);
}

struct session *sessions_pick_up(struct table *table, struct talk *talk, uint32_t now)
{
	struct session *s = sessions_find(table, talk);

	if (s != NULL)
		table_remove(table, s);
	return add(table, talk, now);
}

struct session *sessions_take(struct table *table, const struct passage *p, uint32_t now, bool *begun)
{
	struct session *s = sessions_find(table, p->talk);

	*begun = false;
	if (s != NULL && is_diverted(p) && decide_begins_anew(s, &p->segment.packet, p->from)) {
		table_remove(table, s);
		s = NULL;
	}
	if (s != NULL || !is_diverted(p))
		return s;
	s = add(table, p->talk, now);
	*begun = s != NULL;
	return s;
}
