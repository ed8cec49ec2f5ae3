/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "kernel/attributes.h"
#include "kernel/ctnetlink.h"
#include "kernel/helper.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <stdlib.h>

enum { ADOPTED_SECONDS = 3600 }; /* until the next packet sets the timer of the connection's state */

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

static uint8_t family_of(const struct endpoint *e)
{
	return endpoint_is_ipv4(e) ? AF_INET : AF_INET6;
}

/* What a peer may have agreed upon: selective acknowledgements. */
static void put_tcp(struct nlmsghdr *nlh)
{
	const uint8_t both = IP_CT_TCP_FLAG_BE_LIBERAL | IP_CT_TCP_FLAG_SACK_PERM;
	const uint8_t flags[] = { both, both }; /* struct nf_ct_tcp_flags: flags and mask */
	struct nlattr *info = mnl_attr_nest_start(nlh, CTA_PROTOINFO);
	struct nlattr *tcp = mnl_attr_nest_start(nlh, CTA_PROTOINFO_TCP);

	mnl_attr_put_u8(nlh, CTA_PROTOINFO_TCP_STATE, TCP_CONNTRACK_ESTABLISHED);
	mnl_attr_put(nlh, CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, sizeof(flags), flags);
	mnl_attr_put(nlh, CTA_PROTOINFO_TCP_FLAGS_REPLY, sizeof(flags), flags);
	mnl_attr_nest_end(nlh, tcp);
	mnl_attr_nest_end(nlh, info);
}

int conntrack_adopt(struct netlink *nl, const struct flow *flow)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW,
						NLM_F_CREATE | NLM_F_EXCL, family_of(&flow->service));
	struct nlattr *help;

	ctnetlink_put_tuple(nlh, CTA_TUPLE_ORIG, &flow->client, &flow->service);
	ctnetlink_put_tuple(nlh, CTA_TUPLE_REPLY, &flow->server, &flow->client);
	mnl_attr_put_u32(nlh, CTA_STATUS, htonl(IPS_SEEN_REPLY | IPS_ASSURED | IPS_CONFIRMED));
	mnl_attr_put_u32(nlh, CTA_TIMEOUT, htonl(ADOPTED_SECONDS));
	put_tcp(nlh);
	if (flow->has_helper) {
		help = mnl_attr_nest_start(nlh, CTA_HELP);
		mnl_attr_put_strz(nlh, CTA_HELP_NAME, HELPER_NAME);
		mnl_attr_nest_end(nlh, help);
	}
	return netlink_request(nl, nlh);
}

struct clients {
	const struct endpoint *service;
	struct endpoint *list;
	size_t count, room;
};

static int keep_client(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[CTA_MAX + 1];
	struct clients *c = data;
	struct endpoint client, service;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, CTA_MAX + 1);
	if (ctnetlink_get_tuple(attr[CTA_TUPLE_ORIG], &client, &service) < 0 ||
	    !endpoint_equal(&service, c->service))
		return 0;
	if (c->count == c->room) {
		const size_t room = c->room ? 2 * c->room : 64;
		void *grown = reallocarray(c->list, room, sizeof(client));

		if (!grown)
			return -ENOMEM;
		c->list = grown;
		c->room = room;
	}
	c->list[c->count++] = client;
	return 0;
}

static int list_clients(struct netlink *nl, struct clients *c)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET,
						NLM_F_DUMP, family_of(c->service));
	int err = netlink_query(nl, nlh, keep_client, c);

	return err == -EINTR ? 0 : err; /* overtaken by changes: what was told is there */
}

static int delete_entry(struct netlink *nl, const struct endpoint *client, const struct endpoint *service)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE, 0,
						family_of(service));

	ctnetlink_put_tuple(nlh, CTA_TUPLE_ORIG, client, service);
	return netlink_request(nl, nlh);
}

int conntrack_forget(struct netlink *nl, const struct endpoint *service)
{
	struct clients c = { .service = service };
	int err = list_clients(nl, &c);

	for (size_t i = 0; err == 0 && i < c.count; i++) {
		err = delete_entry(nl, &c.list[i], service);
		if (err == -ENOENT)
			err = 0; /* ended meanwhile */
	}
	free(c.list);
	return err < 0 ? err : (int)c.count;
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
