/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual services that IPVS itself names as FTP: TCP, port 21, with real servers behind NAT.
 */
#ifndef FTPALGD_KERNEL_DISCOVERY_H
#define FTPALGD_KERNEL_DISCOVERY_H

#include "core/endpoint.h"
#include "kernel/ipvs.h"

#define DISCOVERY_PORT 21
#define DISCOVERY_MAX 4096 /* services; more are left alone */

struct discovery {
	size_t count;
	struct endpoint *found; /* in IPVS' order */
};

/* Asks IPVS. Returns 0 or -errno and leaves *out as it was; discovery_free takes what it holds. */
int discovery_run(struct ipvs *ipvs, struct discovery *out) __attribute__((warn_unused_result));

void discovery_free(struct discovery *d);

bool discovery_equal(const struct discovery *a, const struct discovery *b);

#endif
