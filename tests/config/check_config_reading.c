/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types, keys and ranges: what is read, and what is refused with which words. */
#include "config_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/option.h"
#include "config/suggest.h"
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
	       "control    = { socket = \"/tmp/s\"; group = \"\"; mode = \"0600\"; };\n"
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
	ck_assert_uint_eq(config.control.mode, 0600);
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
	       "queues, sync, limits, timeouts, control, metrics, log\n"
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
		 "queues, sync, limits, timeouts, control, metrics, log\n", text);
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

int main(void)
{
	TCase *t = tcase_create("reading");

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
	return run_config_suite("config reading", t);
}
