/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which control connections may begin in their middle. */
#include "traffic/unseen.h"

#include "../support/packets.h"
#include "../support/run.h"

static struct unseen_known *known;
static struct unseen_arrived arrived;

static void begin(void)
{
	known = unseen_known_new();
	arrived.count = 0;
}

static void end(void)
{
	unseen_known_free(known);
}

static struct flow flow(uint16_t port)
{
	struct flow f = { .client = at("198.51.100.7:1"), .service = at("192.0.2.10:21"), .server = at("10.0.0.2:21") };

	f.client.port = port;
	return f;
}

static struct unseen_pair pair(uint16_t port)
{
	const struct flow f = flow(port);

	return (struct unseen_pair){ f.client, f.service };
}

static bool may_begin(uint16_t port)
{
	const struct flow f = flow(port);

	return unseen_may_begin(known, &arrived, &f);
}

static void know(uint16_t port)
{
	const struct unseen_pair p = pair(port);

	unseen_known_add(known, &p);
}

START_TEST(those_that_were_there_at_the_start_may)
{
	for (uint16_t port = 5000; port > 0; port--)
		know(port);
	unseen_known_settle(known, true);
	for (uint16_t port = 1; port <= 5000; port++)
		ck_assert(may_begin(port));
	ck_assert(!may_begin(5001));
}
END_TEST

START_TEST(where_none_was_there_none_may)
{
	unseen_known_settle(known, true);
	ck_assert(!may_begin(1));
}
END_TEST

START_TEST(where_not_all_were_found_all_may)
{
	know(1);
	unseen_known_settle(known, false);
	ck_assert(may_begin(2));
}
END_TEST

START_TEST(of_too_many_all_may)
{
	for (uint32_t i = 0; i <= UNSEEN_KNOWN_MAX; i++)
		know((uint16_t)(i % 1000 + 1));
	unseen_known_settle(known, true);
	ck_assert(may_begin(2000));
}
END_TEST

START_TEST(the_latest_of_another_director_may)
{
	unseen_known_settle(known, true);
	for (uint16_t port = 1; port <= UNSEEN_ARRIVED_MAX + 1; port++) {
		const struct unseen_pair p = pair(port);

		unseen_arrives(&arrived, &p);
		ck_assert(may_begin(port));
	}
	ck_assert(!may_begin(1));
	ck_assert(may_begin(2));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("unseen");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, those_that_were_there_at_the_start_may);
	tcase_add_test(t, where_none_was_there_none_may);
	tcase_add_test(t, where_not_all_were_found_all_may);
	tcase_add_test(t, of_too_many_all_may);
	tcase_add_test(t, the_latest_of_another_director_may);
	return run_suite("unseen", t);
}
