/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backup thread of IPVS that takes our connection entries: somebody else's where one runs,
 * otherwise one of our own.
 *
 * There is one in a namespace. On a pair of directors it is keepalived's: the standby learns through it of
 * the other one's connections. keepalived stops any backup thread on becoming master, starts one on becoming
 * the standby, and does not try again where one runs already: a thread of ours elsewhere would leave the
 * standby deaf. Therefore, unless the operator names a place:
 *  - none is started before an entry is to be sent, and a standby sends none;
 *  - ours listens where the master thread does, or where anybody's thread was last seen, or where
 *    keepalived.conf says that one will; then it is the thread that keepalived wants. On a machine without
 *    any of these: on lo;
 *  - one on lo, or one that we have started, moves there as soon as it is known;
 *  - it is not stopped at the end where keepalived may count on it.
 *
 * Who finds that the thread has gone asks again. Shared by main and the workers; every call may come from any
 * of them, but for backup_init.
 */
#ifndef FTPALGD_TRAFFIC_BACKUP_H
#define FTPALGD_TRAFFIC_BACKUP_H

#include "kernel/ipvs.h"

#include <pthread.h>

struct backup {
	pthread_mutex_t lock;
	bool automatic;
	struct ipvs_thread place; /* named by the operator, or where one was seen or is awaited */
	struct ipvs_thread own;   /* where we have started one; no interface: nowhere */
};

/*
 * place has interface, id and group. Automatic: it is where one is awaited, or has no interface. Otherwise
 * the operator names it.
 */
void backup_init(struct backup *b, const struct ipvs_thread *place, bool automatic);

/* The thread that runs, started if there is none. Returns 0 or -errno of what IPVS was asked last. */
int backup_find(struct backup *b, struct ipvs *ipvs, struct ipvs_thread *found)
	__attribute__((warn_unused_result));

/*
 * To be called every few seconds: learns where threads are, and moves ours. 1: *now is where it has been
 * moved; 0: nothing was to be moved; or -errno.
 */
int backup_watch(struct backup *b, struct ipvs *ipvs, struct ipvs_thread *now)
	__attribute__((warn_unused_result));

/*
 * Stops the thread that we have started, where nobody else counts on it. -ESRCH: ours has gone, and that is
 * nobody's business.
 */
int backup_release(struct backup *b, struct ipvs *ipvs) __attribute__((warn_unused_result));

#endif
