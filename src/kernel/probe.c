/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/probe.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX 256

static const struct probe_text texts[] = {
	[PROBE_NO_NET_ADMIN] = {
		"CAP_NET_ADMIN is missing",
		"queues, expectations, IPVS and nftables can only be changed with it",
		"run ftpalgd as root, or by its systemd unit",
	},
	[PROBE_NO_IPVS] = {
		"IPVS is not there",
		"without it there are no virtual services whose sessions could be mended",
		"modprobe ip_vs",
	},
	[PROBE_VS_CONNTRACK] = {
		"net.ipv4.vs.conntrack is 0",
		"IPVS then hides its connections from conntrack, and no session can be diverted",
		"sysctl -w net.ipv4.vs.conntrack=1",
	},
	[PROBE_VS_BACKUP_ONLY] = {
		"net.ipv4.vs.backup_only is 1",
		"while a backup thread runs, IPVS then forwards nothing",
		"sysctl -w net.ipv4.vs.backup_only=0",
	},
	[PROBE_IP_VS_FTP] = {
		"the kernel's own FTP helper ip_vs_ftp is loaded",
		"two gateways would rewrite the same replies",
		"modprobe -r ip_vs_ftp",
	},
	[PROBE_FORWARD_IPV4] = {
		"net.ipv4.ip_forward is 0",
		"the real servers' answers to IPv4 clients are not forwarded",
		"sysctl -w net.ipv4.ip_forward=1",
	},
	[PROBE_FORWARD_IPV6] = {
		"net.ipv6.conf.all.forwarding is 0",
		"the real servers' answers to IPv6 clients are not forwarded",
		"sysctl -w net.ipv6.conf.all.forwarding=1",
	},
	[PROBE_EXPECT_MAX] = {
		"net.netfilter.nf_conntrack_expect_max is small",
		"openings beyond it are refused by the kernel while others wait to be used",
		"sysctl -w net.netfilter.nf_conntrack_expect_max=16384",
	},
};
static_assert(sizeof(texts) / sizeof(texts[0]) == PROBE_FINDINGS, "a text for every finding");

const struct probe_text *probe_text(enum probe_finding finding)
{
	return &texts[finding];
}

static bool read_number(const char *path, unsigned long *number)
{
	FILE *file = fopen(path, "re");
	bool read;

	if (!file)
		return false;
	read = fscanf(file, "%lu", number) == 1;
	fclose(file);
	return read;
}

static bool number_is(const char *path, unsigned long wanted)
{
	unsigned long number;

	return read_number(path, &number) && number == wanted;
}

static bool lacks_net_admin(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[LINE_MAX];
	uint64_t effective = 0;

	if (!status)
		return false;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "CapEff: %" SCNx64, &effective) == 1)
			break;
	fclose(status);
	return !(effective >> CAP_NET_ADMIN & 1);
}

/*
 * Columns prot, port, usecnt, name; the file is the namespace's own. The module may be loaded
 * and yet be bound to no port here; in every namespace where it is bound it has a line.
 */
static bool has_ip_vs_ftp(void)
{
	FILE *apps = fopen("/proc/net/ip_vs_app", "re");
	char line[LINE_MAX], name[LINE_MAX];
	bool found = false;

	if (!apps)
		return false;
	while (!found && fgets(line, sizeof(line), apps))
		found = sscanf(line, "%*s %*s %*s %255s", name) == 1 && strcmp(name, "ftp") == 0;
	fclose(apps);
	return found;
}

static bool expects_too_few(unsigned long expectations)
{
	unsigned long max;

	return read_number("/proc/sys/net/netfilter/nf_conntrack_expect_max", &max) &&
	       max < expectations;
}

void probe_run(unsigned long expectations, bool found[static PROBE_FINDINGS])
{
	found[PROBE_NO_NET_ADMIN] = lacks_net_admin();
	found[PROBE_NO_IPVS] = access("/proc/sys/net/ipv4/vs/conntrack", F_OK) < 0 && errno == ENOENT;
	found[PROBE_VS_CONNTRACK] = number_is("/proc/sys/net/ipv4/vs/conntrack", 0);
	found[PROBE_VS_BACKUP_ONLY] = number_is("/proc/sys/net/ipv4/vs/backup_only", 1);
	found[PROBE_IP_VS_FTP] = has_ip_vs_ftp();
	found[PROBE_FORWARD_IPV4] = number_is("/proc/sys/net/ipv4/ip_forward", 0);
	found[PROBE_FORWARD_IPV6] = number_is("/proc/sys/net/ipv6/conf/all/forwarding", 0);
	found[PROBE_EXPECT_MAX] = expects_too_few(expectations);
}
