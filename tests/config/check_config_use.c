/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of a configuration: the policy of the core, a reload, the shipped file, the manual. */
#include "config_files.h"

#include <stdlib.h>
#include <string.h>

#include "config/option.h"
/* --- policy --- */

static struct endpoint at(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static int to_policy(const struct endpoint *found, size_t count, uint32_t workers, struct policy **out)
{
	const struct surroundings surroundings = { .found = found, .found_count = count };

	return config_to_policy(&config, &surroundings, workers, out);
}

START_TEST(a_client_s_limits_are_divided_and_cover_one_session)
{
	struct policy *policy;

	load_good("limits = { openings_per_session = 3; openings_per_client = 14; sessions_per_client = 9; };");
	ck_assert_int_eq(to_policy(NULL, 0, 4, &policy), 0);
	ck_assert_uint_eq(policy->openings_per_client, 4);
	ck_assert_uint_eq(policy->sessions_per_client, 3);
	free(policy);
	ck_assert_int_eq(to_policy(NULL, 0, 14, &policy), 0);
	ck_assert_uint_eq(policy->openings_per_client, 3);
	ck_assert_uint_eq(policy->sessions_per_client, 1);
	free(policy);
}
END_TEST

START_TEST(a_policy_takes_the_limits_and_divides_the_sessions)
{
	struct policy *policy;

	load_good("limits = { sessions = 10; openings_per_session = 3; line = 600; idle = 70; };\n"
	       "timeouts = { opening = 20; }; forwarding = \"conntrack\";");
	ck_assert_int_eq(to_policy(NULL, 0, 4, &policy), 0);
	ck_assert_uint_eq(policy->max_sessions, 3);
	ck_assert_uint_eq(policy->openings_per_session, 3);
	ck_assert(!policy->guard);
	ck_assert_uint_eq(policy->max_line, 600);
	ck_assert_uint_eq(policy->idle_seconds, 70);
	ck_assert_uint_eq(policy->opening_seconds, 20);
	ck_assert_int_eq(policy->forwarding, FORWARD_CONNTRACK);
	ck_assert_uint_eq(policy->service_count, 0);
	free(policy);
	ck_assert_int_eq(to_policy(NULL, 0, 5, &policy), 0);
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
	ck_assert_int_eq(to_policy(found, 5, 1, &policy), 0);
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

START_TEST(a_policy_has_the_real_servers_of_its_services_sorted)
{
	const struct endpoint found = at("192.0.2.9:21");
	const struct endpoint addresses[] = { at("192.0.2.1:21"), at("[2001:db8::1]:21"), at("192.0.2.2:21") };
	const struct endpoint servers[] = { at("10.0.0.9:21"), at("10.0.0.10:21"), at("[fd00::1]:21") };
	const struct service *s;
	struct policy *policy;

	load_good("services = (\n"
		  " { name = \"z\"; virtual = \"[2001:db8::1]:21\";\n"
		  "   servers = ( { real = \"fd00::1\"; passive_ports = \"20\"; } ); },\n"
		  " { name = \"b\"; virtual = \"192.0.2.2:21\"; servers = (); },\n"
		  " { name = \"a\"; virtual = \"192.0.2.1:21\"; closed_ports = \"3306, 8000-8999\";\n"
		  "   servers = ( { real = \"10.0.0.10\"; passive_ports = \"2000-2999\"; },\n"
		  "               { passive_ports = \"1-65535\"; real = \"10.0.0.9\"; } ); } );");
	ck_assert_int_eq(to_policy(&found, 1, 1, &policy), 0);
	config_free(&config);
	ck_assert_uint_eq(policy->service_count, 4);
	s = policy_find(policy, &addresses[0]);
	ck_assert_uint_eq(s->server_count, 2);
	ck_assert_uint_eq(service_range(s, &servers[0])->last, 65535);
	ck_assert_uint_eq(service_range(s, &servers[1])->first, 2000);
	ck_assert_uint_eq(service_range(s, &servers[1])->last, 2999);
	ck_assert_uint_eq(s->closed_ports.count, 2);
	ck_assert(port_in_list(&s->closed_ports, 8999) && !port_in_list(&s->closed_ports, 3305));
	s = policy_find(policy, &addresses[1]);
	ck_assert_uint_eq(service_range(s, &servers[2])->first, 20);
	ck_assert_ptr_null(service_range(s, &servers[0]));
	ck_assert_ptr_null(service_range(policy_find(policy, &addresses[2]), &servers[0]));
	ck_assert_ptr_null(service_range(policy_find(policy, &found), &servers[0]));
	free(policy);
}
END_TEST

START_TEST(a_policy_knows_what_is_taken)
{
	const struct endpoint taken[] = { at("0.0.0.0:22"), at("10.0.0.1:3306"), at("192.0.2.1:443") };
	const struct surroundings surroundings = { .taken = taken, .taken_count = 3 };
	struct policy *policy;

	load_good("services = ( { name = \"a\"; virtual = \"192.0.2.1:21\";\n"
		  " servers = ( { real = \"10.0.0.9\"; passive_ports = \"2000-2999\"; } ); } );");
	ck_assert_int_eq(config_to_policy(&config, &surroundings, 1, &policy), 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert(policy_is_taken(policy, &taken[i]));
	ck_assert_uint_eq(policy->services[0].servers[0].passive_ports.first, 2000);
	free(policy);
}
END_TEST

START_TEST(without_discover_only_listed_services_count)
{
	const struct endpoint found = at("192.0.2.9:21");
	struct policy *policy;

	load_good("discover = false; services = ( { name = \"a\"; virtual = \"192.0.2.1:21\"; } );");
	ck_assert_int_eq(to_policy(&found, 1, 1, &policy), 0);
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
	ck_assert_int_eq(to_policy(&found, 1, 1, &policy), 0);
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
			 "sync.interface: \"auto\" -> \"eth0\" (waits for a restart)\n"
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

START_TEST(a_reload_says_what_happens_to_the_ports_of_real_servers)
{
	char said[1024];

	ck_assert(!change(SERVICE("closed_ports = \"3306\"; servers = (\n"
				  "{ real = \"10.0.0.1\"; passive_ports = \"2000-2999\"; },\n"
				  "{ real = \"10.0.0.2\"; passive_ports = \"2000-2999\"; },\n"
				  "{ real = \"10.0.0.3\"; passive_ports = \"20\"; } );"),
			  SERVICE("closed_ports = \"3306, 5432-5433\"; servers = (\n"
				  "{ real = \"10.0.0.4\"; passive_ports = \"2000-2999\"; },\n"
				  "{ real = \"10.0.0.3\"; passive_ports = \"20-21\"; },\n"
				  "{ real = \"10.0.0.2\"; passive_ports = \"2000-2999\"; } );"),
			  said, sizeof(said)));
	ck_assert_str_eq(said, "service \"a\": closed_ports: \"3306\" -> \"3306,5432-5433\"\n"
			       "service \"a\": server 10.0.0.1: removed\n"
			       "service \"a\": server 10.0.0.3: passive_ports: \"20-20\" -> \"20-21\"\n"
			       "service \"a\": server 10.0.0.4: added\n");
}
END_TEST

START_TEST(what_only_a_restart_changes_is_kept)
{
	struct config running;

	load_good("queues = { first = 1; count = 2; }; sync = { id = 4; }; limits = { idle = 5; };");
	running = take_config();
	load_good("queues = { first = 9; length = 99; }; control = { group = \"x\"; };\n"
		  "limits = { sessions = 7; idle = 6; };");
	config_keep_fixed(&running, &config);
	ck_assert_uint_eq(config.queues.first, 1);
	ck_assert_uint_eq(config.queues.count, 2);
	ck_assert_uint_eq(config.queues.length, 8192);
	ck_assert_uint_eq(config.sync.id, 4);
	ck_assert_str_eq(config.control.group, "ftpalgd");
	ck_assert_uint_eq(config.limits.sessions, 1000000);
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
	if (!option_is_top(o) && !option_in_group(o, OPTION_SERVICES))
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

static void expect_socket(const char *text, const char *wanted)
{
	char found[CONFIG_SOCKET_MAX];

	write_file("c", text);
	config_find_socket("c", found);
	ck_assert_str_eq(found, wanted);
}

START_TEST(the_control_socket_is_found_whatever_else_is_wrong)
{
	char found[CONFIG_SOCKET_MAX];

	expect_socket("control = { socket = \"/run/x\"; };", "/run/x");
	expect_socket("discver = true; limits = 7; control = { socket = \"/run/x\"; mode = 5; };",
		      "/run/x");
	expect_socket("services = ( { virtual = \"x\"; } ); control = { socket = \"/run/x\"; };",
		      "/run/x");
	expect_socket("", "/run/ftpalgd/control");
	expect_socket("control = { socket = 5; };", "/run/ftpalgd/control");
	expect_socket("control = { socket = \"/run/x\"", "/run/ftpalgd/control");
	config_find_socket("absent", found);
	ck_assert_str_eq(found, "/run/ftpalgd/control");
	config_find_socket(".", found);
	ck_assert_str_eq(found, "/run/ftpalgd/control");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("use");

	tcase_add_test(t, a_policy_takes_the_limits_and_divides_the_sessions);
	tcase_add_test(t, a_client_s_limits_are_divided_and_cover_one_session);
	tcase_add_test(t, a_policy_has_listed_and_discovered_services_sorted_and_once);
	tcase_add_test(t, a_policy_has_the_real_servers_of_its_services_sorted);
	tcase_add_test(t, a_policy_knows_what_is_taken);
	tcase_add_test(t, without_discover_only_listed_services_count);
	tcase_add_test(t, the_longest_address_is_a_name_inside_its_bounds);
	tcase_add_test(t, a_reload_that_changes_nothing_says_nothing);
	tcase_add_test(t, a_reload_says_what_it_changes_and_what_waits_for_a_restart);
	tcase_add_test(t, a_reload_says_what_happens_to_services);
	tcase_add_test(t, a_reload_says_what_happens_to_the_ports_of_real_servers);
	tcase_add_test(t, what_only_a_restart_changes_is_kept);
	tcase_add_test(t, the_shipped_file_sets_nothing_and_shows_every_default);
	tcase_add_test(t, the_control_socket_is_found_whatever_else_is_wrong);
	tcase_add_test(t, the_manual_has_every_key_with_its_range_and_default);
	return run_config_suite("config use", t);
}
