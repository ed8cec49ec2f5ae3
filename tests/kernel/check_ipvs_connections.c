/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of /proc/net/ip_vs_conn, as the kernel writes them and as it never should.
 */
#include "kernel/ipvs_connections.h"

#include <string.h>

#include "../support/run.h"

static void expect_connection(const char *line, const char *client, const char *service,
			      const char *server)
{
	char text[ENDPOINT_TEXT_MAX];
	struct ipvs_connection c;

	ck_assert_msg(ipvs_connection_read(line, &c), "not read: %s", line);
	ck_assert_str_eq(endpoint_format(&c.client, text), client);
	ck_assert_str_eq(endpoint_format(&c.service, text), service);
	ck_assert_str_eq(endpoint_format(&c.server, text), server);
}

START_TEST(connections_of_both_families_are_read)
{
	expect_connection("TCP C6336402 D2A4 C000020A 0015 0A000002 0015 ESTABLISHED     899\n",
			  "198.51.100.2:53924", "192.0.2.10:21", "10.0.0.2:21");
	expect_connection("TCP 2001:0db8:0001:0000:0000:0000:0000:0002 D2A4 2001:0db8:0000:0000:0000:0000:0000:0010 "
			  "0015 fd00:0000:0000:0000:0000:0000:0000:0002 0015 ESTABLISHED     899\n",
			  "[2001:db8:1::2]:53924", "[2001:db8::10]:21", "[fd00::2]:21");
}
END_TEST

START_TEST(only_those_that_are_established_are_said_to_be)
{
	struct ipvs_connection c;

	ck_assert(ipvs_connection_read("TCP C6336402 D2A4 C000020A 0015 0A000002 0015 ESTABLISHED 9", &c));
	ck_assert(c.established);
	ck_assert(ipvs_connection_read("TCP C6336402 D2A4 C000020A 0015 0A000002 0015 FIN_WAIT 9", &c));
	ck_assert(!c.established);
}
END_TEST

START_TEST(other_lines_are_none)
{
	static const char *const lines[] = {
		"",
		"Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n",
		"UDP C6336402 D2A4 C000020A 0015 0A000002 0015 UDP             299\n",
		"TCP C6336402 D2A4 C000020A 0015 0A000002 0015",
		"TCP C63364 D2A4 C000020A 0015 0A000002 0015 ESTABLISHED 899",
		"TCP C633640Z D2A4 C000020A 0015 0A000002 0015 ESTABLISHED 899",
		"TCP C6336402 1D2A4 C000020A 0015 0A000002 0015 ESTABLISHED 899",
		"TCP ::g D2A4 C000020A 0015 0A000002 0015 ESTABLISHED 899",
	};
	struct ipvs_connection c;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(!ipvs_connection_read(lines[i], &c), "read: %s", lines[i]);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ipvs_connections");

	tcase_add_test(t, connections_of_both_families_are_read);
	tcase_add_test(t, only_those_that_are_established_are_said_to_be);
	tcase_add_test(t, other_lines_are_none);
	return run_suite("ipvs_connections", t);
}
