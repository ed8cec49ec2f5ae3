/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/message.h"

#include "core/cursor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum {
	CODE_SIZE = 4, /* a reply code and the blank behind it */
	VERB_MAX = 4,

	TELNET_SE = 240,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_DONT = 254,
	TELNET_IAC = 255,
};

#define FOUR(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum { VERB_CCC = FOUR('C', 'C', 'C', '\0') }; /* the one of three letters */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Size of the Telnet command at the start of text, which begins with IAC. */
static size_t telnet_command_size(const char *text, size_t size)
{
	uint8_t code = size > 1 ? (uint8_t)text[1] : 0;
	size_t at = 2;

	if (code >= TELNET_WILL && code <= TELNET_DONT)
		at = 3;
	if (code == TELNET_SB) {
		while (at + 1 < size &&
		       !((uint8_t)text[at] == TELNET_IAC && (uint8_t)text[at + 1] == TELNET_SE))
			at++;
		at += 2;
	}
	return at < size ? at : size;
}

size_t message_telnet_prefix(const char *line, size_t size)
{
	size_t at = 0;

	while (at < size && (uint8_t)line[at] == TELNET_IAC)
		at += telnet_command_size(line + at, size - at);
	return at;
}

const char *message_strip_telnet(const char *line, size_t *size, char *room)
{
	size_t at = 0, kept = 0;

	if (memchr(line, TELNET_IAC, *size) == NULL)
		return line;
	while (at < *size) {
		if ((uint8_t)line[at] != TELNET_IAC)
			room[kept++] = line[at++];
		else
			at += telnet_command_size(line + at, *size - at);
	}
	*size = kept;
	return room;
}

/* The letters of a verb, to be compared at once: in upper case, NUL where text has none. */
static uint32_t verb_at(const char *text, size_t size)
{
	uint32_t verb = 0;

	if (size >= VERB_MAX)
		memcpy(&verb, text, VERB_MAX);
	else
		memcpy(&verb, text, size);
	return ntohl(verb) & ~FOUR(' ', ' ', ' ', ' ');
}

/* The commands that matter, and what uses their openings; whatever stands behind the letters. */
static enum command find_command(uint32_t verb)
{
	switch (verb) {
	case FOUR('P', 'A', 'S', 'V'):
		return COMMAND_PASV;
	case FOUR('E', 'P', 'S', 'V'):
		return COMMAND_EPSV;
	case FOUR('P', 'O', 'R', 'T'):
		return COMMAND_PORT;
	case FOUR('E', 'P', 'R', 'T'):
		return COMMAND_EPRT;
	case FOUR('A', 'U', 'T', 'H'):
		return COMMAND_AUTH;
	case FOUR('R', 'E', 'T', 'R'):
	case FOUR('S', 'T', 'O', 'R'):
	case FOUR('S', 'T', 'O', 'U'):
	case FOUR('A', 'P', 'P', 'E'):
	case FOUR('L', 'I', 'S', 'T'):
	case FOUR('N', 'L', 'S', 'T'):
	case FOUR('M', 'L', 'S', 'D'):
		return COMMAND_TRANSFER;
	default:
		return verb >> 8 == VERB_CCC >> 8 ? COMMAND_CCC : COMMAND_OTHER;
	}
}

enum command message_command(const char *line, size_t size, struct span *argument)
{
	enum command command = find_command(verb_at(line, size));
	const size_t letters = command == COMMAND_CCC ? VERB_MAX - 1 : VERB_MAX;
	size_t start, end = size;

	*argument = (struct span){ 0 };
	if (size > letters && !is_blank(line[letters]))
		command = COMMAND_OTHER;
	if (command == COMMAND_OTHER || command == COMMAND_TRANSFER)
		return command;
	for (start = letters; start < size && is_blank(line[start]); start++)
		;
	while (end > start && is_blank(line[end - 1]))
		end--;
	*argument = (struct span){ start, end - start };
	if (command == COMMAND_EPSV && argument->size == 3 &&
	    strncasecmp(line + start, "ALL", 3) == 0)
		command = COMMAND_EPSV_ALL;
	return command;
}

/* Whether text begins as the verb does, or is the beginning of it. */
static bool begins_as(uint32_t verb, uint32_t begun, const char *text, size_t size)
{
	const size_t letters = verb == VERB_CCC ? VERB_MAX - 1 : VERB_MAX;
	const size_t seen = size < letters ? size : letters;
	const uint32_t mask = (uint32_t)(UINT64_C(0xffffffff00000000) >> (8 * seen));

	return ((verb ^ begun) & mask) == 0 &&
	       (size <= letters || is_blank(text[letters]) || text[letters] == '\r');
}

bool message_command_possible(const char *start, size_t size)
{
	static const uint32_t verbs[] = { /* those of find_command */
		FOUR('P', 'A', 'S', 'V'), FOUR('E', 'P', 'S', 'V'), FOUR('P', 'O', 'R', 'T'),
		FOUR('E', 'P', 'R', 'T'), FOUR('A', 'U', 'T', 'H'), FOUR('R', 'E', 'T', 'R'),
		FOUR('S', 'T', 'O', 'R'), FOUR('S', 'T', 'O', 'U'), FOUR('A', 'P', 'P', 'E'),
		FOUR('L', 'I', 'S', 'T'), FOUR('N', 'L', 'S', 'T'), FOUR('M', 'L', 'S', 'D'),
		VERB_CCC,
	};
	const uint32_t begun = verb_at(start, size);

	if (size > 0 && (uint8_t)start[0] == TELNET_IAC)
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (begins_as(verbs[i], begun, start, size))
			return true;
	return false;
}

/* Six numbers joined by commas; *e is an IPv4 endpoint. */
static void take_six_numbers(struct cursor *c, struct endpoint *e)
{
	uint8_t number[6];
	struct in_addr addr;

	for (size_t i = 0; i < 6; i++) {
		if (i > 0)
			cursor_expect(c, ',');
		number[i] = (uint8_t)cursor_number(c, 3, 255);
	}
	memcpy(&addr, number, sizeof(addr));
	if (!c->failed)
		*e = endpoint_from_ipv4(addr, (uint16_t)(number[4] << 8 | number[5]));
}

int message_parse_port(const char *text, size_t size, struct endpoint *e)
{
	struct cursor c = cursor_over(text, size);
	struct endpoint parsed = { 0 };

	take_six_numbers(&c, &parsed);
	if (c.failed || c.at != c.size)
		return -EBADMSG;
	*e = parsed;
	return 0;
}

/* Text up to the delimiter as a terminated string in out. */
static void take_field(struct cursor *c, char delimiter, char *out, size_t capacity)
{
	size_t size = 0;

	while (!c->failed && cursor_peek(c) != delimiter) {
		char taken = cursor_take(c);

		if (size + 1 < capacity && taken != '\0')
			out[size++] = taken;
		else
			c->failed = true;
	}
	out[size] = '\0';
	cursor_expect(c, delimiter);
}

static int parse_address(char protocol, const char *text, uint16_t port, struct endpoint *e)
{
	struct in_addr v4;
	struct in6_addr v6;

	switch (protocol) {
	case '1':
		if (inet_pton(AF_INET, text, &v4) != 1)
			return -EBADMSG;
		*e = endpoint_from_ipv4(v4, port);
		return 0;
	case '2':
		if (inet_pton(AF_INET6, text, &v6) != 1)
			return -EBADMSG;
		*e = endpoint_from_ipv6(&v6, port);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

static bool is_delimiter(char c)
{
	return c >= 33 && c <= 126 && !char_is_digit(c);
}

int message_parse_eprt(const char *text, size_t size, struct endpoint *e)
{
	struct cursor c = cursor_over(text, size);
	char delimiter = cursor_take(&c), protocol, address[INET6_ADDRSTRLEN];
	uint16_t port;

	if (!is_delimiter(delimiter))
		return -EBADMSG;
	protocol = cursor_take(&c);
	cursor_expect(&c, delimiter);
	take_field(&c, delimiter, address, sizeof(address));
	port = (uint16_t)cursor_number(&c, 5, UINT16_MAX);
	cursor_expect(&c, delimiter);
	if (c.failed || c.at != c.size)
		return -EBADMSG;
	return parse_address(protocol, address, port, e);
}

/* The next run of digits and commas at or behind *at, without commas at its ends; *at moves behind. */
static struct span next_run(const char *line, size_t size, size_t *at)
{
	size_t start, end;

	while (*at < size && !char_is_digit(line[*at]))
		++*at;
	start = *at;
	while (*at < size && (char_is_digit(line[*at]) || line[*at] == ','))
		++*at;
	for (end = *at; end > start && line[end - 1] == ','; end--)
		;
	return (struct span){ start, end - start };
}

/* A sign makes the first number of a run none. */
static bool is_signed(const char *line, struct span run)
{
	return line[run.start - 1] == '-' || line[run.start - 1] == '+';
}

int message_parse_passive(const char *line, size_t size, struct endpoint *e, struct span *where)
{
	size_t at = CODE_SIZE;

	while (at < size) {
		struct span run = next_run(line, size, &at);

		if (!is_signed(line, run) &&
		    message_parse_port(line + run.start, run.size, e) == 0) {
			*where = run;
			return 0;
		}
	}
	return -EBADMSG;
}

int message_parse_extended(const char *line, size_t size, uint16_t *port, struct span *where)
{
	for (size_t at = CODE_SIZE; at < size; at++) {
		struct cursor c = cursor_over(line + at, size - at);
		char delimiter = cursor_peek(&c);
		uint16_t parsed;

		if (!is_delimiter(delimiter))
			continue;
		for (int i = 0; i < 3; i++)
			cursor_expect(&c, delimiter);
		parsed = (uint16_t)cursor_number(&c, 5, UINT16_MAX);
		cursor_expect(&c, delimiter);
		if (!c.failed) {
			*port = parsed;
			*where = (struct span){ at, c.at };
			return 0;
		}
	}
	return -EBADMSG;
}

static size_t put_number(char *out, unsigned int number)
{
	size_t digits = 1;

	for (unsigned int rest = number / 10; rest > 0; rest /= 10)
		digits++;
	for (size_t i = digits; i-- > 0; number /= 10)
		out[i] = (char)('0' + number % 10);
	return digits;
}

size_t message_format_passive(const struct endpoint *e, char text[static ANNOUNCEMENT_MAX])
{
	const uint8_t *a = &e->addr.s6_addr[12];
	const unsigned int numbers[6] = { a[0], a[1], a[2], a[3], e->port >> 8, e->port & 0xff };
	size_t size = 0;

	for (size_t i = 0; i < 6; i++) {
		if (i > 0)
			text[size++] = ',';
		size += put_number(text + size, numbers[i]);
	}
	text[size] = '\0';
	return size;
}

size_t message_format_extended(uint16_t port, char delimiter, char text[static ANNOUNCEMENT_MAX])
{
	size_t size = 3;

	memset(text, delimiter, size);
	size += put_number(text + size, port);
	text[size++] = delimiter;
	text[size] = '\0';
	return size;
}
