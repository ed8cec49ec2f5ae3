/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual services that IPVS itself names as FTP: TCP, port 21, with real servers behind NAT.
 *
 * One that IPVS no longer names is kept for a while: `ipvsadm -C; ipvsadm -R` and a health checker
 * that takes the last real server out leave the connections alone, and so must we.
 */
#ifndef FTPALGD_KERNEL_DISCOVERY_H
#define FTPALGD_KERNEL_DISCOVERY_H

#include "core/endpoint.h"
#include "kernel/ipvs.h"

#define DISCOVERY_PORT 21
#define DISCOVERY_MAX 4096 /* services; more are left alone */
#define DISCOVERY_GRACE_SECONDS 10

struct discovery_missing {
	struct endpoint service;
	uint64_t since; /* seconds */
};

struct discovery {
	size_t count;
	struct endpoint *found; /* sorted, those that are kept among them */
	size_t missing_count;
	struct discovery_missing *missing; /* the kept ones, sorted */
};

/* Asks IPVS. Returns 0 or -errno and leaves *out as it was; discovery_free takes what it holds. */
int discovery_run(struct ipvs *ipvs, struct discovery *out) __attribute__((warn_unused_result));

/*
 * Adds to what has just been found what was found before and has been missing for less than
 * DISCOVERY_GRACE_SECONDS. now: seconds of a clock that never goes back.
 */
void discovery_keep(struct discovery *d, const struct discovery *before, uint64_t now);

void discovery_free(struct discovery *d);

/* Whether they are the same services, missing or not. */
bool discovery_equal(const struct discovery *a, const struct discovery *b);

#endif
