/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/attributes.h"
#include "kernel/netlink.h"

enum {
	COPY_MAX = 65535,        /* whole packets, or their headers would contradict their size */
	RECEIVE_BYTES = 1 << 20, /* of control packets, a few thousand */
	DATAGRAM_MAX = 1 << 17,  /* the kernel's for a group, NFULNL_NLBUFSIZ_MAX */
};

struct nflog {
	struct netlink *nl;
	uint8_t datagram[DATAGRAM_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int configure(struct nflog *log, uint16_t group, uint16_t type, const void *value, size_t size)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG, 0, AF_UNSPEC);
	struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);

	nfg->res_id = htons(group);
	mnl_attr_put(nlh, type, size, value);
	return netlink_request(log->nl, nlh);
}

/* Each packet is told at once, in a message of its own. */
static int bind_group(struct nflog *log, uint16_t group)
{
	const struct nfulnl_msg_config_cmd bind = { NFULNL_CFG_CMD_BIND };
	const struct nfulnl_msg_config_mode mode = { htonl(COPY_MAX), NFULNL_COPY_PACKET, 0 };
	const uint32_t threshold = htonl(1);
	const int bytes = RECEIVE_BYTES;
	int err = configure(log, group, NFULA_CFG_CMD, &bind, sizeof(bind));

	if (err == 0)
		err = configure(log, group, NFULA_CFG_MODE, &mode, sizeof(mode));
	if (err == 0)
		err = configure(log, group, NFULA_CFG_QTHRESH, &threshold, sizeof(threshold));
	if (err == 0 && setsockopt(nflog_fd(log), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		err = -errno;
	return err;
}

int nflog_open(uint16_t group, struct nflog **log)
{
	struct nflog *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	err = netlink_open(NETLINK_NETFILTER, &new->nl);
	if (err == 0)
		err = bind_group(new, group);
	if (err < 0) {
		nflog_close(new);
		return err;
	}
	*log = new;
	return 0;
}

void nflog_close(struct nflog *log)
{
	if (!log)
		return;
	netlink_close(log->nl);
	free(log);
}

int nflog_fd(const struct nflog *log)
{
	return netlink_fd(log->nl);
}

static int read_packets(const struct nflog *log, ssize_t received, nflog_seen *seen, void *data)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)log->datagram;
	const struct nlattr *attr[NFULA_MAX + 1];
	int left = (int)received, count = 0;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		if (nlh->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
		    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct nfgenmsg))
			continue;
		attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, NFULA_MAX + 1);
		if (attr[NFULA_PAYLOAD] == NULL)
			continue;
		seen(mnl_attr_get_payload(attr[NFULA_PAYLOAD]),
		     mnl_attr_get_payload_len(attr[NFULA_PAYLOAD]), data);
		count++;
	}
	return count;
}

int nflog_read(struct nflog *log, int max, nflog_seen *seen, void *data)
{
	int count = 0;

	while (count < max) {
		ssize_t received = recv(nflog_fd(log), log->datagram, sizeof(log->datagram), MSG_DONTWAIT);

		if (received > 0)
			count += read_packets(log, received, seen, data);
		else if (received < 0 && errno == EAGAIN)
			break;
		else if (received == 0 || (errno != EINTR && errno != ENOBUFS))
			return received == 0 ? -EPROTO : -errno;
	}
	return count;
}
