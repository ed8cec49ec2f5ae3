/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/local_address.h"

#include <errno.h>
#include <linux/rtnetlink.h>

static int read_type(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(nlh);
	unsigned char *type = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*route))
		return -EPROTO;
	*type = route->rtm_type;
	return 0;
}

int local_address(struct netlink *nl, const struct endpoint *e)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	const struct in_addr ipv4 = endpoint_ipv4(e);
	struct rtmsg *route;
	unsigned char type = RTN_UNSPEC;
	int err;

	nlh->nlmsg_type = RTM_GETROUTE;
	route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
	if (endpoint_is_ipv4(e)) {
		route->rtm_family = AF_INET;
		route->rtm_dst_len = 32;
		mnl_attr_put(nlh, RTA_DST, sizeof(ipv4), &ipv4);
	} else {
		route->rtm_family = AF_INET6;
		route->rtm_dst_len = 128;
		mnl_attr_put(nlh, RTA_DST, sizeof(e->addr), &e->addr);
	}
	err = netlink_query(nl, nlh, read_type, &type);
	/* No way to it at all, or one that says so. */
	if (err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EACCES || err == -EINVAL)
		return 0;
	return err < 0 ? err : type == RTN_LOCAL;
}
