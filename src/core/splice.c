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

/*
 * How many bytes of an edit's text the sender's first so many bytes stand for. Withheld ones stand for
 * none yet, the last one for all that is left.
 */
static uint32_t text_before(const struct edit *e, uint32_t bytes)
{
	if (bytes <= e->withheld)
		return 0;
	return bytes < e->size && bytes < e->text_size ? bytes : e->text_size;
}

/* The reverse: with so many bytes of the text received, what the sender need not send again. */
static uint32_t bytes_before(const struct edit *e, uint32_t text)
{
	if (text <= e->withheld)
		return e->withheld;
	return text < e->size ? text : e->size - 1u;
}

uint32_t splice_to_receiver(const struct splice_map *m, uint32_t seq)
{
	const struct splice *s = m->splice;
	uint32_t shift = s->shift;

	if (seq_before(m->hold, seq))
		seq = m->hold;
	for (size_t i = 0; i < s->edit_count; i++) {
		const struct edit *e = &s->edits[i];

		if (!seq_before(e->start, seq))
			break;
		if (seq_before(seq, edit_end(e)))
			return e->start + shift + text_before(e, seq - e->start);
		shift += edit_growth(e);
	}
	return seq + shift;
}

uint32_t splice_to_sender(const struct splice_map *m, uint32_t ack)
{
	const struct splice *s = m->splice;
	uint32_t shift = s->shift;

	for (size_t i = 0; i < s->edit_count; i++) {
		const struct edit *e = &s->edits[i];
		uint32_t start = e->start + shift;

		if (seq_before(ack, start))
			break;
		if (seq_before(ack, start + e->text_size))
			return e->start + bytes_before(e, ack - start);
		shift += edit_growth(e);
	}
	return ack - shift == m->hold ? m->next : ack - shift;
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

bool splice_keeps_length(const struct splice *s)
{
	for (size_t i = 0; i < s->edit_count; i++)
		if (s->edits[i].size != s->edits[i].text_size || s->edits[i].withheld > 0)
			return false;
	return s->shift == 0 && s->partial_size == 0;
}

/* Appends the sender's bytes from *at up to end, both within p. */
static void append_plain(const struct packet *p, uint32_t *at, uint32_t end, struct packet_writer *w)
{
	packet_append(w, p->bytes + p->payload + (*at - p->seq), end - *at);
	*at = end;
}

/* Appends what stands for the sender's bytes from *at up to end, both within the edit. */
static void append_edit(const struct edit *e, uint32_t *at, uint32_t end, struct packet_writer *w)
{
	uint32_t from = text_before(e, *at - e->start), to = text_before(e, end - e->start);

	packet_append(w, e->text + from, to - from);
	*at = end;
}

static uint32_t earlier(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? a : b;
}

void splice_emit(const struct splice_map *m, const struct packet *p, struct packet_writer *w,
		 size_t *emitted)
{
	const struct splice *s = m->splice;
	uint32_t end = p->seq + (uint32_t)p->payload_size;
	uint32_t at = p->seq;
	size_t before = w->size;

	if (seq_before(m->hold, end))
		end = m->hold;
	for (size_t i = 0; i < s->edit_count && seq_before(at, end); i++) {
		const struct edit *e = &s->edits[i];

		if (!seq_before(at, edit_end(e)))
			continue;
		if (seq_before(at, e->start))
			append_plain(p, &at, earlier(e->start, end), w);
		if (seq_before(at, end))
			append_edit(e, &at, earlier(edit_end(e), end), w);
	}
	if (seq_before(at, end))
		append_plain(p, &at, end, w);
	*emitted = w->size - before;
}
