/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in the way of the gateway on this machine, found before anything is changed.
 *
 * Each finding has three texts: what was found, why it matters, and the command that mends it.
 * They concern the calling process's network namespace.
 */
#ifndef FTPALGD_KERNEL_PROBE_H
#define FTPALGD_KERNEL_PROBE_H

#include <stdbool.h>

enum probe_finding {
	PROBE_NO_NET_ADMIN,     /* CAP_NET_ADMIN is not in the effective set */
	PROBE_NO_IPVS,          /* ip_vs is not there */
	PROBE_VS_CONNTRACK,     /* net.ipv4.vs.conntrack is 0 */
	PROBE_VS_BACKUP_ONLY,   /* net.ipv4.vs.backup_only is 1 */
	PROBE_IP_VS_FTP,        /* the kernel's own gateway is at work here */
	PROBE_FORWARD_IPV4,     /* net.ipv4.ip_forward is 0 */
	PROBE_FORWARD_IPV6,     /* net.ipv6.conf.all.forwarding is 0 */
	PROBE_EXPECT_MAX,       /* nf_conntrack_expect_max is below what the limits need */
	PROBE_FINDINGS,
};

struct probe_text {
	const char *what;
	const char *why;
	const char *mend;
};

/* found[f] is set where f was found. expectations: how many may be wanted at the same time. */
void probe_run(unsigned long expectations, bool found[static PROBE_FINDINGS]);

const struct probe_text *probe_text(enum probe_finding finding);

#endif
