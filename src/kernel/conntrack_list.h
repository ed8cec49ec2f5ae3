/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TCP connections that conntrack knows, all of them: for what is asked now and then, and not on the way of a
 * packet. A million of them take seconds.
 */
#ifndef FTPALGD_KERNEL_CONNTRACK_LIST_H
#define FTPALGD_KERNEL_CONNTRACK_LIST_H

#include "core/endpoint.h"
#include "kernel/netlink.h"

struct conntrack_connection {
	struct endpoint source, destination;             /* of the original tuple */
	struct endpoint reply_source, reply_destination; /* of the reply tuple */
	bool expected;                                   /* foretold by an expectation of: */
	struct endpoint master_source, master_destination;
	bool established; /* neither side has ended it */
	bool altered;     /* by conntrack's own NAT */
};

/* cb returns 0 to go on, anything else is returned at once. A dump that was overtaken counts as complete. */
typedef int conntrack_seen(const struct conntrack_connection *c, void *data);
int conntrack_list(struct netlink *nl, conntrack_seen *cb, void *data)
	__attribute__((warn_unused_result));

#endif
