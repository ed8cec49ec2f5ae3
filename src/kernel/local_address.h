/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether packets to an address are this machine's own, as its routes say: it has the address, or a local route
 * covers it.
 */
#ifndef FTPALGD_KERNEL_LOCAL_ADDRESS_H
#define FTPALGD_KERNEL_LOCAL_ADDRESS_H

#include "core/endpoint.h"
#include "kernel/netlink.h"

/* nl is of NETLINK_ROUTE; the port is not looked at. Returns 1, 0 or -errno. */
int local_address(struct netlink *nl, const struct endpoint *e) __attribute__((warn_unused_result));

#endif
