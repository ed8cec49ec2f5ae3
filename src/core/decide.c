/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a packet is read.
 *
 * Each direction is a stream of lines, read in the order of its sequence numbers: `next` is the first
 * byte that was not read. Lines go to command.c and reply.c, which keep the dialogue (dialogue.h).
 *
 * A line that may have to be edited is not passed on before its end is known: its beginning is withheld,
 * in the splice (splice.h). Of other unfinished lines the beginning is kept to be read with the
 * rest, but goes on at once.
 *
 * A segment that comes early is dropped, so that its sender repeats it after the one that is missing.
 * But bytes may pass unseen: while the ruleset is loaded, while no daemon runs. The peer's
 * acknowledgement tells: what it acknowledges and we have not read has passed. Then the stream goes on
 * behind it, and what was waited for is forgotten. Without such proof the stream goes on after a few
 * drops, in doubt: those bytes may still come, and be anything.
 *
 * Bytes that are sent again must be the ones that were read: who can have a packet lost between us and the
 * server (by its hop limit, its options) could send other words in its place. Of what the server has
 * not acknowledged we know a hash; what cannot be compared puts the session in doubt.
 */
#include "core/decide.h"

#include "core/command.h"
#include "core/message.h"
#include "core/reply.h"
#include "core/window.h"

#include <assert.h>
#include <string.h>

enum {
	EARLY_DROPS_MAX = 3, /* a sender rarely repeats a segment so often before the one that is missing */
	TELNET_IAC = 255,
};

#define HASH_ODD 0x9e3779b9u /* spreads the bits of a small id */

static const char mode_names[][5] = {
	[MODE_PASSIVE] = "PASV",
	[MODE_EXTENDED_PASSIVE] = "EPSV",
	[MODE_ACTIVE] = "PORT",
	[MODE_EXTENDED_ACTIVE] = "EPRT",
};

static_assert(sizeof(mode_names) / sizeof(mode_names[0]) == MODES, "every mode has its name");

const char *mode_name(enum mode m)
{
	return mode_names[m];
}

/* ---- unfinished lines ---- */

static bool must_withhold(const struct situation *at, const struct decision *d, const struct line *line)
{
	if (!line->editable || (at->packet->flags & (TCP_FIN | TCP_RST)) != 0)
		return false;
	return at->from == FROM_CLIENT ? command_must_withhold(at, line)
				       : reply_must_withhold(at, &d->after, line);
}

static void keep_unfinished(const struct situation *at, struct decision *d, const struct line *line)
{
	struct stream *stream = &d->after.streams[at->from];
	bool fits = !line->too_long && !line->cut && line->raw_size <= PARTIAL_MAX;

	if (at->from == FROM_CLIENT)
		command_begin(d, line);
	d->withhold = fits && must_withhold(at, d, line);
	d->keep = d->withhold || (fits && (at->from == FROM_CLIENT || reply_is_read_whole(line)));
	d->unfinished = *line;
	stream->phase = d->keep ? PHASE_KEPT : PHASE_SKIP;
	if (!d->keep && at->from == FROM_SERVER)
		reply_read(at, d, line);
}

/* ---- the packet ---- */

/* Plain text up to a line end: no TLS record begins so, and none is likely to go on so. */
static bool is_clear_text(const struct packet *p)
{
	const uint8_t *text = p->bytes + p->payload;

	if (p->payload_size < 4 || text[p->payload_size - 1] != '\n')
		return false;
	for (size_t i = 0; i < p->payload_size; i++)
		if ((text[i] < ' ' && text[i] != '\r' && text[i] != '\n') || text[i] > '~')
			return false;
	return true;
}

/* A withheld beginning goes on with this segment, unless an edit of its line says otherwise. */
static void release(struct decision *d, const struct line *line)
{
	if (line->withheld > 0 &&
	    (d->edit_count == 0 || d->edits[d->edit_count - 1].line.seq != line->seq))
		d->edits[d->edit_count++] = (struct line_edit){ .change = LINE_RELEASE, .line = *line };
}

/* It is dropped for what it says, and must say the same when it is sent again. */
static void forget_segment(const struct situation *at, struct decision *d)
{
	d->after = at->session->dialogue;
	d->want_count = 0;
	d->edit_count = 0;
}

static void note_cr(struct dialogue *after, enum direction from, bool cr)
{
	if (from == FROM_CLIENT)
		after->client_cr = cr;
	else
		after->server_cr = cr;
}

/* The rest of a line that is of no interest. */
static void skip_line(const struct situation *at, struct decision *d, struct line_reader *reader)
{
	struct stream *stream = &d->after.streams[at->from];
	bool bare_lf;

	if (line_skip(reader, &bare_lf)) {
		stream->phase = PHASE_START;
		if (at->from == FROM_CLIENT)
			command_read_unknown(d, !bare_lf);
		else
			reply_end(&d->after, bare_lf);
	}
	stream->next = reader->seq;
	note_cr(&d->after, at->from, reader->cr);
}

static void read_lines(const struct situation *at, struct decision *d, struct line_reader *reader)
{
	struct stream *stream = &d->after.streams[at->from];
	size_t room = SPLICE_EDITS - at->splices[at->from]->edit_count;
	struct line line;

	if (stream->phase == PHASE_SKIP)
		skip_line(at, d, reader);
	while (!d->after.encrypted) {
		const bool apart = reader->cr && reader->size > 0 && reader->text[0] == '\n';

		if (!line_next(reader, &line))
			break;
		/* CR and LF in two segments end no line to a server that looks at what it read at once. */
		line.bare_lf |= apart && at->from == FROM_CLIENT;
		/* The rest is left to the sender, who will repeat it when edits were acknowledged. */
		if (d->edit_count == room || d->want_count == SPLICE_EDITS)
			return;
		stream->next = reader->seq;
		stream->phase = PHASE_START;
		note_cr(&d->after, at->from, reader->cr);
		if (line.too_long)
			decision_refuse(d, REASON_LINE_TOO_LONG);
		if (!line.complete)
			keep_unfinished(at, d, &line);
		else if (at->from == FROM_CLIENT)
			command_read(at, d, &line);
		else
			reply_read(at, d, &line);
		if (d->drop) {
			forget_segment(at, d);
			return;
		}
		if (!d->withhold)
			release(d, &line);
	}
	stream->next = at->packet->seq + (uint32_t)at->packet->payload_size;
}

/* ---- the order of segments ---- */

/* The first byte of the other side's that has not been acknowledged by this packet. */
static uint32_t acknowledged(const struct situation *at)
{
	const enum direction other = opposite(at->from);
	const struct splice_map map =
		splice_map_at(at->splices[other], at->session->dialogue.streams[other].next);

	return at->session->splices[other] == 0 ? at->packet->ack : splice_to_sender(&map, at->packet->ack);
}

/*
 * Words of eight bytes, each multiplied into the rest by a secret of conntrack's that no peer can foresee:
 * who has other bytes sent in the place of these has one try for the same hash.
 */
static uint32_t hash_bytes(const struct situation *at, const uint8_t *bytes, size_t size)
{
	const uint64_t secret = (uint64_t)at->session->flow.id << 32 | (at->session->flow.id ^ HASH_ODD);
	uint64_t hash = secret ^ size, word;

	for (; size > 0; bytes += sizeof(word)) {
		const size_t part = size < sizeof(word) ? size : sizeof(word);
		unsigned __int128 product;

		word = 0;
		memcpy(&word, bytes, part);
		product = (unsigned __int128)(hash ^ word) * (secret | 1);
		hash = (uint64_t)product ^ (uint64_t)(product >> 64);
		size -= part;
	}
	return (uint32_t)(hash ^ hash >> 32);
}

static void forget_unsure(struct dialogue *after)
{
	const uint32_t next = after->streams[FROM_CLIENT].next;

	after->unsure = (struct unsure){ .before = next, .last = next };
}

/* Bytes from start on have been read: a segment of their own. */
static void note_unsure(const struct situation *at, struct unsure *u, uint32_t start, const uint8_t *bytes,
			size_t size)
{
	u->before = u->last;
	u->before_hash = u->last_hash;
	u->last = start;
	u->last_hash = hash_bytes(at, bytes, size);
}

/*
 * Goes on at seq: what is before it has passed unseen. Where all was quiet before, whole replies have, and
 * a line begins there; else a client may have chosen the place.
 */
static void resume(struct decision *d, enum direction which, uint32_t seq)
{
	struct stream *stream = &d->after.streams[which];

	if (which == FROM_SERVER)
		d->after.line_unsure = stream->phase != PHASE_START || stream->multiline != 0 ||
				       d->after.waiting_count > 0;
	if (dialogue_waits(&d->after, REQUEST_FOREIGN))
		command_doubt(d);
	stream->next = seq;
	stream->phase = PHASE_START;
	stream->early_drops = 0;
	note_cr(&d->after, which, false);
	dialogue_forget(&d->after);
	d->after.resynchronised = d->after.moved = true;
	if (which == FROM_CLIENT)
		forget_unsure(&d->after);
}

/*
 * What the packet acknowledges. A client may acknowledge what was never sent, so that bytes before such
 * a place that come later are not taken for known; a server is believed.
 */
static void take_acknowledgement(const struct situation *at, struct decision *d)
{
	const enum direction other = opposite(at->from);
	struct stream *stream = &d->after.streams[other];
	const uint32_t ack = acknowledged(at);

	if ((at->packet->flags & TCP_ACK) == 0 || stream->phase == PHASE_UNSEEN)
		return;
	/* FIN counts as one. */
	if (seq_before(stream->next + 1, ack) && at->splices[other]->partial_size == 0) {
		resume(d, other, ack);
		if (at->from == FROM_CLIENT && seq_before(d->after.streams[FROM_CLIENT].next, at->packet->seq) &&
		    at->splices[FROM_CLIENT]->partial_size == 0)
			resume(d, FROM_CLIENT, at->packet->seq);
	}
	if (at->from == FROM_SERVER && seq_before(stream->sure, ack) && !seq_before(stream->next, ack)) {
		stream->sure = ack;
		if (ack == stream->next)
			forget_unsure(&d->after);
	}
}

static bool overlaps(const struct packet *p, uint32_t start, uint32_t end)
{
	return seq_before(start, end) && seq_before(p->seq, end) &&
	       seq_before(start, p->seq + (uint32_t)p->payload_size);
}

/* Whether the segment has nothing of the client's bytes from start to end, or all of them as they were. */
static bool has_same(const struct situation *at, const struct dialogue *now, uint32_t start, uint32_t end,
		     uint32_t hash)
{
	const struct packet *p = at->packet;

	if (!seq_before(now->streams[FROM_CLIENT].sure, end) || !overlaps(p, start, end))
		return true;
	return !seq_before(start, p->seq) && !seq_before(p->seq + (uint32_t)p->payload_size, end) &&
	       hash_bytes(at, p->bytes + p->payload + (start - p->seq), end - start) == hash;
}

/* Whether what comes again of bytes that were taken for known is what they were. */
static bool says_the_same(const struct situation *at, const struct dialogue *now)
{
	const struct stream *stream = &now->streams[at->from];
	const struct unsure *u = &now->unsure;

	if (at->from == FROM_SERVER)
		return !overlaps(at->packet, stream->sure, stream->next);
	return !overlaps(at->packet, stream->sure, u->before) &&
	       has_same(at, now, u->before, u->last, u->before_hash) &&
	       has_same(at, now, u->last, stream->next, u->last_hash);
}

/* The missing bytes have not come in spite of all: take up the dialogue at the next line. */
static void give_up_waiting(const struct situation *at, struct decision *d)
{
	struct stream *stream = &d->after.streams[at->from];

	resume(d, at->from, at->packet->seq);
	stream->phase = PHASE_SKIP;
	if (at->from == FROM_CLIENT)
		command_doubt(d);
}

/* Segments are read in order; one that comes early is dropped, so that the sender repeats it. */
static bool is_early(const struct situation *at, struct decision *d)
{
	struct stream *stream = &d->after.streams[at->from];
	uint32_t seq = at->packet->seq;
	bool withheld = at->splices[at->from]->withheld;

	if (stream->phase == PHASE_UNSEEN) {
		stream->next = stream->sure = seq;
		stream->phase = PHASE_START;
		if (at->from == FROM_CLIENT)
			forget_unsure(&d->after);
	}
	if (!seq_before(stream->next, seq)) {
		stream->early_drops = 0;
		return false;
	}
	decision_refuse(d, REASON_OUT_OF_ORDER);
	if (stream->early != seq)
		stream->early_drops = 0;
	if (withheld || stream->early_drops < EARLY_DROPS_MAX) {
		stream->early = seq;
		stream->early_drops += !withheld;
		return true;
	}
	give_up_waiting(at, d);
	return false;
}

/* Where the handshake was not seen: a session whose greeting was not seen either is resynchronised. */
static void greet(const struct situation *at, struct decision *d)
{
	const struct packet *p = at->packet;
	const uint8_t *text = p->bytes + p->payload;
	size_t size = p->payload_size < 3 ? p->payload_size : 3;

	if (at->session->dialogue.streams[at->from].phase != PHASE_UNSEEN ||
	    d->after.streams[opposite(at->from)].phase != PHASE_UNSEEN)
		return;
	d->after.resynchronised = at->from == FROM_CLIENT || (memcmp(text, "220", size) != 0 &&
							      memcmp(text, "120", size) != 0);
	d->after.moved = d->after.resynchronised;
}

/* Nothing in it is read, so that its order does not matter. */
static void pass_cipher(struct stream *stream, const struct packet *p)
{
	uint32_t end = p->seq + (uint32_t)p->payload_size;

	if (seq_before(stream->next, end))
		stream->next = end;
}

/* What was asked for in between was not seen, and bytes of a cipher may be chosen to look like text. */
static void leave_tls(struct decision *d)
{
	struct dialogue *after = &d->after;

	if (after->cipher_seen)
		command_doubt(d);
	after->encrypted = after->cipher_seen = false;
	after->resynchronised = after->moved = true;
	for (enum direction which = FROM_CLIENT; which < DIRECTIONS; which++)
		after->streams[which].sure = after->streams[which].next;
	forget_unsure(after);
}

/* A server takes urgent bytes out of its input, or does not: so only an abort's may be urgent. */
static bool is_urgent_text(const struct packet *p, const struct line_reader *reader)
{
	const char *start = reader->kept > 0 ? reader->assembled : reader->text;

	return (p->flags & TCP_URG) != 0 && (uint8_t)*start != TELNET_IAC;
}

static void read_bytes(const struct situation *at, struct decision *d, size_t known)
{
	const struct packet *p = at->packet;
	const struct splice *splice = at->splices[at->from];
	struct stream *stream = &d->after.streams[at->from];
	struct line_reader reader = {
		.text = (const char *)p->bytes + p->payload + known,
		.size = p->payload_size - known,
		.seq = p->seq + (uint32_t)known,
		.max_line = at->policy->max_line,
		.kept = stream->phase == PHASE_KEPT ? splice->partial_size : 0,
		.withheld = splice->withheld,
		.cr = at->from == FROM_CLIENT ? d->after.client_cr : d->after.server_cr,
		.assembled = d->assembled,
	};
	const uint32_t start = stream->next;

	if (reader.kept > 0)
		memcpy(d->assembled, splice->partial, reader.kept);
	if (at->from == FROM_CLIENT && is_urgent_text(p, &reader))
		command_doubt(d);
	read_lines(at, d, &reader);
	if (at->from == FROM_SERVER)
		stream->sure = stream->next;
	else if (!d->drop)
		note_unsure(at, &d->after.unsure, start, p->bytes + p->payload + known, stream->next - start);
}

/* Bytes that were taken for known, or others in their place. */
static void read_contradiction(const struct situation *at, struct decision *d)
{
	command_doubt(d);
	if (at->from == FROM_SERVER)
		d->after.streams[FROM_SERVER].phase = PHASE_SKIP;
}

static void read_text(const struct situation *at, struct decision *d)
{
	const struct packet *p = at->packet;
	struct dialogue *after = &d->after;
	struct stream *stream = &after->streams[at->from], *server = &after->streams[FROM_SERVER];
	uint32_t known;

	if (is_early(at, d)) {
		d->drop = true;
		return;
	}
	if (!after->encrypted && !says_the_same(at, after))
		read_contradiction(at, d);
	known = stream->next - p->seq;
	if (known >= p->payload_size)
		return;
	if (after->encrypted)
		leave_tls(d);
	greet(at, d);
	if (at->from == FROM_CLIENT && server->phase == PHASE_START && acknowledged(at) == server->next)
		dialogue_quiet(after);
	read_bytes(at, d, known);
}

static void read_segment(const struct situation *at, struct decision *d)
{
	d->after.closing = false;
	d->after.spoken = true;
	if (d->after.encrypted && !is_clear_text(at->packet)) {
		d->after.cipher_seen = true;
		pass_cipher(&d->after.streams[at->from], at->packet);
		return;
	}
	if (!d->after.encrypted)
		take_acknowledgement(at, d);
	read_text(at, d);
}

/* ---- beginning and end ---- */

bool decide_is_handshake(const struct packet *p, enum direction from)
{
	return from == FROM_SERVER && (p->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

static uint32_t first_byte(const struct packet *p)
{
	return p->seq + 1; /* SYN counts as one */
}

bool decide_begins_anew(const struct session *s, const struct packet *p, enum direction from)
{
	return decide_is_handshake(p, from) &&
	       s->dialogue.streams[FROM_SERVER].next != first_byte(p) + (uint32_t)p->payload_size;
}

/*
 * Both sides are at the start of a line, and nothing has been missed. Text that comes with the handshake
 * (RFC 7413) is not read.
 */
static void begin(const struct situation *at, struct dialogue *after)
{
	const struct packet *p = at->packet;
	const uint32_t next = first_byte(p) + (uint32_t)p->payload_size;
	const bool whole = p->payload_size == 0 || p->bytes[p->payload + p->payload_size - 1] == '\n';

	*after = (struct dialogue){
		.streams = {
			[FROM_CLIENT] = { .next = p->ack, .sure = p->ack, .phase = PHASE_START },
			[FROM_SERVER] = { .next = next, .sure = next,
					  .phase = whole ? PHASE_START : PHASE_SKIP },
		},
	};
	forget_unsure(after);
}

/* The place of a bare FIN depends on what becomes of the text that is missing before it. */
static void end(const struct situation *at, struct decision *d)
{
	const enum phase phase = d->after.streams[FROM_CLIENT].phase;

	if ((at->packet->flags & TCP_FIN) != 0 && at->packet->payload_size == 0 && !d->after.encrypted)
		d->drop = is_early(at, d);
	/* Some servers take the end of the stream for that of a line. */
	if (at->from == FROM_CLIENT && (phase == PHASE_KEPT || phase == PHASE_SKIP) && !d->after.encrypted)
		command_doubt(d);
	d->after.closing = true;
}

void decide(const struct situation *at, struct decision *d)
{
	d->drop = false;
	d->foreign = false;
	d->keep = false;
	d->withhold = false;
	d->want_count = 0;
	d->edit_count = 0;
	d->reasons = 0;
	d->after = at->session->dialogue;
	if (decide_is_handshake(at->packet, at->from)) {
		begin(at, &d->after);
	} else if (!window_holds(at)) {
		d->foreign = true;
		decision_refuse(d, REASON_OUT_OF_WINDOW);
		return;
	} else if (at->packet->payload_size > 0) {
		read_segment(at, d);
	}
	if ((at->packet->flags & (TCP_FIN | TCP_RST)) != 0)
		end(at, d);
}
