/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that real servers announce: whose they are, and the range that follows from them. */
#include "control_talk.h"
#include "control/ranges.h"
#include "../support/run.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static void announce(int worker, const char *service, const char *server, uint16_t first, uint16_t last)
{
	const struct flow flow = { .service = at(service), .server = at(server) };

	for (uint32_t port = first; port <= last; port++)
		announcements_add(fake->announced[worker], &flow, (uint16_t)port);
}

static void name_range(const char *server, uint16_t first, uint16_t last)
{
	static struct real_server named;

	named = (struct real_server){ at(server), { first, last } };
	named.address.port = 0;
	fake->policy->services[0].servers = &named;
	fake->policy->services[0].server_count = 1;
}

static json_t *row_of(const json_t *result, const char *server)
{
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(result, "servers"), i, row)
		if (strcmp(text(row, "server"), server) == 0)
			return row;
	ck_abort_msg("no row of %s", server);
}

static bool is_null(const json_t *row, const char *key)
{
	return json_is_null(json_object_get(row, key));
}

START_TEST(servers_are_those_of_ipvs_those_listed_and_those_seen)
{
	json_t *result;

	fake->servers[0] = at("10.0.0.2:21");
	fake->servers[3] = at("10.0.0.9:21");
	fake->servers[1] = fake->servers[2] = fake->servers[0];
	fake->server_count = 4;
	name_range("10.0.0.3:21", 2000, 2999);
	announce(0, "192.0.2.10:21", "10.0.0.4:21", 50000, 50009);
	announce(0, "[2001:db8::10]:2121", "[fd00::2]:21", 50000, 50000);
	result = ask_well("{\"command\":\"ranges\"}");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "servers")), 4);
	ck_assert(json_is_true(json_object_get(row_of(result, "10.0.0.2"), "in_ipvs")));
	ck_assert_int_eq(number(row_of(result, "10.0.0.2"), "announced"), 0);
	ck_assert(is_null(row_of(result, "10.0.0.2"), "lowest"));
	ck_assert(json_is_false(json_object_get(row_of(result, "10.0.0.3"), "in_ipvs")));
	ck_assert_str_eq(text(row_of(result, "10.0.0.3"), "passive_ports"), "2000-2999");
	ck_assert_int_eq(number(row_of(result, "10.0.0.4"), "distinct"), 10);
	ck_assert(is_null(row_of(result, "10.0.0.4"), "passive_ports"));
	ck_assert_str_eq(text(row_of(result, "fd00::2"), "service_name"), "six");
	json_decref(result);
}
END_TEST

START_TEST(what_all_workers_have_seen_is_one)
{
	const struct flow flow = { .service = at("192.0.2.10:21"), .server = at("10.0.0.2:21") };
	json_t *result, *row;

	announce(0, "192.0.2.10:21", "10.0.0.2:21", 50005, 50020);
	announce(1, "192.0.2.10:21", "10.0.0.2:21", 50010, 50039);
	announcements_refuse(fake->announced[1], &flow, 1);
	result = ask_well("{\"command\":\"ranges\"}");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "servers")), 1);
	row = row_of(result, "10.0.0.2");
	ck_assert_int_eq(number(row, "announced"), 46);
	ck_assert_int_eq(number(row, "lowest"), 50005);
	ck_assert_int_eq(number(row, "highest"), 50039);
	ck_assert_int_ge(number(row, "distinct"), 33);
	ck_assert_int_le(number(row, "distinct"), 37);
	ck_assert_int_eq(number(row, "refused"), 1);
	ck_assert_str_eq(text(row, "proposed"), "50000-50099");
	json_decref(result);
}
END_TEST

START_TEST(nothing_is_proposed_for_a_server_with_a_range)
{
	json_t *result;

	name_range("10.0.0.2:21", 50000, 50999);
	announce(0, "192.0.2.10:21", "10.0.0.2:21", 50000, 50199);
	result = ask_well("{\"command\":\"ranges\"}");
	ck_assert_str_eq(text(row_of(result, "10.0.0.2"), "passive_ports"), "50000-50999");
	ck_assert(is_null(row_of(result, "10.0.0.2"), "proposed"));
	json_decref(result);
}
END_TEST

START_TEST(pages_end_with_a_service)
{
	json_t *result;

	announce(0, "192.0.2.10:21", "10.0.0.2:21", 50000, 50000);
	announce(0, "192.0.2.10:21", "10.0.0.3:21", 50000, 50000);
	announce(0, "[2001:db8::10]:2121", "[fd00::2]:21", 50000, 50000);
	result = ask_well("{\"command\":\"ranges\",\"limit\":1}");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "servers")), 2);
	ck_assert_int_eq(number(result, "next"), 1);
	json_decref(result);
	result = ask_well("{\"command\":\"ranges\",\"limit\":1,\"after\":1}");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "servers")), 1);
	ck_assert(is_null(result, "next"));
	json_decref(result);
	result = ask_well("{\"command\":\"ranges\",\"after\":7}");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "servers")), 0);
	json_decref(result);
}
END_TEST

static bool is_found(const char *id)
{
	json_t *result = ask_well("{\"command\":\"doctor\"}"), *f;
	bool found = false;
	size_t i;

	json_array_foreach (json_object_get(result, "findings"), i, f)
		found |= strcmp(text(f, "id"), id) == 0;
	json_decref(result);
	return found;
}

START_TEST(doctor_says_who_announces_ports_outside_of_the_range)
{
	const struct flow flow = { .service = at("192.0.2.10:21"), .server = at("10.0.0.2:21") };
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	announcements_refuse(fake->announced[1], &flow, (uint32_t)now.tv_sec);
	ck_assert(!is_found("outside_range"));
	name_range("10.0.0.2:21", 50000, 50999);
	ck_assert(is_found("outside_range"));
}
END_TEST

/* ---- proposals ---- */

static const struct {
	uint16_t lowest, highest;
	uint64_t count;
	uint16_t first, last;
} proposals[] = {
	{ 50003, 50997, 100, 50000, 50999 }, /* a thousand */
	{ 30000, 30100, 100, 30000, 30999 },
	{ 40003, 40096, 100, 40000, 40099 }, /* a hundred */
	{ 40190, 40210, 100, 40100, 40299 },
	{ 32768, 60999, 100, 32000, 60999 }, /* no range of its own */
	{ 1030, 1900, 100, 1024, 1999 },
	{ 64900, 65534, 100, 64000, 65535 },
	{ 65500, 65534, 100, 65500, 65535 },
	{ 20, 20, 100, 20, 20 },             /* always the same */
	{ 3000, 3000, 100, 3000, 3000 },
	{ 20, 30, 100, 20, 30 },
	{ 50003, 50997, RANGES_ENOUGH, 50000, 50999 },
	{ 50003, 50997, RANGES_ENOUGH - 1, 0, 0 },
	{ 0, 0, 0, 0, 0 },
};

START_TEST(a_proposal_ends_at_round_numbers)
{
	const struct announced a = {
		.count = proposals[_i].count, .lowest = proposals[_i].lowest, .highest = proposals[_i].highest,
	};
	const struct policy policy = { .service_count = 0 };
	const struct endpoint server = at("10.0.0.2:1");
	struct port_range range = ranges_propose(&policy, &server, &a);

	ck_assert_uint_eq(range.first, proposals[_i].first);
	ck_assert_uint_eq(range.last, proposals[_i].last);
}
END_TEST

static const struct {
	const char *taken;
	uint16_t first, last;
} others[] = {
	{ "10.0.0.2:51000", 50000, 50999 }, { "10.0.0.3:50500", 50000, 50999 },
	{ "10.0.0.2:50999", 50003, 50997 }, { "10.0.0.2:50500", 0, 0 },
};

START_TEST(a_proposal_holds_no_port_of_another_service)
{
	const struct announced a = { .count = 100, .lowest = 50003, .highest = 50997 };
	const struct endpoint taken = at(others[_i].taken), server = at("10.0.0.2:1");
	const struct policy policy = { .taken = &taken, .taken_count = 1 };
	struct port_range range = ranges_propose(&policy, &server, &a);

	ck_assert_uint_eq(range.first, others[_i].first);
	ck_assert_uint_eq(range.last, others[_i].last);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ranges");

	tcase_add_checked_fixture(t, talk_begin, talk_end);
	tcase_add_test(t, servers_are_those_of_ipvs_those_listed_and_those_seen);
	tcase_add_test(t, what_all_workers_have_seen_is_one);
	tcase_add_test(t, nothing_is_proposed_for_a_server_with_a_range);
	tcase_add_test(t, pages_end_with_a_service);
	tcase_add_test(t, doctor_says_who_announces_ports_outside_of_the_range);
	tcase_add_loop_test(t, a_proposal_ends_at_round_numbers, 0, sizeof(proposals) / sizeof(proposals[0]));
	tcase_add_loop_test(t, a_proposal_holds_no_port_of_another_service, 0, 4);
	return run_suite("ranges", t);
}
