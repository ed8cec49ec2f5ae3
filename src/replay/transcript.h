/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a control connection as people are shown them.
 *
 * Whatever is outside printable ASCII is written as \xNN, a backslash too: nothing that came over
 * the wire reaches a terminal raw. The arguments of PASS and ACCT are not shown, nor is the rest of
 * a line whose beginning was not seen, which may be the end of a password.
 */
#ifndef FTPALGD_REPLAY_TRANSCRIPT_H
#define FTPALGD_REPLAY_TRANSCRIPT_H

#include "core/flow.h"

/* Bytes of a line that are shown; of a longer one its beginning. */
#define TRANSCRIPT_LINE_MAX 512
#define TRANSCRIPT_TEXT_MAX (TRANSCRIPT_LINE_MAX * 4 + 32)

/* One direction; all zero is one at the start of a line. */
struct transcript {
	char *text; /* of the unfinished line, or NULL */
	size_t size;
	bool headless; /* its beginning is missing */
	bool cut;      /* its end is missing */
	bool doubtful; /* where it begins is not certain: shown only when it is a command */
};

typedef void transcript_line(void *context, enum direction from, const char *text);

/* Gives every line that ends in these bytes to show. Lines without memory for them are cut. */
void transcript_add(struct transcript *t, enum direction from, const char *bytes, size_t size,
		    transcript_line *show, void *context);

/* Bytes are missing here. */
void transcript_gap(struct transcript *t, enum direction from, transcript_line *show, void *context);

/* Shows what is left of an unfinished line, and starts anew. */
void transcript_end(struct transcript *t, enum direction from, transcript_line *show, void *context);

/* Writes a line, without its line end, as people are shown it; returns text. */
const char *transcript_format(enum direction from, const char *line, size_t size,
			      char text[static TRANSCRIPT_TEXT_MAX]);

#endif
