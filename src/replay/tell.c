/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/tell.h"

#include "core/text.h"
#include "replay/transcript.h"

#include <string.h>

static struct stamp stamp_of(const struct passage *p)
{
	return (struct stamp){ p->frame.number, p->seconds, &p->talk->flow.client };
}

struct teller {
	struct listing *listing;
	struct stamp stamp;
};

static void tell_line(void *context, enum direction from, const char *text)
{
	const struct teller *teller = context;

	listing_line(teller->listing, &teller->stamp, from, text);
}

/* The bytes that decide has read out of this segment. */
static void tell_lines(struct listing *listing, const struct passage *p)
{
	struct teller teller = { listing, stamp_of(p) };
	const struct packet *packet = &p->segment.packet;
	const struct stream *old = &p->before.streams[p->from];
	uint32_t end = p->session->dialogue.streams[p->from].next;
	uint32_t start = old->phase == PHASE_UNSEEN ? packet->seq : old->next;
	struct transcript *lines = &p->talk->lines[p->from];

	if (packet->payload_size == 0 || (p->before.encrypted && p->session->dialogue.encrypted))
		return;
	if (seq_before(start, packet->seq)) {
		if (seq_before(packet->seq, end))
			transcript_gap(lines, p->from, tell_line, &teller);
		start = packet->seq;
	}
	if (old->phase == PHASE_UNSEEN)
		lines->doubtful = !p->talk->has_isn || packet->seq != p->talk->isn + 1;
	if (seq_before(start, end) && !seq_before(segment_end(&p->segment), end))
		transcript_add(lines, p->from,
			       (const char *)packet->bytes + packet->payload + (start - packet->seq),
			       end - start, tell_line, &teller);
}

/* The edited line, out of the packet that carries it. */
static void tell_edit(struct listing *listing, const struct passage *p, const struct line_edit *edit,
		      const struct splice *splice)
{
	uint32_t next = p->session->dialogue.streams[p->from].next;
	const struct splice_map whole = { splice, next, next };
	size_t start = splice_to_receiver(&whole, edit->line.seq) - p->settled.seq;
	const char *line = (const char *)p->settled.bytes + p->settled.payload + start;
	char text[TEXT_LINE_MAX(TRANSCRIPT_LINE_MAX)];
	struct stamp stamp = stamp_of(p);
	const char *end;
	size_t size;

	if (start >= p->settled.payload_size)
		return;
	size = p->settled.payload_size - start;
	end = memchr(line, '\n', size);
	if (end != NULL)
		size = (size_t)(end - line);
	if (size > 0 && line[size - 1] == '\r')
		size--;
	listing_becomes(listing, &stamp, text_show_line(p->from, line, size, text, sizeof(text)));
}

static void tell_edits(struct listing *listing, const struct passage *p, const struct decision *d,
		       const struct splice *splice)
{
	for (size_t i = 0; i < d->edit_count; i++) {
		const struct line_edit *edit = &d->edits[i];

		if (edit->change == LINE_OVERWRITE ||
		    (edit->change == LINE_ANNOUNCE && d->wants[edit->want].made))
			tell_edit(listing, p, edit, splice);
	}
}

static void tell_openings(struct listing *listing, const struct passage *p, const struct decision *d)
{
	struct stamp stamp = stamp_of(p);

	for (size_t i = 0; i < d->want_count; i++)
		listing_opening(listing, &stamp, &p->talk->flow, p->talk->server_known,
				&d->wants[i]);
}

static void tell_encryption(struct listing *listing, const struct passage *p)
{
	struct stamp stamp = stamp_of(p);

	if (p->session->dialogue.encrypted && !p->before.encrypted)
		listing_event(listing, &stamp, "tls", "from here on encrypted: passed on untouched");
	if (!p->session->dialogue.encrypted && p->before.encrypted)
		listing_event(listing, &stamp, "tls", "clear text again");
}

static void tell_fate(struct listing *listing, const struct passage *p)
{
	struct stamp stamp = stamp_of(p);

	if (p->outcome.verdict == VERDICT_DROP)
		listing_event(listing, &stamp, "dropped", "until its sender sends it again");
	else if (p->withheld)
		listing_event(listing, &stamp, "withheld", "until the end of its line is seen");
}

void tell_passage(struct listing *listing, const struct passage *p, const struct decision *d,
		  const struct table *table)
{
	struct stamp stamp = stamp_of(p);

	tell_lines(listing, p);
	if (p->outcome.verdict == VERDICT_DROP && p->tries > 0)
		return;
	if (p->outcome.verdict == VERDICT_REWRITE)
		tell_edits(listing, p, d, table_splice(table, p->session, p->from));
	tell_openings(listing, p, d);
	listing_reasons(listing, &stamp, d->reasons | p->outcome.reasons);
	tell_encryption(listing, p);
	tell_fate(listing, p);
}

void tell_session(struct listing *listing, const struct passage *p)
{
	struct stamp stamp = stamp_of(p);

	if (!p->talk->announced)
		listing_session(listing, &stamp, &p->talk->flow, p->talk->server_known);
	p->talk->announced = true;
}

void tell_end(struct listing *listing, const struct stamp *at, struct talk *talk)
{
	struct teller teller = { listing, *at };

	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		transcript_end(&talk->lines[d], d, tell_line, &teller);
}
