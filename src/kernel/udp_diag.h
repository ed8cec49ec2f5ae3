/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The receive queue of one UDP socket of this namespace, whoever owns it, by inet_diag.
 *
 * Source: net/ipv4/udp_diag.c (which looks up "source" and "destination" the wrong way round,
 * for historical reasons, and means it).
 */
#ifndef FTPALGD_KERNEL_UDP_DIAG_H
#define FTPALGD_KERNEL_UDP_DIAG_H

#include "core/endpoint.h"
#include "kernel/netlink.h"

struct udp_socket {
	struct endpoint local;
	unsigned interface; /* index of the interface it is bound to, or 0 */
	uint32_t cookie[2]; /* the kernel's, set by udp_diag_find */
};

struct udp_queue {
	uint32_t bytes; /* memory of the datagrams that wait: 0 when none does */
	uint32_t drops; /* datagrams lost since the socket was made; it wraps */
};

/* Looks the socket up by local and interface, unconnected, and learns its cookie. -ENOENT. */
int udp_diag_find(struct netlink *nl, struct udp_socket *socket) __attribute__((warn_unused_result));

/* -ENOENT or -ESTALE: that socket is gone. */
int udp_diag_queue(struct netlink *nl, const struct udp_socket *socket, struct udp_queue *queue)
	__attribute__((warn_unused_result));

#endif
