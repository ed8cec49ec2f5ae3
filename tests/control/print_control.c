/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * print_control metrics: the metrics of a made-up gateway. print_control results: its answer to each
 * command, and each kind of event, a line of JSON each: {"command": ..., "result": ...}. For scripts
 * that compare them with what others expect.
 */
#include "control_fake.h"
#include "control/commands.h"
#include "control/view.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct fake *f)
{
	struct session *s = fake_session(f, 0, "198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	struct expectation_waiting *e = &f->expectations[f->expectation_count++];

	e->client = e->source = s->flow.client;
	e->source.port = 0;
	e->service = e->destination = s->flow.service;
	e->destination.port = 50000;
	for (enum event_kind k = 0; k < EVENT_KINDS; k++) {
		struct event event = { .time = k + 1, .kind = k, .reason = REASON_ADDRESS_FOREIGN };

		event.flow = s->flow;
		event.want = (struct want){
			.mode = MODE_PASSIVE, .target = s->flow.server, .port = 50000, .made = true,
			.named = s->flow.server,
		};
		history_add(&f->history[0], &event);
	}
	announcements_add(f->announced[0], &s->flow, 50000);
	for (size_t i = 0; i < 2; i++) {
		counter_add(&f->services[i].sessions, 1);
		counter_add(&f->services[i].reasons[REASON_PORTS_EXHAUSTED], 1);
		latency_add(&f->latency[i], 100, 3);
	}
	snprintf(f->policy->services[0].name, sizeof(f->policy->services[0].name), "odd\\\"name");
}

static void print_value(const char *command, json_t *result)
{
	json_t *line = json_pack("{s:s, s:o}", "command", command, "result", result);

	ck_assert_ptr_nonnull(line);
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

static void print_result(const struct control_subject *subject, const char *request)
{
	struct control_request parsed;
	enum control_stream stream;
	json_t *reply = control_answer(subject, request, strlen(request), true, 5000, &parsed, &stream);
	json_t *result = json_object_get(reply, "result");

	ck_assert_msg(result != NULL, "no result of %s", request);
	print_value(parsed.command, json_incref(result));
	json_decref(reply);
}

static void print_results(struct fake *f, const struct control_subject *subject)
{
	static const char *const requests[] = {
		"{\"command\":\"status\"}",   "{\"command\":\"services\"}", "{\"command\":\"sessions\"}",
		"{\"command\":\"openings\"}", "{\"command\":\"stats\"}",    "{\"command\":\"metrics\"}",
		"{\"command\":\"recent\"}",   "{\"command\":\"reload\"}",   "{\"command\":\"doctor\"}",
		"{\"command\":\"ranges\"}",   "{\"command\":\"log\",\"level\":\"info\"}",
	};
	const struct flow flow = f->history[0].events[0].flow;
	const struct control_trace_line line = { 1, &flow, FROM_SERVER, true, "227 a", "227 b" };

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		print_result(subject, requests[i]);
	for (size_t i = 0; i < f->history[0].count; i++)
		print_value("watch", view_event(subject, &f->history[0].events[i]));
	print_value("watch", view_line(subject, &line));
}

static bool only_metrics;

/* The made-up gateway checks itself, which works within a test only. */
START_TEST(print)
{
	struct fake *f = fake_new();
	const struct control_subject subject = fake_subject(f);

	fill(f);
	if (only_metrics)
		view_write_metrics(&subject, stdout);
	else
		print_results(f, &subject);
	fake_free(f);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("print_control");
	TCase *t = tcase_create("print_control");
	SRunner *runner = srunner_create(suite);
	int failed;

	only_metrics = argc == 2 && strcmp(argv[1], "metrics") == 0;
	tcase_add_test(t, print);
	suite_add_tcase(suite, t);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
