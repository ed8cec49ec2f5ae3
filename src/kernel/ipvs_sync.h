/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives IPVS connection entries through its backup thread, and tells when they are in force.
 *
 * Theory of operation. The thread reads its UDP socket and makes the entries: sendmmsg returns
 * before that, and a client is fast enough to come between. What is known:
 *  1. The thread is sequential: when it has taken message n+1 off its socket, it is done with n.
 *  2. Our echo socket is a member of the same group and connected to our sending socket. The
 *     kernel delivers a multicast datagram to the newest socket last, so that what has come
 *     back on the echo socket is in the thread's queue or already taken from it.
 *  3. inet_diag tells the length of the thread's queue, and how much it had to drop.
 * Each message is followed by one without entries, the barrier, in the same system call. When both
 * have come back, in this order, and the queue is empty, every entry is in force: unless two
 * processors delivered one each in the same microsecond. In another order, or when one of them could
 * not be sent, they count as lost. The next is sent only after that.
 * Nothing here waits: entries gather while a message is on its way.
 *
 *	ipvs_sync_send     → a ticket
 *	ipvs_sync_settled  → 1 in force, 0 not yet: ask again (in some 100 µs), -errno lost
 *
 * The second look needs time of its own only when the thread has not run yet. Messages stay on
 * this machine (TTL 0) and must not be filtered on the thread's interface. Anyone on the machine
 * could send such messages too; the protocol knows no authentication.
 *
 * Not thread-safe: each worker owns its own; they do not disturb each other.
 * ip_vs_sync must not have sysctl net.ipv4.vs.backup_only = 1.
 */
#ifndef FTPALGD_KERNEL_IPVS_SYNC_H
#define FTPALGD_KERNEL_IPVS_SYNC_H

#include "kernel/ipvs.h"
#include "kernel/ipvs_message.h"

#define IPVS_SYNC_PENDING_MAX 512

struct ipvs_sync;

/* Must be opened after the backup thread has started. -ENOENT: it has no socket there. */
int ipvs_sync_open(const struct ipvs_thread *backup, struct ipvs_sync **s)
	__attribute__((warn_unused_result));
void ipvs_sync_close(struct ipvs_sync *s);

/* Readable when a message has come back, i.e. when ipvs_sync_settled has something to do. */
int ipvs_sync_fd(const struct ipvs_sync *s);

/*
 * Takes all entries or none. -ENOBUFS: IPVS_SYNC_PENDING_MAX would be passed, ask for settled
 * first; -EINVAL: an entry is not valid; others, -ENOBUFS too, from the socket.
 */
int ipvs_sync_send(struct ipvs_sync *s, const struct ipvs_entry *entries, size_t count,
		   uint64_t *ticket) __attribute__((warn_unused_result));

/*
 * 1: the entries of that ticket are in force. 0: not yet.
 * -ENOBUFS: the thread's queue was full, some may be lost, send again. A ticket may be told so
 * that was settled and not asked for until another loss.
 * -ETIMEDOUT: the message has not come back, a firewall on the interface may drop it.
 * -ESTALE: the thread is another one or gone, open again.
 */
int ipvs_sync_settled(struct ipvs_sync *s, uint64_t ticket) __attribute__((warn_unused_result));

#endif
