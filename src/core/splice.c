/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/splice.h"

#include <assert.h>
#include <string.h>

static uint32_t edit_end(const struct edit *e)
{
	return e->start + e->size;
}

/* What an edit adds to the shift; negative amounts wrap, as sequence numbers do. */
static uint32_t edit_growth(const struct edit *e)
{
	return (uint32_t)e->text_size - e->size;
}

uint32_t splice_to_receiver(const struct splice *s, uint32_t hold, uint32_t seq)
{
	uint32_t shift = s->shift;

	if (seq_before(hold, seq))
		seq = hold;
	for (size_t i = 0; i < s->edit_count; i++) {
		const struct edit *e = &s->edits[i];

		if (!seq_before(e->start, seq))
			break;
		if (seq_before(seq, edit_end(e))) {
			seq = e->start;
			break;
		}
		shift += edit_growth(e);
	}
	return seq + shift;
}

uint32_t splice_to_sender(const struct splice *s, uint32_t hold, uint32_t next, uint32_t ack)
{
	uint32_t shift = s->shift;

	for (size_t i = 0; i < s->edit_count; i++) {
		const struct edit *e = &s->edits[i];
		uint32_t start = e->start + shift;

		if (seq_before(ack, start))
			break;
		if (seq_before(ack, start + e->text_size))
			return e->start + e->withheld;
		shift += edit_growth(e);
	}
	return ack - shift == hold ? next : ack - shift;
}

void splice_acknowledged(struct splice *s, uint32_t ack)
{
	size_t done = 0;

	while (done < s->edit_count) {
		const struct edit *e = &s->edits[done];

		if (seq_before(ack, e->start + s->shift + e->text_size))
			break;
		s->shift += edit_growth(e);
		done++;
	}
	if (done == 0)
		return;
	s->edit_count = (uint8_t)(s->edit_count - done);
	memmove(s->edits, s->edits + done, s->edit_count * sizeof(s->edits[0]));
}

bool splice_is_idle(const struct splice *s)
{
	return s->shift == 0 && s->edit_count == 0 && s->partial_size == 0;
}

/* Appends the sender's bytes from *at up to end, both within p. Returns false when w is full. */
static bool append_plain(const struct packet *p, uint32_t *at, uint32_t end, struct packet_writer *w)
{
	size_t size = end - *at;
	size_t taken = packet_append(w, p->bytes + p->payload + (*at - p->seq), size);

	*at += (uint32_t)taken;
	return taken == size;
}

static uint32_t earlier(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? a : b;
}

void splice_emit(const struct splice *s, uint32_t hold, const struct packet *p,
		 struct packet_writer *w, size_t *emitted)
{
	uint32_t end = p->seq + (uint32_t)p->payload_size;
	uint32_t at = p->seq;
	size_t before = w->size;
	bool room = true;

	if (seq_before(hold, end))
		end = hold;
	for (size_t i = 0; room && i < s->edit_count && seq_before(at, end); i++) {
		const struct edit *e = &s->edits[i];

		if (!seq_before(at, edit_end(e)))
			continue;
		if (seq_before(at, e->start))
			room = append_plain(p, &at, earlier(e->start, end), w);
		if (!room || !seq_before(e->start, end))
			break;
		if (seq_before(end, edit_end(e)))
			at = end;
		else if ((room = w->capacity - w->size >= e->text_size)) {
			packet_append(w, e->text, e->text_size);
			at = edit_end(e);
		}
	}
	if (room && seq_before(at, end))
		append_plain(p, &at, end, w);
	*emitted = w->size - before;
}
