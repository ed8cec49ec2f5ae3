/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of the control socket, and what is wrong with a request.
 */
#include "control_talk.h"
#include "control/request.h"
#include "../support/run.h"

#include <errno.h>
#include <string.h>

/* ---- commands ---- */

START_TEST(status_names_health_ruleset_and_queues)
{
	json_t *status, *queues;

	counter_add(&fake->counters[1].packets, 17);
	fake_session(fake, 1, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	status = ask_well("{\"command\":\"status\"}");
	ck_assert_str_eq(text(status, "version"), PACKAGE_VERSION);
	ck_assert_str_eq(text(status, "health"), "fine");
	ck_assert_str_eq(text(status, "ruleset"), "effective");
	ck_assert_str_eq(text(json_object_get(status, "backup"), "group"), "224.0.0.81:8848");
	ck_assert_int_eq(number(status, "services"), 2);
	ck_assert_int_eq(number(status, "sessions"), 1);
	queues = json_object_get(status, "queues");
	ck_assert_uint_eq(json_array_size(queues), FAKE_WORKERS);
	ck_assert_int_eq(number(json_array_get(queues, 1), "queue"), FAKE_QUEUE + 1);
	ck_assert_int_eq(number(json_array_get(queues, 1), "packets"), 17);
	json_decref(status);
}
END_TEST

START_TEST(status_says_what_is_in_trouble)
{
	json_t *status;

	fake->queues[1].bound = QUEUE_UNBOUND;
	fake->machine.ruleset = RULESET_DECLARED;
	fake->machine.threads.has_backup = false;
	status = ask_well("{\"command\":\"status\"}");
	ck_assert_str_eq(text(status, "health"), "trouble");
	ck_assert_uint_eq(json_array_size(json_object_get(status, "problems")), 2);
	ck_assert(json_is_null(json_object_get(status, "backup")));
	json_decref(status);
}
END_TEST

START_TEST(services_have_their_counters_and_their_servers)
{
	json_t *result, *services, *s;

	counter_add(&fake->services[0].sessions, 3);
	counter_add(&fake->services[0].reasons[REASON_ADDRESS_FOREIGN], 2);
	result = ask_well("{\"command\":\"services\"}");
	services = json_object_get(result, "services");
	ck_assert_uint_eq(json_array_size(services), 2);
	ck_assert(json_is_null(json_object_get(result, "next")));
	s = json_array_get(services, 0);
	ck_assert_str_eq(text(s, "address"), fake->policy->services[0].name[0] == 'f'
						     ? "192.0.2.10:21" : "[2001:db8::10]:2121");
	ck_assert_int_eq(number(json_object_get(s, "counters"), "sessions"), 3);
	ck_assert_int_eq(number(json_object_get(json_object_get(s, "counters"), "reasons"),
				"address_foreign"), 2);
	ck_assert_int_eq(number(json_object_get(s, "ipvs"), "masquerading"), 2);
	ck_assert(json_is_null(json_object_get(json_array_get(services, 1), "ipvs")));
	json_decref(result);
}
END_TEST

static size_t count_sessions(const char *request)
{
	json_t *result = ask_well(request);
	size_t count = json_array_size(json_object_get(result, "sessions"));

	json_decref(result);
	return count;
}

START_TEST(sessions_are_filtered_by_client_service_and_server)
{
	fake_session(fake, 0, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	fake_session(fake, 1, "198.51.100.2:1026", "192.0.2.10:21", "10.0.0.3:21");
	fake_session(fake, 1, "[2001:db8:1::2]:1025", "[2001:db8::10]:2121", "[fd00::2]:21");
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\"}"), 3);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"client\":\"198.51.100.2\"}"), 2);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"client\":\"198.51.100.2:1026\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"service\":\"six\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"service\":\"2001:db8::10\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"server\":\"10.0.0.3\"}"), 1);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"service\":\"ftp\",\"server\":\"10.0.0.3:22\"}"), 0);
	assert_refused("{\"command\":\"sessions\",\"service\":\"seven\"}", "no_such_service");
}
END_TEST

START_TEST(a_session_tells_its_age_and_state)
{
	struct session *s = fake_session(fake, 0, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	json_t *result, *view;

	s->openings = 4;
	s->dialogue.encrypted = true;
	result = ask_well("{\"command\":\"sessions\"}");
	view = json_array_get(json_object_get(result, "sessions"), 0);
	ck_assert_str_eq(text(view, "client"), "198.51.100.2:1025");
	ck_assert_str_eq(text(view, "server"), "10.0.0.2:21");
	ck_assert_str_eq(text(view, "service_name"), "ftp");
	ck_assert_str_eq(text(view, "state"), "encrypted");
	ck_assert_int_eq(number(view, "openings"), 4);
	ck_assert_int_gt(number(view, "age"), 0);
	json_decref(result);
}
END_TEST

START_TEST(sessions_and_services_have_the_ranges_of_real_servers)
{
	struct real_server named = { .passive_ports = { 50000, 50499 } };
	json_t *result, *view;

	ck_assert_int_eq(endpoint_parse("10.0.0.2:1", &named.address), 0);
	named.address.port = 0;
	fake->policy->services[0].servers = &named;
	fake->policy->services[0].server_count = 1;
	fake_session(fake, 0, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	fake_session(fake, 0, "198.51.100.2:1026", "192.0.2.10:21", "10.0.0.3:21");
	result = ask_well("{\"command\":\"sessions\",\"server\":\"10.0.0.2\"}");
	view = json_array_get(json_object_get(result, "sessions"), 0);
	ck_assert_str_eq(text(view, "server_ports"), "50000-50499");
	json_decref(result);
	result = ask_well("{\"command\":\"sessions\",\"server\":\"10.0.0.3\"}");
	view = json_array_get(json_object_get(result, "sessions"), 0);
	ck_assert(json_is_null(json_object_get(view, "server_ports")));
	json_decref(result);
	result = ask_well("{\"command\":\"services\"}");
	view = json_array_get(json_object_get(json_array_get(json_object_get(result, "services"), 0), "servers"), 0);
	ck_assert_str_eq(text(view, "real"), "10.0.0.2");
	ck_assert_str_eq(text(view, "passive_ports"), "50000-50499");
	json_decref(result);
}
END_TEST

START_TEST(sessions_come_in_pages_and_each_once)
{
	enum { MANY = 3500 };
	static bool seen[MANY];
	char request[128] = "{\"command\":\"sessions\",\"limit\":1000}", client[32];
	size_t count = 0, pages = 0;

	memset(seen, 0, sizeof(seen));
	for (unsigned int i = 0; i < MANY; i++) {
		snprintf(client, sizeof(client), "198.51.100.2:%u", 10000 + i);
		fake_session(fake, i % FAKE_WORKERS, client, "192.0.2.10:21", "10.0.0.2:21");
	}
	for (bool more = true; more; pages++) {
		json_t *result = ask_well(request), *s;
		size_t i;

		json_array_foreach (json_object_get(result, "sessions"), i, s) {
			size_t which = (size_t)atoi(strchr(text(s, "client"), ':') + 1) - 10000;

			ck_assert_msg(!seen[which], "session %zu comes twice", which);
			seen[which] = true;
			count++;
		}
		more = json_is_integer(json_object_get(result, "next"));
		if (more)
			snprintf(request, sizeof(request),
				 "{\"command\":\"sessions\",\"limit\":1000,\"after\":%lld}",
				 (long long)number(result, "next"));
		json_decref(result);
		ck_assert_uint_lt(pages, 20);
	}
	ck_assert_uint_eq(count, MANY);
}
END_TEST

static struct endpoint at(const char *address)
{
	struct endpoint e;

	ck_assert_int_eq(control_parse_address(address, &e), 0);
	return e;
}

START_TEST(openings_are_those_of_the_kernel_with_what_is_remembered_of_them)
{
	struct event made = {
		.kind = EVENT_OPENING,
		.want = { .mode = MODE_EXTENDED_PASSIVE, .target = at("10.0.0.2:3333"), .port = 50001, .made = true },
	};
	json_t *result, *list, *o;

	made.flow.client = at("198.51.100.2:1025");
	made.flow.service = at("192.0.2.10:21");
	made.flow.server = at("10.0.0.2:21");
	history_add(&fake->history[1], &made);
	fake->expectations[0] = (struct expectation_waiting){ made.flow.client, made.flow.service,
							      at("198.51.100.2"), at("192.0.2.10:50001"), 33 };
	fake->expectations[1] = (struct expectation_waiting){ at("198.51.100.3:7"), made.flow.service,
							      at("10.0.0.3"), at("198.51.100.3:6000"), 5 };
	fake->expectation_count = 2;
	result = ask_well("{\"command\":\"openings\",\"limit\":1}");
	list = json_object_get(result, "openings");
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_int_eq(number(result, "next"), 1);
	o = json_array_get(list, 0);
	ck_assert_str_eq(text(o, "mode"), "EPSV");
	ck_assert_str_eq(text(o, "source"), "198.51.100.2:any");
	ck_assert_str_eq(text(o, "destination"), "192.0.2.10:50001");
	ck_assert_str_eq(text(o, "target"), "10.0.0.2:3333");
	ck_assert_int_eq(number(o, "seconds_left"), 33);
	json_decref(result);
	result = ask_well("{\"command\":\"openings\",\"after\":1}");
	o = json_array_get(json_object_get(result, "openings"), 0);
	ck_assert_str_eq(text(o, "client"), "198.51.100.3:7");
	ck_assert_str_eq(text(o, "mode"), "active");
	ck_assert(json_is_null(json_object_get(o, "target")));
	json_decref(result);
	result = ask_well("{\"command\":\"openings\",\"client\":\"198.51.100.3\"}");
	ck_assert_uint_eq(json_array_size(json_object_get(result, "openings")), 1);
	json_decref(result);
}
END_TEST

START_TEST(stats_have_all_reasons)
{
	json_t *result, *total;

	counter_add(&fake->counters[0].openings[MODE_PASSIVE], 5);
	counter_add(&fake->counters[1].openings[MODE_PASSIVE], 6);
	result = ask_well("{\"command\":\"stats\"}");
	total = json_object_get(result, "total");
	ck_assert_int_eq(number(json_object_get(total, "openings"), "PASV"), 11);
	ck_assert_uint_eq(json_object_size(json_object_get(total, "reasons")), REASONS);
	json_decref(result);
}
END_TEST

static void add_reply(uint64_t time, const char *server, const char *named)
{
	struct event e = { .time = time, .kind = EVENT_OPENING, .want = { .mode = MODE_PASSIVE } };

	ck_assert_int_eq(endpoint_parse("192.0.2.10:21", &e.flow.service), 0);
	ck_assert_int_eq(endpoint_parse(server, &e.flow.server), 0);
	ck_assert_int_eq(endpoint_parse(named, &e.want.named), 0);
	history_add(&fake->history[time % FAKE_WORKERS], &e);
}

/* The servers that doctor says name a foreign address, one after the other. */
static const char *foreign_servers(char out[static 512])
{
	json_t *result = ask_well("{\"command\":\"doctor\"}"), *f;
	size_t i;

	*out = '\0';
	json_array_foreach (json_object_get(result, "findings"), i, f)
		if (strcmp(text(f, "id"), "foreign_address") == 0)
			strcat(strcat(out, text(f, "what")), "\n");
	json_decref(result);
	return out;
}

START_TEST(a_server_that_names_a_foreign_address_is_a_finding_until_it_stops)
{
	char said[512];

	add_reply(1, "10.0.0.2:21", "10.0.0.2:50000");
	add_reply(2, "10.0.0.3:21", "192.0.2.10:50000");
	ck_assert_str_eq(foreign_servers(said), "");
	add_reply(3, "10.0.0.2:21", "203.0.113.9:50000");
	add_reply(4, "10.0.0.2:21", "203.0.113.9:50001");
	ck_assert_str_eq(foreign_servers(said),
			 "the real server 10.0.0.2:21 names 203.0.113.9:50001 in its passive replies\n");
	add_reply(5, "10.0.0.2:21", "10.0.0.2:50000");
	ck_assert_str_eq(foreign_servers(said), "");
}
END_TEST

/* A family is whole under its TYPE, names are legal, values are numbers, no sample comes twice. */
START_TEST(metrics_are_in_prometheus_format)
{
	json_t *result, *samples = json_object();
	char family[128] = "", *copy, *line, *rest;

	counter_add(&fake->services[0].sessions, 1);
	counter_add(&fake->services[0].reasons[REASON_PORTS_EXHAUSTED], 1);
	latency_add(&fake->latency[0], 3, 2);
	latency_add(&fake->latency[1], 100, 1);
	latency_add(&fake->latency[1], 90000000, 1);
	result = ask_well("{\"command\":\"metrics\"}");
	copy = strdup(text(result, "text"));
	ck_assert_int_eq(copy[strlen(copy) - 1], '\n');
	for (line = strtok_r(copy, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strrchr(line, ' '), *end;

		if (strncmp(line, "# HELP ", 7) == 0)
			continue;
		if (sscanf(line, "# TYPE %127s", family) == 1)
			continue;
		ck_assert_msg(strncmp(line, family, strlen(family)) == 0, "%s is not in %s", line, family);
		ck_assert_uint_lt(strspn(line, "abcdefghijklmnopqrstuvwxyz_"), strlen(line));
		ck_assert_ptr_nonnull(value);
		strtod(value + 1, &end);
		ck_assert_msg(end > value + 1 && *end == '\0', "%s has no value", line);
		*value = '\0';
		ck_assert_msg(json_object_get(samples, line) == NULL, "%s comes twice", line);
		json_object_set_new(samples, line, json_string(value + 1));
	}
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_bucket{le=\"1.6e-05\"}"), "2");
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_bucket{le=\"0.000128\"}"), "3");
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_bucket{le=\"+Inf\"}"), "4");
	ck_assert_str_eq(text(samples, "ftpalgd_latency_seconds_count"), "4");
	ck_assert_str_eq(text(samples, "ftpalgd_start_time_seconds"), "1700000000");
	free(copy);
	json_decref(samples);
	json_decref(result);
}
END_TEST

START_TEST(reload_says_what_changes)
{
	json_t *result;

	fake->reload_words = "guard: false -> true\n";
	result = ask_well("{\"command\":\"reload\"}");
	ck_assert_int_eq(fake->reloads, 1);
	ck_assert_str_eq(text(result, "changes"), "guard: false -> true\n");
	json_decref(result);
}
END_TEST

START_TEST(a_failed_reload_says_why)
{
	json_t *reply;

	fake->reload_words = "ftpalgd.conf:3: unknown key \"gaurd\"\n";
	fake->reload_result = -EINVAL;
	reply = ask_control("{\"command\":\"reload\"}");
	ck_assert_str_eq(error_code(reply), "failed");
	ck_assert_str_eq(text(json_object_get(reply, "error"), "text"),
			 "the running configuration stays: ftpalgd.conf:3: unknown key \"gaurd\"");
	json_decref(reply);
}
END_TEST

START_TEST(log_sets_the_level)
{
	json_decref(ask_well("{\"command\":\"log\",\"level\":\"debug\"}"));
	ck_assert_int_eq(fake->level, LOG_LEVEL_DEBUG);
	assert_refused("{\"command\":\"log\",\"level\":\"loud\"}", "bad_argument");
	assert_refused("{\"command\":\"log\"}", "missing_argument");
}
END_TEST

/* ---- bad input ---- */

static const struct {
	const char *request;
	const char *code;
} bad[] = {
	{ "", "malformed" },
	{ "status", "malformed" },
	{ "{\"command\":\"status\"", "malformed" },
	{ "{\"command\":\"status\"} x", "malformed" },
	{ "{\"command\":\"status\",\"command\":\"reload\"}", "malformed" },
	{ "[\"status\"]", "malformed" },
	{ "null", "malformed" },
	{ "{}", "malformed" },
	{ "{\"command\":7}", "malformed" },
	{ "{\"command\":\"\"}", "malformed" },
	{ "{\"command\":\"st\\u0000atus\"}", "malformed" },
	{ "{\"command\":\"status\\u001b[2J\"}", "unknown_command" },
	{ "{\"command\":\"a command whose name is longer than any\"}", "malformed" },
	{ "{\"command\":\"stat\"}", "unknown_command" },
	{ "{\"command\":\"status\",\"colour\":\"red\"}", "unknown_argument" },
	{ "{\"command\":\"status\",\"client\":\"192.0.2.1\"}", "unknown_argument" },
	{ "{\"command\":\"sessions\",\"client\":\"192.0.2\"}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"client\":\"192.0.2.1:65536\"}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"client\":7}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":0}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":1001}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":-1}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"limit\":1e3}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"after\":-1}", "bad_argument" },
	{ "{\"command\":\"sessions\",\"after\":99999999999999999999}", "malformed" },
};

START_TEST(bad_requests_are_refused_with_a_reason)
{
	json_t *reply = ask_control(bad[_i].request);
	const char *words;

	ck_assert_str_eq(error_code(reply), bad[_i].code);
	words = text(json_object_get(reply, "error"), "text");
	for (; *words != '\0'; words++)
		ck_assert_int_ge(*words, ' ');
	json_decref(reply);
}
END_TEST

START_TEST(a_place_behind_everything_is_an_empty_page)
{
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"after\":9223372036854775807}"), 0);
	ck_assert_uint_eq(count_sessions("{\"command\":\"sessions\",\"after\":4294967295}"), 0);
	json_decref(ask_well("{\"command\":\"services\",\"after\":9223372036854775807}"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control");

	tcase_add_checked_fixture(t, talk_begin, talk_end);
	tcase_add_test(t, status_names_health_ruleset_and_queues);
	tcase_add_test(t, status_says_what_is_in_trouble);
	tcase_add_test(t, services_have_their_counters_and_their_servers);
	tcase_add_test(t, sessions_are_filtered_by_client_service_and_server);
	tcase_add_test(t, a_session_tells_its_age_and_state);
	tcase_add_test(t, sessions_and_services_have_the_ranges_of_real_servers);
	tcase_add_test(t, sessions_come_in_pages_and_each_once);
	tcase_add_test(t, openings_are_those_of_the_kernel_with_what_is_remembered_of_them);
	tcase_add_test(t, stats_have_all_reasons);
	tcase_add_test(t, a_server_that_names_a_foreign_address_is_a_finding_until_it_stops);
	tcase_add_test(t, metrics_are_in_prometheus_format);
	tcase_add_test(t, reload_says_what_changes);
	tcase_add_test(t, a_failed_reload_says_why);
	tcase_add_test(t, log_sets_the_level);
	tcase_add_loop_test(t, bad_requests_are_refused_with_a_reason, 0,
			    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, a_place_behind_everything_is_an_empty_page);
	return run_suite("control", t);
}
