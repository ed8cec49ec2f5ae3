/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which openings have ended unused, by what the kernel lists every few seconds. */
#include "traffic/unused.h"

#include "../support/packets.h"
#include "../support/run.h"

static struct unused *u;
static size_t ended_count;
static uint16_t ended_ports[16];

static void begin(void)
{
	u = unused_new();
	ck_assert_ptr_nonnull(u);
}

static void end(void)
{
	unused_free(u);
}

static void see(uint16_t port, uint32_t seconds)
{
	struct expectation_waiting e = {
		.client = at("198.51.100.7:40000"), .service = at("192.0.2.10:21"),
		.source = at("198.51.100.7:1"), .destination = at("192.0.2.10:1"), .seconds = seconds,
	};

	e.source.port = 0;
	e.destination.port = port;
	unused_see(u, &e);
}

static void note(const struct expectation_waiting *e, void *data)
{
	(void)data;
	ended_ports[ended_count++] = e->destination.port;
}

static void look_ends(uint32_t now)
{
	ended_count = 0;
	unused_look_ends(u, now, note, NULL);
}

START_TEST(an_opening_that_lives_to_its_end_was_unused)
{
	for (uint32_t now = 100; now < 160; now += 2) {
		see(50000, 159 - now);
		look_ends(now);
		ck_assert_uint_eq(ended_count, 0);
	}
	look_ends(160);
	ck_assert_uint_eq(ended_count, 1);
	ck_assert_uint_eq(ended_ports[0], 50000);
	look_ends(162);
	ck_assert_uint_eq(ended_count, 0);
}
END_TEST

START_TEST(an_opening_that_goes_before_its_time_was_used_or_taken_back)
{
	see(50000, 59);
	see(50001, 1);
	see(50002, 30);
	look_ends(100);
	see(50002, 28);
	look_ends(102);
	ck_assert_uint_eq(ended_count, 1);
	ck_assert_uint_eq(ended_ports[0], 50001);
}
END_TEST

START_TEST(a_look_that_was_not_whole_does_not_count)
{
	see(50000, 1);
	look_ends(100);
	unused_forget_look(u);
	see(50000, 1);
	look_ends(101);
	ck_assert_uint_eq(ended_count, 0);
	look_ends(103);
	ck_assert_uint_eq(ended_count, 1);
}
END_TEST

START_TEST(more_than_can_be_followed_are_left_out)
{
	for (uint32_t i = 0; i < UNUSED_WAITING_MAX + 5; i++)
		see((uint16_t)i, 30);
	look_ends(100);
	look_ends(101);
	ck_assert_uint_eq(ended_count, 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("unused");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, an_opening_that_lives_to_its_end_was_unused);
	tcase_add_test(t, an_opening_that_goes_before_its_time_was_used_or_taken_back);
	tcase_add_test(t, a_look_that_was_not_whole_does_not_count);
	tcase_add_test(t, more_than_can_be_followed_are_left_out);
	return run_suite("unused", t);
}
