/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/transcript.h"

#include "core/message.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char headless_text[] = "(the rest of a line whose beginning was not seen)";
static const char doubtful_text[] = "(not shown: its beginning may not have been seen)";

static size_t escape(const char *bytes, size_t size, char *out)
{
	size_t at = 0;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '\\')
			out[at++] = bytes[i];
		else
			at += (size_t)sprintf(out + at, "\\x%02x", (unsigned char)bytes[i]);
	}
	out[at] = '\0';
	return at;
}

/* Size of the part of a command that may be shown; the verb alone, where the rest is secret. */
static size_t showable(const char *line, size_t size)
{
	static const char secret[][5] = { "PASS", "ACCT" };
	size_t verb = 0;

	while (verb < size && isalpha((unsigned char)line[verb]) == 0)
		verb++;
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (size - verb > 4 && strncasecmp(line + verb, secret[i], 4) == 0)
			return verb + 4;
	return size;
}

const char *transcript_format(enum direction from, const char *line, size_t size,
			      char text[static TRANSCRIPT_TEXT_MAX])
{
	char room[TRANSCRIPT_LINE_MAX];
	const char *plain;
	size_t shown, end;

	if (size > sizeof(room))
		size = sizeof(room);
	if (from == FROM_SERVER) {
		escape(line, size, text);
		return text;
	}
	shown = size;
	plain = message_strip_telnet(line, &shown, room);
	if (showable(plain, shown) == shown) {
		escape(line, size, text);
		return text;
	}
	end = escape(plain, showable(plain, shown), text);
	memcpy(text + end, " ***", sizeof(" ***"));
	return text;
}

static void start_anew(struct transcript *t)
{
	free(t->text);
	*t = (struct transcript){ 0 };
}

static bool is_command(const char *line, size_t size)
{
	struct span argument;
	enum command command = message_command(line, size, &argument);

	return command != COMMAND_OTHER && command != COMMAND_TRANSFER;
}

static void show_line(struct transcript *t, enum direction from, transcript_line *show, void *context)
{
	char text[TRANSCRIPT_TEXT_MAX];
	size_t size = t->size;

	if (size > 0 && !t->cut && t->text[size - 1] == '\r')
		size--;
	if (t->headless)
		show(context, from, headless_text);
	else if (t->doubtful && from == FROM_CLIENT && !is_command(t->text, size))
		show(context, from, doubtful_text);
	else {
		transcript_format(from, size > 0 ? t->text : "", size, text);
		if (t->cut)
			strcat(text, "...");
		show(context, from, text);
	}
	start_anew(t);
}

static void keep(struct transcript *t, const char *bytes, size_t size)
{
	size_t room = TRANSCRIPT_LINE_MAX - t->size;

	if (t->text == NULL && size > 0)
		t->text = malloc(TRANSCRIPT_LINE_MAX);
	if (t->text == NULL)
		room = 0;
	if (size > room) {
		size = room;
		t->cut = true;
	}
	if (size > 0)
		memcpy(t->text + t->size, bytes, size);
	t->size += size;
}

void transcript_add(struct transcript *t, enum direction from, const char *bytes, size_t size,
		    transcript_line *show, void *context)
{
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t part = end != NULL ? (size_t)(end - bytes) : size;

		keep(t, bytes, part);
		if (end == NULL)
			return;
		show_line(t, from, show, context);
		bytes += part + 1;
		size -= part + 1;
	}
}

void transcript_gap(struct transcript *t, enum direction from, transcript_line *show, void *context)
{
	transcript_end(t, from, show, context);
	t->headless = true;
}

void transcript_end(struct transcript *t, enum direction from, transcript_line *show, void *context)
{
	if (t->size > 0) {
		t->cut = true;
		show_line(t, from, show, context);
	}
	start_anew(t);
}
