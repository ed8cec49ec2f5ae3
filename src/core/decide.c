/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/decide.h"

#include "core/cursor.h"
#include "core/requests.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum {
	CODE_DIGITS = 3,
	CODE_SIZE = 4, /* a reply code with the blank or hyphen behind it */
	PRIVILEGED_PORTS = 1024,
	EARLY_DROPS_MAX = 3, /* a sender rarely repeats a segment so often before the one that is missing */

	REPLY_READY = 220,
	REPLY_CLOSING = 221,
	REPLY_PASSIVE = 227,
	REPLY_EXTENDED_PASSIVE = 229,
	REPLY_AUTH_ACCEPTED = 234,
	REPLY_ERRORS = 400, /* and above */
	REPLY_UNAVAILABLE = 421,
};

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

static void refuse(struct decision *d, enum reason why)
{
	d->reasons |= reason_bit(why);
}

/* ---- openings ---- */

/* Another opening may be wanted; the unused ones of before die with their time. */
static bool opening_allowed(const struct situation *at, struct decision *d)
{
	struct dialogue *after = &d->after;

	if (at->now - after->opened_at > at->policy->opening_seconds)
		after->unused = 0;
	if (after->unused < at->policy->openings_per_session)
		return true;
	refuse(d, REASON_OPENINGS_LIMIT);
	return false;
}

static struct want *add_want(const struct situation *at, struct decision *d, enum mode mode)
{
	struct want *want = &d->wants[d->want_count++];

	*want = (struct want){ .mode = mode };
	d->after.unused++;
	d->after.opened_at = at->now;
	return want;
}

/* ---- the client's side ---- */

static void open_active(const struct situation *at, struct decision *d, enum mode mode,
			const struct endpoint *target)
{
	if (!at->service->active)
		refuse(d, REASON_ACTIVE_REFUSED);
	else if (!endpoint_same_address(target, &at->session->flow.client))
		refuse(d, REASON_ADDRESS_FOREIGN);
	else if (target->port < PRIVILEGED_PORTS)
		refuse(d, REASON_PORT_PRIVILEGED);
	else if (opening_allowed(at, d)) {
		add_want(at, d, mode)->target = *target;
		d->after.active_pending = true;
	}
}

static void read_active(const struct situation *at, struct decision *d, enum mode mode,
			const char *argument, size_t size)
{
	struct endpoint target;
	int error = mode == MODE_ACTIVE ? message_parse_port(argument, size, &target)
					: message_parse_eprt(argument, size, &target);

	if (error < 0)
		refuse(d, REASON_COMMAND_MALFORMED);
	else if (endpoint_is_ipv4(&target) != endpoint_is_ipv4(&at->session->flow.client))
		refuse(d, REASON_FAMILY_WRONG);
	else
		open_active(at, d, mode, &target);
}

static void overwrite(struct decision *d, const struct line *line, struct span where, char with)
{
	d->edits[d->edit_count++] = (struct line_edit){
		.change = LINE_OVERWRITE, .line = *line, .where = where, .with = with,
	};
	refuse(d, REASON_TLS_REFUSED);
}

/* No server knows such a mechanism; nor such a command, where Telnet commands hide the mechanism. */
static void refuse_auth(struct decision *d, const struct line *line, struct span argument)
{
	if (memchr(line->text, 0xff, line->size) != NULL)
		argument = (struct span){ 0, line->size };
	if (line->editable && argument.size > 0)
		overwrite(d, line, argument, 'X');
}

/* AUTH has come to the server in a way that was not seen: the client hears 534 instead of 234. */
static void refuse_tls(struct decision *d, const struct line *line)
{
	size_t code = message_telnet_prefix(line->text, line->size);

	if (line->complete && line->editable && line->size <= PARTIAL_MAX) {
		overwrite(d, line, (struct span){ code, 1 }, '5');
	} else {
		refuse(d, REASON_TLS_REFUSED);
		d->drop = true;
	}
}

/* Of a line whose end does not matter, or will not be seen. */
static void notice_transfer(struct decision *d, const struct line *line)
{
	struct span argument;

	if (message_command(line->text, line->size, &argument) == COMMAND_TRANSFER)
		d->after.transfer_pending = true;
}

static void read_command(const struct situation *at, struct decision *d, const struct line *line)
{
	char room[PARTIAL_MAX];
	size_t size = line->size;
	const char *text;
	struct span argument;
	enum command command;

	requests_add(&d->after.unanswered);
	if (line->too_long || size > sizeof(room)) {
		notice_transfer(d, line);
		return;
	}
	text = message_strip_telnet(line->text, &size, room);
	command = message_command(text, size, &argument);
	switch (command) {
	case COMMAND_PASV:
		requests_add(&d->after.pasv_pending);
		break;
	case COMMAND_EPSV:
		requests_add(&d->after.epsv_pending);
		break;
	case COMMAND_PORT:
		read_active(at, d, MODE_ACTIVE, text + argument.start, argument.size);
		break;
	case COMMAND_EPRT:
		read_active(at, d, MODE_EXTENDED_ACTIVE, text + argument.start, argument.size);
		break;
	case COMMAND_AUTH:
		if (at->service->deny_tls)
			refuse_auth(d, line, argument);
		else
			d->after.auth_pending = true;
		break;
	case COMMAND_TRANSFER:
		d->after.transfer_pending = true;
		break;
	case COMMAND_EPSV_ALL:
	case COMMAND_CCC:
	case COMMAND_OTHER:
		break;
	}
}

/* ---- the server's side ---- */

/* A line that is cut off, or partly passed on before it was asked for, cannot be edited. */
static void announce(const struct situation *at, struct decision *d, const struct line *line,
		     enum mode mode, const struct endpoint *named, struct span where)
{
	size_t want = d->want_count;

	if (!line->complete || !line->editable)
		refuse(d, REASON_REPLY_MALFORMED);
	else if (line->size > PARTIAL_MAX)
		refuse(d, REASON_LINE_TOO_LONG);
	else if (named->port < PRIVILEGED_PORTS)
		refuse(d, REASON_PORT_PRIVILEGED);
	else if (opening_allowed(at, d)) {
		struct want *w = add_want(at, d, mode);

		w->target = at->session->flow.server;
		w->target.port = named->port;
		w->named = *named;
		d->edits[d->edit_count++] = (struct line_edit){
			.change = LINE_ANNOUNCE, .line = *line, .where = where, .want = want,
		};
	}
}

/* Whatever address a 227 names, data goes to the session's own real server. */
static void read_passive(const struct situation *at, struct decision *d, const struct line *line)
{
	size_t prefix = message_telnet_prefix(line->text, line->size);
	struct endpoint named;
	struct span where;

	if (!endpoint_is_ipv4(&at->session->flow.service)) {
		refuse(d, REASON_FAMILY_WRONG);
	} else if (message_parse_passive(line->text + prefix, line->size - prefix, &named, &where) < 0) {
		refuse(d, REASON_REPLY_MALFORMED);
	} else {
		where.start += prefix;
		announce(at, d, line, MODE_PASSIVE, &named, where);
	}
}

static void read_extended(const struct situation *at, struct decision *d, const struct line *line)
{
	size_t prefix = message_telnet_prefix(line->text, line->size);
	struct endpoint named = at->session->flow.server;
	struct span where;

	if (message_parse_extended(line->text + prefix, line->size - prefix, &named.port, &where) <
	    0) {
		refuse(d, REASON_REPLY_MALFORMED);
	} else {
		where.start += prefix;
		announce(at, d, line, MODE_EXTENDED_PASSIVE, &named, where);
	}
}

/* From here on neither side is text, until a segment of either is plain text again (CCC). */
static void enter_tls(struct dialogue *after)
{
	requests_forget(after);
	after->encrypted = true;
	after->streams[FROM_CLIENT].phase = PHASE_START;
	after->streams[FROM_SERVER].phase = PHASE_START;
}

/* What was asked for in between was not seen. */
static void leave_tls(struct dialogue *after)
{
	after->encrypted = false;
	after->midway = true;
}

/* Whether it answers one of these requests. */
static bool solicited(struct decision *d, uint8_t *pending)
{
	bool asked = requests_solicit(&d->after, pending);

	if (!asked)
		refuse(d, REASON_REPLY_UNSOLICITED);
	return asked;
}

static void read_final_reply(const struct situation *at, struct decision *d, uint16_t code,
			     const struct line *line)
{
	struct dialogue *after = &d->after;

	after->transferring = code / 100 == 1;
	if (after->transferring) {
		requests_end_transfer(after);
		return;
	}
	switch (code) {
	case REPLY_READY: /* the greeting: answers nothing */
		return;
	case REPLY_PASSIVE:
		if (solicited(d, &after->pasv_pending))
			read_passive(at, d, line);
		break;
	case REPLY_EXTENDED_PASSIVE:
		if (solicited(d, &after->epsv_pending))
			read_extended(at, d, line);
		break;
	case REPLY_AUTH_ACCEPTED:
		if (at->service->deny_tls)
			refuse_tls(d, line);
		else if (after->auth_pending)
			enter_tls(after);
		break;
	case REPLY_CLOSING:
	case REPLY_UNAVAILABLE:
		after->closing = true;
		break;
	default:
		if (code >= REPLY_ERRORS)
			requests_refused(after);
	}
	requests_answered(after);
}

/* The code of a reply line, or 0 for one that has none. *mark is the character behind it. */
static uint16_t reply_code(const char *text, size_t size, char *mark)
{
	*mark = size > CODE_DIGITS ? text[CODE_DIGITS] : ' ';
	if (size < CODE_DIGITS || (*mark != ' ' && *mark != '-') || text[0] < '0' || text[0] > '5' ||
	    !char_is_digit(text[1]) || !char_is_digit(text[2]))
		return 0;
	return (uint16_t)((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
}

/* A multi-line reply ends with its own code and a blank; what lies in between is text (RFC 959, 4.2). */
static void read_reply(const struct situation *at, struct decision *d, const struct line *line)
{
	size_t prefix = message_telnet_prefix(line->text, line->size);
	struct stream *stream = &d->after.streams[FROM_SERVER];
	char mark;
	uint16_t code = reply_code(line->text + prefix, line->size - prefix, &mark);

	if (code == 0 || (stream->multiline != 0 && (code != stream->multiline || mark == '-')))
		return;
	if (mark == '-') {
		stream->multiline = code;
		return;
	}
	stream->multiline = 0;
	read_final_reply(at, d, code, line);
}

/* ---- unfinished lines ---- */

static bool reply_possible(const struct situation *at, const struct dialogue *now, const char *start,
			   size_t size)
{
	static const char passive[] = "227 ", extended[] = "229 ", tls[] = "234 ";
	size_t known = size < CODE_SIZE ? size : CODE_SIZE;

	return ((now->pasv_pending > 0 || now->midway) && memcmp(start, passive, known) == 0) ||
	       ((now->epsv_pending > 0 || now->midway) && memcmp(start, extended, known) == 0) ||
	       (at->service->deny_tls && memcmp(start, tls, known) == 0);
}

/* Inside a multi-line reply only its own last line can be one. */
static bool edited_reply_possible(const struct situation *at, const struct dialogue *now,
				  const char *start, size_t size)
{
	uint16_t multiline = now->streams[FROM_SERVER].multiline;

	if (multiline != 0 && multiline != REPLY_PASSIVE && multiline != REPLY_EXTENDED_PASSIVE &&
	    multiline != REPLY_AUTH_ACCEPTED)
		return false;
	return reply_possible(at, now, start, size);
}

static bool auth_possible(const char *start, size_t size)
{
	return strncasecmp(start, "AUTH", size < 4 ? size : 4) == 0 &&
	       (size <= 4 || start[4] == ' ' || start[4] == '\t');
}

/* Whether the line may have to be edited, so that its beginning must not be passed on. */
static bool must_withhold(const struct situation *at, const struct decision *d, const struct line *line)
{
	size_t prefix = message_telnet_prefix(line->text, line->size);
	const char *start = line->text + prefix;
	size_t size = line->size - prefix;

	if (!line->editable || (at->packet->flags & (TCP_FIN | TCP_RST)) != 0)
		return false;
	/* Telnet commands may be urgent, and must go at once. */
	if (at->from == FROM_CLIENT)
		return at->service->deny_tls && prefix == 0 && auth_possible(start, size);
	return edited_reply_possible(at, &d->after, start, size);
}

/* Whether the line's beginning is worth keeping until its end is seen. */
static bool must_keep(const struct situation *at, const struct line *line)
{
	if (at->from == FROM_CLIENT)
		return message_command_possible(line->text, line->size);
	return line->size < CODE_SIZE;
}

static void keep_unfinished(const struct situation *at, struct decision *d, const struct line *line)
{
	struct stream *stream = &d->after.streams[at->from];
	bool fits = !line->too_long && line->raw_size <= PARTIAL_MAX;

	d->withhold = fits && must_withhold(at, d, line);
	d->keep = d->withhold || (fits && must_keep(at, line));
	d->unfinished = *line;
	stream->phase = d->keep ? PHASE_KEPT : PHASE_SKIP;
	if (!d->keep && at->from == FROM_CLIENT)
		notice_transfer(d, line);
	if (!d->keep && at->from == FROM_SERVER && !line->too_long)
		read_reply(at, d, line);
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

static void read_lines(const struct situation *at, struct decision *d, struct line_reader *reader)
{
	struct stream *stream = &d->after.streams[at->from];
	size_t room = SPLICE_EDITS - at->splices[at->from]->edit_count;
	struct line line;

	if (stream->phase == PHASE_SKIP) {
		if (line_skip(reader)) {
			stream->phase = PHASE_START;
			if (at->from == FROM_CLIENT)
				requests_add(&d->after.unanswered);
		}
		stream->next = reader->seq;
	}
	while (!d->after.encrypted && line_next(reader, &line)) {
		/* The rest is left to the sender, who will repeat it when edits were acknowledged. */
		if (d->edit_count == room || d->want_count == SPLICE_EDITS)
			return;
		stream->next = reader->seq;
		stream->phase = PHASE_START;
		if (line.too_long)
			refuse(d, REASON_LINE_TOO_LONG);
		if (!line.complete)
			keep_unfinished(at, d, &line);
		else if (at->from == FROM_CLIENT)
			read_command(at, d, &line);
		else if (!line.too_long)
			read_reply(at, d, &line);
		if (d->drop) {
			forget_segment(at, d);
			return;
		}
		if (!d->withhold)
			release(d, &line);
	}
	stream->next = at->packet->seq + (uint32_t)at->packet->payload_size;
}

/* Segments are read in order; one that comes early is dropped, so that the sender repeats it. */
static bool is_early(const struct situation *at, struct decision *d)
{
	struct stream *stream = &d->after.streams[at->from];
	uint32_t seq = at->packet->seq;
	bool withheld = at->splices[at->from]->withheld;

	if (stream->phase == PHASE_UNSEEN) {
		stream->next = seq;
		stream->phase = PHASE_START;
	}
	if (!seq_before(stream->next, seq)) {
		stream->early_drops = 0;
		return false;
	}
	refuse(d, REASON_OUT_OF_ORDER);
	if (stream->early != seq)
		stream->early_drops = 0;
	if (withheld || stream->early_drops < EARLY_DROPS_MAX) {
		stream->early = seq;
		stream->early_drops += !withheld;
		return true;
	}
	/* The missing bytes passed unseen: take up the dialogue at the next line. */
	if (at->from == FROM_CLIENT)
		d->after.unanswered = REQUESTS_MAX;
	stream->next = seq;
	stream->phase = PHASE_SKIP;
	return false;
}

/* Where the handshake was not seen: a session whose greeting was not seen either is picked up midway. */
static void greet(const struct situation *at, struct decision *d)
{
	const struct packet *p = at->packet;
	const uint8_t *text = p->bytes + p->payload;
	size_t size = p->payload_size < 3 ? p->payload_size : 3;

	if (at->session->dialogue.streams[at->from].phase == PHASE_UNSEEN &&
	    d->after.streams[opposite(at->from)].phase == PHASE_UNSEEN)
		d->after.midway = at->from == FROM_CLIENT || (memcmp(text, "220", size) != 0 &&
							      memcmp(text, "120", size) != 0);
}

/* Nothing in it is read, so that its order does not matter. */
static void pass_cipher(struct stream *stream, const struct packet *p)
{
	uint32_t end = p->seq + (uint32_t)p->payload_size;

	if (seq_before(stream->next, end))
		stream->next = end;
}

static void read_segment(const struct situation *at, struct decision *d)
{
	const struct packet *p = at->packet;
	struct stream *stream = &d->after.streams[at->from];
	const struct splice *splice = at->splices[at->from];
	struct line_reader reader;
	uint32_t known;

	if (d->after.encrypted && !is_clear_text(p)) {
		pass_cipher(stream, p);
		return;
	}
	if (is_early(at, d)) {
		d->drop = true;
		return;
	}
	known = stream->next - p->seq;
	if (known >= p->payload_size)
		return;
	if (d->after.encrypted)
		leave_tls(&d->after);
	greet(at, d);
	reader = (struct line_reader){
		.text = (const char *)p->bytes + p->payload + known,
		.size = p->payload_size - known,
		.seq = p->seq + known,
		.max_line = at->policy->max_line,
		.kept = stream->phase == PHASE_KEPT ? splice->partial_size : 0,
		.withheld = splice->withheld,
		.assembled = d->assembled,
	};
	if (reader.kept > 0)
		memcpy(d->assembled, splice->partial, reader.kept);
	read_lines(at, d, &reader);
}

/* ---- beginning and end ---- */

static bool is_handshake(const struct packet *p, enum direction from)
{
	return from == FROM_SERVER && (p->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

static uint32_t first_byte(const struct packet *p)
{
	return p->seq + 1; /* SYN counts as one */
}

bool decide_begins_anew(const struct session *s, const struct packet *p, enum direction from)
{
	return is_handshake(p, from) &&
	       s->dialogue.streams[FROM_SERVER].next != first_byte(p) + (uint32_t)p->payload_size;
}

/*
 * Both sides are at the start of a line, and nothing has been missed. Text that comes with the handshake
 * (RFC 7413) is not read.
 */
static void begin(const struct packet *p, struct dialogue *after)
{
	const bool whole = p->payload_size == 0 || p->bytes[p->payload + p->payload_size - 1] == '\n';

	*after = (struct dialogue){
		.streams = {
			[FROM_CLIENT] = { .next = p->ack, .phase = PHASE_START },
			[FROM_SERVER] = { .next = first_byte(p) + (uint32_t)p->payload_size,
					  .phase = whole ? PHASE_START : PHASE_SKIP },
		},
	};
}

/* The place of a bare FIN depends on what becomes of the text that is missing before it. */
static void end(const struct situation *at, struct decision *d)
{
	d->after.closing = true;
	if ((at->packet->flags & TCP_FIN) != 0 && at->packet->payload_size == 0 && !d->after.encrypted)
		d->drop = is_early(at, d);
}

void decide(const struct situation *at, struct decision *d)
{
	d->drop = false;
	d->keep = false;
	d->withhold = false;
	d->want_count = 0;
	d->edit_count = 0;
	d->reasons = 0;
	d->after = at->session->dialogue;
	if ((at->packet->flags & (TCP_FIN | TCP_RST)) != 0)
		end(at, d);
	if (is_handshake(at->packet, at->from))
		begin(at->packet, &d->after);
	else if (at->packet->payload_size > 0)
		read_segment(at, d);
}
