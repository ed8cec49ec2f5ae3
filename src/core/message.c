/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
	ZONE_MAX = 16, /* the percent sign and the name of an interface */

	TELNET_SE = 240,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_DONT = 254,
	TELNET_IAC = 255,
};

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

static void skip_blanks(struct cursor *c)
{
	while (is_blank(cursor_peek(c)))
		cursor_take(c);
}

/* The sign between two numbers. Some servers join those of the address by dots. */
static void take_joint(struct cursor *c, size_t index, bool *dotted)
{
	if (index == 1)
		*dotted = cursor_peek(c) == '.';
	cursor_expect(c, *dotted && index < 4 ? '.' : ',');
	if (!*dotted)
		skip_blanks(c);
}

void message_take_numbers(struct cursor *c, struct endpoint *e)
{
	uint8_t number[6];
	struct in_addr addr;
	bool dotted = false;

	for (size_t i = 0; i < sizeof(number); i++) {
		if (i > 0)
			take_joint(c, i, &dotted);
		number[i] = (uint8_t)cursor_number(c, 3, 255);
	}
	memcpy(&addr, number, sizeof(addr));
	if (!c->failed)
		*e = endpoint_from_ipv4(addr, (uint16_t)(number[4] << 8 | number[5]));
}

/* Numbers joined by commas; those behind the first have a comma before them as well. */
static void take_bytes(struct cursor *c, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cursor_expect(c, ',');
		skip_blanks(c);
		bytes[i] = (uint8_t)cursor_number(c, 3, 255);
	}
}

void message_take_long(struct cursor *c, struct endpoint *e)
{
	uint32_t family = cursor_number(c, 1, 6);
	uint8_t length = 0, port_length = 0, port[2] = { 0 };
	struct in6_addr v6 = { 0 };
	struct in_addr v4;

	take_bytes(c, &length, 1);
	if ((family != 4 || length != sizeof(v4)) && (family != 6 || length != sizeof(v6)))
		c->failed = true;
	if (!c->failed)
		take_bytes(c, v6.s6_addr, length);
	take_bytes(c, &port_length, 1);
	take_bytes(c, port, sizeof(port));
	if (c->failed || port_length != sizeof(port)) {
		c->failed = true;
		return;
	}
	memcpy(&v4, v6.s6_addr, sizeof(v4));
	*e = family == 4 ? endpoint_from_ipv4(v4, (uint16_t)(port[0] << 8 | port[1]))
			 : endpoint_from_ipv6(&v6, (uint16_t)(port[0] << 8 | port[1]));
}

/* Without what careless clients put around it: brackets, a comma at the end, blanks. */
static struct cursor argument_of(const char *text, size_t size)
{
	while (size > 0 && (text[0] == '(' || is_blank(text[0]))) {
		text++;
		size--;
	}
	while (size > 0 && (text[size - 1] == ')' || is_blank(text[size - 1])))
		size--;
	if (size > 0 && text[size - 1] == ',')
		size--;
	return cursor_over(text, size);
}

static int parse_argument(void (*take)(struct cursor *c, struct endpoint *e), const char *text,
			  size_t size, struct endpoint *e)
{
	struct cursor c = argument_of(text, size);
	struct endpoint parsed = { 0 };

	take(&c, &parsed);
	if (c.failed || c.at != c.size)
		return -EBADMSG;
	*e = parsed;
	return 0;
}

int message_parse_port(const char *text, size_t size, struct endpoint *e)
{
	return parse_argument(message_take_numbers, text, size, e);
}

int message_parse_lprt(const char *text, size_t size, struct endpoint *e)
{
	return parse_argument(message_take_long, text, size, e);
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

static int parse_address(char protocol, char *text, uint16_t port, struct endpoint *e)
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
		text[strcspn(text, "%")] = '\0'; /* an interface of the client's means nothing to others */
		if (inet_pton(AF_INET6, text, &v6) != 1)
			return -EBADMSG;
		*e = endpoint_from_ipv6(&v6, port);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

bool message_is_delimiter(char c)
{
	return c >= 33 && c <= 126 && !char_is_digit(c);
}

int message_parse_eprt(const char *text, size_t size, struct endpoint *e)
{
	struct cursor c = cursor_over(text, size);
	char delimiter = cursor_take(&c), protocol, address[INET6_ADDRSTRLEN + ZONE_MAX];
	uint16_t port;

	if (!message_is_delimiter(delimiter))
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
