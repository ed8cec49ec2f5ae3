/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/command.h"

#include "core/message.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { TELNET_IAC = 255, TELNET_SB = 250 };

void command_doubt(struct decision *d)
{
	if (!d->after.doubt)
		decision_refuse(d, REASON_SESSION_DOUBTFUL);
	d->after.doubt = true;
}

/* ---- active mode ---- */

/*
 * Beyond the limit the conntrack expectation has to do: the kernel drops the session's oldest one for
 * it, while entries of IPVS last until their time is over.
 */
static void open_active(const struct situation *at, struct decision *d, enum mode mode,
			const struct endpoint *target)
{
	struct dialogue *after = &d->after;
	struct want *want;

	if (at->now - after->opened_at > at->policy->opening_seconds)
		after->active_openings = 0;
	if (after->active_openings >= at->policy->openings_per_session &&
	    !at->session->flow.has_helper) {
		decision_refuse(d, REASON_OPENINGS_LIMIT);
		return;
	}
	want = &d->wants[d->want_count++];
	*want = (struct want){ .mode = mode, .target = *target };
	want->expected_only = after->active_openings >= at->policy->openings_per_session;
	after->active_openings += !want->expected_only;
	after->opened_at = at->now;
}

static void check_active(const struct situation *at, struct decision *d, enum mode mode,
			 const struct endpoint *target)
{
	if (endpoint_is_ipv4(target) != endpoint_is_ipv4(&at->session->flow.client))
		decision_refuse(d, REASON_FAMILY_WRONG);
	else if (!at->service->active)
		decision_refuse(d, REASON_ACTIVE_REFUSED);
	else if (!endpoint_same_address(target, &at->session->flow.client))
		decision_refuse(d, REASON_ADDRESS_FOREIGN);
	else if (target->port < PORT_PRIVILEGED_END)
		decision_refuse(d, REASON_PORT_PRIVILEGED);
	else
		open_active(at, d, mode, target);
}

static void read_active(const struct situation *at, struct decision *d, enum verb verb,
			const char *text, size_t size)
{
	struct endpoint target;
	int error;

	if (verb == VERB_EPRT)
		error = message_parse_eprt(text, size, &target);
	else if (verb == VERB_LPRT)
		error = message_parse_lprt(text, size, &target);
	else
		error = message_parse_port(text, size, &target);
	if (error < 0)
		decision_refuse(d, REASON_COMMAND_MALFORMED);
	else
		check_active(at, d, verb == VERB_EPRT ? MODE_EXTENDED_ACTIVE : MODE_ACTIVE, &target);
}

/* ---- AUTH that the service denies ---- */

/* No server knows such a mechanism; nor such a command, where Telnet commands hide the mechanism. */
static void refuse_auth(struct decision *d, const struct line *line, const char *argument, size_t size)
{
	struct span where = { (size_t)(argument - line->text), size };

	if (memchr(line->text, TELNET_IAC, line->size) != NULL)
		where = (struct span){ 0, line->size };
	if (!line->editable || where.size == 0)
		return;
	decision_refuse(d, REASON_TLS_REFUSED);
	d->edits[d->edit_count++] = (struct line_edit){
		.change = LINE_OVERWRITE, .line = *line, .where = where, .with = 'X',
	};
}

bool command_must_withhold(const struct situation *at, const struct line *line)
{
	const char *start = line->text;
	size_t size = line->size;

	return at->service->deny_tls && strncasecmp(start, "AUTH", size < 4 ? size : 4) == 0 &&
	       (size <= 4 || start[4] == ' ' || start[4] == '\t');
}

/* ---- what a line asks for ---- */

/* Size of the Telnet commands of two bytes by which a client asks for attention (RFC 959, 4.1.3). */
static size_t attention(const char *text, size_t size)
{
	size_t at = 0;

	while (at + 1 < size && (uint8_t)text[at] == TELNET_IAC && (uint8_t)text[at + 1] < TELNET_SB)
		at += 2;
	return at;
}

static bool is_attention(const char *text, size_t size)
{
	return size > 0 && (uint8_t)text[0] == TELNET_IAC;
}

static bool may_be(const char *text, size_t size, const char *verb)
{
	return strncasecmp(text, verb, size < 4 ? size : 4) == 0;
}

/* What a client says behind a call for attention. */
static bool may_interrupt(const char *text, size_t size)
{
	return may_be(text, size, "ABOR") || may_be(text, size, "STAT") || may_be(text, size, "QUIT");
}

/* Whether every server reads this line, or what begins so, as one command, and as this one. */
static bool is_clean(const struct line *line)
{
	const size_t start = attention(line->text, line->size), size = line->size - start;
	const char *text = line->text + start;

	if (line->raw_size > COMMAND_SIZE_MAX || memchr(line->text, '\r', line->size) != NULL ||
	    memchr(line->text, '\0', line->size) != NULL)
		return false;
	if (memchr(text, TELNET_IAC, size) != NULL)
		return !line->complete && size == 1;
	return start == 0 || (may_interrupt(text, size) && (size >= 4 || !line->complete));
}

static bool is_active(enum verb verb)
{
	return verb == VERB_PORT || verb == VERB_EPRT || verb == VERB_LPRT;
}

/* Numbers need commas, a port or address between delimiters the same one again. */
static bool may_name_port(const char *text, size_t size)
{
	for (size_t i = 2; i < size; i++)
		if (text[i] == text[i - 2] &&
		    (text[i - 1] == text[i] || text[i - 1] == '1' || text[i - 1] == '2'))
			return true;
	return memchr(text, ',', size) != NULL;
}

/* A reply that repeats it would hold what reads as an announcement. */
static bool names_port(enum verb verb, const char *text, struct span argument)
{
	struct announcement unused;

	return argument.size > 0 && verb != VERB_SECRET && !is_active(verb) &&
	       may_name_port(text + argument.start, argument.size) &&
	       announcement_find(text, argument.start + argument.size, argument.start, 0, &unused) == 0;
}

/* Help about a command is the server's own text. */
static bool is_verb(const char *text, struct span argument)
{
	struct span unused;

	return verb_find(text + argument.start, argument.size, &unused) != VERB_UNKNOWN && unused.size == 0;
}

static bool is_foreign(enum verb verb, const char *text, struct span argument)
{
	const bool help = argument.size == 4 && strncasecmp(text + argument.start, "HELP", 4) == 0;

	switch (verb) {
	case VERB_STAT:
		return argument.size > 0;
	case VERB_HELP:
		return argument.size > 0 && !is_verb(text, argument);
	case VERB_SITE:
		return argument.size > 0 && !help;
	case VERB_MLST: /* names what it is about as it lies on the disk, in a line of its own */
	case VERB_UNKNOWN:
		return true;
	default:
		return false;
	}
}

static enum request request_of(enum verb verb, bool foreign, bool moved)
{
	if (verb == VERB_PASSIVE)
		return REQUEST_PASSIVE;
	if (verb == VERB_AUTH)
		return REQUEST_AUTH;
	if (verb == VERB_PATH && moved)
		return REQUEST_NAMED;
	return foreign ? REQUEST_FOREIGN : REQUEST_PLAIN;
}

static bool holds_stat(const char *verb, size_t size)
{
	for (size_t at = 0; at + 4 <= size; at++)
		if (strncasecmp(verb + at, "STAT", 4) == 0)
			return true;
	return false;
}

/* No client says so; some servers find another command in it, such as STAT. */
static bool is_odd_verb(const char *text, size_t size)
{
	size_t letters = 0;

	while (letters < size && isalnum((unsigned char)text[letters]))
		letters++;
	return letters == 0 || letters > VERB_SIZE_MAX || (letters < size && text[letters] != ' ') ||
	       holds_stat(text, letters);
}

/* To some servers a tab ends a verb, to others it is a part of it. */
static bool ends_in_tab(const char *text, size_t size)
{
	const char *tab = memchr(text, '\t', size < VERB_SIZE_MAX + 1 ? size : VERB_SIZE_MAX + 1);

	return tab != NULL && memchr(text, ' ', (size_t)(tab - text)) == NULL;
}

/*
 * STAT of a file or folder lists names at once. A foreign command behind others has no certain place: the
 * replies to these may be too many, or they may be no commands to the server but words of a name. A request
 * for an address that was refused is none of these.
 */
static bool is_doubtful(const struct dialogue *now, enum verb verb, const char *text, size_t size,
			struct span argument, bool foreign)
{
	const size_t count = now->waiting_count;
	const bool waits = count > 0 && now->waiting[count - 1] != REQUEST_SPOKEN;

	return (foreign && (verb == VERB_STAT || waits)) || ends_in_tab(text, size) ||
	       (verb == VERB_UNKNOWN && foreign && is_odd_verb(text, size)) ||
	       names_port(verb, text, argument);
}

void command_read(const struct situation *at, struct decision *d, const struct line *line)
{
	char room[PARTIAL_MAX];
	size_t size = line->size;
	const char *text;
	struct span argument;
	enum verb verb;
	bool clean, foreign;

	if (line->too_long || line->cut || size > sizeof(room)) {
		command_read_unknown(d, !line->bare_lf);
		return;
	}
	clean = is_clean(line);
	if (!clean)
		command_doubt(d);
	text = clean && !is_attention(line->text, size) ? line->text
							: message_strip_telnet(line->text, &size, room);
	verb = verb_find(text, size, &argument);
	foreign = size > 0 && is_foreign(verb, text, argument);
	if (is_doubtful(&d->after, verb, text, size, argument, foreign))
		command_doubt(d);
	/* It may be the rest of the line before, to a server to which that has not ended. */
	if (d->after.alone && d->after.waiting_count > 0)
		command_doubt(d);
	dialogue_ask(&d->after, request_of(verb, foreign, d->after.moved), !line->bare_lf);
	d->after.closing = d->after.resynchronised = false;
	d->after.moved |= verb == VERB_MOVE;
	if (is_active(verb)) {
		d->after.port_named = true;
		read_active(at, d, verb, text + argument.start, argument.size);
	} else if (verb == VERB_AUTH && at->service->deny_tls) {
		refuse_auth(d, line, text + argument.start, argument.size);
	}
}

void command_begin(struct decision *d, const struct line *line)
{
	if (!is_clean(line))
		command_doubt(d);
}

void command_read_unknown(struct decision *d, bool crlf)
{
	command_doubt(d);
	dialogue_ask(&d->after, REQUEST_FOREIGN, crlf);
}
