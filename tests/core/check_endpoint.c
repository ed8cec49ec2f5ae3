/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/endpoint.h"

#include <errno.h>
#include <string.h>

#include "../support/packets.h"
#include "../support/run.h"

START_TEST(what_is_written_is_read_back)
{
	static const char *const texts[] = {
		"192.0.2.10:21", "0.0.0.0:1", "255.255.255.255:65535", "[2001:db8::10]:21", "[::]:1",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[fe80::1]:2121",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct endpoint e;
		char text[ENDPOINT_TEXT_MAX];

		ck_assert_msg(endpoint_parse(texts[i], &e) == 0, "%s", texts[i]);
		ck_assert_str_eq(endpoint_format(&e, text), texts[i]);
		ck_assert_int_eq(endpoint_is_ipv4(&e), texts[i][0] != '[');
	}
}
END_TEST

START_TEST(what_is_no_endpoint_is_refused)
{
	static const char *const bad[] = {
		"", ":", "21", "192.0.2.10", "192.0.2.10:", "192.0.2.10:0", "192.0.2.10:65536", "192.0.2.10:-1",
		"192.0.2.10:+1", "192.0.2.10: 1", "192.0.2.10:1 ", "192.0.2.10:021000", "192.0.2.256:21",
		"192.0.2:21", "host:21", "[192.0.2.10]:21", "2001:db8::10:21", "[2001:db8::10]", "[2001:db8::10]21",
		"[2001:db8::10]:", "[2001:db8::10", "[]:21", "[:21", "]:21", "[2001:db8::10%eth0]:21",
		"192.0.2.10:4294967317", "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:21",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct endpoint e = at("1.2.3.4:5"), before = e;

		ck_assert_msg(endpoint_parse(bad[i], &e) == -EINVAL, "%s", bad[i]);
		ck_assert_mem_eq(&e, &before, sizeof(e));
	}
}
END_TEST

START_TEST(addresses_compare_as_addresses)
{
	struct endpoint a = at("[::ffff:1.2.3.4]:5"), b = at("1.2.3.4:5"), c = at("1.2.3.4:6");
	struct endpoint d = at("[0:0:0:0:0:0:0:1]:5"), e = at("[::1]:5");

	ck_assert(endpoint_equal(&a, &b));
	ck_assert(!endpoint_equal(&b, &c));
	ck_assert(endpoint_same_address(&b, &c));
	ck_assert(endpoint_equal(&d, &e));
	ck_assert(!endpoint_same_address(&a, &d));
}
END_TEST

START_TEST(an_ipv4_address_comes_out_as_it_went_in)
{
	struct in_addr addr = { .s_addr = 0x04030201 };
	struct endpoint e = endpoint_from_ipv4(addr, 9);

	ck_assert(endpoint_is_ipv4(&e));
	ck_assert_uint_eq(endpoint_ipv4(&e).s_addr, addr.s_addr);
	e = endpoint_from_ipv6(&in6addr_loopback, 9);
	ck_assert(!endpoint_is_ipv4(&e));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("endpoint");

	tcase_add_test(t, what_is_written_is_read_back);
	tcase_add_test(t, what_is_no_endpoint_is_refused);
	tcase_add_test(t, addresses_compare_as_addresses);
	tcase_add_test(t, an_ipv4_address_comes_out_as_it_went_in);
	return run_suite("endpoint", t);
}
