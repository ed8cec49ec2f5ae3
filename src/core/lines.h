/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a control connection out of the segment at hand and what was kept of earlier ones.
 *
 * A line ends with LF; CR LF is what RFC 959 asks for, a bare LF is understood. The reader yields
 * each line that ends in the segment, and last, with complete false, the beginning of one that does
 * not. The first line of a segment may have begun in an earlier one: its text is then assembled in
 * the buffer that the caller gave.
 */
#ifndef FTPALGD_CORE_LINES_H
#define FTPALGD_CORE_LINES_H

#include "core/splice.h"

struct line {
	const char *text; /* not terminated */
	size_t size;      /* without the line end */
	size_t raw_size;  /* with it */
	uint32_t seq;     /* sender's number of the first byte */
	size_t withheld;  /* bytes of earlier segments that the receiver has not been given */
	bool editable;    /* no byte of it has been passed on */
	bool complete;
	bool bare_lf;     /* it ended without CR */
	bool cut;         /* text is only its beginning, as far as there was room to assemble it */
	bool too_long;    /* over the limit of a line */
};

struct line_reader {
	const char *text; /* of the segment, from the first unread byte */
	size_t size;
	uint32_t seq;     /* of text */
	size_t max_line;
	size_t kept;      /* bytes of the unfinished line in assembled */
	bool withheld;
	bool cr;          /* the byte before text was CR */
	char *assembled;  /* LINE_ASSEMBLED_MAX bytes */
};

/* An assembled line with its line end. */
#define LINE_ASSEMBLED_MAX (PARTIAL_MAX + 2)

/*
 * Passes over the rest of a line, or of the segment. Returns whether the line ends in it; *bare_lf says
 * how, then.
 */
bool line_skip(struct line_reader *r, bool *bare_lf);

/* The next line of a segment that is not used up. */
void line_take(struct line_reader *r, struct line *line);

/* The next line, or false when the segment is used up. */
static inline bool line_next(struct line_reader *r, struct line *line)
{
	if (r->size == 0)
		return false;
	line_take(r, line);
	return true;
}

#endif
