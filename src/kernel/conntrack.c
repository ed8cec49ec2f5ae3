/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "kernel/attributes.h"
#include "kernel/ctnetlink.h"

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

struct look {
	uint32_t id;
	bool established;
};

static int see_entry(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *entry[CTA_MAX + 1], *info[CTA_PROTOINFO_MAX + 1];
	const struct nlattr *tcp[CTA_PROTOINFO_TCP_MAX + 1];
	struct look *look = data;
	uint32_t id;
	uint8_t state;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), entry, CTA_MAX + 1);
	attributes_in(entry[CTA_PROTOINFO], info, CTA_PROTOINFO_MAX + 1);
	attributes_in(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX + 1);
	look->established = attribute_get(entry[CTA_ID], &id, sizeof(id)) && id == look->id &&
			    attribute_get(tcp[CTA_PROTOINFO_TCP_STATE], &state, sizeof(state)) &&
			    state == TCP_CONNTRACK_ESTABLISHED;
	return 0;
}

int conntrack_is_established(struct netlink *nl, const struct flow *flow)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const uint8_t family = endpoint_is_ipv4(&flow->service) ? AF_INET : AF_INET6;
	struct look look = { .id = htonl(flow->id) };
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, 0,
						family);
	int err;

	ctnetlink_put_tuple(nlh, CTA_TUPLE_ORIG, &flow->client, &flow->service);
	err = netlink_query(nl, nlh, see_entry, &look);
	if (err == -ENOENT)
		return 0;
	return err < 0 ? err : look.established;
}
