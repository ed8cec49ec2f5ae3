/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file in which a worker leaves its sessions to the daemon that follows (handover.h).
 *
 * A header, then one record after the other (core/session_record.h), each behind its size: 16 bits, in
 * network byte order; behind the last one a size of 0.
 */
#ifndef FTPALGD_TRAFFIC_SESSION_FILE_H
#define FTPALGD_TRAFFIC_SESSION_FILE_H

#include "core/table.h"

#include <stdio.h>

/* Writes all sessions of the table. No packet of theirs may wait. now is in seconds, monotonic. 0 or -EIO. */
int session_file_write(struct table *table, uint32_t now, FILE *out) __attribute__((warn_unused_result));

/*
 * Adds the sessions in the file to the table; where it is too small, the oldest make room. now is
 * in seconds, monotonic. -EPROTONOSUPPORT: another version has written it, nothing was added.
 * -EBADMSG: it is damaged; the sessions before the damage are in the table.
 */
int session_file_read(FILE *in, uint32_t now, struct table *table) __attribute__((warn_unused_result));

#endif
