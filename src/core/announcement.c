/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/announcement.h"

#include "core/cursor.h"
#include "core/message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

enum {
	REPLY_LONG_PASSIVE = 228,
	REPLY_EXTENDED_PASSIVE = 229,
};

/* ---- numbers ---- */

/* Not the rest of a number, of a run that began before, or of a negative one. */
static bool begins_numbers(const char *line, size_t from, size_t at)
{
	char before = at > from ? line[at - 1] : ' ';

	if (!char_is_digit(line[at]) || char_is_digit(before) || before == '-' || before == '+')
		return false;
	return (before != ',' && before != '.') || at - 1 == from || !char_is_digit(line[at - 2]);
}

/* A seventh number, or what is none, behind the last one. */
static bool goes_on(struct cursor c)
{
	char next = cursor_take(&c);

	return char_is_digit(next) || ((next == ',' || next == '.') && char_is_digit(cursor_peek(&c)));
}

static int find_numbers(const char *line, size_t size, size_t from, struct announcement *a)
{
	for (size_t at = from; at < size; at++) {
		struct cursor c = cursor_over(line + at, size - at);

		if (!begins_numbers(line, from, at))
			continue;
		message_take_numbers(&c, &a->named);
		if (c.failed || goes_on(c))
			continue;
		a->form = FORM_NUMBERS;
		a->where = (struct span){ at, c.at };
		return 0;
	}
	return -EBADMSG;
}

static int find_long(const char *line, size_t size, size_t from, struct announcement *a)
{
	for (size_t at = from; at < size; at++) {
		struct cursor c = cursor_over(line + at, size - at);

		if (!begins_numbers(line, from, at))
			continue;
		message_take_long(&c, &a->named);
		if (c.failed || goes_on(c))
			continue;
		a->form = FORM_LONG;
		a->where = (struct span){ at, c.at };
		return 0;
	}
	return -EBADMSG;
}

/* ---- delimiters ---- */

static bool take_port(struct cursor *c, char delimiter, struct announcement *a)
{
	for (int i = 0; i < 3; i++)
		cursor_expect(c, delimiter);
	a->form = FORM_PORT;
	a->named = (struct endpoint){ .port = (uint16_t)cursor_number(c, 5, UINT16_MAX) };
	cursor_expect(c, delimiter);
	return !c->failed;
}

/* As long as it has five delimiters it may be an argument of EPRT. */
static bool take_address(struct cursor *c, char delimiter, struct announcement *a)
{
	size_t delimiters = 0, end = 0;

	while (end < c->size && delimiters < 4)
		delimiters += c->text[end++] == delimiter;
	a->form = FORM_ADDRESS;
	c->at = end;
	return delimiters == 4 && message_parse_eprt(c->text, end, &a->named) == 0;
}

static int find_delimited(const char *line, size_t size, size_t from, struct announcement *a)
{
	for (size_t at = from; at + 1 < size; at++) {
		struct cursor c = cursor_over(line + at, size - at);
		char delimiter = cursor_peek(&c), next = line[at + 1];
		bool found = false;

		if (!message_is_delimiter(delimiter))
			continue;
		if (next == delimiter)
			found = take_port(&c, delimiter, a);
		else if (next == '1' || next == '2')
			found = take_address(&c, delimiter, a);
		if (!found)
			continue;
		a->delimiter = delimiter;
		a->where = (struct span){ at, c.at };
		return 0;
	}
	return -EBADMSG;
}

int announcement_find(const char *line, size_t size, size_t from, unsigned int code,
		      struct announcement *a)
{
	struct announcement found = { .delimiter = '|' };
	int error;

	if (code == REPLY_EXTENDED_PASSIVE) {
		error = find_delimited(line, size, from, &found);
		if (error < 0)
			error = find_numbers(line, size, from, &found);
	} else {
		error = code == REPLY_LONG_PASSIVE ? find_long(line, size, from, &found) : -EBADMSG;
		if (error < 0)
			error = find_numbers(line, size, from, &found);
		if (error < 0)
			error = find_delimited(line, size, from, &found);
	}
	if (error == 0)
		*a = found;
	return error;
}

/* ---- writing ---- */

static size_t put_number(char *out, unsigned int number)
{
	size_t digits = 1;

	for (unsigned int rest = number / 10; rest > 0; rest /= 10)
		digits++;
	for (size_t i = digits; i-- > 0; number /= 10)
		out[i] = (char)('0' + number % 10);
	return digits;
}

static size_t put_bytes(char *out, const uint8_t *bytes, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		size += put_number(out + size, bytes[i]);
		out[size++] = ',';
	}
	return size;
}

static size_t put_port_bytes(char *out, uint16_t port)
{
	size_t size = put_number(out, port >> 8);

	out[size++] = ',';
	return size + put_number(out + size, port & 0xff);
}

static size_t format_numbers(const struct endpoint *shown, char *text)
{
	static const uint8_t none[4];
	const uint8_t *address = endpoint_is_ipv4(shown) ? &shown->addr.s6_addr[12] : none;
	size_t size = put_bytes(text, address, 4);

	return size + put_port_bytes(text + size, shown->port);
}

static size_t format_long(const struct endpoint *shown, char *text)
{
	const bool v4 = endpoint_is_ipv4(shown);
	const size_t length = v4 ? 4 : 16;
	size_t size = put_bytes(text, (const uint8_t[]){ v4 ? 4 : 6, (uint8_t)length }, 2);

	size += put_bytes(text + size, &shown->addr.s6_addr[16 - length], length);
	size += put_bytes(text + size, (const uint8_t[]){ 2 }, 1);
	return size + put_port_bytes(text + size, shown->port);
}

static size_t format_port(char delimiter, uint16_t port, char *text)
{
	size_t size = 3;

	memset(text, delimiter, size);
	size += put_number(text + size, port);
	text[size++] = delimiter;
	return size;
}

static size_t format_address(const struct announcement *a, const struct endpoint *shown, char *text)
{
	const bool v4 = endpoint_is_ipv4(shown);
	char address[INET6_ADDRSTRLEN];

	inet_ntop(v4 ? AF_INET : AF_INET6, &shown->addr.s6_addr[v4 ? 12 : 0], address, sizeof(address));
	return (size_t)snprintf(text, ANNOUNCEMENT_MAX, "%c%c%c%s%c%u%c", a->delimiter, v4 ? '1' : '2',
				a->delimiter, address, a->delimiter, shown->port, a->delimiter);
}

size_t announcement_format(const struct announcement *a, const struct endpoint *shown,
			   char text[static ANNOUNCEMENT_MAX])
{
	size_t size = 0;

	switch (a->form) {
	case FORM_NUMBERS:
		size = format_numbers(shown, text);
		break;
	case FORM_PORT:
		size = format_port(a->delimiter, shown->port, text);
		break;
	case FORM_ADDRESS:
		size = format_address(a, shown, text);
		break;
	case FORM_LONG:
		size = format_long(shown, text);
		break;
	}
	text[size] = '\0';
	return size;
}
