/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an operator writes, and what the daemon answers, word for word.
 *
 * Every test runs in an empty directory of its own; the file is called c there.
 */
#define _GNU_SOURCE 1 /* nftw */
#include "daemon/config.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/config_option.h"
#include "daemon/config_suggest.h"

/* libconfig 1.5 loses the text that it is reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static char source_directory[PATH_MAX];
static char directory[] = "/tmp/check_config.XXXXXX";

static struct config config;
static struct config_errors errors;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chmod(directory, 0755), 0);
	ck_assert_int_eq(chdir(directory), 0);
	memset(&config, 0, sizeof(config));
}

static void end(void)
{
	config_free(&config);
	ck_assert_int_eq(chdir("/"), 0);
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void write_bytes(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static void write_file(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

static void print_errors(char *out, size_t size)
{
	FILE *stream = fmemopen(out, size, "w");

	config_errors_print(&errors, stream);
	fclose(stream);
}

/* What was loaded, now the caller's. */
static struct config take_config(void)
{
	struct config taken = config;

	memset(&config, 0, sizeof(config));
	return taken;
}

/* Loads text; it must be good. */
static void load_good(const char *text)
{
	char said[8192] = "";
	int err;

	config_free(&config);
	write_file("c", text);
	err = config_load("c", true, &config, &errors);
	print_errors(said, sizeof(said));
	ck_assert_msg(err == 0, "refused with %d: %s", err, said);
	ck_assert_uint_eq(errors.count, 0);
}

/* Loads c as it is; it must be refused with these lines and leave the configuration alone. */
static void refuse_file(int expected, const char *lines)
{
	struct config before;
	char said[16384] = "";
	int err;

	config_free(&config);
	memset(&config, 0xa5, sizeof(config));
	before = config;
	err = config_load("c", true, &config, &errors);
	print_errors(said, sizeof(said));
	ck_assert_msg(strcmp(said, lines) == 0, "said:\n%s\nexpected:\n%s", said, lines);
	ck_assert_int_eq(err, expected);
	ck_assert_mem_eq(&config, &before, sizeof(config));
	memset(&config, 0, sizeof(config));
}

static void refuse(const char *text, const char *lines)
{
	write_file("c", text);
	refuse_file(-EINVAL, lines);
}

static void has_defaults(const struct config *c)
{
	ck_assert(c->discover);
	ck_assert(!c->guard);
	ck_assert_int_eq(c->forwarding, FORWARD_IPVS);
	ck_assert_uint_eq(c->queues.first, 2100);
	ck_assert_uint_eq(c->queues.count, 0);
	ck_assert_uint_eq(c->queues.length, 8192);
	ck_assert_str_eq(c->sync.interface, "lo");
	ck_assert_uint_eq(c->sync.id, 0);
	ck_assert_uint_eq(c->limits.sessions, 1000000);
	ck_assert_uint_eq(c->limits.openings_per_session, 8);
	ck_assert_uint_eq(c->limits.line, 8192);
	ck_assert_uint_eq(c->limits.idle, 7200);
	ck_assert_uint_eq(c->timeouts.opening, 60);
	ck_assert_str_eq(c->control.socket, "/run/ftpalgd/control");
	ck_assert_str_eq(c->control.group, "ftpalgd");
	ck_assert_int_eq(c->log.level, LOG_LEVEL_INFO);
	ck_assert_uint_eq(c->service_count, 0);
}

/* --- good files --- */

START_TEST(absent_and_empty_files_mean_the_defaults)
{
	ck_assert_int_eq(config_load("c", false, &config, &errors), 0);
	ck_assert_uint_eq(errors.count, 0);
	has_defaults(&config);
	load_good("");
	has_defaults(&config);
	load_good("# nothing\n\n/* at\nall */ // here");
	has_defaults(&config);
	load_good("services = ();\n");
	has_defaults(&config);
}
END_TEST

START_TEST(an_absent_file_that_was_named_is_an_error)
{
	refuse_file(-ENOENT, "c: No such file or directory\n");
}
END_TEST

START_TEST(the_design_s_example_is_read_whole)
{
	load_good("discover   = false;  // comment\n"
	       "services   = ( { name = \"ftp\"; virtual = \"192.0.2.10:21\";\n"
	       "                 passive_ports = \"50000-50999\";\n"
	       "                 active = false; tls = \"deny\";\n"
	       "                 fail = \"closed\"; },\n"
	       "               { name = \"v6\"; virtual = \"[2001:db8::10]:2121\"; } );\n"
	       "forwarding = \"conntrack\"; guard = true;\n"
	       "queues     = { first = 7; count = 3; length = 64; };\n"
	       "sync       = { interface = \"eth0.7\"; id = 0xff; };\n"
	       "limits     = { sessions = 5; openings_per_session = 1; line = 512; idle = 9L; };\n"
	       "timeouts   = { opening = 10; };\n"
	       "control    = { socket = \"/tmp/s\"; group = \"\"; };\n"
	       "log        = { level = \"debug\"; };\n");
	ck_assert(!config.discover);
	ck_assert(config.guard);
	ck_assert_int_eq(config.forwarding, FORWARD_CONNTRACK);
	ck_assert_uint_eq(config.queues.first, 7);
	ck_assert_uint_eq(config.queues.count, 3);
	ck_assert_uint_eq(config.queues.length, 64);
	ck_assert_str_eq(config.sync.interface, "eth0.7");
	ck_assert_uint_eq(config.sync.id, 255);
	ck_assert_uint_eq(config.limits.sessions, 5);
	ck_assert_uint_eq(config.limits.openings_per_session, 1);
	ck_assert_uint_eq(config.limits.line, 512);
	ck_assert_uint_eq(config.limits.idle, 9);
	ck_assert_uint_eq(config.timeouts.opening, 10);
	ck_assert_str_eq(config.control.socket, "/tmp/s");
	ck_assert_str_eq(config.control.group, "");
	ck_assert_int_eq(config.log.level, LOG_LEVEL_DEBUG);
	ck_assert_uint_eq(config.service_count, 2);
}
END_TEST

START_TEST(a_service_has_its_values_and_the_next_one_its_defaults)
{
	char text[ENDPOINT_TEXT_MAX];
	const struct service *s;

	load_good("services = ( { name = \"a.b-c_9\"; virtual = \"192.0.2.10:21\";\n"
	       "  passive_ports = \"1024-65535\"; active = false; tls = \"deny\"; fail = \"closed\" },\n"
	       "  { virtual = \"[2001:db8::10]:2121\"; name = \"v6\"; passive_ports = \"\" } )");
	s = config.services;
	ck_assert_str_eq(s[0].name, "a.b-c_9");
	ck_assert_str_eq(endpoint_format(&s[0].address, text), "192.0.2.10:21");
	ck_assert_uint_eq(s[0].passive_ports.first, 1024);
	ck_assert_uint_eq(s[0].passive_ports.last, 65535);
	ck_assert(!s[0].active && s[0].deny_tls && !s[0].fail_open && !s[0].discovered);
	ck_assert_str_eq(endpoint_format(&s[1].address, text), "[2001:db8::10]:2121");
	ck_assert_uint_eq(s[1].passive_ports.first, 0);
	ck_assert(s[1].active && !s[1].deny_tls && s[1].fail_open && !s[1].discovered);
}
END_TEST

START_TEST(the_ends_of_every_range_are_allowed)
{
	char text[256], name[OPTION_TEXT_MAX];

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];

		if (o->type != OPTION_NUMBER)
			continue;
		snprintf(text, sizeof(text), "%s = { %s = %u; };", o->group, o->key, o->min);
		load_good(text);
		snprintf(text, sizeof(text), "%u", o->min);
		ck_assert_str_eq(option_format(o, &config, name), text);
		snprintf(text, sizeof(text), "%s = { %s = 0x%x; };", o->group, o->key, o->max);
		load_good(text);
		snprintf(text, sizeof(text), "%u", o->max);
		ck_assert_str_eq(option_format(o, &config, name), text);
	}
}
END_TEST

START_TEST(one_beyond_every_range_is_refused)
{
	char text[256], said[256];

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		const long long beyond[] = { (long long)o->min - 1, (long long)o->max + 1 };

		for (size_t j = 0; j < 2 && o->type == OPTION_NUMBER; j++) {
			snprintf(text, sizeof(text), "%s = {\n %s = %lld; };", o->group, o->key,
				 beyond[j]);
			snprintf(said, sizeof(said),
				 "c:2: %s.%s is %lld, allowed is a number from %u to %u\n", o->group,
				 o->key, beyond[j], o->min, o->max);
			refuse(text, said);
		}
	}
}
END_TEST

START_TEST(the_queues_fit_whatever_the_number_of_processors)
{
	const struct config_option *first = option_find("queues", "first");
	const struct config_option *count = option_find("queues", "count");

	ck_assert_uint_le(first->max + count->max, 65535);
	ck_assert_uint_eq(count->max, CONFIG_QUEUES_MAX);
}
END_TEST

START_TEST(line_ends_of_other_systems_are_fine)
{
	load_good("guard = true;\r\nlimits = {\r\n\tline = 600;\r\n};\r\n");
	ck_assert(config.guard);
	ck_assert_uint_eq(config.limits.line, 600);
	refuse("guard = true;\r\nlimits = {\r\n\tline = 6;\r\n};\r\n",
	       "c:3: limits.line is 6, allowed is a number from 512 to 65536\n");
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
	config_free(NULL);
	config_free(&config);
	config_free(&config);
}
END_TEST

/* --- types --- */

START_TEST(a_number_of_another_type_is_refused)
{
	refuse("limits = { line = 1e3;\n idle = 3.5;\n sessions = \"12\";\n"
	       "openings_per_session = true; };\n"
	       "timeouts = { opening = ( 5 ); };\nqueues = { first = [ 1 ];\n count = { }; };",
	       "c:1: limits.line is the fraction 1000, allowed is a number from 512 to 65536\n"
	       "c:2: limits.idle is the fraction 3.5, allowed is a number from 1 to 604800\n"
	       "c:3: limits.sessions is the text \"12\", allowed is a number from 1 to 16777216\n"
	       "c:4: limits.openings_per_session is true, allowed is a number from 1 to 64\n"
	       "c:5: timeouts.opening is a list ( ), allowed is a number from 1 to 3600\n"
	       "c:6: queues.first is an array [ ], allowed is a number from 0 to 65279\n"
	       "c:7: queues.count is a group { }, allowed is a number from 0 to 256\n");
}
END_TEST

START_TEST(a_boolean_of_another_type_is_refused)
{
	refuse("guard = \"true\";\ndiscover = 1;",
	       "c:1: guard is the text \"true\", allowed is true or false\n"
	       "c:2: discover is 1, allowed is true or false\n");
}
END_TEST

START_TEST(a_word_that_is_not_allowed_is_refused_with_the_nearest)
{
	refuse("forwarding = \"ipsv\";\nlog = { level = \"Debug\"; };",
	       "c:1: forwarding is \"ipsv\", allowed is \"ipvs\" or \"conntrack\", did you mean "
	       "\"ipvs\"?\n"
	       "c:2: log.level is \"Debug\", allowed is \"error\", \"warning\", \"notice\", "
	       "\"info\" or \"debug\", did you mean \"debug\"?\n");
	refuse("forwarding = \"nat\";\nlog = { level = 7; };",
	       "c:1: forwarding is \"nat\", allowed is \"ipvs\" or \"conntrack\"\n"
	       "c:2: log.level is 7, allowed is \"error\", \"warning\", \"notice\", \"info\" or "
	       "\"debug\"\n");
	refuse("forwarding = \"\";", "c:1: forwarding is \"\", allowed is \"ipvs\" or \"conntrack\"\n");
}
END_TEST

START_TEST(a_group_of_another_type_is_refused)
{
	refuse("queues = 5;\nsync = ( { id = 1; } );",
	       "c:1: queues is 5, allowed is a group: queues = { KEY = VALUE; };\n"
	       "c:2: sync is a list ( ), allowed is a group: sync = { KEY = VALUE; };\n");
}
END_TEST

START_TEST(services_of_another_type_are_refused)
{
	refuse("services = { name = \"x\"; };",
	       "c:1: services is a group { }, allowed is a list of groups: ( { ... }, { ... } )\n");
	refuse("services = (\n5,\n\"ftp\" );",
	       "c:2: services has 5 in its list, allowed is a group { }\n"
	       "c:3: services has \"ftp\" in its list, allowed is a group { }\n");
}
END_TEST

/* libconfig 1.5 would keep the lower 32 bits: 4294968296 becomes 1000, a good value. */
START_TEST(an_integer_over_32_bits_is_not_truncated)
{
	refuse("limits = { line = 4294968296;\n idle = 0x1000003e8;\n sessions = -4294967295; };",
	       "c:1: limits.line is 4294968296, allowed is a number from 512 to 65536\n"
	       "c:2: limits.idle is 4294968296, allowed is a number from 1 to 604800\n"
	       "c:3: limits.sessions is -4294967295, allowed is a number from 1 to 16777216\n");
	refuse("limits = { line = 4294968296L;\n idle = 0x1000003e8LL; };",
	       "c:1: limits.line is 4294968296, allowed is a number from 512 to 65536\n"
	       "c:2: limits.idle is 4294968296, allowed is a number from 1 to 604800\n");
}
END_TEST

START_TEST(an_integer_over_64_bits_is_refused)
{
	refuse("limits = { line = 18446744073709552616;\n idle = 0x10000000000000258; };",
	       "c:1: the number 18446744073709552616 is too large\n"
	       "c:2: the number 0x10000000000000258 is too large\n");
	refuse("limits = { line = 9223372036854775808L; };",
	       "c:1: the number 9223372036854775808 is too large\n");
	refuse("limits = { line = 9223372036854775807; };",
	       "c:1: limits.line is 9223372036854775807, allowed is a number from 512 to 65536\n");
}
END_TEST

/* --- keys --- */

START_TEST(an_unknown_key_is_refused_with_the_nearest_known)
{
	refuse("discver = true;\nSERVICES = ();\nlimits = { sesions = 5; };\n"
	       "services = ( { name = \"a\"; virtual = \"192.0.2.1:21\"; pasive_port = \"\"; } );\n"
	       "limit = { };",
	       "c:1: unknown key \"discver\", did you mean \"discover\"?\n"
	       "c:2: unknown key \"SERVICES\", did you mean \"services\"?\n"
	       "c:3: unknown key \"sesions\" in limits, did you mean \"sessions\"?\n"
	       "c:4: unknown key \"pasive_port\" in services, did you mean \"passive_ports\"?\n"
	       "c:5: unknown key \"limit\", did you mean \"limits\"?\n");
}
END_TEST

START_TEST(a_key_in_the_wrong_place_is_told_its_place)
{
	refuse("idle = 5;\nqueues = { guard = true; };\nsync = { level = \"info\"; };\n"
	       "log = { control = 1; };",
	       "c:1: unknown key \"idle\", did you mean \"limits.idle\"?\n"
	       "c:2: unknown key \"guard\" in queues, it belongs at top level\n"
	       "c:3: unknown key \"level\" in sync, did you mean \"log.level\"?\n"
	       "c:4: unknown key \"control\" in log, it belongs at top level\n");
}
END_TEST

START_TEST(a_key_like_no_other_gets_the_list)
{
	refuse("zzzzzz = 1;\nqueues = { xyzxyz = 1; };",
	       "c:1: unknown key \"zzzzzz\", known are discover, services, forwarding, guard, "
	       "queues, sync, limits, timeouts, control, log\n"
	       "c:2: unknown key \"xyzxyz\" in queues, known are first, count, length\n");
}
END_TEST

START_TEST(a_key_written_twice_is_refused)
{
	refuse("guard = true;\n\n  guard = false;  \n", "c:3: a key is written twice: guard = false;\n");
	refuse("log = { level = \"info\"; };\nlog = { };\n", "c:2: a key is written twice: log = { };\n");
}
END_TEST

START_TEST(a_very_long_key_is_cut)
{
	char text[400], said[400];

	memset(text, 'k', 300);
	strcpy(text + 300, " = 1;");
	snprintf(said, sizeof(said),
		 "c:1: unknown key \"%.60s\", known are discover, services, forwarding, guard, "
		 "queues, sync, limits, timeouts, control, log\n", text);
	refuse(text, said);
}
END_TEST

START_TEST(distances_count_keystrokes)
{
	ck_assert_uint_eq(suggest_distance("", ""), 0);
	ck_assert_uint_eq(suggest_distance("abc", ""), 3);
	ck_assert_uint_eq(suggest_distance("", "abc"), 3);
	ck_assert_uint_eq(suggest_distance("guard", "GUARD"), 0);
	ck_assert_uint_eq(suggest_distance("gaurd", "guard"), 1);
	ck_assert_uint_eq(suggest_distance("kitten", "sitting"), 3);
	ck_assert_uint_eq(suggest_distance("idle", "idel"), 1);
	ck_assert_uint_eq(suggest_distance("line", "limes"), 2);
}
END_TEST

/* --- values that are texts --- */

#define SERVICE(members) \
	"services = ( { name = \"a\"; virtual = \"192.0.2.1:21\";\n" members " } );"
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
#define INTERFACE_ALLOWED ", allowed is the name of a network interface, 1 to 15 characters\n"
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

/* --- the text as such --- */

START_TEST(every_error_is_told_up_to_the_limit)
{
	char text[4096] = "", said[4096] = "";
	size_t used = 0, told = 0;

	for (int i = 1; i <= 30; i++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "q%02dxxxx = { }; limits%d = 1;\n", i, i);
		if (i <= 10)
			told += (size_t)snprintf(said + told, sizeof(said) - told,
				"c:%d: unknown key \"q%02dxxxx\", known are discover, services, forwarding, "
				"guard, queues, sync, limits, timeouts, control, log\n"
				"c:%d: unknown key \"limits%d\", did you mean \"limits\"?\n", i, i, i, i);
	}
	snprintf(said + told, sizeof(said) - told, "and 40 more\n");
	refuse(text, said);
	ck_assert_uint_eq(errors.count, 60);
}
END_TEST

START_TEST(a_value_without_quotes_is_explained)
{
	refuse("discover = yes;\nforwarding = ipvs;\nlog = { level : debug };",
	       "c:1: yes is no value, allowed are true, false, numbers and \"texts\"\n"
	       "c:2: ipvs is no value, allowed are true, false, numbers and \"texts\"\n"
	       "c:3: debug is no value, allowed are true, false, numbers and \"texts\"\n");
	load_good("discover = TRUE; guard : False;");
}
END_TEST

START_TEST(a_syntax_error_shows_its_line)
{
	refuse("\n\nservices = ( { virtual = 192.0.2.10:21; } );\n",
	       "c:3: syntax error at or before: services = ( { virtual = 192.0.2.10:21; } );\n");
	refuse("guard = true;;\n", "c:1: syntax error at or before: guard = true;;\n");
	refuse("guard\n= true\n= false; # and a comment that goes on, longer than what can be shown\n",
	       "c:3: syntax error at or before: = false; # and a comment that goes on, longer than what ...\n");
	refuse("limits = { line = 5x; };", "c:1: syntax error at or before: limits = { line = 5x; };\n");
	refuse("limits = { line = 0x; };", "c:1: syntax error at or before: limits = { line = 0x; };\n");
}
END_TEST

START_TEST(a_trailing_comma_is_named)
{
	refuse("services = (\n { name = \"a\"; virtual = \"192.0.2.1:21\"; },\n);",
	       "c:3: a comma before ) is not allowed\n");
	refuse("sync = [ 1, /* x */ ];", "c:1: a comma before ] is not allowed\n");
}
END_TEST

START_TEST(brackets_that_do_not_match_are_named)
{
	refuse("limits = {\n line = 600;\n", "c:1: this { is never closed\n");
	refuse("limits = {\n line = 600;\n)", "c:3: ) does not close the { of c:1\n");
	refuse("guard = true;\n}\n", "c:2: } closes nothing\n");
}
END_TEST

START_TEST(what_is_never_closed_is_named_where_it_begins)
{
	refuse("guard = true;\n/* comment\n\ndiscover = false;\n",
	       "c:2: this comment is never closed, */ is missing\n");
	refuse("\nforwarding = \"ipvs;\nguard = true;\n",
	       "c:2: this text has no closing \" on its line\n");
	refuse("forwarding = \"ipvs\\", "c:1: this text has no closing \" on its line\n");
	refuse("/*/", "c:1: this comment is never closed, */ is missing\n");
}
END_TEST

START_TEST(lines_are_counted_through_comments_and_texts)
{
	refuse("/* one\n two */ // three \" \n# \"(\nlog = { level = \"in\" \"fo\"; };\n"
	       "control = { group = \"\\\"#//@include\"; };\nbad_key = 1;\n",
	       "c:5: control.group is \"\"#//@include\"" GROUP_ALLOWED
	       "c:6: unknown key \"bad_key\", known are discover, services, forwarding, guard, "
	       "queues, sync, limits, timeouts, control, log\n");
}
END_TEST

START_TEST(bytes_that_belong_in_no_text_are_refused)
{
	static const char nul[] = "guard = true;\n\n# a\0b\n";

	write_bytes("c", nul, sizeof(nul) - 1);
	refuse_file(-EINVAL, "c:3: a NUL byte: this is no text file\n");
	refuse("control = { group = \"a\\x00b\"; };", "c:1: \\x00 is not allowed in a text\n");
	refuse("\xef\xbb\xbfguard = true;\n",
	       "c:1: a byte order mark is not allowed, save the file without it\n");
	refuse("guard = \xe2\x80\x9ctrue\xe2\x80\x9d;\n", "c:1: the byte 0xe2 is not allowed here\n");
	load_good("# \xc3\xa9t\xc3\xa9\n/* \xff */");
}
END_TEST

START_TEST(deep_nesting_is_refused_not_followed)
{
	char *text = malloc(500000);

	memset(text, '(', 499999);
	text[499999] = '\0';
	memcpy(text, "queues = ", 9);
	refuse(text, "c:1: brackets are nested more than 16 deep\n");
	free(text);
	load_good("services = ( /* ((((((((((((((((( */ ); # (((((((((((((((((");
	refuse("queues = (((((((((((((((((1)))))))))))))))));",
	       "c:1: brackets are nested more than 16 deep\n");
	refuse("queues = ((((((((((((((((1))))))))))))))));",
	       "c:1: queues is a list ( ), allowed is a group: queues = { KEY = VALUE; };\n");
}
END_TEST

/* --- files --- */

START_TEST(what_is_not_a_file_is_refused_and_never_waited_for)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "c" };
	int fd;

	ck_assert_int_eq(mkdir("c", 0755), 0);
	refuse_file(-EINVAL, "c: is a directory, not a file\n");
	rmdir("c");
	ck_assert_int_eq(mkfifo("c", 0644), 0);
	refuse_file(-EINVAL, "c: is a FIFO, not a file\n");
	unlink("c");
	ck_assert_int_eq(symlink("/dev/zero", "c"), 0);
	refuse_file(-EINVAL, "c: is a device, not a file\n");
	unlink("c");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refuse_file(-ENXIO, "c: is a socket or a device, not a file\n");
	close(fd);
	unlink("c");
	ck_assert_int_eq(symlink("c", "c"), 0);
	refuse_file(-ELOOP, "c: Too many levels of symbolic links\n");
}
END_TEST

START_TEST(an_unreadable_file_is_an_error_even_if_it_need_not_exist)
{
	uid_t user = geteuid();

	write_file("c", "guard = true;\n");
	ck_assert_int_eq(chmod("c", 0), 0);
	ck_assert(user != 0 || seteuid(65534) == 0);
	ck_assert_int_eq(config_load("c", false, &config, &errors), -EACCES);
	ck_assert_str_eq(errors.text[0], "c: Permission denied");
	refuse_file(-EACCES, "c: Permission denied\n");
	ck_assert(user != 0 || seteuid(user) == 0);
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	char *text = malloc(CONFIG_FILE_MAX + 2);

	memset(text, '#', CONFIG_FILE_MAX + 1);
	text[CONFIG_FILE_MAX + 1] = '\0';
	refuse_file(-ENOENT, "c: No such file or directory\n");
	write_file("c", text);
	refuse_file(-EFBIG, "c: is too large: 1 MiB is allowed, all includes together\n");
	text[CONFIG_FILE_MAX] = '\0';
	load_good(text);
	write_file("part", text + CONFIG_FILE_MAX / 2);
	refuse("@include \"part\"\n\n@include \"part\"\n",
	       "c:3: cannot include part: is too large: 1 MiB is allowed, all includes together\n");
	free(text);
}
END_TEST

START_TEST(includes_are_relative_to_the_file_that_names_them)
{
	struct config other;
	char path[PATH_MAX];

	ck_assert_int_eq(mkdir("d", 0755), 0);
	ck_assert_int_eq(mkdir("d/e", 0755), 0);
	write_file("d/c", "@include \"e/one\"\n"
			  "limits = {\n\t @include \t\"e/line\" # why not\n idle = 5; };\n");
	write_file("d/e/one", "guard = true;\n@include \"two\"");
	write_file("d/e/two", "discover = false;");
	write_file("d/e/line", "line = 777;");
	ck_assert_int_eq(config_load("d/c", true, &config, &errors), 0);
	ck_assert(config.guard && !config.discover);
	ck_assert_uint_eq(config.limits.line, 777);
	ck_assert_uint_eq(config.limits.idle, 5);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(path, sizeof(path), "%s/d/c", directory);
	ck_assert_int_eq(config_load(path, true, &other, &errors), 0);
	ck_assert_uint_eq(other.limits.line, 777);
	config_free(&other);
	ck_assert_int_eq(chdir(directory), 0);
	snprintf(path, sizeof(path), "limits = {\n@include \"%s/d/e/line\"\n};", directory);
	write_file("d/c", path);
	ck_assert_int_eq(config_load("d/c", true, &other, &errors), 0);
	ck_assert_uint_eq(other.limits.line, 777);
	config_free(&other);
}
END_TEST

START_TEST(errors_name_the_included_file_and_the_lines_around_it_stay_right)
{
	ck_assert_int_eq(mkdir("d", 0755), 0);
	write_file("d/one", "# first\nguard = 1;\n@include \"two\"\nlog = { level = 1; };\n");
	write_file("d/two", "\n\nlimits = { line = 4294968296; };");
	refuse("discover = 0;\n@include \"d/one\"\nqueues = 1;\n",
	       "c:1: discover is 0, allowed is true or false\n"
	       "d/one:2: guard is 1, allowed is true or false\n"
	       "d/two:3: limits.line is 4294968296, allowed is a number from 512 to 65536\n"
	       "d/one:4: log.level is 1, allowed is \"error\", \"warning\", \"notice\", \"info\" or "
	       "\"debug\"\n"
	       "c:3: queues is 1, allowed is a group: queues = { KEY = VALUE; };\n");
	write_file("d/two", "guard = true;\n= 5\n");
	refuse("@include \"d/two\"\n", "d/two:2: syntax error at or before: = 5\n");
	write_file("d/two", "guard = \"\n");
	refuse("@include \"d/two\"\n", "d/two:1: this text has no closing \" on its line\n");
	write_file("d/two", "{ name = \"a\"; virtual = \"192.0.2.1:21\"; }");
	refuse("services = (\n@include \"d/two\"\n, { name = \"a\"; virtual = \"192.0.2.2:21\"; } );",
	       "c:3: the name \"a\" is taken by d/two:1\n");
	write_file("d/two", "\n (");
	refuse("services = \n@include \"d/two\"\n }\n", "c:3: } does not close the ( of d/two:2\n");
}
END_TEST

START_TEST(an_include_that_cannot_be_read_is_refused)
{
	write_file("nul", "x");
	write_bytes("nul", "\n\0", 2);
	ck_assert_int_eq(mkfifo("fifo", 0644), 0);
	refuse("\n@include \"absent\"\n@include \"/\"\n@include \"fifo\"\n@include \"nul\"\n",
	       "c:2: cannot include absent: No such file or directory\n"
	       "c:3: cannot include /: is a directory, not a file\n"
	       "c:4: cannot include fifo: is a FIFO, not a file\n"
	       "nul:2: a NUL byte: this is no text file\n");
}
END_TEST

START_TEST(an_absent_include_is_an_error_even_if_the_file_need_not_exist)
{
	write_file("c", "@include \"absent\"\n");
	ck_assert_int_eq(config_load("c", false, &config, &errors), -EINVAL);
	ck_assert_str_eq(errors.text[0], "c:1: cannot include absent: No such file or directory");
}
END_TEST

START_TEST(includes_without_end_are_refused)
{
	char text[64 * 20] = "";
	char name[] = "n10";

	write_file("n10", "guard = true;");
	for (int i = 9; i > 0; i--) {
		snprintf(text, sizeof(text), "@include \"%s\"\n", name);
		snprintf(name, sizeof(name), "n%d", i);
		write_file(name, text);
	}
	load_good("@include \"n1\"\n");
	ck_assert(config.guard);
	write_file("n0", "@include \"n1\"\n");
	refuse("@include \"n0\"\n",
	       "n9:1: files include each other more than 10 deep: does one include itself?\n");
	refuse("\n@include \"c\"\n",
	       "c:2: files include each other more than 10 deep: does one include itself?\n");
	text[0] = '\0';
	write_file("e", "");
	for (int i = 0; i < 63; i++)
		strcat(text, "@include \"e\"\n");
	load_good(text);
	strcat(text, "@include \"e\"\n");
	refuse(text, "c:64: more than 63 files are included\n");
}
END_TEST

START_TEST(a_malformed_include_is_refused)
{
	refuse("@include e\n@includ \"e\"\nguard = true; @include \"e\"\n@include \"e\n@\n",
	       "c:1: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:2: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:3: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:4: @ begins a line @include \"FILE\" and nothing else\n"
	       "c:5: @ begins a line @include \"FILE\" and nothing else\n");
}
END_TEST

START_TEST(a_long_path_keeps_the_message_readable)
{
	char path[PATH_MAX] = "";

	for (int i = 0; i < 6; i++) {
		strcat(path, i > 0 ? "/" : "");
		memset(path + strlen(path), 'd', 100);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	strcat(path, "/conf");
	write_file(path, "guard = 5;\n");
	ck_assert_int_eq(config_load(path, true, &config, &errors), -EINVAL);
	ck_assert_ptr_nonnull(strstr(errors.text[0], "ddd/conf:1: guard is 5, allowed is true or false"));
	ck_assert_uint_lt(strlen(errors.text[0]), 300);
}
END_TEST

/* A good file with a few bytes changed is read or refused with a reason, and nothing else. */
START_TEST(damaged_files_are_read_or_refused_with_a_reason)
{
	static const char good[] =
		"services = ( { name = \"a\"; virtual = \"192.0.2.1:21\"; passive_ports = \"2000-3000\"; },\n"
		"  { name = \"b\"; virtual = \"[2001:db8::1]:21\"; tls = \"deny\"; } ); # x\n"
		"@include \"i\"\nlimits = { line = 0x400; idle = 100L; }; /* y */ guard = true;\n";
	static const char alphabet[] = "\"(){}[];,=:@#/*\\\n\t x0L-.+\xff";
	unsigned int seed = 1;
	char text[sizeof(good)];

	write_file("i", "queues = { count = 2; };\n");
	for (int round = 0; round < 4000; round++) {
		memcpy(text, good, sizeof(good));
		for (int i = 0; i <= round % 4; i++)
			text[(size_t)rand_r(&seed) % (sizeof(good) - 1)] =
				alphabet[(size_t)rand_r(&seed) % (sizeof(alphabet) - 1)];
		write_file("c", text);
		if (config_load("c", true, &config, &errors) == 0) {
			ck_assert_uint_eq(errors.count, 0);
			ck_assert_uint_ge(config.limits.line, 512);
			config_free(&config);
		} else {
			ck_assert_msg(errors.count > 0, "refused without a reason:\n%s", text);
			ck_assert_msg(strncmp(errors.text[0], "c:", 2) == 0 ||
				      strncmp(errors.text[0], "i:", 2) == 0, "%s", errors.text[0]);
		}
	}
}
END_TEST

/* --- policy --- */

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

START_TEST(a_policy_takes_the_limits_and_divides_the_sessions)
{
	struct policy *policy;

	load_good("limits = { sessions = 10; openings_per_session = 3; line = 600; idle = 70; };\n"
	       "timeouts = { opening = 20; }; forwarding = \"conntrack\";");
	ck_assert_int_eq(config_to_policy(&config, NULL, 0, 4, &policy), 0);
	ck_assert_uint_eq(policy->max_sessions, 3);
	ck_assert_uint_eq(policy->openings_per_session, 3);
	ck_assert_uint_eq(policy->max_line, 600);
	ck_assert_uint_eq(policy->idle_seconds, 70);
	ck_assert_uint_eq(policy->opening_seconds, 20);
	ck_assert_int_eq(policy->forwarding, FORWARD_CONNTRACK);
	ck_assert_uint_eq(policy->service_count, 0);
	free(policy);
	ck_assert_int_eq(config_to_policy(&config, NULL, 0, 5, &policy), 0);
	ck_assert_uint_eq(policy->max_sessions, 2);
	free(policy);
}
END_TEST

START_TEST(a_policy_has_listed_and_discovered_services_sorted_and_once)
{
	const struct endpoint found[] = {
		at("192.0.2.9:21"), at("[2001:db8::9]:21"), at("192.0.2.1:21"), at("10.0.0.1:21"),
		at("192.0.2.9:21"),
	};
	const struct endpoint absent = at("192.0.2.9:22");
	const struct service *s;
	struct policy *policy;

	load_good("services = ( { name = \"z\"; virtual = \"192.0.2.200:21\"; },\n"
	       " { name = \"a\"; virtual = \"192.0.2.1:21\"; tls = \"deny\"; active = false; } );");
	ck_assert_int_eq(config_to_policy(&config, found, 5, 1, &policy), 0);
	ck_assert_uint_eq(policy->service_count, 5);
	for (size_t i = 1; i < policy->service_count; i++)
		ck_assert_int_lt(policy_compare_services(&policy->services[i - 1],
							 &policy->services[i]), 0);
	s = policy_find(policy, &found[2]);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->name, "a");
	ck_assert(s->deny_tls && !s->active && !s->discovered);
	s = policy_find(policy, &found[0]);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->name, "192.0.2.9:21");
	ck_assert(s->discovered && s->active && !s->deny_tls && s->fail_open);
	ck_assert_uint_eq(s->passive_ports.first, 0);
	s = policy_find(policy, &found[1]);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->name, "[2001:db8::9]:21");
	ck_assert_ptr_null(policy_find(policy, &absent));
	free(policy);
}
END_TEST

START_TEST(without_discover_only_listed_services_count)
{
	const struct endpoint found = at("192.0.2.9:21");
	struct policy *policy;

	load_good("discover = false; services = ( { name = \"a\"; virtual = \"192.0.2.1:21\"; } );");
	ck_assert_int_eq(config_to_policy(&config, &found, 1, 1, &policy), 0);
	ck_assert_uint_eq(policy->service_count, 1);
	ck_assert_str_eq(policy->services[0].name, "a");
	free(policy);
}
END_TEST

START_TEST(the_longest_address_is_a_name_inside_its_bounds)
{
	const struct endpoint found = at("[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
	char text[ENDPOINT_TEXT_MAX];
	struct policy *policy;

	config_defaults(&config);
	ck_assert_int_eq(config_to_policy(&config, &found, 1, 1, &policy), 0);
	endpoint_format(&found, text);
	ck_assert_int_eq(strncmp(policy->services[0].name, text, SERVICE_NAME_MAX - 1), 0);
	ck_assert_uint_eq(strnlen(policy->services[0].name, SERVICE_NAME_MAX),
			  strlen(text) < SERVICE_NAME_MAX ? strlen(text) : SERVICE_NAME_MAX - 1);
	free(policy);
}
END_TEST

/* --- reload --- */

/* Loads both and says the difference. */
static bool change(const char *before, const char *after, char *said, size_t size)
{
	struct config running;
	bool restart;
	FILE *stream;

	load_good(before);
	running = take_config();
	load_good(after);
	memset(said, 0, size);
	stream = fmemopen(said, size, "w");
	restart = config_describe_change(&running, &config, stream);
	fclose(stream);
	config_free(&running);
	return restart;
}

START_TEST(a_reload_that_changes_nothing_says_nothing)
{
	char said[1024];
	static const char text[] = SERVICE("passive_ports = \"2000-3000\";");

	ck_assert(!change(text, text, said, sizeof(said)));
	ck_assert_str_eq(said, "");
	ck_assert(!change("", "discover = true; limits = { idle = 7200; };", said, sizeof(said)));
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(a_reload_says_what_it_changes_and_what_waits_for_a_restart)
{
	char said[1024];

	ck_assert(!change("", "guard = true; forwarding = \"conntrack\"; limits = { idle = 60; };",
			  said, sizeof(said)));
	ck_assert_str_eq(said, "forwarding: \"ipvs\" -> \"conntrack\"\n"
			       "guard: false -> true\n"
			       "limits.idle: 7200 -> 60\n");
	ck_assert(change("queues = { first = 1; };", "queues = { first = 2; }; sync = { id = 3; "
			 "interface = \"eth0\"; }; control = { socket = \"/s\"; group = \"\"; };",
			 said, sizeof(said)));
	ck_assert_str_eq(said,
			 "queues.first: 1 -> 2 (waits for a restart)\n"
			 "sync.interface: \"lo\" -> \"eth0\" (waits for a restart)\n"
			 "sync.id: 0 -> 3 (waits for a restart)\n"
			 "control.socket: \"/run/ftpalgd/control\" -> \"/s\" (waits for a restart)\n"
			 "control.group: \"ftpalgd\" -> \"\" (waits for a restart)\n");
}
END_TEST

START_TEST(a_reload_says_what_happens_to_services)
{
	char said[1024];

	ck_assert(!change("services = ( { name = \"a\"; virtual = \"192.0.2.1:21\"; "
			  "passive_ports = \"2000-3000\"; }, { name = \"b\"; virtual = \"192.0.2.2:21\"; } );",
			  "services = ( { name = \"c\"; virtual = \"[2001:db8::1]:21\"; },"
			  "{ name = \"a\"; virtual = \"192.0.2.2:21\"; tls = \"deny\"; } );",
			  said, sizeof(said)));
	ck_assert_str_eq(said, "service \"a\": virtual: \"192.0.2.1:21\" -> \"192.0.2.2:21\"\n"
			       "service \"a\": passive_ports: \"2000-3000\" -> \"\"\n"
			       "service \"a\": tls: \"allow\" -> \"deny\"\n"
			       "service \"b\" at 192.0.2.2:21: removed\n"
			       "service \"c\" at [2001:db8::1]:21: added\n");
}
END_TEST

START_TEST(what_only_a_restart_changes_is_kept)
{
	struct config running;

	load_good("queues = { first = 1; count = 2; }; sync = { id = 4; }; limits = { idle = 5; };");
	running = take_config();
	load_good("queues = { first = 9; length = 99; }; control = { group = \"x\"; };\n"
		  "limits = { idle = 6; };");
	config_keep_fixed(&running, &config);
	ck_assert_uint_eq(config.queues.first, 1);
	ck_assert_uint_eq(config.queues.count, 2);
	ck_assert_uint_eq(config.queues.length, 8192);
	ck_assert_uint_eq(config.sync.id, 4);
	ck_assert_str_eq(config.control.group, "ftpalgd");
	ck_assert_uint_eq(config.limits.idle, 6);
}
END_TEST

/* --- what we ship --- */

static char *slurp(const char *name)
{
	char path[PATH_MAX + 64];
	char *text;
	size_t size;
	FILE *in, *out = open_memstream(&text, &size);

	snprintf(path, sizeof(path), "%s/%s", source_directory, name);
	in = fopen(path, "r");
	ck_assert_msg(in != NULL, "cannot open %s", path);
	for (int c; (c = fgetc(in)) != EOF; )
		fputc(c, out);
	fclose(in);
	fclose(out);
	return text;
}

/* Lines "#key" become "key"; "# words" stay comments. */
static void uncomment(char *text)
{
	for (char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line[0] == '#' && line[1] != ' ' && line[1] != '\n')
			line[0] = ' ';
	}
}

START_TEST(the_shipped_file_sets_nothing_and_shows_every_default)
{
	char *text = slurp("etc/ftpalgd.conf");
	char said[1024] = "";
	struct config defaults;
	FILE *stream;

	load_good(text);
	has_defaults(&config);
	uncomment(text);
	for (size_t i = 0; i < config_option_count; i++)
		ck_assert_msg(strstr(text, config_options[i].key) != NULL, "%s is missing",
			      config_options[i].key);
	load_good(text);
	ck_assert_uint_eq(config.service_count, 1);
	config_defaults(&defaults);
	stream = fmemopen(said, sizeof(said), "w");
	config_describe_change(&defaults, &config, stream);
	fclose(stream);
	ck_assert_str_eq(said, "service \"ftp\" at 192.0.2.10:21: added\n");
	free(text);
}
END_TEST

/* The entry of a key in the manual, from its .It to the next. */
static char *manual_entry(const char *manual, const struct config_option *o)
{
	const char *from = manual;
	const char *to;
	char wanted[OPTION_TEXT_MAX];

	snprintf(wanted, sizeof(wanted), "\n.Ss %s\n", o->group);
	if (!option_is_top(o) && !option_in_service(o))
		from = strstr(manual, wanted);
	ck_assert_msg(from != NULL, "the manual has no section %s", o->group);
	snprintf(wanted, sizeof(wanted), "\n.It Ic %s ", o->key);
	from = strstr(from, wanted);
	ck_assert_msg(from != NULL, "the manual lacks %s.%s", o->group, o->key);
	to = strstr(from + 1, "\n.It");
	return strndup(from, to != NULL && to < strstr(from, "\n.El") ? (size_t)(to - from)
			     : (size_t)(strstr(from, "\n.El") - from));
}

START_TEST(the_manual_has_every_key_with_its_range_and_default)
{
	char *manual = slurp("man/ftpalgd.conf.5");
	char number[32];

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *o = &config_options[i];
		char *entry = manual_entry(manual, o);

		ck_assert_msg(strstr(entry, o->required ? "Required." : "Default:") != NULL,
			      "%s", entry);
		for (const struct option_word *w = o->words; w != NULL && w->word != NULL; w++)
			ck_assert_msg(strstr(entry, w->word) != NULL, "%s lacks %s", o->key, w->word);
		if (o->type == OPTION_NUMBER) {
			const uint32_t numbers[] = { o->min, o->max };

			for (size_t j = 0; j < 2; j++) {
				snprintf(number, sizeof(number), "%u", numbers[j]);
				ck_assert_msg(strstr(entry, number) != NULL, "%s lacks %s", o->key, number);
			}
			snprintf(number, sizeof(number), "Default: %u.", o->number);
			ck_assert_msg(strstr(entry, number) != NULL, "%s lacks %s", o->key, number);
		}
		if (o->type == OPTION_TEXT && !o->required)
			ck_assert_msg(strstr(strstr(entry, "Default:"), o->text) != NULL, "%s", entry);
		free(entry);
	}
	free(manual);
}
END_TEST

static void add_reading(Suite *s)
{
	TCase *t = tcase_create("reading");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, absent_and_empty_files_mean_the_defaults);
	tcase_add_test(t, an_absent_file_that_was_named_is_an_error);
	tcase_add_test(t, the_design_s_example_is_read_whole);
	tcase_add_test(t, a_service_has_its_values_and_the_next_one_its_defaults);
	tcase_add_test(t, the_ends_of_every_range_are_allowed);
	tcase_add_test(t, one_beyond_every_range_is_refused);
	tcase_add_test(t, the_queues_fit_whatever_the_number_of_processors);
	tcase_add_test(t, line_ends_of_other_systems_are_fine);
	tcase_add_test(t, freeing_nothing_is_fine);
	tcase_add_test(t, a_number_of_another_type_is_refused);
	tcase_add_test(t, a_boolean_of_another_type_is_refused);
	tcase_add_test(t, a_word_that_is_not_allowed_is_refused_with_the_nearest);
	tcase_add_test(t, a_group_of_another_type_is_refused);
	tcase_add_test(t, services_of_another_type_are_refused);
	tcase_add_test(t, an_integer_over_32_bits_is_not_truncated);
	tcase_add_test(t, an_integer_over_64_bits_is_refused);
	tcase_add_test(t, an_unknown_key_is_refused_with_the_nearest_known);
	tcase_add_test(t, a_key_in_the_wrong_place_is_told_its_place);
	tcase_add_test(t, a_key_like_no_other_gets_the_list);
	tcase_add_test(t, a_key_written_twice_is_refused);
	tcase_add_test(t, a_very_long_key_is_cut);
	tcase_add_test(t, distances_count_keystrokes);
	suite_add_tcase(s, t);
}

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

static void add_values(Suite *s)
{
	TCase *t = tcase_create("values");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_address_no_service_can_have_is_refused, 0, COUNT(bad_addresses));
	tcase_add_loop_test(t, a_range_of_ports_that_is_none_is_refused, 0, COUNT(bad_ranges));
	tcase_add_loop_test(t, a_name_that_is_none_is_refused, 0, COUNT(bad_names));
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
	suite_add_tcase(s, t);
}

static void add_text(Suite *s)
{
	TCase *t = tcase_create("text and files");

	tcase_add_checked_fixture(t, begin, end);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_error_is_told_up_to_the_limit);
	tcase_add_test(t, a_value_without_quotes_is_explained);
	tcase_add_test(t, a_syntax_error_shows_its_line);
	tcase_add_test(t, a_trailing_comma_is_named);
	tcase_add_test(t, brackets_that_do_not_match_are_named);
	tcase_add_test(t, what_is_never_closed_is_named_where_it_begins);
	tcase_add_test(t, lines_are_counted_through_comments_and_texts);
	tcase_add_test(t, bytes_that_belong_in_no_text_are_refused);
	tcase_add_test(t, deep_nesting_is_refused_not_followed);
	tcase_add_test(t, what_is_not_a_file_is_refused_and_never_waited_for);
	tcase_add_test(t, an_unreadable_file_is_an_error_even_if_it_need_not_exist);
	tcase_add_test(t, a_huge_file_is_refused);
	tcase_add_test(t, includes_are_relative_to_the_file_that_names_them);
	tcase_add_test(t, errors_name_the_included_file_and_the_lines_around_it_stay_right);
	tcase_add_test(t, an_include_that_cannot_be_read_is_refused);
	tcase_add_test(t, an_absent_include_is_an_error_even_if_the_file_need_not_exist);
	tcase_add_test(t, includes_without_end_are_refused);
	tcase_add_test(t, a_malformed_include_is_refused);
	tcase_add_test(t, a_long_path_keeps_the_message_readable);
	tcase_add_test(t, damaged_files_are_read_or_refused_with_a_reason);
	suite_add_tcase(s, t);
}

static void add_use(Suite *s)
{
	TCase *t = tcase_create("use");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_policy_takes_the_limits_and_divides_the_sessions);
	tcase_add_test(t, a_policy_has_listed_and_discovered_services_sorted_and_once);
	tcase_add_test(t, without_discover_only_listed_services_count);
	tcase_add_test(t, the_longest_address_is_a_name_inside_its_bounds);
	tcase_add_test(t, a_reload_that_changes_nothing_says_nothing);
	tcase_add_test(t, a_reload_says_what_it_changes_and_what_waits_for_a_restart);
	tcase_add_test(t, a_reload_says_what_happens_to_services);
	tcase_add_test(t, what_only_a_restart_changes_is_kept);
	tcase_add_test(t, the_shipped_file_sets_nothing_and_shows_every_default);
	tcase_add_test(t, the_manual_has_every_key_with_its_range_and_default);
	suite_add_tcase(s, t);
}

int main(void)
{
	const char *srcdir = getenv("srcdir"); /* automake's; the top one, from where we start */
	Suite *s = suite_create("config");
	SRunner *runner;
	int failed;

	if (realpath(srcdir != NULL ? srcdir : ".", source_directory) == NULL)
		return EXIT_FAILURE;
	add_reading(s);
	add_values(s);
	add_text(s);
	add_use(s);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
