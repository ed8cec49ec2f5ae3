/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/policy.h"

#include <stdlib.h>

#include "../support/packets.h"
#include "../support/run.h"

static const char *const services[] = {
	"192.0.2.10:21", "192.0.2.10:2121", "192.0.2.9:21", "[2001:db8::10]:21", "[2001:db8::10]:65535",
	"1.1.1.1:1", "255.255.255.255:21",
};

enum { SERVICES = sizeof(services) / sizeof(services[0]) };

static struct policy *make(size_t count)
{
	struct policy *p = calloc(1, sizeof(*p) + SERVICES * sizeof(p->services[0]));

	p->service_count = count;
	for (size_t i = 0; i < count; i++)
		p->services[i].address = at(services[i]);
	qsort(p->services, count, sizeof(p->services[0]), policy_compare_services);
	return p;
}

START_TEST(every_service_is_found_by_address_and_port)
{
	for (size_t count = 0; count <= SERVICES; count++) {
		struct policy *p = make(count);

		for (size_t i = 0; i < SERVICES; i++) {
			struct endpoint e = at(services[i]);
			const struct service *s = policy_find(p, &e);

			ck_assert_int_eq(s != NULL, i < count);
			ck_assert(s == NULL || endpoint_equal(&s->address, &e));
		}
		free(p);
	}
}
END_TEST

START_TEST(another_port_or_address_is_no_service)
{
	struct policy *p = make(SERVICES);
	static const char *const others[] = { "192.0.2.10:22", "192.0.2.11:21", "[2001:db8::11]:21" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct endpoint e = at(others[i]);

		ck_assert_ptr_null(policy_find(p, &e));
	}
	free(p);
}
END_TEST

/* ---- ports of real servers ---- */

/* 10.0.0.1 has a range, 10.0.0.2 is listed without one, [fd00::1] has one that is privileged. */
static struct real_server servers[3];
static struct service service;
static struct policy policy;

static void list_servers(void)
{
	static const char *const addresses[] = { "10.0.0.1:1", "10.0.0.2:1", "[fd00::1]:1" };

	for (size_t i = 0; i < 3; i++) {
		servers[i].address = at(addresses[i]);
		servers[i].address.port = 0;
	}
	servers[0].passive_ports = (struct port_range){ 3000, 3999 };
	servers[2].passive_ports = (struct port_range){ 20, 20 };
	qsort(servers, 3, sizeof(servers[0]), endpoint_compare);
	service = (struct service){ .servers = servers, .server_count = 3 };
	policy = (struct policy){ .service_count = 0 };
}

static bool may_open(const char *target)
{
	struct endpoint e = at(target);

	return policy_may_open(&policy, &service, &e);
}

START_TEST(the_range_of_a_server_is_found_whatever_its_port)
{
	const struct endpoint named = at("10.0.0.1:21"), unnamed = at("10.0.0.2:21"),
			      unlisted = at("10.0.0.3:21"), v6 = at("[fd00::1]:2121");

	ck_assert_uint_eq(service_range(&service, &named)->first, 3000);
	ck_assert_uint_eq(service_range(&service, &named)->last, 3999);
	ck_assert_uint_eq(service_range(&service, &v6)->first, 20);
	ck_assert_ptr_null(service_range(&service, &unnamed));
	ck_assert_ptr_null(service_range(&service, &unlisted));
	service.server_count = 0;
	ck_assert_ptr_null(service_range(&service, &named));
}
END_TEST

START_TEST(of_a_server_with_a_range_that_range_is_opened_and_nothing_else)
{
	ck_assert(may_open("10.0.0.1:3000"));
	ck_assert(may_open("10.0.0.1:3999"));
	ck_assert(!may_open("10.0.0.1:2999"));
	ck_assert(!may_open("10.0.0.1:4000"));
	ck_assert(!may_open("10.0.0.1:21"));
	ck_assert(may_open("[fd00::1]:20"));
	ck_assert(!may_open("[fd00::1]:21"));
	ck_assert(!may_open("[fd00::1]:3000"));
}
END_TEST

START_TEST(of_a_server_without_a_range_no_privileged_port_is_opened)
{
	ck_assert(may_open("10.0.0.2:1024"));
	ck_assert(may_open("10.0.0.3:65535"));
	ck_assert(!may_open("10.0.0.2:1023"));
	ck_assert(!may_open("10.0.0.3:22"));
}
END_TEST

START_TEST(of_a_server_without_a_range_no_closed_port_is_opened)
{
	service.closed_ports = (struct port_list){ 2, { { 3306, 3306 }, { 8000, 8999 } } };
	ck_assert(!may_open("10.0.0.2:3306"));
	ck_assert(may_open("10.0.0.2:3305"));
	ck_assert(may_open("10.0.0.2:3307"));
	ck_assert(!may_open("10.0.0.3:8000"));
	ck_assert(!may_open("10.0.0.3:8999"));
	ck_assert(may_open("10.0.0.3:9000"));
	ck_assert(may_open("10.0.0.1:3306"));
}
END_TEST

START_TEST(of_a_server_without_a_range_no_port_that_ipvs_leads_to_is_opened)
{
	const struct endpoint taken[] = { at("0.0.0.0:5000"), at("10.0.0.2:3306"), at("10.0.0.4:5432") };

	policy.taken = taken;
	policy.taken_count = 3;
	ck_assert(!may_open("10.0.0.2:3306"));
	ck_assert(may_open("10.0.0.3:3306"));
	ck_assert(may_open("10.0.0.2:5432"));
	ck_assert(may_open("10.0.0.2:5000")); /* that the director listens says nothing of a server */
	ck_assert(may_open("10.0.0.1:3306"));
}
END_TEST

START_TEST(clients_are_shown_what_nothing_else_uses)
{
	const struct endpoint taken[] = { at("[::]:6000"), at("0.0.0.0:5000"), at("192.0.2.10:443"),
					  at("[2001:db8::10]:443") };
	static const struct {
		const char *shown;
		bool allowed;
	} cases[] = {
		{ "192.0.2.10:444", true },     { "192.0.2.10:443", false },     { "192.0.2.11:443", true },
		{ "192.0.2.10:5000", false },   { "192.0.2.10:6000", true },     { "[2001:db8::10]:443", false },
		{ "[2001:db8::11]:443", true }, { "[2001:db8::10]:6000", false }, { "[2001:db8::10]:5000", true },
	};

	policy.taken = taken;
	policy.taken_count = 4;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint e = at(cases[i].shown);

		ck_assert_msg(policy_may_show(&policy, &e) == cases[i].allowed, "%s", cases[i].shown);
	}
}
END_TEST

START_TEST(the_directors_own_addresses_are_known)
{
	static const char *const own[] = { "10.0.0.1:1", "[fd00::1]:1", "127.0.0.1:1" };
	struct endpoint taken[3];
	struct policy *p = make(0);

	for (size_t i = 0; i < 3; i++) {
		taken[i] = at(own[i]);
		taken[i].port = 0;
	}
	qsort(taken, 3, sizeof(taken[0]), endpoint_compare);
	p->taken = taken;
	p->taken_count = 3;
	for (size_t i = 0; i < 3; i++) {
		const struct endpoint server = at(own[i]);

		ck_assert(policy_is_own(p, &server));
		ck_assert(!policy_is_taken(p, &server));
	}
	ck_assert(!policy_is_own(p, &(struct endpoint){ .addr = at("10.0.0.2:21").addr, .port = 21 }));
	free(p);
}
END_TEST

START_TEST(another_address_of_the_family_is_known)
{
	const char *const addresses[] = { "192.0.2.10:21", "192.0.2.10:2121", "[2001:db8::10]:21", "[2001:db8::11]:21" };
	struct policy *both = calloc(1, sizeof(*both) + 4 * sizeof(both->services[0]));

	ck_assert_ptr_nonnull(both);
	for (size_t i = 0; i < 4; i++)
		both->services[i].address = at(addresses[i]);
	both->service_count = 4;
	qsort(both->services, 4, sizeof(both->services[0]), policy_compare_services);
	for (size_t i = 0; i < 4; i++) {
		const struct endpoint address = at(addresses[i]);

		ck_assert_int_eq(policy_has_other_address(both, &address), i >= 2);
	}
	free(both);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("policy");

	tcase_add_test(t, every_service_is_found_by_address_and_port);
	tcase_add_checked_fixture(t, list_servers, NULL);
	tcase_add_test(t, another_port_or_address_is_no_service);
	tcase_add_test(t, the_range_of_a_server_is_found_whatever_its_port);
	tcase_add_test(t, of_a_server_with_a_range_that_range_is_opened_and_nothing_else);
	tcase_add_test(t, of_a_server_without_a_range_no_privileged_port_is_opened);
	tcase_add_test(t, of_a_server_without_a_range_no_closed_port_is_opened);
	tcase_add_test(t, of_a_server_without_a_range_no_port_that_ipvs_leads_to_is_opened);
	tcase_add_test(t, clients_are_shown_what_nothing_else_uses);
	tcase_add_test(t, the_directors_own_addresses_are_known);
	tcase_add_test(t, another_address_of_the_family_is_known);
	return run_suite("policy", t);
}
