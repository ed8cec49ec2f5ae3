/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one daemon leaves to the next over a restart, in systemd's file-descriptor store
 * (sd_pid_notify_with_fds(3), FileDescriptorStoreMax= in the unit).
 *
 *	queue-NUMBER      the bound queue: packets wait in it until the next daemon reads them
 *	sessions-NUMBER   a memory file with the sessions of that queue, written at the end
 *
 * Queues are stored at the start, so that they survive a crash as well; after a crash there are no
 * sessions, and dialogues are picked up midway. The sessions' file is a header and then one record
 * after the other; one that another version wrote is recognised by the header and refused whole.
 * Without a service manager all of this does nothing.
 */
#ifndef FTPALGD_DAEMON_HANDOVER_H
#define FTPALGD_DAEMON_HANDOVER_H

#include "core/table.h"
#include "daemon/log.h"

struct handover;

/* Takes what the daemon before has left; to be called once, before any thread is started. */
int handover_open(struct log *log, struct handover **out) __attribute__((warn_unused_result));

/* Closes what nobody has taken, and removes it from the store. */
void handover_close(struct handover *h);

/* The descriptor of that queue, the caller's from now on, or -1. */
int handover_take_queue(struct handover *h, uint16_t number);

/* Stores a copy of a queue's descriptor. */
void handover_store_queue(struct log *log, uint16_t number, int fd);

/* Adds the sessions left for that queue to the table; returns their number. */
size_t handover_load_sessions(struct handover *h, uint16_t number, struct table *table);

/* Stores the sessions of the table. */
void handover_store_sessions(struct log *log, uint16_t number, struct table *table);

/* Waits until the service manager has taken everything that was stored. */
void handover_finish(void);

#endif
