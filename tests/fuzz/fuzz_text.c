/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client's line, shown. Whatever a server of any kind would take for a password is not part of it.
 *
 * The first byte says how much room there is and which kind of server reads the line: what it takes for
 * the end of a line, whether it knows Telnet commands, and whether it leaves out control characters.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_MAX_BYTES = 512, IAC = 255, SE = 240, SB = 250, WILL = 251, DONT = 254 };
enum kind { ENDS_AT_CR = 1, ENDS_AT_NUL = 2, KNOWS_TELNET = 4, LEAVES_OUT = 8, SMALL_ROOM = 16 };

/* What the server has read of its line so far. */
struct server {
	unsigned int kind;
	char text[LINE_MAX_BYTES];
	size_t size;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool ends_line(const struct server *s, char c)
{
	return ((s->kind & ENDS_AT_CR) != 0 && c == '\r') || ((s->kind & ENDS_AT_NUL) != 0 && c == '\0');
}

/* The byte that is the first of a password's, as far as this server knows by now. */
static bool is_in_secret(const struct server *s)
{
	static const char *const verbs[] = { "PASS", "ACCT", "ADAT" };
	char word[5] = "";

	if (s->size < 5 || s->text[4] != ' ')
		return false;
	for (size_t i = 0; i < 4; i++)
		word[i] = (char)toupper((unsigned char)s->text[i]);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(word, verbs[i]) == 0)
			return true;
	return false;
}

static size_t telnet_size(const char *line, size_t size)
{
	uint8_t code = size > 1 ? (uint8_t)line[1] : 0;
	size_t at = 2;

	if (code == SB)
		while (at < size && !((uint8_t)line[at - 1] == IAC && (uint8_t)line[at] == SE && at > 2))
			at++;
	else if (code < WILL || code > DONT)
		return size < 2 ? size : 2;
	return at + 1 < size ? at + 1 : size;
}

/* Where the first secret byte is in the line, or its size. */
static size_t find_secret(struct server *s, const char *line, size_t size)
{
	for (size_t at = 0; at < size;) {
		if ((s->kind & KNOWS_TELNET) != 0 && (uint8_t)line[at] == IAC) {
			at += telnet_size(line + at, size - at);
			continue;
		}
		if (is_in_secret(s) && line[at] > ' ')
			return at;
		if (ends_line(s, line[at]))
			s->size = 0;
		else if ((s->kind & LEAVES_OUT) == 0 || (line[at] >= ' ' && line[at] <= '~'))
			s->text[s->size++] = line[at];
		at++;
	}
	return size;
}

static uint8_t hex(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* How much of the line is in what is shown; it is read back byte for byte. */
static size_t read_back(const char *shown, size_t end, const char *line, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < end; i++, at++) {
		char byte = shown[i];

		require(byte >= ' ' && byte <= '~');
		if (byte == '\\') {
			require(i + 3 < end && shown[i + 1] == 'x');
			byte = (char)(hex(shown[i + 2]) << 4 | hex(shown[i + 3]));
			i += 3;
		}
		require(at < size && byte == line[at]);
	}
	return at;
}

static bool ends_in(const char *text, size_t size, const char *mark)
{
	return size >= strlen(mark) && memcmp(text + size - strlen(mark), mark, strlen(mark)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server server = { .kind = size > 0 ? data[0] : 0 };
	char line[LINE_MAX_BYTES + 1], shown[TEXT_LINE_MAX(LINE_MAX_BYTES)], again[sizeof(shown)];
	size_t room = (server.kind & SMALL_ROOM) != 0 ? TEXT_ROOM_MIN + (server.kind >> 5) : sizeof(shown);
	size_t end;

	if (size < 1 || size - 1 > LINE_MAX_BYTES)
		return 0;
	memcpy(line, data + 1, size - 1);
	line[size - 1] = '\0';
	text_show_line(FROM_CLIENT, line, size - 1, shown, room);
	end = strlen(shown);
	require(end < room);
	require(strcmp(text_escape(shown, again, sizeof(again)), shown) == 0);
	if (ends_in(shown, end, " ****"))
		end -= 5;
	if (room < sizeof(shown) && ends_in(shown, end, "..."))
		end -= 3;
	/* A line that itself ends as a mark does is shown as it is. */
	require(read_back(shown, end, line, size - 1) <= find_secret(&server, line, size - 1));
	text_show_line(FROM_SERVER, line, size - 1, shown, room);
	require(strlen(shown) < room);
	text_escape(line, shown, room);
	require(strlen(shown) < room);
	return 0;
}
