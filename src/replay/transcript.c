/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/transcript.h"

#include "core/text.h"
#include "core/verb.h"

#include <stdlib.h>
#include <string.h>

static const char headless_text[] = "(the rest of a line whose beginning was not seen)";
static const char unfinished[] = "...";
static const char rest_text[] = "(not shown: it may be the rest of a secret)";
static const char doubtful_text[] = "(not shown: its beginning may not have been seen)";

static void start_anew(struct transcript *t)
{
	free(t->text);
	*t = (struct transcript){ .secret_open = t->secret_open };
}

static bool is_command(const char *line, size_t size)
{
	struct span argument;
	enum verb verb = verb_find(line, size, &argument);

	return verb == VERB_PASSIVE || verb == VERB_PORT || verb == VERB_EPRT || verb == VERB_LPRT ||
	       verb == VERB_AUTH;
}

/* Why a line is not shown, or NULL. */
static const char *reason_to_hide(struct transcript *t, enum direction from, size_t size, bool crlf)
{
	bool rest = text_continues_secret(&t->secret_open, size > 0 ? t->text : "", size, crlf);

	if (t->headless) {
		t->secret_open = !crlf;
		return headless_text;
	}
	if (from == FROM_SERVER)
		return NULL;
	if (t->doubtful && !is_command(t->text, size))
		return doubtful_text;
	return rest ? rest_text : NULL;
}

static void show_line(struct transcript *t, enum direction from, transcript_line *show, void *context)
{
	char text[TEXT_LINE_MAX(TRANSCRIPT_LINE_MAX) + sizeof(unfinished)];
	bool crlf = t->size > 0 && !t->cut && t->text[t->size - 1] == '\r';
	size_t size = t->size - crlf;
	const char *instead = reason_to_hide(t, from, size, crlf);

	if (instead != NULL) {
		show(context, from, instead);
	} else {
		text_show_line(from, size > 0 ? t->text : "", size, text, sizeof(text) - sizeof(unfinished));
		if (t->cut)
			strcat(text, unfinished);
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
