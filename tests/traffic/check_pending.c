/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that wait while the policy is replaced. */
#include "traffic/pending.h"

#include "../support/run.h"

#include <stdlib.h>

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

/* One service with one real server, and with that server's range. */
static struct policy *make_policy(const char *service, uint16_t first)
{
	struct policy *p = calloc(1, sizeof(*p) + sizeof(p->services[0]) + sizeof(struct real_server));
	struct real_server *server = (struct real_server *)(void *)&p->services[1];

	server->address = at("10.0.0.1:1");
	server->address.port = 0;
	server->passive_ports = (struct port_range){ first, (uint16_t)(first + 9) };
	p->service_count = 1;
	p->services[0] = (struct service){
		.address = at(service), .active = true, .servers = server, .server_count = 1,
	};
	return p;
}

static struct pending *pending;
static struct pending_packet *waiting;
static struct policy *before;

static void begin(void)
{
	const struct packet packet = { .bytes = (const uint8_t *)"", .size = 0 };
	struct transit transit = { .packet = &packet };

	before = make_policy("192.0.2.1:21", 2000);
	pending = pending_new();
	transit.service = &before->services[0];
	waiting = pending_add(pending, &transit);
}

static void end(void)
{
	pending_free(pending);
}

static void replace(struct policy *next)
{
	pending_set_policy(pending, next);
	free(before);
}

static bool may_open(const struct policy *policy, const char *target)
{
	struct endpoint e = at(target);

	return policy_may_open(policy, &waiting->service, &e);
}

START_TEST(a_packet_that_waits_follows_the_policy)
{
	struct policy *next = make_policy("192.0.2.1:21", 3000);

	ck_assert(may_open(before, "10.0.0.1:2000"));
	replace(next);
	ck_assert(!may_open(next, "10.0.0.1:2000"));
	ck_assert(may_open(next, "10.0.0.1:3000"));
	ck_assert(waiting->service.active);
	free(next);
}
END_TEST

START_TEST(for_a_packet_whose_service_has_gone_nothing_is_opened)
{
	struct policy *next = make_policy("192.0.2.2:21", 2000);

	replace(next);
	ck_assert(!may_open(next, "10.0.0.1:2000"));
	ck_assert(!may_open(next, "10.0.0.2:50000"));
	ck_assert(!waiting->service.active);
	free(next);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("pending");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_packet_that_waits_follows_the_policy);
	tcase_add_test(t, for_a_packet_whose_service_has_gone_nothing_is_opened);
	return run_suite("pending", t);
}
