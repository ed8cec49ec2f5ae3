/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/rows.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct rows *r)
{
	size_t room = r->room > 0 ? 2 * r->room : 64;
	void *grown;

	if (r->count < r->room)
		return true;
	grown = reallocarray(r->cells, room, sizeof(*r->cells));
	if (grown == NULL)
		return false;
	r->cells = grown;
	r->room = room;
	return true;
}

void rows_add(struct rows *r, const char *format, ...)
{
	char raw[CELL_MAX];
	va_list arguments;

	if (r->failed || !make_room(r)) {
		r->failed = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	text_escape(raw, r->cells[r->count++], CELL_MAX);
}

void rows_print(struct rows *r, FILE *out)
{
	int widths[COLUMNS_MAX] = { 0 };
	size_t whole = r->count - r->count % r->columns;

	for (size_t i = 0; i < whole; i++) {
		int width = (int)strlen(r->cells[i]);

		if (width > widths[i % r->columns])
			widths[i % r->columns] = width;
	}
	for (size_t i = 0; i < whole; i++) {
		if (i % r->columns == r->columns - 1)
			fprintf(out, "%s\n", r->cells[i]);
		else
			fprintf(out, "%-*s  ", widths[i % r->columns], r->cells[i]);
	}
	free(r->cells);
	*r = (struct rows){ .columns = r->columns };
}
