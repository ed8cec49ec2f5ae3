/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>

static void set_original_tuple(struct nf_conntrack *ct, const struct flow *flow)
{
	if (endpoint_is_ipv4(&flow->service)) {
		nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET);
		nfct_set_attr_u32(ct, ATTR_IPV4_SRC, endpoint_ipv4(&flow->client).s_addr);
		nfct_set_attr_u32(ct, ATTR_IPV4_DST, endpoint_ipv4(&flow->service).s_addr);
	} else {
		nfct_set_attr_u8(ct, ATTR_L3PROTO, AF_INET6);
		nfct_set_attr(ct, ATTR_IPV6_SRC, &flow->client.addr);
		nfct_set_attr(ct, ATTR_IPV6_DST, &flow->service.addr);
	}
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(flow->client.port));
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(flow->service.port));
}

static void set_liberal(struct nf_conntrack *ct)
{
	const uint8_t liberal = IP_CT_TCP_FLAG_BE_LIBERAL;

	nfct_set_attr_u8(ct, ATTR_TCP_FLAGS_ORIG, liberal);
	nfct_set_attr_u8(ct, ATTR_TCP_MASK_ORIG, liberal);
	nfct_set_attr_u8(ct, ATTR_TCP_FLAGS_REPL, liberal);
	nfct_set_attr_u8(ct, ATTR_TCP_MASK_REPL, liberal);
}

int conntrack_make_liberal(struct netlink *nl, const struct flow *flow)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const uint8_t family = endpoint_is_ipv4(&flow->service) ? AF_INET : AF_INET6;
	struct nf_conntrack *ct = nfct_new();
	struct nlmsghdr *nlh;
	int err = -EINVAL;

	if (!ct)
		return -ENOMEM;
	set_original_tuple(ct, flow);
	set_liberal(ct);
	nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW, 0, family);
	if (nfct_nlmsg_build(nlh, ct) == 0)
		err = netlink_request(nl, nlh);
	nfct_destroy(ct);
	return err;
}
