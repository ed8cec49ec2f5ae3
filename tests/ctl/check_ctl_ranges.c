/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ftpalgctl ranges prints is what ftpalgd takes. */
#include "ctl/ranges.h"
#include "config/config.h"
#include "../support/run.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char shown[65536];
static json_t *rows;

static void begin(void)
{
	rows = json_array();
}

static void end(void)
{
	json_decref(rows);
}

static json_t *text_or_null(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}

/* A row as the daemon makes it. */
static void add(const char *name, const char *service, bool discovered, const char *server,
		const char *named, int announced, const char *proposed)
{
	json_t *row = json_pack("{s:s, s:s, s:b, s:s, s:b, s:o, s:i, s:o, s:o, s:i, s:i, s:o}", "service_name",
				name, "service", service, "discovered", discovered, "server", server, "in_ipvs",
				1, "passive_ports", text_or_null(named), "announced", announced, "lowest",
				announced > 0 ? json_integer(50003) : json_null(), "highest",
				announced > 0 ? json_integer(50997) : json_null(), "distinct", announced / 2,
				"refused", 0, "proposed", text_or_null(proposed));

	ck_assert_int_eq(json_array_append_new(rows, row), 0);
}

static const char *show(void)
{
	FILE *out = fmemopen(shown, sizeof(shown), "w");
	json_t *result = json_pack("{s:O}", "servers", rows);

	ranges_write(result, out);
	json_decref(result);
	ck_assert_int_eq(fclose(out), 0);
	return shown;
}

static void holds(const char *text)
{
	ck_assert_msg(strstr(shown, text) != NULL, "\"%s\" is not in:\n%s", text, shown);
}

/* Takes before, what was shown from the line that begins so, and after as a configuration. */
static void load(const char *before, const char *from, const char *after, struct config *config)
{
	static struct config_errors errors;
	char path[] = "/tmp/check_ctl_ranges.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	const char *lines = strstr(shown, from);

	ck_assert_msg(lines != NULL, "%s is not in:\n%s", from, shown);
	fprintf(file, "%s%s%s", before, lines, after);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_msg(config_load(path, true, config, &errors) == 0, "%s: %s", shown, errors.text[0]);
	unlink(path);
}

START_TEST(discovered_services_become_a_list)
{
	struct config config;

	add("192.0.2.10:21", "192.0.2.10:21", true, "10.0.0.2", NULL, 100, "50000-50999");
	add("192.0.2.10:21", "192.0.2.10:21", true, "10.0.0.3", NULL, 3, NULL);
	add("192.0.2.11:21", "192.0.2.11:21", true, "10.0.0.2", NULL, 0, NULL);
	add("[2001:db8::10]:21", "[2001:db8::10]:21", true, "fd00::2", NULL, 0, NULL);
	add("[2001:db8::10]:21", "[2001:db8::10]:21", true, "fd00::3", NULL, 100, "20-20");
	show();
	holds("# 100 announcements, about 50 ports from 50003 to 50997\n");
	holds("# 10.0.0.3: 3 announcements are too few");
	holds("# fd00::2: nothing announced yet\n");
	load("", "services = (", "", &config);
	ck_assert_uint_eq(config.service_count, 2);
	ck_assert_str_eq(config.services[0].name, "ftp1");
	ck_assert_uint_eq(config.services[0].server_count, 1);
	ck_assert_uint_eq(config.services[0].servers[0].passive_ports.last, 50999);
	ck_assert_uint_eq(config.services[1].servers[0].passive_ports.first, 20);
	config_free(&config);
}
END_TEST

START_TEST(listed_services_get_their_list_of_servers)
{
	struct config config;

	add("a", "192.0.2.10:21", false, "10.0.0.2", "2000-2999", 50, NULL);
	add("a", "192.0.2.10:21", false, "10.0.0.3", NULL, 100, "50000-50999");
	add("a", "192.0.2.10:21", false, "10.0.0.4", NULL, 0, NULL);
	show();
	holds("# in the service \"a\":\nservers = (\n");
	load("services = ( { name = \"a\"; virtual = \"192.0.2.10:21\";", "servers = (", " } );", &config);
	ck_assert_uint_eq(config.services[0].server_count, 2);
	ck_assert_uint_eq(config.services[0].servers[0].passive_ports.first, 2000);
	config_free(&config);
}
END_TEST

START_TEST(discovered_services_join_those_that_are_listed)
{
	struct config config;

	add("ftp1", "192.0.2.10:2121", false, "10.0.0.2", "2000-2999", 50, NULL);
	add("192.0.2.10:21", "192.0.2.10:21", true, "10.0.0.3", NULL, 100, "50000-50999");
	show();
	holds("# more members of services:\n");
	load("services = ( { name = \"ftp1\"; virtual = \"192.0.2.10:2121\"; },", "# more members", " );", &config);
	ck_assert_uint_eq(config.service_count, 2);
	ck_assert_str_eq(config.services[1].name, "ftp2");
	config_free(&config);
}
END_TEST

START_TEST(what_needs_no_line_gets_none)
{
	add("a", "192.0.2.10:21", false, "10.0.0.2", "2000-2999", 50, NULL);
	add("192.0.2.11:21", "192.0.2.11:21", true, "10.0.0.2", NULL, 3, NULL);
	show();
	holds("There is nothing to propose");
	ck_assert_ptr_null(strstr(shown, "servers = ("));
	holds("a              10.0.0.2  2000-2999  50         50003   50997    25     0\n");
}
END_TEST

START_TEST(a_server_without_a_range_of_its_own_is_told)
{
	add("a", "192.0.2.10:21", false, "10.0.0.2", NULL, 100, "32000-60999");
	json_object_set_new(json_array_get(rows, 0), "lowest", json_integer(32768));
	json_object_set_new(json_array_get(rows, 0), "highest", json_integer(60999));
	show();
	holds("10.0.0.2 announces ports from 32768 to 60999: it seems to have no range of its own.");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ranges");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, discovered_services_become_a_list);
	tcase_add_test(t, listed_services_get_their_list_of_servers);
	tcase_add_test(t, discovered_services_join_those_that_are_listed);
	tcase_add_test(t, what_needs_no_line_gets_none);
	tcase_add_test(t, a_server_without_a_range_of_its_own_is_told);
	return run_suite("ranges", t);
}
