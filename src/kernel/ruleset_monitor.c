/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ruleset_monitor.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "kernel/attributes.h"
#include "kernel/ruleset.h"

/* Every nf_tables message names its table in its first attribute. */
#define TABLE_NAME NFTA_TABLE_NAME
#define EVENT_MAX  65536

/*
 * A load is told within one system call, before anybody can read. 4096 services with ranges
 * that replace as many took between 2 and 4 MB. A limit, not memory.
 */
#define RECEIVE_BYTES (16 * 1024 * 1024)

struct ruleset_monitor {
	struct mnl_socket *socket;
	unsigned own_port; /* the last one found to be of this process */
	uint8_t event[EVENT_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int size_socket(const struct mnl_socket *socket)
{
	const int bytes = RECEIVE_BYTES;

	return setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
			  sizeof(bytes)) < 0
		       ? -errno
		       : 0;
}

int ruleset_monitor_open(struct ruleset_monitor **m)
{
	struct ruleset_monitor *new = calloc(1, sizeof(*new));
	int err = 0;

	if (!new)
		return -ENOMEM;
	new->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!new->socket ||
	    mnl_socket_bind(new->socket, 1 << (NFNLGRP_NFTABLES - 1), MNL_SOCKET_AUTOPID) < 0)
		err = -errno;
	else
		err = size_socket(new->socket);
	if (err < 0) {
		ruleset_monitor_close(new);
		return err;
	}
	*m = new;
	return 0;
}

void ruleset_monitor_close(struct ruleset_monitor *m)
{
	if (!m)
		return;
	if (m->socket)
		mnl_socket_close(m->socket);
	free(m);
}

int ruleset_monitor_fd(const struct ruleset_monitor *m)
{
	return mnl_socket_get_fd(m->socket);
}

static bool has_port(int fd, unsigned port)
{
	struct sockaddr_nl name;
	socklen_t length = sizeof(name);
	int protocol;
	socklen_t protocol_length = sizeof(protocol);

	return getsockname(fd, (struct sockaddr *)&name, &length) == 0 &&
	       name.nl_family == AF_NETLINK && name.nl_pid == port &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_length) == 0 &&
	       protocol == NETLINK_NETFILTER;
}

/* libnftables does not tell the port of its socket. */
static bool is_own_port(unsigned port)
{
	DIR *descriptors = opendir("/proc/self/fd");
	const struct dirent *entry;
	bool own = false;

	if (!descriptors)
		return false;
	while (!own && (entry = readdir(descriptors)))
		own = has_port((int)strtol(entry->d_name, NULL, 10), port);
	closedir(descriptors);
	return own;
}

static bool by_us(struct ruleset_monitor *m, unsigned port)
{
	if (port == m->own_port && port != 0)
		return true;
	if (!is_own_port(port))
		return false;
	m->own_port = port;
	return true;
}

static bool concerns_us(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr[TABLE_NAME + 1];
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
	    (nlh->nlmsg_type & 0xff) == NFT_MSG_NEWGEN ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*nfg) || nfg->nfgen_family != NFPROTO_INET)
		return false;
	attributes_of_message(nlh, sizeof(*nfg), attr, TABLE_NAME + 1);
	return attribute_is_string(attr[TABLE_NAME], RULESET_TABLE);
}

static bool read_events(struct ruleset_monitor *m, ssize_t received)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)m->event;
	int left = (int)received;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (concerns_us(nlh) && !by_us(m, nlh->nlmsg_pid))
			return true;
	return false;
}

int ruleset_monitor_read(struct ruleset_monitor *m)
{
	ssize_t received;
	bool changed = false, lost = false;

	for (;;) {
		received = mnl_socket_recvfrom(m->socket, m->event, sizeof(m->event));
		if (received >= 0)
			changed |= read_events(m, received);
		else if (errno == ENOBUFS || errno == ENOSPC)
			lost = true;
		else if (errno != EINTR)
			break;
	}
	if (errno != EAGAIN)
		return -errno;
	return changed ? RULESET_CHANGED : lost ? RULESET_UNKNOWN : RULESET_QUIET;
}
