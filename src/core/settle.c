/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an edit changes a connection.
 *
 * An edit belongs to a range of the sender's bytes, not to a packet. It is put into the splice of its
 * direction before the first packet with any of these bytes is written, and every packet, new or sent
 * again, is written from the sender's bytes and the splice: so the same bytes always become the same
 * bytes, in whatever segments they come. From then on sender and receiver number the bytes behind the
 * edit differently, and the map between the two is the splice as well.
 *
 * An example. The server's next byte has number 5000 when it says, in one segment of 21 bytes,
 *
 *	227 10,0,0,2,195,80\r\n                  to 5021
 *
 * The service's address is 203.0.113.10. There is no word to leave out, so the line grows by four bytes.
 * What both texts have in common at their ends is not part of the edit:
 *
 *	start 5004, size 8, text "203,0,113,10" (12)         bytes "10,0,0,2"
 *
 * The client gets 25 bytes, 5000 to 5025, and acknowledges 5025. The server gets that as 5021. Now the
 * edit has served its time; the shift of 4 that it leaves behind stays. The server's next reply, from 5021
 * on, goes out with number 5025, and so on until the session ends. From the edit on every packet of the
 * session must pass here, bare acknowledgements too (`adjust`), and conntrack must not check its window.
 *
 * An acknowledgement of 5010, in the middle of the text, is 5010 to the server, too: byte for byte the
 * text goes with the sender's bytes, and what it is longer goes with the last of them.
 *
 * Withheld bytes. When the segment ends in the middle of a line that may have to be edited ("227 10,0,"),
 * that beginning must not go out: the edit may begin in it. It is kept in the splice. The sender may wait
 * for its acknowledgement before it sends the rest (RFC 896), and the receiver cannot acknowledge what it
 * has not got. So in place of the segment goes one byte that the receiver has already, the line feed
 * before it. The receiver answers that with an acknowledgement of all it has, which the map turns into one
 * of the withheld bytes too. They go out as part of the edit, with the byte that follows them.
 *
 * What a packet needs beyond the room that it has is cut off, and its sender repeats it: the map of
 * acknowledgements never covers what was not sent on.
 */
#include "core/settle.h"

#include "core/fit.h"

#include <assert.h>
#include <string.h>

static_assert(EDIT_TEXT_MAX >= PARTIAL_MAX + 2 + ANNOUNCEMENT_MAX, "a line grows by an announcement at most");

/* ---- edits ---- */

/*
 * The part of a line that is edited: all of one whose beginning was withheld, otherwise as much around
 * the announcement as an edit holds.
 */
static struct span edited_part(const struct line_edit *edit)
{
	const size_t end = edit->where.start + edit->where.size, size = edit->line.size;
	size_t start = 0;

	if (edit->line.withheld > 0 || size <= PARTIAL_MAX)
		return (struct span){ 0, size };
	if (end > PARTIAL_MAX / 2)
		start = end - PARTIAL_MAX / 2;
	if (start > size - PARTIAL_MAX)
		start = size - PARTIAL_MAX;
	return (struct span){ start, PARTIAL_MAX };
}

/* The edited part with its new announcement; returns its size, or 0 when it is not to be changed. */
static size_t announce(const struct situation *at, const struct line_edit *edit,
		       const struct want *want, struct span part, char *out)
{
	const char *line = edit->line.text + part.start;
	const size_t prefix = part.start > 0 ? 0 : edit->prefix;
	const struct span where = { edit->where.start - part.start - prefix, edit->where.size };
	struct endpoint shown = at->session->flow.service;
	char text[ANNOUNCEMENT_MAX];
	size_t size;

	if (!want->made || (edit->announcement.form == FORM_PORT && want->port == want->target.port))
		return 0;
	shown.port = want->port;
	size = announcement_format(&edit->announcement, &shown, text);
	memcpy(out, line, prefix);
	return prefix + fit_announcement(line + prefix, part.size - prefix, where, text, size, out + prefix);
}

static size_t overwrite(const struct line_edit *edit, char *out)
{
	memcpy(out, edit->line.text, edit->line.size);
	memset(out + edit->where.start, edit->with, edit->where.size);
	return edit->line.size;
}

/*
 * Leaves out of an edit what it has in common with the line at both ends. One byte of the line stays:
 * an edit has to be carried by something.
 */
static void trim(struct edit *e, const char *line, const char *text, size_t text_size)
{
	size_t size = e->size, same = 0, shorter = size < text_size ? size : text_size;

	if (size == text_size && memcmp(line, text, size) == 0)
		return;
	while (same + 1 < shorter && line[same] == text[same])
		same++;
	e->start += (uint32_t)same;
	line += same;
	text += same;
	size -= same;
	text_size -= same;
	while (size > 1 && text_size > 1 && line[size - 1] == text[text_size - 1]) {
		size--;
		text_size--;
	}
	e->size = (uint16_t)size;
	e->text_size = (uint16_t)text_size;
	memcpy(e->text, text, text_size);
}

/* A withheld line: its edit ends with the line end, which lies in this segment. */
static void edit_withheld(struct edit *e, const struct line_edit *edit, const char *text, size_t size)
{
	size_t line_end = edit->line.raw_size - edit->line.size;

	e->size = (uint16_t)edit->line.raw_size;
	e->withheld = (uint16_t)edit->line.withheld;
	e->text_size = (uint16_t)(size + line_end);
	memcpy(e->text, text, size);
	memcpy(e->text + size, edit->line.text + edit->line.size, line_end);
}

/* What was withheld, and one byte of this segment, which carries it. */
static void edit_release(const struct situation *at, struct edit *e, const struct line *line)
{
	const struct packet *p = at->packet;
	uint32_t carrier = line->seq + (uint32_t)line->withheld - p->seq;

	e->size = e->text_size = (uint16_t)(line->withheld + 1);
	e->withheld = (uint16_t)line->withheld;
	memcpy(e->text, at->splices[at->from]->partial, line->withheld);
	e->text[line->withheld] = (char)p->bytes[p->payload + carrier];
}

static void add_edit(const struct situation *at, const struct decision *d,
		     const struct line_edit *edit, struct splice *splice)
{
	struct edit *e = &splice->edits[splice->edit_count];
	const struct span part = edited_part(edit);
	char text[EDIT_TEXT_MAX];
	size_t size = 0;

	*e = (struct edit){ .start = edit->line.seq + (uint32_t)part.start, .size = (uint16_t)part.size };
	if (edit->change == LINE_ANNOUNCE)
		size = announce(at, edit, &d->wants[edit->want], part, text);
	else if (edit->change == LINE_OVERWRITE)
		size = overwrite(edit, text);
	if (edit->line.withheld > 0 && size > 0)
		edit_withheld(e, edit, text, size);
	else if (edit->line.withheld > 0)
		edit_release(at, e, &edit->line);
	else if (size > 0)
		trim(e, edit->line.text + part.start, text, size);
	if (e->text_size > 0)
		splice->edit_count++;
}

/* ---- commit ---- */

static void keep(struct splice *splice, const struct decision *d)
{
	memcpy(splice->partial, d->unfinished.text, d->unfinished.raw_size);
	splice->partial_size = (uint16_t)d->unfinished.raw_size;
	splice->withheld = d->withhold;
}

/* Whether any edit of the decision changes the stream. */
static bool needs_splice(const struct decision *d)
{
	bool needed = d->keep;

	for (size_t i = 0; i < d->edit_count; i++)
		needed |= d->edits[i].change != LINE_ANNOUNCE || d->wants[d->edits[i].want].made ||
			  d->edits[i].line.withheld > 0;
	return needed;
}

/* Gives splices back that no longer say anything, and forgets lines that are over. */
static void tidy(struct table *table, struct session *s)
{
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		struct splice *splice;

		if (s->splices[d] == 0)
			continue;
		splice = table_take_splice(table, s, d);
		if (s->dialogue.streams[d].phase != PHASE_KEPT) {
			splice->partial_size = 0;
			splice->withheld = false;
		}
		if (splice_is_idle(splice))
			table_drop_splice(table, s, d);
	}
}

/* What the packet acknowledges needs no edit any more. */
static void take_acknowledgement(const struct situation *at, struct table *table, struct session *s)
{
	enum direction other = opposite(at->from);

	if ((at->packet->flags & TCP_ACK) != 0 && s->splices[other] != 0)
		splice_acknowledged(table_take_splice(table, s, other), at->packet->ack);
}

/*
 * The pool of splices is empty. Where nothing must be kept from the receiver, the segment goes on as
 * it is, and the rest of an unfinished line unread. Returns 0, or -1: its sender has to try again.
 */
static int give_up_edits(const struct situation *at, struct decision *d)
{
	d->reasons |= reason_bit(REASON_SPLICES_EXHAUSTED);
	if (d->edit_count > 0 && (!at->service->fail_open || at->service->deny_tls))
		return -1;
	if (d->keep)
		d->after.streams[at->from].phase = PHASE_SKIP;
	d->keep = d->withhold = false;
	d->edit_count = 0;
	return 0;
}

/* Returns 0, or -1 when there is no splice for them. */
static int commit_edits(const struct situation *at, struct decision *d, struct table *table,
			struct session *s)
{
	struct splice *splice;

	if (d->keep && !d->withhold && table_splices_scarce(table)) {
		d->keep = false;
		d->after.streams[at->from].phase = PHASE_SKIP;
	}
	if (!needs_splice(d))
		return 0;
	splice = table_take_splice(table, s, at->from);
	if (splice == NULL)
		return give_up_edits(at, d);
	for (size_t i = 0; i < d->edit_count; i++)
		add_edit(at, d, &d->edits[i], splice);
	if (d->keep)
		keep(splice, d);
	return 0;
}

/* A server listens for one data connection of a session: what it announces takes the place of the last. */
static void note_announced(struct dialogue *after, const struct want *want, struct outcome *outcome)
{
	const struct replaced last = { after->shown, after->target, false };

	if (last.shown != 0 && (last.shown != want->port || last.target != want->target.port))
		outcome->replaced[outcome->replaced_count++] = last;
	after->shown = want->port;
	after->target = want->target.port;
}

static void commit(const struct situation *at, struct decision *d, struct table *table,
		   struct session *s, struct outcome *outcome)
{
	for (size_t i = 0; i < d->want_count; i++) {
		s->openings += d->wants[i].made;
		if (d->wants[i].made && mode_is_passive(d->wants[i].mode))
			note_announced(&d->after, &d->wants[i], outcome);
	}
	table_commit(table, s, &d->after, at->now);
}

/* ---- emission ---- */

static uint32_t ack_to_sender(const void *map, uint32_t ack)
{
	return splice_to_sender(map, ack);
}

/* The map of what the packet acknowledges. */
static struct splice_map map_of_acks(const struct situation *at, const struct table *table,
				     const struct session *s)
{
	enum direction other = opposite(at->from);

	return splice_map_at(table_splice(table, s, other), s->dialogue.streams[other].next);
}

/* The map of what the packet sends; a packet without payload holds back nothing. */
static struct splice_map map_of_payload(const struct situation *at, const struct table *table,
					const struct session *s)
{
	const struct splice *splice = table_splice(table, s, at->from);
	bool bare = at->packet->payload_size == 0 && !splice->withheld;

	return splice_map_at(splice, bare ? at->packet->seq : s->dialogue.streams[at->from].next);
}

static void set_urgent(const struct packet *p, const struct splice_map *own, struct packet_writer *w)
{
	uint32_t from = splice_to_receiver(own, p->seq);
	uint32_t to = splice_to_receiver(own, p->seq + p->urgent);

	if ((p->flags & TCP_URG) != 0)
		packet_set_urgent(w, (uint16_t)(to - from));
}

static size_t growth_limit(const struct packet *p, size_t capacity)
{
	size_t limit = p->size > SETTLE_GROWTH_LIMIT ? p->size : SETTLE_GROWTH_LIMIT;

	return limit < capacity ? limit : capacity;
}

/* Where the receiver's copy of the segment ends must be where its map says, or the rest is cut off. */
static bool is_whole(const struct packet *p, const struct splice_map *own, size_t emitted)
{
	uint32_t end = p->seq + (uint32_t)p->payload_size;
	uint32_t from = splice_to_receiver(own, p->seq);

	return !seq_before(own->hold, end) &&
	       splice_to_receiver(own, end) - from == emitted;
}

/*
 * The whole segment is withheld: see the head of this file. Where the byte before it is unknown, or part
 * of an edit that must arrive whole, a segment without any byte goes instead (RFC 9293, 3.8.4); systems
 * answer that too, but not often within a second.
 */
static void probe(const struct packet *p, const struct dialogue *dialogue, const struct splice *splice,
		  uint32_t seq, struct packet_writer *w)
{
	if (dialogue->server_seen && splice->edit_count == 0)
		packet_append(w, "\n", 1);
	packet_set_seq(w, seq - 1);
	packet_clear_flags(w, p->flags & (TCP_FIN | TCP_PSH | TCP_URG));
}

/* Writes what the receiver gets. Returns false when that is nothing at all. */
static bool put_payload(const struct packet *p, const struct dialogue *dialogue, const struct splice_map *own,
			struct packet_writer *w)
{
	uint32_t seq = splice_to_receiver(own, p->seq);
	size_t emitted;

	packet_set_seq(w, seq);
	splice_emit(own, p, w, &emitted);
	if (emitted == 0) {
		probe(p, dialogue, own->splice, seq, w);
		return seq_before(p->seq, own->next);
	}
	if (!is_whole(p, own, emitted))
		packet_clear_flags(w, TCP_FIN);
	set_urgent(p, own, w);
	return true;
}

/* A packet without payload. FIN takes along what is withheld before it: no more will come. */
static bool put_bare(const struct packet *p, const struct splice_map *own, struct packet_writer *w)
{
	bool withheld_fin = own->splice->withheld && (p->flags & TCP_FIN) != 0;

	packet_set_seq(w, splice_to_receiver(own, p->seq));
	if (withheld_fin)
		packet_append(w, own->splice->partial, own->splice->partial_size);
	return !withheld_fin || p->seq == own->next;
}

static void emit(const struct situation *at, const struct table *table, const struct session *s,
		 uint8_t *buffer, size_t capacity, struct outcome *outcome)
{
	const struct packet *p = at->packet;
	struct splice_map own = map_of_payload(at, table, s);
	struct splice_map other = map_of_acks(at, table, s);
	struct packet_writer w;

	outcome->verdict = VERDICT_DROP;
	if (packet_begin(&w, p, buffer, growth_limit(p, capacity)) < 0)
		return;
	if (p->payload_size > 0 ? !put_payload(p, &s->dialogue, &own, &w) : !put_bare(p, &own, &w))
		return;
	if ((p->flags & TCP_ACK) != 0)
		packet_map_acks(&w, ack_to_sender, &other);
	outcome->verdict = VERDICT_REWRITE;
	outcome->size = packet_finish(&w);
}

/* Whether the packet may leave as it came: no map applies to it, and all of it was read. */
static bool is_unchanged(const struct situation *at, const struct dialogue *after,
			 const struct session *s)
{
	const struct packet *p = at->packet;
	const struct stream *stream = &after->streams[at->from];

	return s->splices[FROM_CLIENT] == 0 && s->splices[FROM_SERVER] == 0 &&
	       (p->payload_size == 0 ||
		!seq_before(stream->next, p->seq + (uint32_t)p->payload_size));
}

/* An edit in flight can be followed without the bare acknowledgements, several cannot. */
static bool needs_all_packets(const struct table *table, const struct session *s)
{
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		const struct splice *splice = table_splice(table, s, d);

		if (splice->shift != 0 || splice->withheld || splice->edit_count > 1 ||
		    (splice->edit_count == 1 &&
		     splice->edits[0].size != splice->edits[0].text_size))
			return true;
	}
	return false;
}

static bool must_fail_closed(const struct situation *at, const struct decision *d)
{
	bool failed = false;

	for (size_t i = 0; i < d->want_count; i++)
		failed |= !d->wants[i].made;
	return failed && !at->service->fail_open;
}

static void settle_changes(const struct situation *at, struct decision *d, struct table *table,
			   struct session *session, uint8_t *buffer, size_t capacity,
			   struct outcome *outcome)
{
	take_acknowledgement(at, table, session);
	if (!d->drop && commit_edits(at, d, table, session) < 0) {
		outcome->forgotten = true;
		tidy(table, session);
		return;
	}
	commit(at, d, table, session, outcome);
	tidy(table, session);
	if (d->drop)
		return;
	outcome->verdict = VERDICT_ACCEPT;
	if (is_unchanged(at, &session->dialogue, session))
		return;
	emit(at, table, session, buffer, capacity, outcome);
	outcome->adjust = !session->adjusted && needs_all_packets(table, session);
}

/* Most packets: nothing is wanted, edited, kept or dropped, and no map applies. */
static bool changes_nothing(const struct situation *at, const struct decision *d,
			    const struct session *s)
{
	return d->want_count == 0 && d->edit_count == 0 && !d->keep && !d->drop && !d->foreign &&
	       is_unchanged(at, &d->after, s);
}

void settle(const struct situation *at, struct decision *d, struct table *table,
	    struct session *session, uint8_t *buffer, size_t capacity, struct outcome *outcome)
{
	const bool unchanged = changes_nothing(at, d, session);

	*outcome = (struct outcome){ .verdict = unchanged ? VERDICT_ACCEPT : VERDICT_DROP };
	if (unchanged)
		table_commit(table, session, &d->after, at->now);
	else if (d->foreign || must_fail_closed(at, d))
		outcome->forgotten = true;
	else
		settle_changes(at, d, table, session, buffer, capacity, outcome);
}
