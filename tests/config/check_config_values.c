/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that are texts: addresses, ports, names, paths; and services beside each other. */
#include "config_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS(text) "services = ( { name = \"a\";\n virtual = " text "; } );"
#define ADDRESS_ALLOWED \
	", allowed is \"ADDRESS:PORT\" or \"[IPV6-ADDRESS]:PORT\" of one host, port 1 to 65535\n"
#define PORTS_ALLOWED \
	", allowed is \"FIRST-LAST\" within 1024 to 65535, or \"\" for the server's own\n"

static const struct {
	const char *value, *why;
} bad_addresses[] = {
	{ "\"192.0.2.10\"", " (without a port)" },
	{ "\"192.0.2.10:\"", "" },
	{ "\"192.0.2.10:0\"", " (port 0)" },
	{ "\"192.0.2.10:65536\"", "" },
	{ "\"192.0.2.10:21 \"", "" },
	{ "\" 192.0.2.10:21\"", "" },
	{ "\"192.0.2.10:+21\"", "" },
	{ "\"192.0.2:21\"", "" },
	{ "\"192.0.2.256:21\"", "" },
	{ "\"ftp.example.com:21\"", "" },
	{ "\"\"", "" },
	{ "\"0.0.0.0:21\"", " (not the address of a host)" },
	{ "\"0.1.2.3:21\"", " (not the address of a host)" },
	{ "\"224.0.0.1:21\"", " (a multicast address)" },
	{ "\"239.255.255.255:21\"", " (a multicast address)" },
	{ "\"255.255.255.255:21\"", " (the broadcast address)" },
	{ "\"2001:db8::10:21\"", " (an IPv6 address needs [ ])" },
	{ "\"2001:db8::10\"", " (an IPv6 address needs [ ])" },
	{ "\"[2001:db8::10]\"", " (without a port)" },
	{ "\"[2001:db8::10]:0\"", " (port 0)" },
	{ "\"[2001:db8::10\"", "" },
	{ "\"[192.0.2.10]:21\"", "" },
	{ "\"[fe80::1%eth0]:21\"", " (an address with an interface)" },
	{ "\"[::]:21\"", " (not the address of a host)" },
	{ "\"[ff02::1]:21\"", " (a multicast address)" },
	{ "\"[::ffff:192.0.2.1]:21\"", " (an IPv4 address in IPv6's form)" },
	{ "21", "" },
	{ "true", "" },
};

#define TEXTFILE_ALLOWED \
	", allowed is an absolute path of at most 127 bytes that ends in \".prom\", or \"\" for none\n"

START_TEST(the_textfile_is_an_absolute_path_that_node_exporter_looks_at)
{
	load_good("metrics = { textfile = \"/run/ftpalgd/f.prom\"; interval = 2; };");
	ck_assert_str_eq(config.metrics.textfile, "/run/ftpalgd/f.prom");
	ck_assert_uint_eq(config.metrics.interval, 2);
	load_good("metrics = { textfile = \"\"; };");
	ck_assert_str_eq(config.metrics.textfile, "");
	ck_assert_uint_eq(config.metrics.interval, 15);
	refuse("metrics = { textfile = \"f.prom\"; };",
	       "c:1: metrics.textfile is \"f.prom\" (not absolute)" TEXTFILE_ALLOWED);
	refuse("metrics = { textfile = \"/f.txt\"; };",
	       "c:1: metrics.textfile is \"/f.txt\" (not a .prom file)" TEXTFILE_ALLOWED);
	refuse("metrics = { interval = 1; };",
	       "c:1: metrics.interval is 1, allowed is a number from 2 to 3600\n");
}
END_TEST

START_TEST(an_address_no_service_can_have_is_refused)
{
	char text[256], said[512];

	snprintf(text, sizeof(text), ADDRESS("%s"), bad_addresses[_i].value);
	snprintf(said, sizeof(said), "c:2: services.virtual is %s%s" ADDRESS_ALLOWED,
		 bad_addresses[_i].value, bad_addresses[_i].why);
	refuse(text, said);
}
END_TEST

static const struct {
	const char *value, *why;
} bad_ranges[] = {
	{ "50000", "" },
	{ "\"50000\"", "" },
	{ "\"50000-\"", "" },
	{ "\"-50000\"", "" },
	{ "\"50000 - 50999\"", "" },
	{ "\"50000-50999,51000-51999\"", "" },
	{ "\"050000-050001\"", "" },
	{ "\"50999-50000\"", " (first and last exchanged)" },
	{ "\"1023-2000\"", " (out of range)" },
	{ "\"0-2000\"", " (out of range)" },
	{ "\"50000-65536\"", " (out of range)" },
	{ "\"50000-99999\"", " (out of range)" },
	{ "\"50000-4295017295\"", "" },
};

START_TEST(a_range_of_ports_that_is_none_is_refused)
{
	char text[256], said[512];

	snprintf(text, sizeof(text), SERVICE("passive_ports = %s;"), bad_ranges[_i].value);
	snprintf(said, sizeof(said), "c:2: services.passive_ports is %s%s" PORTS_ALLOWED,
		 bad_ranges[_i].value, bad_ranges[_i].why);
	refuse(text, said);
}
END_TEST

static const struct {
	const char *value, *why;
} bad_names[] = {
	{ "\"\"", " (empty)" },
	{ "\"f tp\"", "" },
	{ "\"a/b\"", "" },
	{ "\"a:b\"", "" },
	{ "\"abcdefghijklmnopqrstuvwxyz012345\"", " (too long)" },
	{ "5", "" },
};

START_TEST(a_name_that_is_none_is_refused)
{
	char text[256], said[512];

	snprintf(text, sizeof(text), "services = ( { virtual = \"192.0.2.1:21\"; name = %s; } );",
		 bad_names[_i].value);
	snprintf(said, sizeof(said),
		 "c:1: services.name is %s%s, allowed is 1 to 31 of A-Z a-z 0-9 . _ -\n",
		 bad_names[_i].value, bad_names[_i].why);
	refuse(text, said);
}
END_TEST

START_TEST(a_name_of_31_characters_fits)
{
	load_good("services = ( { virtual = \"192.0.2.1:21\"; "
		  "name = \"abcdefghijklmnopqrstuvwxyz01234\"; } );");
	ck_assert_uint_eq(strlen(config.services[0].name), 31);
}
END_TEST

START_TEST(a_wrong_interface_is_refused)
{
#define INTERFACE_ALLOWED ", allowed is \"auto\", or the name of a network interface, 1 to 15 characters\n"
	load_good("sync = { interface = \"abcdefghijklmno\"; };");
	refuse("sync = { interface = \"abcdefghijklmnop\"; };",
	       "c:1: sync.interface is \"abcdefghijklmnop\" (too long)" INTERFACE_ALLOWED);
	refuse("sync = { interface = \"\"; };",
	       "c:1: sync.interface is \"\" (empty)" INTERFACE_ALLOWED);
	refuse("sync = { interface = \"..\"; };", "c:1: sync.interface is \"..\"" INTERFACE_ALLOWED);
	refuse("sync = { interface = \"a/b\"; };", "c:1: sync.interface is \"a/b\"" INTERFACE_ALLOWED);
	refuse("sync = { interface = \"a b\"; };", "c:1: sync.interface is \"a b\"" INTERFACE_ALLOWED);
	refuse("sync = { interface = \"lo:1\"; };", "c:1: sync.interface is \"lo:1\"" INTERFACE_ALLOWED);
}
END_TEST

START_TEST(a_wrong_socket_path_is_refused)
{
#define SOCKET_ALLOWED ", allowed is an absolute path of at most 107 bytes\n"
	char path[160], text[256], said[512];

	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[107] = '\0';
	snprintf(text, sizeof(text), "control = { socket = \"%s\"; };", path);
	load_good(text);
	ck_assert_str_eq(config.control.socket, path);
	path[107] = 'p';
	path[108] = '\0';
	snprintf(text, sizeof(text), "control = { socket = \"%s\"; };", path);
	snprintf(said, sizeof(said), "c:1: control.socket is \"%.60s\"... (too long)" SOCKET_ALLOWED,
		 path);
	refuse(text, said);
	refuse("control = { socket = \"run/x\"; };",
	       "c:1: control.socket is \"run/x\" (not absolute)" SOCKET_ALLOWED);
	refuse("control = { socket = \"\"; };",
	       "c:1: control.socket is \"\" (not absolute)" SOCKET_ALLOWED);
	refuse("control = { socket = \"/run/\"; };",
	       "c:1: control.socket is \"/run/\" (a directory)" SOCKET_ALLOWED);
}
END_TEST

START_TEST(a_wrong_group_is_refused)
{
#define GROUP_ALLOWED ", allowed is the name of a group, or \"\" for the daemon's own\n"
	load_good("control = { group = \"abcdefghijklmnopqrstuvwxyz_12345\"; };");
	refuse("control = { group = \"abcdefghijklmnopqrstuvwxyz_123456\"; };",
	       "c:1: control.group is \"abcdefghijklmnopqrstuvwxyz_123456\" (too long)" GROUP_ALLOWED);
	refuse("control = { group = \"0\"; };", "c:1: control.group is \"0\"" GROUP_ALLOWED);
	refuse("control = { group = \"a b\"; };", "c:1: control.group is \"a b\"" GROUP_ALLOWED);
}
END_TEST

START_TEST(what_reaches_a_terminal_is_escaped)
{
	refuse("control = { group = \"\x1b[2J\xc2\x9b\\n\"; };",
	       "c:1: control.group is \"\\x1b[2J\\xc2\\x9b\\x0a\"" GROUP_ALLOWED);
	refuse("guard = \x1b[2J;\n", "c:1: the byte 0x1b is not allowed here\n");
}
END_TEST

START_TEST(a_service_needs_name_and_address)
{
	refuse("services = (\n{ },\n{ name = \"b\"; },\n{ virtual = \"192.0.2.1:21\"; } );",
	       "c:2: a service without its name\n"
	       "c:2: a service without its virtual\n"
	       "c:3: a service without its virtual\n"
	       "c:4: a service without its name\n");
}
END_TEST

/* --- services that do not go together --- */

START_TEST(two_services_with_one_name_are_refused)
{
	refuse("services = (\n { name = \"a\"; virtual = \"192.0.2.1:21\"; },\n"
	       " { name = \"b\"; virtual = \"192.0.2.2:21\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.3:21\"; } );",
	       "c:4: the name \"a\" is taken by c:2\n");
}
END_TEST

START_TEST(two_services_on_one_endpoint_are_refused)
{
	refuse("services = (\n { name = \"a\"; virtual = \"[2001:db8::1]:21\"; "
	       "passive_ports = \"2000-3000\"; },\n"
	       " { name = \"b\"; passive_ports = \"2000-3000\";\n"
	       "   virtual = \"[2001:DB8:0::1]:21\"; } );",
	       "c:4: services.virtual \"[2001:db8::1]:21\" is taken by the service \"a\" at c:2\n");
}
END_TEST

START_TEST(ranges_on_one_address_are_apart)
{
	load_good("services = (\n"
	       " { name = \"b\"; virtual = \"192.0.2.1:2121\"; passive_ports = \"3001-4000\"; },\n"
	       " { name = \"c\"; virtual = \"192.0.2.2:21\"; passive_ports = \"2000-4000\"; },\n"
	       " { name = \"d\"; virtual = \"192.0.2.1:22\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:21\"; passive_ports = \"2500-3000\"; } );");
	refuse("services = (\n"
	       " { name = \"b\"; virtual = \"192.0.2.1:2121\"; passive_ports = \"3000-4000\"; },\n"
	       " { name = \"c\"; virtual = \"192.0.2.2:21\"; passive_ports = \"3000-4000\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:21\";\n"
	       "   passive_ports = \"2500-3000\"; } );",
	       "c:5: services.passive_ports \"2500-3000\" overlaps \"3000-4000\" of the service "
	       "\"b\" at c:2, on the same address\n");
	refuse("services = (\n"
	       " { name = \"b\"; virtual = \"192.0.2.1:2121\"; passive_ports = \"2500-3000\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:21\"; passive_ports = \"3000-4000\"; } );",
	       "c:3: services.passive_ports \"3000-4000\" overlaps \"2500-3000\" of the service "
	       "\"b\" at c:2, on the same address\n");
	refuse("services = (\n"
	       " { name = \"b\"; virtual = \"192.0.2.1:21\"; passive_ports = \"3000-4000\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:2121\"; passive_ports = \"3500-3501\"; } );",
	       "c:3: services.passive_ports \"3500-3501\" overlaps \"3000-4000\" of the service "
	       "\"b\" at c:2, on the same address\n");
}
END_TEST

START_TEST(a_control_port_inside_a_range_is_refused)
{
	refuse("services = ( { name = \"a\"; virtual = \"192.0.2.1:2000\";\n"
	       "passive_ports = \"1500-2000\"; } );",
	       "c:2: services.passive_ports \"1500-2000\" holds the port of this service, "
	       "192.0.2.1:2000\n");
	refuse("services = ( { name = \"a\"; virtual = \"192.0.2.1:2000\";\n"
	       "passive_ports = \"2000-2500\"; } );",
	       "c:2: services.passive_ports \"2000-2500\" holds the port of this service, "
	       "192.0.2.1:2000\n");
	load_good("services = ( { name = \"a\"; virtual = \"192.0.2.1:2000\";\n"
		  "passive_ports = \"2001-3000\"; } );");
	refuse("services = (\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:21\"; passive_ports = \"2000-3000\"; },\n"
	       " { name = \"b\"; virtual = \"192.0.2.1:2121\"; },\n"
	       " { name = \"c\"; virtual = \"192.0.2.2:2122\"; } );",
	       "c:2: services.passive_ports \"2000-3000\" holds the port of the service \"b\", "
	       "192.0.2.1:2121\n");
	refuse("services = (\n"
	       " { name = \"b\"; virtual = \"192.0.2.1:2121\"; passive_ports = \"3001-3002\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:3003\"; passive_ports = \"2000-3000\"; } );",
	       "c:3: services.passive_ports \"2000-3000\" holds the port of the service \"b\", "
	       "192.0.2.1:2121\n");
}
END_TEST

static char *many_services(unsigned int count)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fprintf(f, "services = (\n");
	for (unsigned int i = 0; i < count; i++)
		fprintf(f, "{ name = \"s%u\"; virtual = \"10.0.%u.%u:21\";\n passive_ports = "
			"\"50000-50999\"; }%s\n", i, i / 250, i % 250 + 1, i + 1 < count ? "," : "");
	fprintf(f, ");\n");
	fclose(f);
	return text;
}

START_TEST(a_service_more_than_4096_is_refused)
{
	char *text = many_services(CONFIG_SERVICES_MAX);

	load_good(text);
	ck_assert_uint_eq(config.service_count, CONFIG_SERVICES_MAX);
	free(text);
	text = many_services(CONFIG_SERVICES_MAX + 1);
	refuse(text, "c:1: services has 4097 members, allowed is at most 4096\n");
	free(text);
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

int main(void)
{
	TCase *t = tcase_create("values");

	tcase_add_loop_test(t, an_address_no_service_can_have_is_refused, 0, COUNT(bad_addresses));
	tcase_add_loop_test(t, a_range_of_ports_that_is_none_is_refused, 0, COUNT(bad_ranges));
	tcase_add_loop_test(t, a_name_that_is_none_is_refused, 0, COUNT(bad_names));
	tcase_add_test(t, the_textfile_is_an_absolute_path_that_node_exporter_looks_at);
	tcase_add_test(t, a_name_of_31_characters_fits);
	tcase_add_test(t, a_wrong_interface_is_refused);
	tcase_add_test(t, a_wrong_socket_path_is_refused);
	tcase_add_test(t, a_wrong_group_is_refused);
	tcase_add_test(t, what_reaches_a_terminal_is_escaped);
	tcase_add_test(t, a_service_needs_name_and_address);
	tcase_add_test(t, two_services_with_one_name_are_refused);
	tcase_add_test(t, two_services_on_one_endpoint_are_refused);
	tcase_add_test(t, ranges_on_one_address_are_apart);
	tcase_add_test(t, a_control_port_inside_a_range_is_refused);
	tcase_add_test(t, a_service_more_than_4096_is_refused);
	return run_config_suite("config values", t);
}
