/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes openings in the kernel: what decide wants, done (struct opener_ops of core/engine.h).
 *
 *	                 expectation                  IPVS entry
 *	passive, ipvs    client → VIP:port            client:any → VIP:port → RS:port
 *	passive, ct      the same, altered to RS      -
 *	active, ipvs     RS:any → client, altered     client:port → VIP:20 → RS:20
 *	active, ct       the same                     -
 *
 * The expectation is acknowledged by the kernel before make returns; the IPVS entry is in force once
 * settled says so. A session older than the helper can have no expectation:
 * then the entry alone carries the data connection.
 *
 * The first entry looks for the backup thread, or starts it. Where that has been replaced or has gone, what was
 * on its way is lost, and the next entry goes to the thread that runs then. Tickets are good over that change.
 *
 * Belongs to one worker.
 */
#ifndef FTPALGD_TRAFFIC_OPENER_H
#define FTPALGD_TRAFFIC_OPENER_H

#include "core/engine.h"
#include "kernel/ipvs_sync.h"
#include "kernel/netlink.h"
#include "traffic/backup.h"

struct opener;

/* backup is borrowed, and NULL where IPVS entries are not to be made. */
int opener_open(struct backup *backup, struct opener **o)
	__attribute__((warn_unused_result));
void opener_close(struct opener *o);

/* Readable when opener_settled has news; -1 where nothing ever waits. */
int opener_fd(const struct opener *o);

/* What the engine asks of an opener, as the kernel does it; the opener is a struct opener. */
extern const struct opener_ops opener_ops;

/*
 * Sets the timers of connections that IPVS forwards anew, each to that many seconds. Waits for the thread, a second
 * for every few hundred of them at the most: not for a worker. -ETIMEDOUT: it has not taken them.
 */
int opener_keep_alive(struct opener *o, const struct flow *flows, size_t count, uint32_t seconds)
	__attribute__((warn_unused_result));

/* The netlink socket, for other requests of the same worker. */
struct netlink *opener_netlink(struct opener *o);

#endif
