/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health of a made-up gateway: what counts, for how long, and what is said of it once.
 */
#include "control_fake.h"
#include "control/health.h"
#include "control/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/run.h"

enum { SECOND = 1000, WINDOW = HEALTH_LOSS_SECONDS * SECOND };

static struct fake *fake;
static struct health *health;
static uint64_t now;

static void begin(void)
{
	fake = fake_new();
	health = fake->subject.health;
	now = SECOND;
	health_look(health, now);
}

static void end(void)
{
	fake_free(fake);
}

static void look_after(uint64_t ms)
{
	now += ms;
	health_look(health, now);
}

static char *metrics(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	view_write_metrics(&fake->subject, out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static void expect_metric(const char *line, bool there)
{
	char *text = metrics();

	ck_assert_msg((strstr(text, line) != NULL) == there, "%s in\n%s", line, text);
	free(text);
}

static void expect_health(const char *name, const char *number)
{
	char line[64];

	snprintf(line, sizeof(line), "\nftpalgd_health %s\n", number);
	ck_assert_str_eq(health_name(health), name);
	expect_metric(line, true);
}

START_TEST(a_gateway_that_works_is_fine)
{
	expect_health("fine", "0");
	expect_metric("ftpalgd_finding{id=\"queue_unbound\"} 0\n", true);
	ck_assert_str_eq(fake->said, "");
}
END_TEST

START_TEST(what_was_lost_is_a_warning_for_ten_minutes)
{
	fake->queues[1].memory.lost = 3;
	look_after(2 * SECOND);
	expect_health("warning", "1");
	expect_metric("ftpalgd_finding{id=\"queue_undelivered\"} 1\n", true);
	look_after(WINDOW - 1);
	expect_health("warning", "1");
	look_after(1);
	expect_health("fine", "0");
	expect_metric("ftpalgd_queue_overflow_total{queue=\"2101\",at=\"socket\"} 3\n", true);
	fake->queues[0].dropped = 1;
	look_after(SECOND);
	expect_health("warning", "1");
	expect_metric("ftpalgd_finding{id=\"queue_overflow\"} 1\n", true);
}
END_TEST

/* With fail = "open" the kernel lets pass what finds no room, and counts nothing. */
START_TEST(a_queue_that_is_seen_full_is_a_warning_for_ten_minutes)
{
	fake->queues[0].waiting = fake->config.queues.length - 1;
	look_after(SECOND);
	expect_health("fine", "0");
	fake->queues[0].waiting++;
	look_after(SECOND);
	fake->queues[0].waiting = 0;
	look_after(WINDOW - 1);
	expect_health("warning", "1");
	expect_metric("ftpalgd_finding{id=\"queue_overflow\"} 1\n", true);
	look_after(1);
	expect_health("fine", "0");
}
END_TEST

START_TEST(what_was_lost_before_the_start_never_counts)
{
	struct health *fresh;

	fake->queues[0].memory.lost = 100;
	fake->queues[0].dropped = 100;
	fresh = health_new(&fake->subject, fake->log);
	ck_assert_ptr_nonnull(fresh);
	health_look(fresh, SECOND);
	ck_assert_str_eq(health_name(fresh), "fine");
	health_free(fresh);
}
END_TEST

START_TEST(a_queue_that_nobody_has_is_trouble)
{
	fake->queues[0].bound = QUEUE_UNBOUND;
	look_after(SECOND);
	expect_health("trouble", "2");
	expect_metric("ftpalgd_finding{id=\"queue_unbound\"} 1\n", true);
}
END_TEST

START_TEST(what_the_kernel_does_not_say_is_not_trouble)
{
	fake->queues[0].bound = QUEUE_UNKNOWN;
	look_after(SECOND);
	expect_health("unknown", "3");
	expect_metric("ftpalgd_finding{id=\"queue_unbound\"}", false);
	fake->queues[0].bound = QUEUE_BOUND;
	fake->machine_silent = true;
	look_after(SECOND);
	expect_health("unknown", "3");
	expect_metric("ftpalgd_finding{id=\"ruleset\"}", false);
	fake->queues[1].bound = QUEUE_UNBOUND;
	look_after(SECOND);
	expect_health("trouble", "2");
}
END_TEST

/* As under the shipped unit where the file's group may not be set. */
START_TEST(a_table_of_queues_that_cannot_be_read_takes_nothing_from_health)
{
	fake->queues[0].counted = fake->queues[1].counted = false;
	look_after(SECOND);
	expect_health("fine", "0");
	expect_metric("ftpalgd_queue_waiting{", false);
	expect_metric("at=\"queue\"", false);
	expect_metric("ftpalgd_queue_overflow_total{queue=\"2100\",at=\"socket\"} 0\n", true);
	expect_metric("ftpalgd_finding{id=\"queue_overflow\"}", false);
	expect_metric("ftpalgd_queue_socket_limit_bytes{queue=\"2100\"} 425984\n", true);
}
END_TEST

START_TEST(a_counter_that_could_not_be_read_for_a_while_is_no_loss)
{
	fake->queues[0].counted = false;
	look_after(SECOND);
	fake->queues[0].counted = true;
	look_after(SECOND);
	expect_health("fine", "0");
}
END_TEST

START_TEST(a_change_is_said_once)
{
	fake->machine.ruleset = RULESET_ABSENT;
	look_after(SECOND);
	look_after(SECOND);
	ck_assert_str_eq(fake->said, "warning: trouble: table inet ftpalgd is not complete: "
				     "control connections are not diverted: passive transfers fail; "
				     "systemctl reload ftpalgd\n");
	fake->said[0] = '\0';
	fake->machine.ruleset = RULESET_EFFECTIVE;
	look_after(SECOND);
	look_after(SECOND);
	ck_assert_str_eq(fake->said, "notice: no longer so: table inet ftpalgd is not complete\n");
}
END_TEST

START_TEST(a_reload_that_was_refused_is_a_warning_until_one_is_taken)
{
	fake->reloaded = (struct subject_reload){ 1700000000, false, "c:1: unknown key \"x\"" };
	look_after(SECOND);
	expect_health("warning", "1");
	expect_metric("ftpalgd_finding{id=\"reload_refused\"} 1\n", true);
	fake->reloaded.accepted = true;
	look_after(SECOND);
	expect_health("fine", "0");
}
END_TEST

START_TEST(threads_that_are_apart_are_trouble_and_in_the_log_once)
{
	const char *said;

	fake->machine.threads.has_master = true;
	fake->machine.threads.master = (struct ipvs_thread){ .interface = "inside", .id = 51 };
	look_after(2 * SECOND);
	look_after(2 * SECOND);
	expect_health("trouble", "2");
	expect_metric("ftpalgd_finding{id=\"threads_apart\"} 1\n", true);
	said = strstr(fake->said, "master thread is on inside with id 51");
	ck_assert_ptr_nonnull(said);
	ck_assert_ptr_null(strstr(said + 1, "master thread is on inside"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("health");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_gateway_that_works_is_fine);
	tcase_add_test(t, what_was_lost_is_a_warning_for_ten_minutes);
	tcase_add_test(t, a_queue_that_is_seen_full_is_a_warning_for_ten_minutes);
	tcase_add_test(t, what_was_lost_before_the_start_never_counts);
	tcase_add_test(t, a_queue_that_nobody_has_is_trouble);
	tcase_add_test(t, what_the_kernel_does_not_say_is_not_trouble);
	tcase_add_test(t, a_table_of_queues_that_cannot_be_read_takes_nothing_from_health);
	tcase_add_test(t, a_counter_that_could_not_be_read_for_a_while_is_no_loss);
	tcase_add_test(t, threads_that_are_apart_are_trouble_and_in_the_log_once);
	tcase_add_test(t, a_change_is_said_once);
	tcase_add_test(t, a_reload_that_was_refused_is_a_warning_until_one_is_taken);
	return run_suite("health", t);
}
