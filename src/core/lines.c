/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/lines.h"

#include <string.h>

static size_t without_line_end(const struct line *line)
{
	size_t size = line->raw_size - (line->complete && !line->cut);

	return !line->cut && size > 0 && line->text[size - 1] == '\r' ? size - 1 : size;
}

/* Joins what was kept with the part in this segment, as far as both fit. */
static void assemble(struct line_reader *r, struct line *line)
{
	size_t part = line->raw_size;

	line->seq -= (uint32_t)r->kept;
	line->editable = r->withheld;
	line->withheld = r->withheld ? r->kept : 0;
	line->cut = part > LINE_ASSEMBLED_MAX - r->kept;
	if (line->cut)
		part = LINE_ASSEMBLED_MAX - r->kept;
	memcpy(r->assembled + r->kept, line->text, part);
	line->text = r->assembled;
	line->raw_size = r->kept + part;
}

bool line_skip(struct line_reader *r, bool *bare_lf)
{
	const char *end = memchr(r->text, '\n', r->size);
	size_t part = end != NULL ? (size_t)(end - r->text) + 1 : r->size;
	bool cr = r->cr;

	if (end != NULL && part > 1)
		cr = r->text[part - 2] == '\r';
	*bare_lf = end != NULL && !cr;
	if (part > 0)
		r->cr = r->text[part - 1] == '\r';
	r->text += part;
	r->size -= part;
	r->seq += (uint32_t)part;
	return end != NULL;
}

void line_take(struct line_reader *r, struct line *line)
{
	size_t whole;

	*line = (struct line){ .text = r->text, .seq = r->seq, .editable = true };
	line->complete = line_skip(r, &line->bare_lf);
	line->raw_size = (size_t)(r->text - line->text);
	whole = r->kept + line->raw_size;
	if (r->kept > 0)
		assemble(r, line);
	r->kept = 0;
	line->size = without_line_end(line);
	line->too_long = whole > r->max_line;
}
