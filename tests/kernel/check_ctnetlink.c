/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tuples of conntrack as the kernel writes them, and as it might. */
#include "kernel/ctnetlink.h"

#include "../support/run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

struct order {
	const char *name;
	bool proto_first, ports_swapped, zone, source_missing;
	uint8_t protocol;
	bool understood;
};

static const struct order orders[] = {
	{ .name = "as ever", .protocol = IPPROTO_TCP, .understood = true },
	{ .name = "with a zone", .zone = true, .protocol = IPPROTO_TCP, .understood = true },
	{ .name = "ports first", .proto_first = true, .protocol = IPPROTO_TCP, .understood = true },
	{ .name = "ports swapped", .ports_swapped = true, .protocol = IPPROTO_TCP, .understood = true },
	{ .name = "no source", .source_missing = true, .protocol = IPPROTO_TCP },
	{ .name = "UDP", .protocol = IPPROTO_UDP },
};

static void put_ip(struct nlmsghdr *nlh, const struct order *o)
{
	struct nlattr *ip = mnl_attr_nest_start(nlh, CTA_TUPLE_IP);

	if (!o->source_missing)
		mnl_attr_put_u32(nlh, CTA_IP_V4_SRC, htonl(0xc6336402));
	mnl_attr_put_u32(nlh, CTA_IP_V4_DST, htonl(0xc000020a));
	mnl_attr_nest_end(nlh, ip);
}

static void put_proto(struct nlmsghdr *nlh, const struct order *o)
{
	struct nlattr *proto = mnl_attr_nest_start(nlh, CTA_TUPLE_PROTO);

	mnl_attr_put_u8(nlh, CTA_PROTO_NUM, o->protocol);
	if (o->ports_swapped)
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(21));
	mnl_attr_put_u16(nlh, CTA_PROTO_SRC_PORT, htons(40000));
	if (!o->ports_swapped)
		mnl_attr_put_u16(nlh, CTA_PROTO_DST_PORT, htons(21));
	mnl_attr_nest_end(nlh, proto);
}

static struct nlattr *write_tuple(void *buffer, const struct order *o)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nlattr *tuple = mnl_attr_nest_start(nlh, CTA_TUPLE_ORIG);

	if (o->proto_first)
		put_proto(nlh, o);
	put_ip(nlh, o);
	if (!o->proto_first)
		put_proto(nlh, o);
	if (o->zone)
		mnl_attr_put_u16(nlh, CTA_TUPLE_ZONE, htons(7));
	mnl_attr_nest_end(nlh, tuple);
	return tuple;
}

static void expect_ends(const struct endpoint *source, const struct endpoint *destination)
{
	struct endpoint client, service;

	ck_assert_int_eq(endpoint_parse("198.51.100.2:40000", &client), 0);
	ck_assert_int_eq(endpoint_parse("192.0.2.10:21", &service), 0);
	ck_assert(endpoint_equal(source, &client));
	ck_assert(endpoint_equal(destination, &service));
}

START_TEST(a_tuple_is_understood_in_any_order)
{
	uint8_t buffer[256] __attribute__((aligned(4)));
	struct endpoint source, destination;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct nlattr *tuple = write_tuple(buffer, &orders[i]);
		const int error = ctnetlink_get_tuple(tuple, &source, &destination);

		ck_assert_msg((error == 0) == orders[i].understood, "%s: %d", orders[i].name, error);
		if (error == 0)
			expect_ends(&source, &destination);
	}
}
END_TEST

/* The values are all that may differ: what has another type or length is not taken for it. */
START_TEST(a_tuple_with_another_attribute_in_it_is_refused)
{
	uint8_t buffer[256] __attribute__((aligned(4)));
	struct endpoint source, destination;

	for (size_t at = sizeof(struct nlattr); at < 52; at += sizeof(struct nlattr)) {
		struct nlattr *tuple = write_tuple(buffer, &orders[0]), *attr;

		attr = (struct nlattr *)((char *)tuple + at);
		if ((attr->nla_type & NLA_TYPE_MASK) == 0 || attr->nla_len < sizeof(*attr) || attr->nla_len > 28)
			continue; /* a value */
		attr->nla_type += 8;
		ck_assert_int_eq(ctnetlink_get_tuple(tuple, &source, &destination), -EBADMSG);
		attr->nla_type -= 8;
		attr->nla_len = 3;
		ck_assert_int_eq(ctnetlink_get_tuple(tuple, &source, &destination), -EBADMSG);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("ctnetlink");

	tcase_add_test(tcase, a_tuple_is_understood_in_any_order);
	tcase_add_test(tcase, a_tuple_with_another_attribute_in_it_is_refused);
	return run_suite("ctnetlink", tcase);
}
