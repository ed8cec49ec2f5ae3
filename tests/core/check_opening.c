/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/opening.h"

#include <errno.h>
#include <string.h>

#include "../support/packets.h"
#include "../support/run.h"

static int port_of(uint16_t first, uint16_t last, uint16_t own, uint32_t seed, unsigned int attempt,
		   uint16_t *port)
{
	struct service service = { .passive_ports = { first, last } };
	struct want want = { .mode = MODE_PASSIVE, .target = { .port = own } };

	return opening_port(&service, &want, seed, attempt, port);
}

START_TEST(the_servers_own_port_comes_first_where_the_range_allows)
{
	uint16_t port;

	ck_assert_int_eq(port_of(0, 0, 2000, 77, 0, &port), 0);
	ck_assert_uint_eq(port, 2000);
	ck_assert_int_eq(port_of(50000, 50999, 50000, 77, 0, &port), 0);
	ck_assert_uint_eq(port, 50000);
	ck_assert_int_eq(port_of(50000, 50999, 50999, 77, 0, &port), 0);
	ck_assert_uint_eq(port, 50999);
	ck_assert_int_eq(port_of(50000, 50999, 51000, 77, 0, &port), 0);
	ck_assert_uint_ne(port, 51000);
}
END_TEST

START_TEST(no_port_outside_the_range_is_ever_shown)
{
	static const uint16_t ranges[][2] = { { 50000, 50999 }, { 1024, 1024 }, { 65535, 65535 }, { 1, 65535 } };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		for (uint32_t seed = 0xffffff00; seed != 0x100; seed++)
			for (unsigned int attempt = 0; attempt < 70; attempt++) {
				uint16_t port;

				if (port_of(ranges[i][0], ranges[i][1], 40000, seed, attempt, &port) == 0 &&
				    (port < ranges[i][0] || port > ranges[i][1]))
					ck_abort_msg("port %u of %u-%u", port, ranges[i][0], ranges[i][1]);
			}
}
END_TEST

START_TEST(a_service_without_a_range_falls_back_to_dynamic_ports)
{
	uint16_t port;

	for (unsigned int attempt = 1; attempt < OPENING_TRIES_MAX; attempt++) {
		ck_assert_int_eq(port_of(0, 0, 2000, 12345, attempt, &port), 0);
		ck_assert_uint_ge(port, OPENING_FALLBACK_FIRST);
	}
}
END_TEST

START_TEST(a_small_range_is_tried_whole_and_then_exhausted)
{
	bool seen[5] = { false };
	uint16_t port;
	unsigned int attempt;

	for (attempt = 0; port_of(60000, 60004, 1024, 999, attempt, &port) == 0; attempt++)
		seen[port - 60000] = true;
	ck_assert_uint_eq(attempt, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert(seen[i]);
	ck_assert_int_eq(port_of(60000, 60004, 1024, 999, 5, &port), -ENOSPC);
}
END_TEST

START_TEST(tries_end)
{
	uint16_t port;

	ck_assert_int_eq(port_of(1024, 65535, 1, 0, OPENING_TRIES_MAX, &port), -ENOSPC);
	ck_assert_int_eq(port_of(0, 0, 2000, 0, OPENING_TRIES_MAX + 1, &port), -ENOSPC);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("opening");

	tcase_add_test(t, the_servers_own_port_comes_first_where_the_range_allows);
	tcase_add_test(t, no_port_outside_the_range_is_ever_shown);
	tcase_add_test(t, a_service_without_a_range_falls_back_to_dynamic_ports);
	tcase_add_test(t, a_small_range_is_tried_whole_and_then_exhausted);
	tcase_add_test(t, tries_end);
	return run_suite("opening", t);
}
