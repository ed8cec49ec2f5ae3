/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of the client's asks for.
 */
#ifndef FTPALGD_CORE_COMMAND_H
#define FTPALGD_CORE_COMMAND_H

#include "core/decide.h"

/* Longest line that every server reads at once, with its line end; of a longer one some make two. */
#define COMMAND_SIZE_MAX 511

/* Reads a line that has ended; one that is too long or cut was not read. */
void command_read(const struct situation *at, struct decision *d, const struct line *line);

/*
 * Looks at the beginning of a line whose end has not come: a server may have read more than one line in it,
 * and TLS that has begun unnoticed never ends one.
 */
void command_begin(struct decision *d, const struct line *line);

/* Reads the end of a line whose beginning was let go of unread. */
void command_read_unknown(struct decision *d, bool crlf);

/* Whether a line that begins so may have to be edited, so that its beginning must not be passed on. */
bool command_must_withhold(const struct situation *at, const struct line *line);

/* The client's words can be read in two ways: from here on nothing is certain in this session. */
void command_doubt(struct decision *d);

#endif
