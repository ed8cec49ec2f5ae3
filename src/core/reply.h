/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of the server's answers.
 */
#ifndef FTPALGD_CORE_REPLY_H
#define FTPALGD_CORE_REPLY_H

#include "core/decide.h"

/* Reads a line, or the beginning of one whose end will not be read (complete is false). */
void reply_read(const struct situation *at, struct decision *d, const struct line *line);

/* A line has ended, read or not. */
void reply_end(struct dialogue *after, bool bare_lf);

/* Whether a line that begins so may have to be edited, so that its beginning must not be passed on. */
bool reply_must_withhold(const struct situation *at, const struct dialogue *now, const struct line *line);

/* Whether a line that begins so does not show its code yet, or has one by which all of it counts. */
bool reply_is_read_whole(const struct line *line);

#endif
