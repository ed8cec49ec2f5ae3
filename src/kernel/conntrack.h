/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of one conntrack entry, and a look at it, over ctnetlink.
 *
 * A control connection whose text changed its length has other sequence numbers on either side.
 * Conntrack sees the client's acknowledgements outside the window it keeps, and takes the entry
 * off those packets, which are then no longer diverted: the session hangs. The liberal flag ends
 * the window check for this connection alone.
 */
#ifndef FTPALGD_KERNEL_CONNTRACK_H
#define FTPALGD_KERNEL_CONNTRACK_H

#include "core/flow.h"
#include "kernel/netlink.h"

/* Both directions. -ENOENT: the connection is gone. Doing it twice is harmless. */
int conntrack_make_liberal(struct netlink *nl, const struct flow *flow)
	__attribute__((warn_unused_result));

/*
 * Makes the entry of a control connection in midstream, as the connection's own handshake would have made it, with
 * IPVS' reply tuple and our helper; liberal, as the kernel makes those that it picks up itself, for nobody knows
 * the windows. flow.id is not looked at. -EEXIST: there is one.
 */
int conntrack_adopt(struct netlink *nl, const struct flow *flow) __attribute__((warn_unused_result));

/*
 * Deletes the entries of connections to that virtual service. Returns how many there were, or -errno.
 */
int conntrack_forget(struct netlink *nl, const struct endpoint *service)
	__attribute__((warn_unused_result));

/* 1: that very connection is there and neither side has ended it; 0: not; or -errno. */
int conntrack_is_established(struct netlink *nl, const struct flow *flow)
	__attribute__((warn_unused_result));

#endif
