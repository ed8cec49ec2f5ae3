/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conntrack expectations: data connections that are let through before they come.
 *
 * An expectation belongs to its master, the control connection, which must carry the helper
 * (kernel/helper.h). It is used up by the first connection that fits, dies with its master, and
 * lives as long as the helper's policy says, whatever is asked for here.
 *
 *	expectation            fits                    altered by the kernel to
 *	passive                client:any → VIP:port   nothing; IPVS does it
 *	passive_altered        client:any → VIP:port   client:any → RS:server_port
 *	active                 RS:any → client:port    VIP:any → client:port
 *
 * Alteration is nat-follow-master: the addresses come from the master's tuples,
 * only the port is taken from here, and it needs nat chains in the namespace
 * (kernel/ruleset.h has them). Ports are in host byte order.
 *
 * Over the policy's maximum the kernel does not refuse: it drops the master's oldest one.
 *
 * Source: net/netfilter/nf_conntrack_netlink.c, nf_conntrack_expect.c, nf_nat_helper.c.
 */
#ifndef FTPALGD_KERNEL_EXPECTATION_H
#define FTPALGD_KERNEL_EXPECTATION_H

#include "core/flow.h"
#include "kernel/netlink.h"

struct expectation {
	struct endpoint source; /* port 0: any */
	struct endpoint destination;
	enum direction opener; /* FROM_CLIENT: passive, FROM_SERVER: active */
	uint16_t altered_port; /* of the destination afterwards; 0: no alteration */
};

struct expectation expectation_passive(const struct flow *master, uint16_t port);
struct expectation expectation_passive_altered(const struct flow *master, uint16_t port,
					       uint16_t server_port);
struct expectation expectation_active(const struct flow *master, uint16_t port);

/*
 * Installs e, acknowledged. One of the same master that is already there is renewed.
 * -EBUSY: it overlaps another session's. -EOPNOTSUPP: the master has no helper. -ENOENT: the
 * master is gone. -EMFILE: nf_conntrack_expect_max is reached.
 */
int expectation_add(struct netlink *nl, const struct flow *master, const struct expectation *e)
	__attribute__((warn_unused_result));

/*
 * The same, and one that another session of this client has on our helper is taken from it: it leads
 * the data connection to that session's virtual service. -EBUSY: it is somebody else's.
 */
int expectation_take(struct netlink *nl, const struct flow *master, const struct expectation *e)
	__attribute__((warn_unused_result));

/* 0: it waits. -ENOENT: used up or timed out. -EBUSY: another session's stands in its place. */
int expectation_find(struct netlink *nl, const struct flow *master, const struct expectation *e)
	__attribute__((warn_unused_result));

/* -ENOENT: used up or timed out. -EBUSY: it is another session's, and stays. */
int expectation_remove(struct netlink *nl, const struct flow *master, const struct expectation *e)
	__attribute__((warn_unused_result));

#endif
