/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a control connection as people are shown them.
 *
 * They are shown as core/text.h says. Of a line whose beginning was not seen nothing is shown: it may
 * be the end of a password.
 */
#ifndef FTPALGD_REPLAY_TRANSCRIPT_H
#define FTPALGD_REPLAY_TRANSCRIPT_H

#include "core/flow.h"

/* Bytes of a line that are shown; of a longer one its beginning. */
#define TRANSCRIPT_LINE_MAX 512

/* One direction; all zero is one at the start of a line. */
struct transcript {
	char *text; /* of the unfinished line, or NULL */
	size_t size;
	bool headless; /* its beginning is missing */
	bool cut;      /* its end is missing */
	bool doubtful; /* where it begins is not certain: shown only when it is a command */
	bool secret_open; /* text_continues_secret */
};

typedef void transcript_line(void *context, enum direction from, const char *text);

/* Gives every line that ends in these bytes to show. Lines without memory for them are cut. */
void transcript_add(struct transcript *t, enum direction from, const char *bytes, size_t size,
		    transcript_line *show, void *context);

/* Bytes are missing here. */
void transcript_gap(struct transcript *t, enum direction from, transcript_line *show, void *context);

/* Shows what is left of an unfinished line, and starts anew. */
void transcript_end(struct transcript *t, enum direction from, transcript_line *show, void *context);

#endif
