/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/window.h"

static bool is_near(uint32_t number, uint32_t place)
{
	return number - (place - WINDOW_BYTES) <= 2 * WINDOW_BYTES;
}

bool window_is_near(const struct session *s, const struct packet *p, enum direction from)
{
	const struct stream *stream = &s->dialogue.streams[from];

	return stream->phase != PHASE_UNSEEN && is_near(p->seq, stream->next);
}

bool window_holds(const struct situation *at)
{
	const struct packet *p = at->packet;
	const enum direction other = opposite(at->from);
	const struct stream *own = &at->session->dialogue.streams[at->from];
	const struct stream *others = &at->session->dialogue.streams[other];
	const struct splice_map map = splice_map_at(at->splices[other], others->next);

	if (!at->session->adjusted)
		return true;
	if (own->phase != PHASE_UNSEEN && !is_near(p->seq, own->next))
		return false;
	return (p->flags & TCP_ACK) == 0 || others->phase == PHASE_UNSEEN ||
	       is_near(splice_to_sender(&map, p->ack), others->next);
}
