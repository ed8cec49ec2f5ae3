/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events and control lines as they happen, and those that are remembered.
 */
#include "control_talk.h"
#include "../support/run.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char client_a[] = "198.51.100.2:1025", client_b[] = "198.51.100.3:1025";

static struct flow flow_of(const char *client)
{
	struct flow flow = { .id = 9 };

	ck_assert_int_eq(endpoint_parse(client, &flow.client), 0);
	ck_assert_int_eq(endpoint_parse("192.0.2.10:21", &flow.service), 0);
	ck_assert_int_eq(endpoint_parse("10.0.0.2:21", &flow.server), 0);
	return flow;
}

static void happens(uint32_t worker, const char *client, uint64_t time, enum event_kind kind)
{
	struct event e = { .time = time, .kind = kind, .reason = REASON_ADDRESS_FOREIGN,
			   .flow = flow_of(client) };

	e.want = (struct want){ .mode = MODE_PASSIVE, .target = e.flow.server, .port = 50007 };
	e.want.target.port = 3333;
	history_add(&fake->history[worker], &e);
}

static int begin_stream(const char *request)
{
	int fd = connect_client();
	json_t *reply;

	say(fd, request);
	reply = hear(fd);
	ck_assert(json_is_true(json_object_get(reply, "ok")));
	json_decref(reply);
	return fd;
}

static void hear_event(int fd, const char *kind, const char *client)
{
	json_t *e = hear(fd);

	ck_assert_str_eq(text(e, "event"), kind);
	ck_assert_str_eq(text(e, "client"), client);
	json_decref(e);
}

START_TEST(watch_tells_what_happens_from_then_on)
{
	json_t *e;
	int fd;

	happens(0, client_a, 1000, EVENT_SESSION);
	fd = begin_stream("{\"command\":\"watch\"}\n");
	happens(1, client_a, 2000, EVENT_OPENING);
	e = hear(fd);
	ck_assert_str_eq(text(e, "event"), "opening");
	ck_assert_str_eq(text(e, "client"), client_a);
	ck_assert_str_eq(text(e, "service_name"), "ftp");
	ck_assert_str_eq(text(e, "mode"), "PASV");
	ck_assert_str_eq(text(e, "announced"), "192.0.2.10:50007");
	ck_assert_str_eq(text(e, "target"), "10.0.0.2:3333");
	json_decref(e);
	happens(0, client_a, 3000, EVENT_REFUSAL);
	e = hear(fd);
	ck_assert_str_eq(text(e, "reason"), "address_foreign");
	json_decref(e);
	close(fd);
}
END_TEST

START_TEST(watch_is_filtered_for_each_client)
{
	int a = begin_stream("{\"command\":\"watch\",\"client\":\"198.51.100.2\"}\n");
	int all = begin_stream("{\"command\":\"watch\",\"service\":\"ftp\"}\n");

	happens(0, client_b, 1000, EVENT_SESSION);
	happens(0, client_a, 1000, EVENT_CLOSING);
	hear_event(a, "closing", client_a);
	hear_event(all, "session", client_b);
	hear_event(all, "closing", client_a);
	close(a);
	close(all);
}
END_TEST

START_TEST(watch_says_how_many_events_were_missed)
{
	int fd = begin_stream("{\"command\":\"watch\",\"client\":\"198.51.100.9\"}\n");
	json_t *e;

	for (size_t i = 0; i < HISTORY_SIZE + 5; i++)
		happens(1, client_a, i, EVENT_SESSION);
	e = hear(fd);
	ck_assert_str_eq(text(e, "event"), "missed");
	ck_assert_int_eq(number(e, "count"), 5);
	json_decref(e);
	close(fd);
}
END_TEST

START_TEST(what_a_watching_client_sends_is_ignored_until_it_hangs_up)
{
	int fd = begin_stream("{\"command\":\"watch\"}\n{\"command\":\"status\"}\n");

	for (int i = 0; i < 300; i++) {
		say(fd, "{\"command\":\"status\"} and more of it\n");
		let_work();
	}
	happens(0, client_a, 1000, EVENT_SESSION);
	hear_event(fd, "session", client_a);
	shutdown(fd, SHUT_WR);
	ck_assert(is_closed(fd));
	close(fd);
}
END_TEST

START_TEST(a_watching_client_that_never_reads_is_cut_off)
{
	int fd = begin_stream("{\"command\":\"watch\"}\n");
	struct pollfd hung = { fd, POLLRDHUP, 0 };

	for (int round = 0; round < 2000 && (hung.revents & (POLLHUP | POLLRDHUP)) == 0; round++) {
		struct pollfd server = { control_fd(control), POLLIN, 0 };

		for (size_t i = 0; i < HISTORY_SIZE; i++)
			happens(0, client_a, i, EVENT_OPENING);
		if (poll(&server, 1, 200) > 0)
			control_handle(control);
		ck_assert_int_ge(poll(&hung, 1, 0), 0);
	}
	ck_assert_msg((hung.revents & (POLLHUP | POLLRDHUP)) != 0, "it is still connected");
	json_decref(ask_well("{\"command\":\"status\"}"));
	close(fd);
}
END_TEST

/* ---- trace ---- */

/* What a worker would have put into its trace. */
static void said(const char *client, enum direction from, uint32_t seq, const char *line)
{
	struct trace *t = fake->traces[0];
	struct trace_record r = {
		.flow = flow_of(client),
		.from = from,
		.starts_line = true,
		.unchanged = true,
		.seq = { seq, seq },
		.size = { (uint32_t)strlen(line), 0 },
	};

	ck_assert_ptr_nonnull(t);
	memcpy(t->bytes + t->size, &r, sizeof(r));
	memcpy(t->bytes + t->size + sizeof(r), line, r.size[0]);
	t->size += sizeof(r) + r.size[0];
}

START_TEST(trace_shows_lines_without_passwords_and_events_of_that_address)
{
	int fd = begin_stream("{\"command\":\"trace\",\"address\":\"198.51.100.2\"}\n");
	json_t *e;

	ck_assert_ptr_nonnull(fake->traces[1]);
	ck_assert_uint_eq(fake->traces[0]->address_count, 1);
	said(client_b, FROM_CLIENT, 1, "NOOP\r\n");
	said(client_a, FROM_CLIENT, 1, "PASS geheim\r\n");
	e = hear(fd);
	ck_assert_str_eq(text(e, "event"), "line");
	ck_assert_str_eq(text(e, "from"), "client");
	ck_assert_str_eq(text(e, "before"), "PASS ****");
	ck_assert_str_eq(text(e, "after"), "PASS ****");
	ck_assert(json_is_false(json_object_get(e, "changed")));
	json_decref(e);
	happens(0, client_b, 1000, EVENT_REFUSAL);
	happens(0, client_a, 1000, EVENT_CLOSING);
	hear_event(fd, "closing", client_a);
	close(fd);
}
END_TEST

START_TEST(nothing_is_traced_once_nobody_asks_for_it)
{
	int fd = begin_stream("{\"command\":\"trace\",\"address\":\"198.51.100.2\"}\n");
	int watching = begin_stream("{\"command\":\"watch\"}\n");

	ck_assert_ptr_nonnull(fake->traces[0]);
	close(fd);
	let_work();
	for (int i = 0; i < 2; i++) { /* the run after the next event comes after the hang-up */
		happens(0, client_a, 1000, EVENT_SESSION);
		hear_event(watching, "session", client_a);
	}
	ck_assert_ptr_null(fake->traces[0]);
	close(watching);
}
END_TEST

/* ---- what is remembered ---- */

START_TEST(recent_events_are_filtered_and_in_order_of_time)
{
	json_t *result, *events;

	happens(1, client_a, 3000, EVENT_OPENING);
	happens(0, client_a, 1000, EVENT_SESSION);
	happens(0, client_b, 2000, EVENT_SESSION);
	happens(0, client_a, 4000, EVENT_REFUSAL);
	result = ask_well("{\"command\":\"recent\",\"client\":\"198.51.100.2\"}");
	events = json_object_get(result, "events");
	ck_assert_uint_eq(json_array_size(events), 3);
	ck_assert_str_eq(text(json_array_get(events, 0), "event"), "session");
	ck_assert_str_eq(text(json_array_get(events, 1), "event"), "opening");
	ck_assert_str_eq(text(json_array_get(events, 2), "event"), "refusal");
	json_decref(result);
	result = ask_well("{\"command\":\"recent\",\"limit\":1}");
	events = json_object_get(result, "events");
	ck_assert_uint_eq(json_array_size(events), 1);
	ck_assert_str_eq(text(json_array_get(events, 0), "event"), "refusal");
	ck_assert(json_is_true(json_object_get(result, "more")));
	json_decref(result);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control_stream");

	tcase_add_checked_fixture(t, talk_begin, talk_end);
	tcase_add_test(t, watch_tells_what_happens_from_then_on);
	tcase_add_test(t, watch_is_filtered_for_each_client);
	tcase_add_test(t, watch_says_how_many_events_were_missed);
	tcase_add_test(t, what_a_watching_client_sends_is_ignored_until_it_hangs_up);
	tcase_add_test(t, a_watching_client_that_never_reads_is_cut_off);
	tcase_add_test(t, trace_shows_lines_without_passwords_and_events_of_that_address);
	tcase_add_test(t, nothing_is_traced_once_nobody_asks_for_it);
	tcase_add_test(t, recent_events_are_filtered_and_in_order_of_time);
	return run_suite("control_stream", t);
}
