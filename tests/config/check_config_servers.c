/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real servers of a service, and the ports of theirs that are closed. */
#include "config_files.h"

#include <stdlib.h>
#include <string.h>

#define RANGE_ALLOWED \
	", allowed is \"FIRST-LAST\" or \"PORT\" within 1 to 65535, as the server is configured\n"
#define REAL_ALLOWED ", allowed is \"ADDRESS\" of one host, IPv4 or IPv6, without brackets and port\n"
#define CLOSED_ALLOWED                                                                             \
	", allowed is at most 16 of \"PORT\" and \"FIRST-LAST\" within 1 to 65535 with commas between " \
	"them, or \"\" for none\n"

START_TEST(real_servers_have_ranges)
{
	const struct service *s;

	load_good("services = ( { name = \"a\"; virtual = \"192.0.2.1:21\";\n"
		  "  servers = ( { real = \"10.0.0.11\"; passive_ports = \"50000-50999\"; },\n"
		  "              { real = \"10.0.0.10\"; passive_ports = \"20\"; } ); },\n"
		  "  { servers = ( { passive_ports = \"1-65535\"; real = \"fd00::1\"; } );\n"
		  "    name = \"b\"; virtual = \"[2001:db8::1]:21\"; },\n"
		  "  { name = \"c\"; virtual = \"192.0.2.1:2121\"; servers = ( ); } );");
	ck_assert_uint_eq(config.server_count, 3);
	s = &config.services[0];
	ck_assert_uint_eq(s->server_count, 2);
	ck_assert_uint_eq(s->servers[0].passive_ports.first, 20);
	ck_assert_uint_eq(s->servers[0].passive_ports.last, 20);
	ck_assert_uint_eq(s->servers[1].passive_ports.first, 50000);
	ck_assert_uint_eq(s->servers[1].passive_ports.last, 50999);
	s = &config.services[1];
	ck_assert_uint_eq(s->server_count, 1);
	ck_assert(!endpoint_is_ipv4(&s->servers[0].address));
	ck_assert_uint_eq(s->servers[0].address.port, 0);
	ck_assert_uint_eq(s->servers[0].passive_ports.last, 65535);
	ck_assert_uint_eq(config.services[2].server_count, 0);
}
END_TEST

static const struct {
	const char *value, *why;
} bad_addresses[] = {
	{ "\"10.0.0.1:21\"", " (with a port)" },
	{ "\"[fd00::1]:21\"", " (with a port)" },
	{ "\"[fd00::1]\"", " (in brackets)" },
	{ "\"fe80::1%eth0\"", " (an address with an interface)" },
	{ "\"10.0.0\"", "" },
	{ "\"localhost\"", "" },
	{ "\"\"", "" },
	{ "\"0.0.0.0\"", " (not the address of a host)" },
	{ "\"255.255.255.255\"", " (the broadcast address)" },
	{ "\"224.0.0.1\"", " (a multicast address)" },
	{ "\"ff02::1\"", " (a multicast address)" },
	{ "\"::\"", " (not the address of a host)" },
	{ "\"::ffff:10.0.0.1\"", " (an IPv4 address in IPv6's form)" },
	{ "5", "" },
};

START_TEST(an_address_no_real_server_can_have_is_refused)
{
	char text[256], said[512];

	snprintf(text, sizeof(text), SERVICE("servers = ( { passive_ports = \"20-21\";\nreal = %s; } );"),
		 bad_addresses[_i].value);
	snprintf(said, sizeof(said), "c:3: services.servers.real is %s%s" REAL_ALLOWED,
		 bad_addresses[_i].value, bad_addresses[_i].why);
	refuse(text, said);
}
END_TEST

static const struct {
	const char *value, *why;
} bad_ranges[] = {
	{ "20", "" },
	{ "\"\"", " (empty)" },
	{ "\"0-20\"", " (out of range)" },
	{ "\"0\"", " (out of range)" },
	{ "\"50000-65536\"", " (out of range)" },
	{ "\"70000\"", " (out of range)" },
	{ "\"50000-\"", "" },
	{ "\"-5\"", "" },
	{ "\"50000-50001-50002\"", "" },
	{ "\"50000-50999,51000\"", "" },
	{ "\"50999-50000\"", " (first and last exchanged)" },
};

START_TEST(a_range_that_no_real_server_can_have_is_refused)
{
	char text[256], said[512];

	snprintf(text, sizeof(text),
		 SERVICE("servers = ( { real = \"10.0.0.1\";\npassive_ports = %s; } );"),
		 bad_ranges[_i].value);
	snprintf(said, sizeof(said), "c:3: services.servers.passive_ports is %s%s" RANGE_ALLOWED,
		 bad_ranges[_i].value, bad_ranges[_i].why);
	refuse(text, said);
}
END_TEST

START_TEST(a_real_server_needs_its_address_and_its_range)
{
	refuse(SERVICE("servers = ( { real = \"10.0.0.1\"; },\n"
		       " { passive_ports = \"20\"; },\n { } );"),
	       "c:2: a member of services.servers without its passive_ports\n"
	       "c:3: a member of services.servers without its real\n"
	       "c:4: a member of services.servers without its real\n"
	       "c:4: a member of services.servers without its passive_ports\n");
}
END_TEST

START_TEST(what_is_no_list_of_real_servers_is_refused)
{
	refuse(SERVICE("servers = \"10.0.0.1\";"),
	       "c:2: services.servers is \"10.0.0.1\", allowed is a list of groups: ( { ... }, { ... } )\n");
	refuse(SERVICE("servers = { real = \"10.0.0.1\"; };"),
	       "c:2: services.servers is a group { }, allowed is a list of groups: ( { ... }, { ... } )\n");
	refuse(SERVICE("servers = (\n\"10.0.0.1\", 5 );"),
	       "c:3: services.servers has \"10.0.0.1\" in its list, allowed is a group { }\n"
	       "c:3: services.servers has 5 in its list, allowed is a group { }\n");
}
END_TEST

START_TEST(a_key_of_a_real_server_that_is_unknown_gets_the_nearest)
{
	refuse(SERVICE("servers = ( { rael = \"10.0.0.1\"; },\n"
		       "{ pasive_ports = \"20\"; },\n{ virtual = \"10.0.0.1:21\"; },\n"
		       "{ zzzzzz = 1; } );\nserver = ();\nreal = \"10.0.0.1\";"),
	       "c:6: unknown key \"server\" in services, did you mean \"servers\"?\n"
	       "c:7: unknown key \"real\" in services, did you mean \"services.servers.real\"?\n"
	       "c:2: unknown key \"rael\" in services.servers, did you mean \"real\"?\n"
	       "c:2: a member of services.servers without its real\n"
	       "c:2: a member of services.servers without its passive_ports\n"
	       "c:3: unknown key \"pasive_ports\" in services.servers, did you mean \"passive_ports\"?\n"
	       "c:3: a member of services.servers without its real\n"
	       "c:3: a member of services.servers without its passive_ports\n"
	       "c:4: unknown key \"virtual\" in services.servers, did you mean \"services.virtual\"?\n"
	       "c:4: a member of services.servers without its real\n"
	       "c:4: a member of services.servers without its passive_ports\n"
	       "c:5: unknown key \"zzzzzz\" in services.servers, known are real, passive_ports\n"
	       "c:5: a member of services.servers without its real\n"
	       "c:5: a member of services.servers without its passive_ports\n");
	refuse("servers = ();", "c:1: unknown key \"servers\", did you mean \"services.servers\"?\n");
	refuse("limits = { servers = 5; };",
	       "c:1: unknown key \"servers\" in limits, did you mean \"services.servers\"?\n");
}
END_TEST

START_TEST(a_real_server_is_listed_once)
{
	refuse("services = ( { name = \"a\"; virtual = \"[2001:db8::1]:21\"; servers = (\n"
	       "{ real = \"fd00::1\"; passive_ports = \"2000-2999\"; },\n"
	       "{ real = \"fd00::2\"; passive_ports = \"2000-2999\"; },\n"
	       "{ real = \"FD00:0::1\"; passive_ports = \"3000-3999\"; } ); } );",
	       "c:4: services.servers.real \"fd00::1\" is listed at c:2 already\n");
	/* Behind another service may be another server program of the same machine. */
	load_good("services = ( { name = \"a\"; virtual = \"192.0.2.1:21\";\n"
		  "servers = ( { real = \"10.0.0.1\"; passive_ports = \"2000-2999\"; } ); },\n"
		  "{ name = \"b\"; virtual = \"192.0.2.1:2121\";\n"
		  "servers = ( { real = \"10.0.0.1\"; passive_ports = \"3000-3999\"; } ); } );");
}
END_TEST

START_TEST(a_real_server_is_of_the_family_of_its_service)
{
	refuse("services = ( { servers = (\n{ real = \"fd00::1\"; passive_ports = \"2000-2999\"; } );\n"
	       "name = \"a\"; virtual = \"192.0.2.1:21\"; } );",
	       "c:2: services.servers.real \"fd00::1\" is of another address family than the service, "
	       "192.0.2.1:21\n");
	refuse("services = ( { name = \"a\"; virtual = \"[2001:db8::1]:21\"; servers = (\n"
	       "{ real = \"10.0.0.1\"; passive_ports = \"2000-2999\"; } ); } );",
	       "c:2: services.servers.real \"10.0.0.1\" is of another address family than the service, "
	       "[2001:db8::1]:21\n");
}
END_TEST

static char *many_servers(unsigned int count)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fprintf(f, "services = ( { name = \"a\"; virtual = \"192.0.2.1:21\";\nservers = (\n");
	for (unsigned int i = 0; i < count; i++)
		fprintf(f, "{ real = \"10.0.%u.%u\"; passive_ports = \"50000-50999\"; }%s\n", i / 250,
			i % 250 + 1, i + 1 < count ? "," : "");
	fprintf(f, "); } );\n");
	fclose(f);
	return text;
}

START_TEST(more_than_256_real_servers_of_a_service_are_refused)
{
	char *text = many_servers(CONFIG_SERVERS_MAX);

	load_good(text);
	ck_assert_uint_eq(config.services[0].server_count, 256);
	free(text);
	text = many_servers(CONFIG_SERVERS_MAX + 1);
	refuse(text, "c:2: services.servers has 257 members, allowed is at most 256\n");
	free(text);
}
END_TEST

static bool closes(const char *list, uint16_t port)
{
	char text[256];

	snprintf(text, sizeof(text), SERVICE("closed_ports = \"%s\";"), list);
	load_good(text);
	return port_in_list(&config.services[0].closed_ports, port);
}

START_TEST(closed_ports_are_ports_and_ranges)
{
	ck_assert(!closes("", 3306));
	ck_assert(closes("3306", 3306));
	ck_assert(!closes("3306", 3307));
	ck_assert(closes("3306,8000-8999", 3306));
	ck_assert(closes("3306,8000-8999", 8500));
	ck_assert(closes(" 3306 ,\t1-65535 ", 9000));
	ck_assert(closes("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", 16));
}
END_TEST

static const struct {
	const char *value, *why;
} bad_lists[] = {
	{ "3306", "" },
	{ "\",\"", "" },
	{ "\"3306,\"", "" },
	{ "\"3306 8000\"", "" },
	{ "\"3306;8000\"", "" },
	{ "\"0\"", " (out of range)" },
	{ "\"3306,8000-65536\"", " (out of range)" },
	{ "\"3306,8999-8000\"", " (first and last exchanged)" },
	{ "\"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\"", " (too many)" },
};

START_TEST(a_list_of_ports_that_is_none_is_refused)
{
	char text[256], said[512];

	snprintf(text, sizeof(text), SERVICE("closed_ports = %s;"), bad_lists[_i].value);
	snprintf(said, sizeof(said), "c:2: services.closed_ports is %s%s" CLOSED_ALLOWED,
		 bad_lists[_i].value, bad_lists[_i].why);
	refuse(text, said);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
	TCase *t = tcase_create("servers");

	tcase_add_test(t, real_servers_have_ranges);
	tcase_add_loop_test(t, an_address_no_real_server_can_have_is_refused, 0, COUNT(bad_addresses));
	tcase_add_loop_test(t, a_range_that_no_real_server_can_have_is_refused, 0, COUNT(bad_ranges));
	tcase_add_test(t, a_real_server_needs_its_address_and_its_range);
	tcase_add_test(t, what_is_no_list_of_real_servers_is_refused);
	tcase_add_test(t, a_key_of_a_real_server_that_is_unknown_gets_the_nearest);
	tcase_add_test(t, a_real_server_is_listed_once);
	tcase_add_test(t, a_real_server_is_of_the_family_of_its_service);
	tcase_add_test(t, more_than_256_real_servers_of_a_service_are_refused);
	tcase_add_test(t, closed_ports_are_ports_and_ranges);
	tcase_add_loop_test(t, a_list_of_ports_that_is_none_is_refused, 0, COUNT(bad_lists));
	return run_config_suite("config servers", t);
}
