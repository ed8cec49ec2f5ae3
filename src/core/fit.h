/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts an announcement of another length into a reply of the same length.
 *
 * The words of a 227 or 229 are free text. A shorter announcement is made up for with blanks at
 * the end of the line. For a longer one words are dropped, those next to the announcement first;
 * what they free beyond the need becomes blanks at the end. Only where the words do not suffice
 * does the line grow, by as little as possible.
 */
#ifndef FTPALGD_CORE_FIT_H
#define FTPALGD_CORE_FIT_H

#include "core/announcement.h"

/*
 * line: code, blank, text, without line end. where: the announcement in it, not within the first
 * four bytes. out has room for size + ANNOUNCEMENT_MAX bytes. Returns the size of the new line:
 * size, wherever that is possible.
 */
size_t fit_announcement(const char *line, size_t size, struct span where, const char *announcement,
			size_t announcement_size, char *out);

#endif
