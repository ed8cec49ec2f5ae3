/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control connections whose beginning this daemon cannot have seen: they may begin in their middle
 * (traffic/unseen.h). Asked of conntrack when the daemon starts, and when services come.
 */
#ifndef FTPALGD_DAEMON_BEGINNINGS_H
#define FTPALGD_DAEMON_BEGINNINGS_H

#include "core/policy.h"
#include "kernel/netlink.h"
#include "traffic/unseen.h"

/* Connections of services that have come, at a time; of more the rest is in doubt. */
#define BEGINNINGS_MAX 256

/* Those of all services. The caller's; NULL when memory is short. */
struct unseen_known *beginnings_known(struct netlink *nl, const struct policy *policy);

/* Those of services that are in policy and not in before. Returns their number. */
size_t beginnings_of_new(struct netlink *nl, const struct policy *before, const struct policy *policy,
			 struct unseen_pair pairs[static BEGINNINGS_MAX]);

#endif
