/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What top shows for what the daemon says.
 */
#include "ctl/top_view.h"
#include "../support/run.h"

#include <stdio.h>
#include <string.h>

static char screen[8192];
static size_t lines;

static void keep(void *data, const char *text, bool heading)
{
	size_t used = strlen(screen);

	(void)data;
	snprintf(screen + used, sizeof(screen) - used, "%s%s\n", heading ? "*" : "", text);
	lines++;
}

static void begin(void)
{
	screen[0] = '\0';
	lines = 0;
}

static json_t *service(const char *name, const char *address, int sessions, int openings)
{
	return json_pack("{s:s, s:s, s:{s:i, s:{s:i}, s:{s:i}}}", "name", name, "address", address, "counters",
			 "sessions", sessions, "openings", "PASV", openings, "reasons", "x", 0);
}

static struct top_moment moment(double time, int factor)
{
	return (struct top_moment){
		.time = time,
		.status = json_pack("{s:s, s:i, s:s, s:i, s:[s], s:[{s:i, s:i, s:i, s:i}]}", "version", "1", "uptime",
				    7, "health", "trouble", "sessions", 5, "problems", "it is hot", "queues", "queue",
				    2100, "packets", 9, "waiting", 1, "dropped", 2),
		.services = json_pack("{s:[o, o]}", "services", service("calm", "192.0.2.1:21", 100, 10),
				      service("busy", "192.0.2.2:21", 10 * factor, 30 * factor)),
		.recent = json_pack("{s:[{s:s, s:s}, {s:s, s:s, s:s}]}", "events", "event", "session", "client",
				    "192.0.2.9:1", "event", "refusal", "client", "192.0.2.9:2", "text", "no\x1b[2J"),
	};
}

START_TEST(rates_are_what_came_since_the_moment_before)
{
	struct top_moment before = moment(10, 1), now = moment(12, 2);
	const char *busy, *calm;

	top_show(&now, &before, 40, keep, NULL);
	busy = strstr(screen, "busy");
	calm = strstr(screen, "calm");
	ck_assert_ptr_nonnull(busy);
	ck_assert_msg(calm > busy, "the busiest does not come first:\n%s", screen);
	ck_assert_ptr_nonnull(strstr(busy, "        20        5.0       15.0        0.0\n"));
	ck_assert_ptr_nonnull(strstr(calm, "       100        0.0        0.0        0.0\n"));
	top_moment_free(&before);
	top_moment_free(&now);
}
END_TEST

START_TEST(trouble_stands_out_and_the_latest_event_comes_first)
{
	struct top_moment none = { 0 }, now = moment(12, 2);

	top_show(&now, &none, 40, keep, NULL);
	ck_assert_ptr_nonnull(strstr(screen, "\n*trouble: it is hot\n"));
	ck_assert_ptr_nonnull(strstr(screen, "waiting 1   dropped 2   undelivered ?\n"));
	ck_assert_ptr_nonnull(strstr(screen, "*EVENTS\nrefusal   192.0.2.9:2"));
	ck_assert_ptr_nonnull(strstr(screen, "no\\x1b[2J\nsession   192.0.2.9:1"));
	top_moment_free(&now);
}
END_TEST

START_TEST(a_small_screen_is_not_left)
{
	for (size_t room = 0; room < 20; room++) {
		struct top_moment none = { 0 }, now = moment(12, 2);

		begin();
		top_show(&now, &none, room, keep, NULL);
		ck_assert_uint_le(lines, room);
		top_moment_free(&now);
	}
}
END_TEST

START_TEST(no_answer_is_said)
{
	const struct top_moment none = { 0 };

	top_show(&none, &none, 40, keep, NULL);
	ck_assert_str_eq(screen, "*ftpalgd does not answer\n");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ctl_top");

	tcase_add_checked_fixture(t, begin, NULL);
	tcase_add_test(t, rates_are_what_came_since_the_moment_before);
	tcase_add_test(t, trouble_stands_out_and_the_latest_event_comes_first);
	tcase_add_test(t, a_small_screen_is_not_left);
	tcase_add_test(t, no_answer_is_said);
	return run_suite("ctl_top", t);
}
