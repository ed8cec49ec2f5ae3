/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/expectation_list.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "kernel/attributes.h"
#include "kernel/ctnetlink.h"
#include "kernel/helper.h"

#define BUFFER(name) uint8_t name[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)))

struct reader {
	expectation_seen *cb;
	void *data;
};

static int read_one(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[CTA_EXPECT_MAX + 1];
	const struct reader *reader = data;
	struct expectation_waiting e = { .seconds = 0 };
	uint32_t seconds;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, CTA_EXPECT_MAX + 1);
	if (!attribute_is_string(attr[CTA_EXPECT_HELP_NAME], HELPER_NAME) ||
	    ctnetlink_get_tuple(attr[CTA_EXPECT_MASTER], &e.client, &e.service) < 0 ||
	    ctnetlink_get_tuple(attr[CTA_EXPECT_TUPLE], &e.source, &e.destination) < 0)
		return 0;
	if (attribute_get(attr[CTA_EXPECT_TIMEOUT], &seconds, sizeof(seconds)))
		e.seconds = ntohl(seconds);
	return reader->cb(&e, reader->data);
}

int expectation_list(struct netlink *nl, expectation_seen *cb, void *data)
{
	BUFFER(buffer);
	struct reader reader = { cb, data };
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK_EXP,
						IPCTNL_MSG_EXP_GET, NLM_F_DUMP, AF_UNSPEC);

	return netlink_query(nl, nlh, read_one, &reader);
}
