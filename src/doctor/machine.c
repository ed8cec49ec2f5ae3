/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/doctor.h"

#include "kernel/probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { LINE_SIZE = 256, PERCENT_FULL = 90 };

/* ---- what probe finds ---- */

static const struct {
	const char *id;
	enum doctor_severity severity;
} probes[] = {
	[PROBE_NO_NET_ADMIN] = { "privileges", DOCTOR_UNKNOWN },
	[PROBE_NO_IPVS] = { "ipvs", DOCTOR_TROUBLE },
	[PROBE_VS_CONNTRACK] = { "vs_conntrack", DOCTOR_TROUBLE },
	[PROBE_VS_BACKUP_ONLY] = { "vs_backup_only", DOCTOR_TROUBLE },
	[PROBE_IP_VS_FTP] = { "ip_vs_ftp", DOCTOR_TROUBLE },
	[PROBE_FORWARD_IPV4] = { "ip_forward", DOCTOR_TROUBLE },
	[PROBE_FORWARD_IPV6] = { "ipv6_forwarding", DOCTOR_WARNING },
	[PROBE_EXPECT_MAX] = { "expect_max", DOCTOR_WARNING },
};
_Static_assert(sizeof(probes) / sizeof(probes[0]) == PROBE_FINDINGS, "an id for every finding");

/* Openings that wait at the same time on a busy director. */
enum { EXPECTATIONS_WANTED = 1024 };

static bool has_ipv6_service(const struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (!endpoint_is_ipv4(&config->services[i].address))
			return true;
	return false;
}

static bool concerns(const struct doctor *d, enum probe_finding f)
{
	if (f == PROBE_FORWARD_IPV6)
		return has_ipv6_service(d->config);
	if (f == PROBE_VS_BACKUP_ONLY)
		return d->config->forwarding == FORWARD_IPVS;
	return f != PROBE_NO_NET_ADMIN;
}

static void check_probes(const struct doctor *d)
{
	bool found[PROBE_FINDINGS];

	probe_run(EXPECTATIONS_WANTED, found);
	for (enum probe_finding f = 0; f < PROBE_FINDINGS; f++) {
		const struct probe_text *t = probe_text(f);

		if (found[f] && concerns(d, f))
			doctor_report(d, probes[f].severity, probes[f].id, t->what, t->why, t->mend, "");
	}
	if (found[PROBE_NO_NET_ADMIN])
		doctor_report(d, DOCTOR_UNKNOWN, "privileges", "this process may not ask the kernel everything",
			      "ruleset, services, queues and backup thread cannot be looked at",
			      "run it as root, or while ftpalgd is running", "");
}

/* ---- what the kernel was built with ---- */

static const struct {
	const char *option;
	const char *why;
} options[] = {
	{ "CONFIG_IP_VS_NFCT", "without it IPVS hides its connections from conntrack" },
	{ "CONFIG_NETFILTER_NETLINK_QUEUE", "without it no packet can be given to ftpalgd" },
	{ "CONFIG_NETFILTER_NETLINK_GLUE_CT",
	  "without it a queued packet does not tell which connection it belongs to" },
	{ "CONFIG_NF_CT_NETLINK_HELPER", "without it there is no helper that may expect data connections" },
	{ "CONFIG_NFT_QUEUE", "without it nftables cannot divert control connections" },
	{ "CONFIG_NFT_LOG", "without it nftables cannot tell of connections that conntrack does not know" },
	{ "CONFIG_NFT_LIMIT", "without it the ruleset cannot be loaded" },
	{ "CONFIG_NETFILTER_NETLINK_LOG",
	  "without it connections that conntrack does not know are not taken up" },
	{ "CONFIG_NFT_NAT", "without it active connections cannot be altered" },
};

static bool is_set(const char *line, const char *option)
{
	size_t size = strlen(option);

	return strncmp(line, option, size) == 0 && line[size] == '=' &&
	       (line[size + 1] == 'y' || line[size + 1] == 'm');
}

/* Distributions keep the configuration beside the kernel; where there is none nothing is said. */
static void check_build(const struct doctor *d)
{
	enum { COUNT = sizeof(options) / sizeof(options[0]) };
	char path[LINE_SIZE], line[LINE_SIZE];
	bool set[COUNT] = { false };
	struct utsname kernel;
	FILE *file;

	if (uname(&kernel) < 0)
		return;
	snprintf(path, sizeof(path), "/boot/config-%.200s", kernel.release);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		for (size_t i = 0; i < COUNT; i++)
			set[i] |= is_set(line, options[i].option);
	fclose(file);
	for (size_t i = 0; i < COUNT; i++)
		if (!set[i])
			doctor_report(d, DOCTOR_TROUBLE, "kernel_option", "this kernel was built without %",
				      options[i].why, "use the distribution's own kernel, or build one with %=m",
				      options[i].option);
}

/* ---- conntrack ---- */

static bool read_number(const char *path, unsigned long *number)
{
	FILE *file = fopen(path, "re");
	bool ok;

	if (file == NULL)
		return false;
	ok = fscanf(file, "%lu", number) == 1;
	fclose(file);
	return ok;
}

static void check_table(const struct doctor *d)
{
	unsigned long count, max;

	if (!read_number("/proc/sys/net/netfilter/nf_conntrack_count", &count) ||
	    !read_number("/proc/sys/net/netfilter/nf_conntrack_max", &max))
		return;
	if (count >= max / 100 * PERCENT_FULL)
		doctor_report(d, DOCTOR_WARNING, "conntrack_full", "conntrack's table is nearly full",
			      "a connection that finds no room in it is dropped",
			      "sysctl -w net.netfilter.nf_conntrack_max=1048576", "");
}

/* Kernels before 6.0 can attach the kernel's own FTP helper to port 21 by themselves. */
static void check_automatic_helper(const struct doctor *d)
{
	unsigned long automatic;

	if (read_number("/proc/sys/net/netfilter/nf_conntrack_helper", &automatic) && automatic == 1 &&
	    access("/sys/module/nf_conntrack_ftp", F_OK) == 0)
		doctor_report(d, DOCTOR_TROUBLE, "automatic_helper",
			      "the kernel attaches its own FTP helper to every connection to port 21",
			      "a connection has one helper only: ftpalgd's cannot be attached",
			      "sysctl -w net.netfilter.nf_conntrack_helper=0", "");
}

void doctor_check_machine(const struct doctor *d)
{
	check_probes(d);
	check_build(d);
	check_table(d);
	check_automatic_helper(d);
}
