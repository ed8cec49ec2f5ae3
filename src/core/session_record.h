/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session as bytes, with the splices that it holds: what a daemon leaves to the next.
 *
 * Every member has its own place, whatever a compiler makes of the structures, in network byte order,
 * and is checked when it is read. Moments are written as the seconds that have passed since: the reader
 * has its own clock.
 */
#ifndef FTPALGD_CORE_SESSION_RECORD_H
#define FTPALGD_CORE_SESSION_RECORD_H

#include "core/table.h"

/* To be raised with every change of what is written here, and of what it means. */
#define SESSION_RECORD_FORMAT 7

/* Bytes of a record at most: a session, and two splices with all their edits. */
#define SESSION_RECORD_MAX (256 + DIRECTIONS * (16 + PARTIAL_MAX + SPLICE_EDITS * (16 + EDIT_TEXT_MAX)))

/* Returns the size. now is in seconds, monotonic. */
size_t session_record_write(const struct table *table, const struct session *s, uint32_t now,
			    uint8_t out[static SESSION_RECORD_MAX]);

/*
 * Adds the session to the table; where that is too small, another makes room. -EBADMSG: it is damaged;
 * -EEXIST: it is there already; -ENOSPC: it found no room, or its splices did not.
 */
int session_record_read(const uint8_t *in, size_t size, uint32_t now, struct table *table)
	__attribute__((warn_unused_result));

#endif
