/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/reply.h"

#include "core/command.h"
#include "core/cursor.h"
#include "core/message.h"

#include <string.h>

enum {
	CODE_DIGITS = 3,
	CODE_SIZE = 4, /* with what stands behind it */

	REPLY_OK = 200,
	REPLY_CLOSING = 221,
	REPLY_PASSIVE = 227,
	REPLY_LONG_PASSIVE = 228,
	REPLY_EXTENDED_PASSIVE = 229,
	REPLY_AUTH_ACCEPTED = 234,
	REPLY_FILE_OK = 250,
	REPLY_PATH = 257,
	REPLY_UNAVAILABLE = 421,
};

/* A reply line: its code, 0 for a line without one, and what is behind it. */
struct code {
	uint16_t value;
	size_t prefix; /* bytes before it */
	bool goes_on;  /* a hyphen: more lines of the same reply */
	bool ends;     /* a blank or nothing: as the last line of a reply over several lines */
};

/* Some servers write the NUL of their strings, too. */
static size_t prefix_size(const struct line *line)
{
	size_t at = 0, telnet;

	if (line->size > 0 && char_is_digit(line->text[0]))
		return 0;
	do {
		telnet = message_telnet_prefix(line->text + at, line->size - at);
		at += telnet;
		while (at < line->size && line->text[at] == '\0')
			at++;
	} while (telnet > 0);
	return at;
}

static struct code read_code(const struct line *line)
{
	struct code code = { .prefix = prefix_size(line) };
	const char *text = line->text + code.prefix;
	size_t size = line->size - code.prefix;
	char mark = size > CODE_DIGITS ? text[CODE_DIGITS] : ' ';

	if (size < CODE_DIGITS || text[0] < '0' || text[0] > '5' || !char_is_digit(text[1]) ||
	    !char_is_digit(text[2]) || char_is_digit(mark))
		return code;
	code.value = (uint16_t)((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
	code.goes_on = mark == '-';
	code.ends = mark == ' ' || mark == '\t' || mark == '\r';
	return code;
}

/* ---- announcements ---- */

static bool is_passive_code(uint16_t code)
{
	return code == REPLY_PASSIVE || code == REPLY_LONG_PASSIVE || code == REPLY_EXTENDED_PASSIVE;
}

/* A port of the real server's: the operator's range for it comes before everything else. */
static bool may_open(const struct situation *at, struct decision *d, const struct endpoint *target,
		     bool believed)
{
	const struct port_range *named = service_range(at->service, target);
	enum reason why = REASON_PORT_CLOSED;

	if (named == NULL && !believed)
		why = REASON_REPLY_DOUBTFUL;
	else if (policy_may_open(at->policy, at->service, target))
		return true;
	else if (named == NULL && target->port < PORT_PRIVILEGED_END)
		why = REASON_PORT_PRIVILEGED;
	decision_refuse(d, why);
	return false;
}

static bool is_long(const struct line *line)
{
	return line->cut || (!line->complete && line->raw_size > PARTIAL_MAX);
}

/* Of a line too long to be waited for the beginning does, when something follows the announcement. */
static bool is_whole(const struct line *line, const struct announcement *a)
{
	return is_long(line) ? a->where.start + a->where.size < line->size : line->complete;
}

/*
 * Whatever address it names, data goes to the session's own real server. What was passed on before it
 * was asked for cannot be edited. Returns whether a port is to be opened.
 */
static bool announce(const struct situation *at, struct decision *d, const struct code *code,
		     const struct line *line, const struct announcement *a, bool believed)
{
	struct endpoint target = at->session->flow.server;
	struct want *want = &d->wants[d->want_count];

	target.port = a->named.port;
	if (!line->editable || !is_whole(line, a)) {
		decision_refuse(d, is_long(line) ? REASON_LINE_TOO_LONG : REASON_REPLY_MALFORMED);
		return false;
	}
	if (!may_open(at, d, &target, believed))
		return false;
	*want = (struct want){ .target = target, .named = a->named };
	want->mode = a->form == FORM_PORT ? MODE_EXTENDED_PASSIVE : MODE_PASSIVE;
	if (a->form == FORM_PORT)
		want->named.addr = target.addr;
	d->edits[d->edit_count++] = (struct line_edit){
		.change = LINE_ANNOUNCE, .line = *line, .where = a->where, .announcement = *a,
		.prefix = code->prefix, .want = d->want_count++,
	};
	return true;
}

static int find(const struct line *line, const struct code *code, struct announcement *a)
{
	return announcement_find(line->text, line->size, code->prefix + CODE_SIZE, code->value, a);
}

/* The line has no announcement: another one of the reply had it, or is still to come, or none will. */
static void miss_announcement(struct decision *d, const struct line *line, size_t index)
{
	struct dialogue *after = &d->after;

	if (after->waiting[index] != REQUEST_SPOKEN)
		decision_refuse(d, is_long(line) ? REASON_LINE_TOO_LONG : REASON_REPLY_MALFORMED);
	if (after->waiting_count > 1)
		dialogue_take(after, index);
	else
		after->waiting[index] = REQUEST_SPOKEN;
	after->heard = true;
}

/* A reply of the right code, or the first line of one. */
static void read_announcement(const struct situation *at, struct decision *d, const struct code *code,
			      const struct line *line)
{
	struct dialogue *after = &d->after;
	const size_t index = dialogue_passive(after);
	const bool asked = index < after->waiting_count;
	const bool believed = asked && dialogue_believes(after, index);
	struct announcement a;
	const bool found = find(line, code, &a) == 0;
	bool opened = false;

	if (!asked && !after->resynchronised)
		decision_refuse(d, REASON_REPLY_UNSOLICITED);
	else if (found)
		opened = announce(at, d, code, line, &a, believed);
	if (code->goes_on && found && believed) {
		after->waiting[index] = REQUEST_SPOKEN;
		after->refused = after->listing_due = false;
	}
	if (code->goes_on)
		return;
	if (found && asked && (opened || dialogue_is_next(after, index)))
		dialogue_take(after, index);
	else if (asked && !found)
		miss_announcement(d, line, index);
	else
		dialogue_answer(after, code->value);
}

/*
 * Some servers say 200 or 250. Such codes answer other commands as well, with the words of clients and
 * with names: only to a request beside which nothing waited, where no PORT named an address, and outside a
 * named range only where no folder's name can stand in the line.
 */
static bool believes_odd(const struct dialogue *now, const struct line *line)
{
	return dialogue_believes(now, 0) && !now->moved && memchr(line->text, '"', line->size) == NULL;
}

static bool read_odd_announcement(const struct situation *at, struct decision *d,
				  const struct code *code, const struct line *line)
{
	struct dialogue *after = &d->after;
	struct announcement a;

	if ((code->value != REPLY_OK && code->value != REPLY_FILE_OK) || after->waiting_count == 0 ||
	    after->waiting[0] != REQUEST_PLACED || after->port_named || find(line, code, &a) < 0)
		return false;
	announce(at, d, code, line, &a, believes_odd(after, line));
	dialogue_take(after, 0);
	return true;
}

/* ---- TLS ---- */

/* From here on neither side is text, until a segment of either is plain text again (CCC). */
static void enter_tls(struct dialogue *after)
{
	dialogue_forget(after);
	after->encrypted = true;
	after->streams[FROM_CLIENT].phase = PHASE_START;
	after->streams[FROM_SERVER].phase = PHASE_START;
}

/* AUTH has come to the server in a way that was not seen: the client hears 534 instead of 234. */
static void refuse_tls(struct decision *d, const struct line *line, size_t code)
{
	decision_refuse(d, REASON_TLS_REFUSED);
	if (line->complete && line->editable && line->size <= PARTIAL_MAX)
		d->edits[d->edit_count++] = (struct line_edit){
			.change = LINE_OVERWRITE, .line = *line, .where = { code, 1 }, .with = '5',
		};
	else
		d->drop = true;
}

/* ---- replies ---- */

/* The first reply answers nothing, unless it can be nothing else. */
static bool is_greeting(struct dialogue *after, uint16_t code)
{
	const bool greeting = !after->greeted && !is_passive_code(code) && code != REPLY_AUTH_ACCEPTED &&
			      code != REPLY_UNAVAILABLE;

	after->greeted = true;
	after->heard |= greeting;
	return greeting;
}

static bool names_path(uint16_t code)
{
	return code == REPLY_FILE_OK || code == REPLY_PATH;
}

/*
 * A name stands between quotes, and those inside it are doubled (RFC 959, 257). Where they do not close, or
 * may not, the name goes on in the next line, and may read there like a reply.
 */
static void check_quotes(struct decision *d, const struct code *code, const struct line *line)
{
	const char *at = line->text, *const end = line->text + line->size;
	size_t quotes = 0;

	if (!names_path(code->value))
		return;
	while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
		quotes++;
		at++;
	}
	if (quotes % 2 != 0 || (quotes > 0 && (!line->complete || line->cut)))
		command_doubt(d);
}

static void read_final(const struct situation *at, struct decision *d, const struct code *code,
		       const struct line *line)
{
	struct dialogue *after = &d->after;

	after->transferring = code->value / 100 == 1;
	if (after->transferring)
		return;
	if (code->value == REPLY_AUTH_ACCEPTED && at->service->deny_tls) {
		refuse_tls(d, line, code->prefix);
	} else if (code->value == REPLY_AUTH_ACCEPTED && dialogue_waits(after, REQUEST_AUTH)) {
		enter_tls(after);
		return;
	}
	if (is_greeting(after, code->value))
		return;
	check_quotes(d, code, line);
	after->closing |= code->value == REPLY_CLOSING || code->value == REPLY_UNAVAILABLE;
	if (is_passive_code(code->value))
		read_announcement(at, d, code, line);
	else if (!read_odd_announcement(at, d, code, line))
		dialogue_answer(after, code->value);
	after->resynchronised = false;
}

/* Lines of somebody else's may be among what answers a foreign command. */
static void notice_listing(struct decision *d)
{
	if (d->after.listing_due || dialogue_waits(&d->after, REQUEST_FOREIGN))
		command_doubt(d);
}

static void read_line(const struct situation *at, struct decision *d, const struct line *line)
{
	struct stream *stream = &d->after.streams[FROM_SERVER];
	const struct code code = read_code(line);

	if (stream->multiline != 0) {
		/* It ends with its own code and a blank; what lies in between is text (RFC 959, 4.2). */
		notice_listing(d);
		d->after.ended_oddly = code.value != 0 && code.ends;
		if (d->after.ended_oddly)
			check_quotes(d, &code, line);
		if (code.value != stream->multiline || !code.ends)
			return;
		stream->multiline = 0;
		read_final(at, d, &code, line);
	} else if (code.value == 0) {
		notice_listing(d);
	} else if (code.goes_on) {
		notice_listing(d);
		stream->multiline = code.value;
		d->after.ended_oddly = false;
		if (is_passive_code(code.value))
			read_announcement(at, d, &code, line);
	} else {
		read_final(at, d, &code, line);
	}
}

/* Of a line over the limit no more is known than what it may hide. */
static void pass_over(struct decision *d, const struct line *line)
{
	const struct code code = read_code(line);

	notice_listing(d);
	check_quotes(d, &code, line);
}

void reply_end(struct dialogue *after, bool bare_lf)
{
	if (!after->server_seen)
		after->bare_lf_server = bare_lf && !after->resynchronised;
	after->server_seen = true;
	after->line_unsure = bare_lf && !after->bare_lf_server;
}

/* A server that answers in the middle of CR LF ends lines at CR: what we count as a line is not its line. */
static bool answers_cr(const struct dialogue *now)
{
	return now->client_cr && now->streams[FROM_CLIENT].phase != PHASE_START;
}

void reply_read(const struct situation *at, struct decision *d, const struct line *line)
{
	struct dialogue *after = &d->after;

	if (answers_cr(after))
		command_doubt(d);
	if (line->too_long)
		pass_over(d, line);
	else
		read_line(at, d, line);
	if (line->complete)
		reply_end(after, line->bare_lf);
}

/* ---- unfinished lines ---- */

bool reply_is_read_whole(const struct line *line)
{
	return line->size - prefix_size(line) < CODE_SIZE || names_path(read_code(line).value);
}

static bool begins_as(const char *text, size_t size, const char *code)
{
	return memcmp(text, code, size < CODE_DIGITS ? size : CODE_DIGITS) == 0;
}

static bool may_announce(const struct dialogue *now, const char *text, size_t size)
{
	const bool asked = dialogue_passive(now) < now->waiting_count || now->resynchronised;
	const bool placed = now->waiting_count > 0 && now->waiting[0] == REQUEST_PLACED;

	return (asked && (begins_as(text, size, "227") || begins_as(text, size, "228") ||
			  begins_as(text, size, "229"))) ||
	       (placed && (begins_as(text, size, "200") || begins_as(text, size, "250")));
}

bool reply_must_withhold(const struct situation *at, const struct dialogue *now, const struct line *line)
{
	const uint16_t multiline = now->streams[FROM_SERVER].multiline;
	size_t prefix = prefix_size(line), size = line->size - prefix;
	const char *text = line->text + prefix;

	if (multiline != 0 && !is_passive_code(multiline) && multiline != REPLY_AUTH_ACCEPTED)
		return false;
	return may_announce(now, text, size) || (at->service->deny_tls && begins_as(text, size, "234"));
}
