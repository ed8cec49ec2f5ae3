/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which port of the virtual service a client is shown for a passive opening.
 *
 * The server's own port comes first, where the service's passive_ports allow it. It may have to be
 * another one: the kernel refuses a port that another opening of the same client holds, and a port
 * on which something else is reached (policy_may_show) is never shown. Then ports are tried
 *
 *	- of passive_ports, in an order of the session's own, so that sessions rarely try the same;
 *	- where the service has none, around the server's own port, the nearest first, and before all
 *	  others those of the range that the server is configured with (service_range).
 *
 * Why near: a firewall before the director lets in the ports that clients are shown. For a service
 * without passive_ports these are the servers' own ports, so a neighbour is most likely let in too.
 */
#ifndef FTPALGD_CORE_OPENING_H
#define FTPALGD_CORE_OPENING_H

#include "core/decide.h"

/* Ports that are given out for one opening. */
#define OPENING_TRIES_MAX 64

/* How far from the server's own port another one is looked for. */
#define OPENING_NEAR 512

/* Ports that are looked at for one opening, free or not. */
#define OPENING_LOOKS_MAX 1024

/* The ports of one opening, one after the other. All that it points to is borrowed. */
struct opening_ports {
	const struct policy *policy;
	const struct service *service;
	struct endpoint shown;          /* the virtual address, with the port looked at last */
	uint16_t own;                   /* the server's */
	struct port_range named;        /* the server's range; first 0: none */
	uint32_t seed;
	unsigned int step;
	unsigned int looks;
	unsigned int tries;
};

/* seed differs between sessions and openings. */
void opening_ports_begin(struct opening_ports *ports, const struct situation *at,
			 const struct want *want, uint32_t seed);

/* The next port. Returns 0, or -ENOSPC when there are no more to try. */
int opening_ports_next(struct opening_ports *ports, uint16_t *port)
	__attribute__((warn_unused_result));

#endif
