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

/* What is in an IPv4 tuple of TCP, in the order and with the padding that the kernel gives it. */
struct ipv4_tuple {
	struct nlattr ip, ip_src;
	struct in_addr source;
	struct nlattr ip_dst;
	struct in_addr destination;
	struct nlattr proto, proto_num;
	uint8_t number, number_padding[3];
	struct nlattr proto_src_port;
	uint16_t source_port, source_padding;
	struct nlattr proto_dst_port;
	uint16_t destination_port, destination_padding;
};

static const struct ipv4_tuple shape = {
	.ip = { 20, CTA_TUPLE_IP | NLA_F_NESTED },
	.ip_src = { 8, CTA_IP_V4_SRC },
	.ip_dst = { 8, CTA_IP_V4_DST },
	.proto = { 28, CTA_TUPLE_PROTO | NLA_F_NESTED },
	.proto_num = { 5, CTA_PROTO_NUM },
	.number = IPPROTO_TCP,
	.proto_src_port = { 6, CTA_PROTO_SRC_PORT },
	.proto_dst_port = { 6, CTA_PROTO_DST_PORT },
};

static bool same(struct nlattr a, struct nlattr b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Two of them come with every packet: read at once, where they have the usual shape. */
static bool get_ipv4_tuple(const struct nlattr *tuple, struct endpoint *source,
			   struct endpoint *destination)
{
	struct ipv4_tuple t;

	if (!attribute_get(tuple, &t, sizeof(t)) || !same(t.ip, shape.ip) ||
	    !same(t.ip_src, shape.ip_src) || !same(t.ip_dst, shape.ip_dst) ||
	    !same(t.proto, shape.proto) || !same(t.proto_num, shape.proto_num) ||
	    t.number != shape.number || !same(t.proto_src_port, shape.proto_src_port) ||
	    !same(t.proto_dst_port, shape.proto_dst_port))
		return false;
	*source = endpoint_from_ipv4(t.source, ntohs(t.source_port));
	*destination = endpoint_from_ipv4(t.destination, ntohs(t.destination_port));
	return true;
}

int ctnetlink_get_tuple(const struct nlattr *tuple, struct endpoint *source,
			struct endpoint *destination)
{
	const struct nlattr *attr[CTA_TUPLE_MAX + 1];
	struct endpoint from, to;

	if (get_ipv4_tuple(tuple, source, destination))
		return 0;
	attributes_in(tuple, attr, CTA_TUPLE_MAX + 1);
	if (!get_addresses(attr[CTA_TUPLE_IP], &from, &to) ||
	    !get_ports(attr[CTA_TUPLE_PROTO], &from, &to))
		return -EBADMSG;
	*source = from;
	*destination = to;
	return 0;
}
