/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backup thread of IPVS that takes our connection entries: somebody else's where one runs,
 * otherwise one of our own.
 *
 * There is one in a namespace, and keepalived stops and starts it as it becomes master or backup,
 * ours like its own. Who finds that the thread has gone asks again.
 *
 * Shared by main and the workers; every call may come from any of them.
 */
#ifndef FTPALGD_TRAFFIC_BACKUP_H
#define FTPALGD_TRAFFIC_BACKUP_H

#include "kernel/ipvs.h"

#include <stdatomic.h>

/* Ours, where we have to start one; set before the first backup_find. */
struct backup {
	char interface[IF_NAMESIZE];
	uint8_t id;
	atomic_bool started; /* by us */
};

/* Returns 0 or -errno of what IPVS was asked last. */
int backup_find(struct backup *b, struct ipvs *ipvs, struct ipvs_backup *found)
	__attribute__((warn_unused_result));

/*
 * Stops the thread that we have started; another one stays. -ESRCH: ours has gone.
 */
int backup_release(struct backup *b, struct ipvs *ipvs) __attribute__((warn_unused_result));

#endif
