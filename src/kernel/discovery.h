/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is around the gateway, asked for again and again.
 *
 * The services are those that IPVS itself names as FTP: TCP, port 21, with real servers behind NAT.
 * What is taken, and so never for a data connection (policy_is_taken), are all virtual services of
 * IPVS by TCP address, the ports of their real servers, those of services by firewall mark too, and
 * the sockets on which this machine listens.
 *
 * What is no longer seen is kept for a while: `ipvsadm -C; ipvsadm -R` and a health checker that
 * takes the last real server out leave the connections alone, and so must we.
 *
 * Asking IPVS for the servers of one service is a request of its own. Where there are more than
 * DISCOVERY_PROMPT services, those that are not FTP are asked for their servers in every second look
 * only, or third, and so on.
 */
#ifndef FTPALGD_KERNEL_DISCOVERY_H
#define FTPALGD_KERNEL_DISCOVERY_H

#include "kernel/ipvs.h"
#include "kernel/netlink.h"
#include "kernel/sightings.h"

#define DISCOVERY_PORT 21
#define DISCOVERY_MAX 4096        /* services; more are left alone */
#define DISCOVERY_TAKEN_MAX 65536 /* of each kind that is taken; more are not known */
#define DISCOVERY_PROMPT 512

struct discovery {
	struct sightings services;  /* FTP */
	struct sightings virtuals;  /* of all services */
	struct sightings ends;      /* ports of their real servers */
	struct sightings listeners; /* 127.0.0.0/8 and ::1 are left out */
	struct sightings taken;     /* the three together */
	int listeners_error;        /* -errno: listeners are those of the look before */
	unsigned int skip;          /* looks in which ends need not be asked for */
};

/*
 * Looks. before is the look before, or NULL; now: seconds of a clock that never goes back. diag is of
 * NETLINK_SOCK_DIAG; without one nothing listens. Returns 0 or -errno and leaves *out as it was;
 * discovery_free takes what it holds.
 */
int discovery_run(struct ipvs *ipvs, struct netlink *diag, const struct discovery *before,
		  uint64_t now, struct discovery *out) __attribute__((warn_unused_result));

void discovery_free(struct discovery *d);

/*
 * Puts what a look saw together with the look before: the end of discovery_run, without asking
 * anybody. Returns 0 or -ENOMEM.
 */
int discovery_settle(struct discovery *d, const struct discovery *before, uint64_t now)
	__attribute__((warn_unused_result));

#endif
