/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The adjusted sessions of a worker, in memory that outlives a crash.
 *
 * A dialogue can be picked up by whoever comes next, but not the difference between the two ways in which
 * the ends of an adjusted session count. So each has a slot in a memory file that the service manager keeps
 * (handover.h): its record (core/session_record.h), written anew with every packet before that goes on.
 * A slot has two halves. The record is written into the one that does not count and then made to count by
 * one byte: the daemon may be killed at any instruction.
 *
 * At most JOURNAL_SLOTS sessions at a time have a slot; others would be lost in a crash. The file costs
 * memory only where a slot was used.
 */
#ifndef FTPALGD_TRAFFIC_JOURNAL_H
#define FTPALGD_TRAFFIC_JOURNAL_H

#include "core/table.h"

#define JOURNAL_SLOTS 4096

struct journal;

/* An empty one in memory of its own. 0 or -errno. */
int journal_open(struct journal **out) __attribute__((warn_unused_result));
void journal_close(struct journal *j);

/* Its memory file, for who keeps it. */
int journal_fd(const struct journal *j);

/* Writes the session as it is now. now is in seconds, monotonic. */
void journal_put(struct journal *j, const struct table *table, struct session *s, uint32_t now);

/* The session is over. */
void journal_drop(struct journal *j, struct session *s);

/*
 * Adds the sessions in the memory file of another journal to the table. -EPROTONOSUPPORT: another version
 * has written it; -EBADMSG: some were damaged, and are left out.
 */
int journal_read(int fd, uint32_t now, struct table *table) __attribute__((warn_unused_result));

#endif
