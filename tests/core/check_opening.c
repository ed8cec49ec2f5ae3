/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/opening.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../support/packets.h"
#include "../support/run.h"

static struct policy policy;
static struct real_server server;
static struct service service;
static struct session session;
static struct opening_ports ports;

static void prepare(const char *virtual, const char *real)
{
	policy = (struct policy){ 0 };
	server = (struct real_server){ .address = at(real) };
	server.address.port = 0;
	service = (struct service){ .servers = &server, .server_count = 1 };
	session = (struct session){ .flow = { .service = at(virtual), .server = at(real) } };
}

static void prepare_v4(void)
{
	prepare("192.0.2.10:21", "10.0.0.1:21");
}

static void prepare_v6(void)
{
	prepare("[2001:db8::10]:21", "[fd00::1]:21");
}

static void show_range(uint16_t first, uint16_t last)
{
	service.passive_ports = (struct port_range){ first, last };
}

static void name_range(uint16_t first, uint16_t last)
{
	server.passive_ports = (struct port_range){ first, last };
}

/* The list has to be sorted. */
static void take(const struct endpoint *list, size_t count)
{
	policy.taken = list;
	policy.taken_count = count;
}

static void begin(uint16_t own, uint32_t seed)
{
	const struct situation situation = { .policy = &policy, .service = &service, .session = &session };
	struct want want = { .mode = MODE_PASSIVE, .target = session.flow.server };

	want.target.port = own;
	opening_ports_begin(&ports, &situation, &want, seed);
}

/* 0: there is none. */
static uint16_t next(void)
{
	uint16_t port = 0;

	if (opening_ports_next(&ports, &port) == 0)
		ck_assert_uint_ne(port, 0);
	else
		ck_assert_uint_eq(port, 0);
	return port;
}

static uint16_t first_of(uint16_t own, uint32_t seed)
{
	begin(own, seed);
	return next();
}

START_TEST(the_servers_own_port_comes_first_where_the_range_allows)
{
	ck_assert_uint_eq(first_of(2000, 77), 2000);
	show_range(50000, 50999);
	ck_assert_uint_eq(first_of(50000, 77), 50000);
	ck_assert_uint_eq(first_of(50999, 77), 50999);
	ck_assert_uint_ne(first_of(51000, 77), 51000);
	ck_assert_uint_ne(first_of(49999, 77), 49999);
}
END_TEST

START_TEST(no_port_outside_the_range_is_ever_shown)
{
	static const uint16_t ranges[][2] = { { 50000, 50999 }, { 1024, 1024 }, { 65535, 65535 }, { 1, 65535 } };

	name_range(40000, 40999);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (uint32_t seed = 0xffffff00; seed != 0x100; seed++) {
			show_range(ranges[i][0], ranges[i][1]);
			begin(40000, seed);
			for (uint16_t port = next(); port != 0; port = next())
				if (port < ranges[i][0] || port > ranges[i][1])
					ck_abort_msg("port %u of %u-%u", port, ranges[i][0], ranges[i][1]);
		}
}
END_TEST

START_TEST(without_a_range_the_nearest_ports_follow)
{
	static const uint16_t nearest[] = { 2000, 2001, 1999, 2002, 1998 };

	begin(2000, 12345);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(next(), nearest[i]);
}
END_TEST

START_TEST(the_servers_own_range_comes_before_other_ports_nearby)
{
	static const uint16_t nearest[] = { 2001, 2002, 2000, 2003, 1999, 2004, 1998, 2005 };

	name_range(2000, 2003);
	begin(2001, 12345);
	for (size_t i = 0; i < 8; i++)
		ck_assert_uint_eq(next(), nearest[i]);
}
END_TEST

START_TEST(a_privileged_port_is_shown_inside_the_servers_range_only)
{
	name_range(20, 21);
	begin(20, 0);
	ck_assert_uint_eq(next(), 20);
	ck_assert_uint_eq(next(), 21);
	ck_assert_uint_eq(next(), 0);
	name_range(0, 0);
	begin(1025, 0);
	for (uint16_t port = next(); port != 0; port = next())
		ck_assert_uint_ge(port, 1024);
	begin(65535, 0);
	for (uint16_t port = next(); port != 0; port = next())
		ck_assert_uint_ge(port, 65535 - OPENING_NEAR);
}
END_TEST

START_TEST(a_small_range_is_tried_whole_and_then_exhausted)
{
	bool seen[5] = { false };
	unsigned int count = 0;

	show_range(60000, 60004);
	begin(1024, 999);
	for (uint16_t port = next(); port != 0; port = next(), count++)
		seen[port - 60000] = true;
	ck_assert_uint_eq(count, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert(seen[i]);
	ck_assert_uint_eq(next(), 0);
}
END_TEST

static unsigned int count_tries(void)
{
	unsigned int count = 0;

	for (begin(2000, 0); next() != 0; count++)
		;
	return count;
}

START_TEST(tries_end)
{
	ck_assert_uint_eq(count_tries(), OPENING_TRIES_MAX);
	show_range(1024, 65535);
	ck_assert_uint_eq(count_tries(), OPENING_TRIES_MAX);
}
END_TEST

START_TEST(a_port_on_which_the_address_has_something_else_is_not_shown)
{
	const struct endpoint taken[] = { at("192.0.2.10:50000"), at("192.0.2.10:50002") };

	take(taken, 2);
	ck_assert_uint_eq(first_of(50000, 0), 50001);
	ck_assert_uint_eq(first_of(50001, 0), 50001);
	show_range(50000, 50002);
	for (uint32_t seed = 0; seed < 10; seed++) {
		ck_assert_uint_eq(first_of(50000, seed), 50001);
		ck_assert_uint_eq(next(), 0);
	}
}
END_TEST

START_TEST(what_another_address_has_is_shown)
{
	const struct endpoint taken[] = { at("10.0.0.1:50000"), at("192.0.2.9:50000"), at("192.0.2.11:50000"),
					  at("[2001:db8::10]:50000") };

	take(taken, 4);
	ck_assert_uint_eq(first_of(50000, 0), 50000);
}
END_TEST

/* endpoint_parse takes the address zero as any other. */
START_TEST(a_port_on_which_the_director_listens_everywhere_is_not_shown)
{
	const struct endpoint v4 = at("0.0.0.0:50000");
	const struct endpoint v6 = at("[::]:50000");

	take(&v4, 1);
	ck_assert_uint_eq(first_of(50000, 0), 50001);
	take(&v6, 1);
	ck_assert_uint_eq(first_of(50000, 0), 50000);
	prepare_v6();
	take(&v6, 1);
	ck_assert_uint_eq(first_of(50000, 0), 50001);
	take(&v4, 1);
	ck_assert_uint_eq(first_of(50000, 0), 50000);
}
END_TEST

/* Somebody may listen on every port there is: that must not cost a packet much. */
START_TEST(looks_end_where_everything_is_taken)
{
	static struct endpoint all[65536];

	for (size_t i = 0; i < 65536; i++) {
		all[i] = at("0.0.0.0:1");
		all[i].port = (uint16_t)i;
	}
	take(all, 65536);
	ck_assert_uint_eq(first_of(50000, 0), 0);
	show_range(1024, 65535);
	ck_assert_uint_eq(first_of(50000, 0), 0);
	ck_assert_uint_le(ports.looks, OPENING_LOOKS_MAX);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("opening");

	tcase_add_checked_fixture(t, prepare_v4, NULL);
	tcase_add_test(t, the_servers_own_port_comes_first_where_the_range_allows);
	tcase_add_test(t, no_port_outside_the_range_is_ever_shown);
	tcase_add_test(t, without_a_range_the_nearest_ports_follow);
	tcase_add_test(t, the_servers_own_range_comes_before_other_ports_nearby);
	tcase_add_test(t, a_privileged_port_is_shown_inside_the_servers_range_only);
	tcase_add_test(t, a_small_range_is_tried_whole_and_then_exhausted);
	tcase_add_test(t, tries_end);
	tcase_add_test(t, a_port_on_which_the_address_has_something_else_is_not_shown);
	tcase_add_test(t, what_another_address_has_is_shown);
	tcase_add_test(t, a_port_on_which_the_director_listens_everywhere_is_not_shown);
	tcase_add_test(t, looks_end_where_everything_is_taken);
	return run_suite("opening", t);
}
