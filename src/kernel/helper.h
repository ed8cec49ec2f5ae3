/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conntrack helper "ftpalgd", which lets a control connection be master of expectations.
 *
 * It is registered disabled, for TCP over both families: it never queues anything itself, it
 * holds the policy that rules every expectation of its connections. The ruleset attaches it to
 * new connections (kernel/ruleset.h), and can name it only once it is registered.
 *
 * The kernel keeps helpers for the whole machine, not for a namespace, and keeps them when the
 * process that registered them dies. helper_register therefore makes it or, where it is there,
 * gives it this policy: expectations made from then on follow it. Leave it registered over a
 * restart: unregistering takes the helper off all living connections, and these can never again
 * have an expectation.
 *
 * Needs CAP_NET_ADMIN in the initial user namespace.
 *
 * Source: net/netfilter/nfnetlink_cthelper.c, nf_conntrack_helper.c.
 */
#ifndef FTPALGD_KERNEL_HELPER_H
#define FTPALGD_KERNEL_HELPER_H

#include <stdint.h>

#include "kernel/netlink.h"

#define HELPER_NAME "ftpalgd"

#define HELPER_EXPECTATIONS_MAX 255 /* NF_CT_EXPECT_MAX_CNT */

struct helper_policy {
	uint32_t expectations; /* per control connection: 1 … HELPER_EXPECTATIONS_MAX */
	uint32_t seconds;      /* life of one that nobody uses, not 0 */
};

/* Registers, or updates what is there. */
int helper_register(struct netlink *nl, const struct helper_policy *policy)
	__attribute__((warn_unused_result));

/*
 * -EBUSY: a ruleset still names it, here or in another namespace; also for some time after that
 * ruleset has been removed, since nf_tables destroys its objects later.
 */
int helper_unregister(struct netlink *nl) __attribute__((warn_unused_result));

/*
 * The same, waiting for a ruleset that has just been removed: nf_tables destroys its objects after a
 * grace period of RCU, and membarrier(2) returns after one. -EBUSY: another ruleset names it.
 */
int helper_withdraw(struct netlink *nl) __attribute__((warn_unused_result));

#endif
