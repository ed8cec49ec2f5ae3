/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/conntrack_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "kernel/attributes.h"
#include "kernel/ctnetlink.h"

struct reader {
	conntrack_seen *cb;
	void *data;
};

static bool is_established(const struct nlattr *protocol)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1];
	uint8_t state;

	attributes_in(protocol, info, CTA_PROTOINFO_MAX + 1);
	attributes_in(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX + 1);
	return attribute_get(tcp[CTA_PROTOINFO_TCP_STATE], &state, sizeof(state)) &&
	       state == TCP_CONNTRACK_ESTABLISHED;
}

static int read_one(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[CTA_MAX + 1];
	const struct reader *reader = data;
	struct conntrack_connection c = { .expected = false };
	uint32_t status;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, CTA_MAX + 1);
	if (ctnetlink_get_tuple(attr[CTA_TUPLE_ORIG], &c.source, &c.destination) < 0 ||
	    ctnetlink_get_tuple(attr[CTA_TUPLE_REPLY], &c.reply_source, &c.reply_destination) < 0)
		return 0;
	c.expected = attr[CTA_TUPLE_MASTER] != NULL &&
		     ctnetlink_get_tuple(attr[CTA_TUPLE_MASTER], &c.master_source,
					 &c.master_destination) == 0;
	c.established = is_established(attr[CTA_PROTOINFO]);
	c.altered = attribute_get(attr[CTA_STATUS], &status, sizeof(status)) &&
		    (ntohl(status) & IPS_NAT_MASK) != 0;
	return reader->cb(&c, reader->data);
}

int conntrack_list(struct netlink *nl, conntrack_seen *cb, void *data)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct reader reader = { cb, data };
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET,
						NLM_F_DUMP, AF_UNSPEC);
	int err = netlink_query(nl, nlh, read_one, &reader);

	return err == -EINTR ? 0 : err;
}
