/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/announced.h"

#include "../support/run.h"

#include <string.h>

static struct announcements *seen;
static struct announced list[ANNOUNCED_MAX + 1];

static void begin(void)
{
	seen = announcements_new();
	ck_assert_ptr_nonnull(seen);
}

static void end(void)
{
	announcements_free(seen);
}

static struct flow flow_of(const char *service, const char *server)
{
	struct flow flow = { .id = 1 };

	ck_assert_int_eq(endpoint_parse(service, &flow.service), 0);
	ck_assert_int_eq(endpoint_parse(server, &flow.server), 0);
	return flow;
}

static size_t read_all(void)
{
	return announcements_read(seen, list, ANNOUNCED_MAX + 1);
}

START_TEST(nothing_was_announced_at_first)
{
	ck_assert_uint_eq(read_all(), 0);
}
END_TEST

START_TEST(lowest_and_highest_are_those_that_were_opened)
{
	const struct flow flow = flow_of("192.0.2.10:21", "10.0.0.2:21");
	static const uint16_t ports[] = { 50005, 50001, 50009, 50001 };

	announcements_refuse(seen, &flow, 7);
	ck_assert_uint_eq(read_all(), 1);
	ck_assert_uint_eq(list[0].lowest, 0);
	for (size_t i = 0; i < 4; i++)
		announcements_add(seen, &flow, ports[i]);
	ck_assert_uint_eq(read_all(), 1);
	ck_assert_uint_eq(list[0].lowest, 50001);
	ck_assert_uint_eq(list[0].highest, 50009);
	ck_assert_uint_eq(list[0].count, 4);
	ck_assert_uint_eq(list[0].refused, 1);
	ck_assert_uint_eq(list[0].refused_at, 7);
	ck_assert_uint_eq(list[0].server.port, 0);
	ck_assert_uint_eq(announced_distinct(&list[0]), 3);
}
END_TEST

START_TEST(a_server_counts_for_each_of_its_services)
{
	static const char *const flows[][2] = {
		{ "192.0.2.10:21", "10.0.0.2:21" },    { "192.0.2.10:2121", "10.0.0.2:2121" },
		{ "192.0.2.10:21", "10.0.0.3:21" },    { "[2001:db8::10]:21", "[fd00::2]:21" },
		{ "192.0.2.10:21", "10.0.0.2:40000" },
	};

	for (size_t i = 0; i < 5; i++) {
		const struct flow flow = flow_of(flows[i][0], flows[i][1]);

		announcements_add(seen, &flow, 50000);
	}
	ck_assert_uint_eq(read_all(), 4); /* the last one is the first one's server */
	ck_assert_uint_eq(list[0].count, 2);
}
END_TEST

START_TEST(servers_over_the_limit_are_left_out)
{
	struct flow flow = flow_of("192.0.2.10:21", "10.0.0.0:21");

	for (uint32_t i = 0; i < 2 * ANNOUNCED_MAX; i++) {
		flow.server.addr.s6_addr[14] = (uint8_t)(i >> 8);
		flow.server.addr.s6_addr[15] = (uint8_t)i;
		announcements_add(seen, &flow, 50000);
		announcements_refuse(seen, &flow, i);
	}
	ck_assert_uint_eq(read_all(), ANNOUNCED_MAX);
	for (size_t i = 0; i < ANNOUNCED_MAX; i++)
		ck_assert_uint_eq(list[i].count, 1);
}
END_TEST

START_TEST(the_number_of_ports_is_about_right)
{
	static const unsigned int counts[] = { 1, 2, 10, 100, 500, 1000, 2000 };
	const struct flow flow = flow_of("192.0.2.10:21", "10.0.0.2:21");
	unsigned int count = counts[_i], distinct;

	for (unsigned int i = 0; i < 3 * count; i++)
		announcements_add(seen, &flow, (uint16_t)(50000 + i % count));
	ck_assert_uint_eq(read_all(), 1);
	distinct = announced_distinct(&list[0]);
	ck_assert_msg(distinct >= count - count / 10 - 1 && distinct <= count + count / 10 + 1,
		      "%u of %u ports", distinct, count);
}
END_TEST

START_TEST(all_ports_there_are_make_a_number)
{
	const struct flow flow = flow_of("192.0.2.10:21", "10.0.0.2:21");

	for (unsigned int i = 1; i < 65536; i++)
		announcements_add(seen, &flow, (uint16_t)i);
	read_all();
	ck_assert_uint_ge(announced_distinct(&list[0]), 4000);
	ck_assert_uint_eq(list[0].lowest, 1);
	ck_assert_uint_eq(list[0].highest, 65535);
}
END_TEST

START_TEST(what_workers_have_seen_adds_up)
{
	const struct flow a = flow_of("192.0.2.10:21", "10.0.0.2:21"), b = flow_of("192.0.2.10:21", "10.0.0.3:21");

	for (uint16_t port = 2000; port < 2100; port++) {
		announcements_add(seen, &a, port);
		announcements_add(seen, &b, (uint16_t)(port + 50));
	}
	announcements_refuse(seen, &a, 5);
	announcements_refuse(seen, &b, 9);
	ck_assert_uint_eq(read_all(), 2);
	announced_merge(&list[0], &list[1]);
	ck_assert_uint_eq(list[0].lowest, 2000);
	ck_assert_uint_eq(list[0].highest, 2149);
	ck_assert_uint_eq(list[0].count, 200);
	ck_assert_uint_eq(list[0].refused, 2);
	ck_assert_uint_eq(list[0].refused_at, 9);
	ck_assert_uint_ge(announced_distinct(&list[0]), 130);
	ck_assert_uint_le(announced_distinct(&list[0]), 170);
	memset(&list[2], 0, sizeof(list[2]));
	announced_merge(&list[0], &list[2]);
	ck_assert_uint_eq(list[0].lowest, 2000);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("announced");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, nothing_was_announced_at_first);
	tcase_add_test(t, lowest_and_highest_are_those_that_were_opened);
	tcase_add_test(t, a_server_counts_for_each_of_its_services);
	tcase_add_test(t, servers_over_the_limit_are_left_out);
	tcase_add_loop_test(t, the_number_of_ports_is_about_right, 0, 7);
	tcase_add_test(t, all_ports_there_are_make_a_number);
	tcase_add_test(t, what_workers_have_seen_adds_up);
	return run_suite("announced", t);
}
