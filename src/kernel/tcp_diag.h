/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TCP sockets that listen in this namespace, whoever owns them, by inet_diag.
 *
 * Source: net/ipv4/inet_diag.c, net/ipv4/tcp_diag.c.
 */
#ifndef FTPALGD_KERNEL_TCP_DIAG_H
#define FTPALGD_KERNEL_TCP_DIAG_H

#include "core/endpoint.h"
#include "kernel/netlink.h"

/*
 * Hands where they listen to cb; the address is zero, of its family, for a socket that listens on
 * all of them. One that takes IPv4 beside IPv6 is handed on once for each. cb returns 0 to go on, or
 * -errno, which is returned then. nl is of NETLINK_SOCK_DIAG. -ENOENT: no module tcp_diag.
 */
typedef int tcp_listener_seen(const struct endpoint *local, void *data);
int tcp_diag_listeners(struct netlink *nl, tcp_listener_seen *cb, void *data)
	__attribute__((warn_unused_result));

/* What one answer of the kernel says, for a test: whether it is an IPv6 socket that takes IPv4, too. */
int tcp_diag_read(const struct nlmsghdr *nlh, struct endpoint *local, bool *takes_ipv4)
	__attribute__((warn_unused_result));

#endif
