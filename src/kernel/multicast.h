/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A UDP multicast sender that stays on this machine, and its echo.
 *
 * Both sockets are non-blocking. The echo socket is a member of the group on the interface and
 * connected to the sender's address: it hears nobody else, and of the sockets that hear the
 * sender it is the newest, to which the kernel delivers last (net/ipv4/udp.c, ipv6/udp.c).
 */
#ifndef FTPALGD_KERNEL_MULTICAST_H
#define FTPALGD_KERNEL_MULTICAST_H

#include "core/endpoint.h"

struct multicast {
	int sender; /* connected to the group */
	int echo;
};

/* interface is an index. Nothing is open after an error. */
int multicast_open(const struct endpoint *group, unsigned interface, struct multicast *m)
	__attribute__((warn_unused_result));
void multicast_close(struct multicast *m);

#endif
