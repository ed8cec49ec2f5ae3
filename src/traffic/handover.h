/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one daemon leaves to the next over a restart, in systemd's file-descriptor store
 * (sd_pid_notify_with_fds(3), FileDescriptorStoreMax= in the unit).
 *
 *	queue-NUMBER       the bound queue: packets wait in it until the next daemon reads them
 *	adjusted-I-of-N    the journal of the adjusted sessions of the queue first + I (journal.h)
 *	sessions-I-of-N    a memory file with all sessions of that queue, written at the end
 *
 * Queues and journals are stored at the start, so that they survive a crash as well. After a crash other
 * sessions than the adjusted ones are resynchronised. So are all when the file is of another version, or
 * when the number of queues has changed: then connections go to other queues than before.
 * The manager lets go of all of it when the service is stopped or has failed for good, and the
 * rules let packets pass from then on. Without a service manager all of this does nothing.
 *
 * Used by one thread at a time.
 */
#ifndef FTPALGD_TRAFFIC_HANDOVER_H
#define FTPALGD_TRAFFIC_HANDOVER_H

#include "core/table.h"
#include "log/log.h"
#include "traffic/journal.h"

struct handover;

/*
 * Takes what the daemon before has left for count queues from first on; to be called once, before
 * any thread is started.
 */
int handover_open(struct log *log, uint32_t first, uint32_t count, struct handover **out)
	__attribute__((warn_unused_result));

/* Waits until the service manager has taken everything that was stored. */
void handover_close(struct handover *h);

/* The descriptor of that queue, the caller's from now on, or -1. */
int handover_take_queue(struct handover *h, uint16_t number);

/* The descriptor taken is of no use: the manager is to forget it. */
void handover_refuse_queue(struct handover *h, uint16_t number);

/* Stores a copy of a queue's descriptor. */
void handover_store_queue(struct handover *h, uint16_t number, int fd);

/* Whether the daemon before came to its end, and left sessions for these queues. */
bool handover_has_sessions(const struct handover *h);

/* Adds the sessions left for that queue to the table, after a crash the adjusted ones. now: seconds, monotonic. */
void handover_take_sessions(struct handover *h, uint16_t number, uint32_t now, struct table *table);

/* Stores the journal of that queue; it is the caller's. NULL where nobody would keep it, or memory is short. */
struct journal *handover_store_journal(struct handover *h, uint16_t number);

/* Stores the sessions of the table. */
void handover_store_sessions(struct handover *h, uint16_t number, uint32_t now, struct table *table);

/*
 * The start has succeeded: closes what nobody has taken, has it forgotten, and says on the log
 * what goes on. After a start that failed the next one finds it all again.
 */
void handover_settle(struct handover *h);

#endif
