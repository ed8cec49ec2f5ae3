/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/checksum.h"

#include <arpa/inet.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

static uint16_t known_good(const uint8_t *bytes, size_t size)
{
	return (uint16_t)~sum_fold(sum_bytes(0, bytes, size));
}

/* RFC 1071, section 3. */
START_TEST(the_example_of_the_rfc_comes_out_right)
{
	const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	ck_assert_uint_eq(ntohs(checksum_finish(checksum_add(0, bytes, sizeof(bytes)))), 0x220d);
}
END_TEST

START_TEST(random_bytes_have_the_checksum_of_a_plain_implementation)
{
	static uint8_t bytes[65536];
	struct random r = { 3 };

	for (int n = 0; n < 5000; n++) {
		size_t size = random_below(&r, n < 4900 ? 100 : sizeof(bytes) + 1);
		size_t cut = size == 0 ? 0 : random_below(&r, (uint32_t)size) / 2 * 2;
		uint64_t sum;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (uint8_t)(random_chance(&r, 30) ? 0xff : random_below(&r, 256));
		sum = checksum_add(checksum_add(0, bytes, cut), bytes + cut, size - cut);
		ck_assert_uint_eq(ntohs(checksum_finish(sum)), known_good(bytes, size));
	}
}
END_TEST

START_TEST(every_size_and_alignment_counts_its_last_bytes)
{
	uint8_t bytes[80];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 1);
	for (size_t start = 0; start < 8; start++)
		for (size_t size = 0; size <= 64; size++)
			ck_assert_uint_eq(ntohs(checksum_finish(checksum_add(0, bytes + start, size))),
					  known_good(bytes + start, size));
}
END_TEST

START_TEST(the_largest_sum_does_not_overflow)
{
	static uint8_t bytes[65536];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0xff;
	ck_assert_uint_eq(ntohs(checksum_finish(checksum_add(0, bytes, sizeof(bytes)))),
			  known_good(bytes, sizeof(bytes)));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("checksum");

	tcase_add_test(t, the_example_of_the_rfc_comes_out_right);
	tcase_add_test(t, random_bytes_have_the_checksum_of_a_plain_implementation);
	tcase_add_test(t, every_size_and_alignment_counts_its_last_bytes);
	tcase_add_test(t, the_largest_sum_does_not_overflow);
	return run_suite("checksum", t);
}
