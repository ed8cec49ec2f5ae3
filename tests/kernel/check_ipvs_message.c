/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ipvs_message.h"

#include <errno.h>
#include <string.h>

#include "../support/run.h"

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static struct flow flow4(void)
{
	return (struct flow){
		.client = at("198.51.100.2:40000"),
		.service = at("192.0.2.10:2121"),
		.server = at("10.0.0.2:21"),
	};
}

static struct flow flow6(void)
{
	return (struct flow){
		.client = at("[2001:db8:1::2]:40000"),
		.service = at("[2001:db8::10]:21"),
		.server = at("[fd00::2]:21"),
	};
}

static int encode(uint8_t message[static 2048], size_t size, const struct ipvs_entry *entries,
		  size_t count, size_t *taken)
{
	return ipvs_message_encode(message, size, 7, 0x0102030405060708, entries, count, taken);
}

START_TEST(a_passive_entry_has_the_kernels_shape)
{
	static const uint8_t wanted[] = {
		0, 7, 0, 52, 1, 1, 0, 0,
		0, 6, 0, 36, 0, 0, 8, 0, 0, 9, 0, 0, 0xc3, 0x50, 0x9c, 0x40,
		0, 0, 0, 0, 0, 0, 0, 60,
		198, 51, 100, 2, 192, 0, 2, 10, 10, 0, 0, 2,
		1, 2, 3, 4, 5, 6, 7, 8,
	};
	const struct flow flow = flow4();
	const struct ipvs_entry entry = ipvs_entry_passive(&flow, 50000, 40000, 60);
	uint8_t message[2048];
	size_t taken;

	ck_assert_int_eq(encode(message, sizeof(message), &entry, 1, &taken), sizeof(wanted));
	ck_assert_uint_eq(taken, 1);
	ck_assert_mem_eq(message, wanted, sizeof(wanted));
}
END_TEST

START_TEST(an_active_entry_counts_down_from_the_control_ports)
{
	static const uint8_t wanted[] = {
		0, 6, 0, 36, 0, 0, 0, 0, 0, 9, 0x0b, 0xb8, 0x08, 0x48, 0, 20,
		0, 0, 0, 0, 0, 1, 0x51, 0x80,
		198, 51, 100, 2, 192, 0, 2, 10, 10, 0, 0, 2,
	};
	const struct flow flow = flow4();
	const struct ipvs_entry entry = ipvs_entry_active(&flow, 3000, UINT32_MAX);
	uint8_t message[2048];
	size_t taken;

	ck_assert_int_gt(encode(message, sizeof(message), &entry, 1, &taken), 0);
	ck_assert_mem_eq(message + IPVS_MESSAGE_HEADER, wanted, sizeof(wanted));
}
END_TEST

START_TEST(ipv6_entries_have_their_own_type_and_size)
{
	const struct flow flow = flow6();
	const struct ipvs_entry entry = ipvs_entry_passive(&flow, 50000, 40000, 60);
	uint8_t message[2048];
	size_t taken;

	ck_assert_int_eq(encode(message, sizeof(message), &entry, 1, &taken), 8 + 72 + 8);
	ck_assert_uint_eq(message[8], 1);
	ck_assert_uint_eq(message[11], 72);
	ck_assert_mem_eq(message + 8 + 24, &entry.client.addr, 16);
	ck_assert_mem_eq(message + 8 + 40, &entry.service.addr, 16);
	ck_assert_mem_eq(message + 8 + 56, &entry.server.addr, 16);
}
END_TEST

START_TEST(a_message_takes_what_fits)
{
	const struct flow flow = flow4(), other = flow6();
	struct ipvs_entry entries[300];
	uint8_t message[2048], untouched[2048];
	uint64_t trailer;
	size_t taken, size;
	int length;

	memset(untouched, 0xa5, sizeof(untouched));
	for (size_t i = 0; i < 300; i++)
		entries[i] = ipvs_entry_passive(i % 3 ? &flow : &other, 50000, 40000, 60);
	for (size = 0; size <= sizeof(message); size++) {
		memset(message, 0xa5, sizeof(message));
		length = encode(message, size, entries, 300, &taken);
		if (size < 16) {
			ck_assert_int_eq(length, -EMSGSIZE);
			continue;
		}
		ck_assert_int_le(length, (int)size);
		ck_assert_int_gt(length + 72, (int)size);
		ck_assert_uint_eq(message[4], taken);
		ck_assert_int_eq(ipvs_message_trailer(message, (size_t)length, &trailer), 0);
		ck_assert_uint_eq(trailer, 0x0102030405060708);
		ck_assert_mem_eq(message + length, untouched, sizeof(message) - (size_t)length);
	}
}
END_TEST

START_TEST(no_entries_make_a_barrier)
{
	uint8_t message[2048];
	size_t taken;

	ck_assert_int_eq(encode(message, 16, NULL, 0, &taken), 16);
	ck_assert_uint_eq(message[4], 0);
}
END_TEST

START_TEST(entries_that_make_no_sense_are_refused)
{
	const struct flow flow = flow4(), other = flow6();
	struct ipvs_entry mixed = ipvs_entry_passive(&flow, 50000, 40000, 60);
	const struct ipvs_entry no_time = ipvs_entry_passive(&flow, 50000, 40000, 0);
	const struct ipvs_entry no_port = ipvs_entry_passive(&flow, 0, 40000, 60);
	uint8_t message[2048];
	size_t taken;

	mixed.server = other.server;
	ck_assert_int_eq(encode(message, sizeof(message), &mixed, 1, &taken), -EINVAL);
	ck_assert_int_eq(encode(message, sizeof(message), &no_time, 1, &taken), -EINVAL);
	ck_assert_int_eq(encode(message, sizeof(message), &no_port, 1, &taken), -EINVAL);
}
END_TEST

START_TEST(what_is_no_message_of_ours_has_no_trailer)
{
	uint8_t message[2048];
	uint64_t trailer = 99;
	size_t taken;
	int length = encode(message, 16, NULL, 0, &taken);

	for (size_t cut = 0; cut < (size_t)length; cut++)
		ck_assert_int_eq(ipvs_message_trailer(message, cut, &trailer), -EBADMSG);
	ck_assert_int_eq(ipvs_message_trailer(message, 17, &trailer), -EBADMSG);
	message[5] = 0;
	ck_assert_int_eq(ipvs_message_trailer(message, 16, &trailer), -EBADMSG);
	ck_assert_uint_eq(trailer, 99);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("ipvs_message");

	tcase_add_test(tcase, a_passive_entry_has_the_kernels_shape);
	tcase_add_test(tcase, an_active_entry_counts_down_from_the_control_ports);
	tcase_add_test(tcase, ipv6_entries_have_their_own_type_and_size);
	tcase_add_test(tcase, a_message_takes_what_fits);
	tcase_add_test(tcase, no_entries_make_a_barrier);
	tcase_add_test(tcase, entries_that_make_no_sense_are_refused);
	tcase_add_test(tcase, what_is_no_message_of_ours_has_no_trailer);
	return run_suite("ipvs_message", tcase);
}
