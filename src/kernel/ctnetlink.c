/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ctnetlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "kernel/attributes.h"

static void put_addresses(struct nlmsghdr *nlh, const struct endpoint *source,
			  const struct endpoint *destination)
{
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	if (endpoint_is_ipv4(destination)) {
		mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, endpoint_ipv4(source).s_addr);
		mnl_attr_put_u32(nlh, CTA_IP_V4_DST, endpoint_ipv4(destination).s_addr);
	} else {
		mnl_attr_put(nlh, CTA_IP_V6_SRC, sizeof(source->addr), &source->addr);
		mnl_attr_put(nlh, CTA_IP_V6_DST, sizeof(destination->addr), &destination->addr);
	}
	mnl_attr_nest_end(nlh, ip);
}

void ctnetlink_put_tuple(struct nlmsghdr *nlh, uint16_t type, const struct endpoint *source,
			 const struct endpoint *destination)
{
	struct nlattr *tuple = mnl_attr_nest_start(nlh, type), *proto;

	put_addresses(nlh, source, destination);
	proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, IPPROTO_TCP);
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(source->port));
	mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(destination->port));
	mnl_attr_nest_end(nlh, proto);
	mnl_attr_nest_end(nlh, tuple);
}

static bool get_ipv4(const struct nlattr *attr, struct in6_addr *addr)
{
	struct in_addr ipv4;

	if (!attribute_get(attr, &ipv4, sizeof(ipv4)))
		return false;
	*addr = endpoint_from_ipv4(ipv4, 0).addr;
	return true;
}

static bool get_addresses(const struct nlattr *ip, struct endpoint *source,
			  struct endpoint *destination)
{
	const struct nlattr *attr[CTA_IP_MAX + 1];

	attributes_in(ip, attr, CTA_IP_MAX + 1);
	if (attr[CTA_IP_V6_SRC])
		return attribute_get(attr[CTA_IP_V6_SRC], &source->addr, sizeof(source->addr)) &&
		       attribute_get(attr[CTA_IP_V6_DST], &destination->addr,
				     sizeof(destination->addr));
	return get_ipv4(attr[CTA_IP_V4_SRC], &source->addr) &&
	       get_ipv4(attr[CTA_IP_V4_DST], &destination->addr);
}

static bool get_port(const struct nlattr *attr, uint16_t *port)
{
	uint16_t network;

	if (!attribute_get(attr, &network, sizeof(network)))
		return false;
	*port = ntohs(network);
	return true;
}

static bool get_ports(const struct nlattr *proto, struct endpoint *source,
		      struct endpoint *destination)
{
	const struct nlattr *attr[CTA_PROTO_MAX + 1];
	uint8_t number;

	attributes_in(proto, attr, CTA_PROTO_MAX + 1);
	return attribute_get(attr[CTA_PROTO_NUM], &number, sizeof(number)) &&
	       number == IPPROTO_TCP && get_port(attr[CTA_PROTO_SRC_PORT], &source->port) &&
	       get_port(attr[CTA_PROTO_DST_PORT], &destination->port);
}

int ctnetlink_get_tuple(const struct nlattr *tuple, struct endpoint *source,
			struct endpoint *destination)
{
	const struct nlattr *attr[CTA_TUPLE_MAX + 1];
	struct endpoint from, to;

	attributes_in(tuple, attr, CTA_TUPLE_MAX + 1);
	if (!get_addresses(attr[CTA_TUPLE_IP], &from, &to) ||
	    !get_ports(attr[CTA_TUPLE_PROTO], &from, &to))
		return -EBADMSG;
	*source = from;
	*destination = to;
	return 0;
}
