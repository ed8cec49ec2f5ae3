/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log hears of one client does not depend on what another does. */
#include "traffic/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../support/packets.h"
#include "../support/run.h"

enum { RECORDS_MAX = 32 };

static struct {
	size_t count;
	char texts[RECORDS_MAX][256];
} told;

static struct log *log_of_test;
static struct report *report;

static int take(void *context, const struct log_record *record)
{
	(void)context;
	if (told.count < RECORDS_MAX)
		snprintf(told.texts[told.count], sizeof(told.texts[0]), "%s", record->text);
	told.count++;
	return 0;
}

static void begin(void)
{
	memset(&told, 0, sizeof(told));
	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, take, NULL, &log_of_test), 0);
	report = report_new(log_of_test);
	ck_assert_ptr_nonnull(report);
}

static void end(void)
{
	report_free(report);
	log_close(log_of_test);
}

static void refuse(const char *client, enum reason reason, int error)
{
	struct session session = {
		.flow = { .client = at(client), .service = at("192.0.2.10:21"), .server = at("10.0.0.2:21") },
	};
	const struct situation situation = { .session = &session };

	report_reason(report, reason, error, &situation);
}

START_TEST(one_client_does_not_silence_what_is_said_of_another)
{
	for (int i = 0; i < 1000; i++)
		refuse("198.51.100.7:1", REASON_PORT_CLOSED, 0);
	ck_assert_uint_eq(told.count, 1);
	refuse("198.51.100.8:1", REASON_PORT_CLOSED, 0);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_ptr_nonnull(strstr(told.texts[1], "client 198.51.100.8:1"));
}
END_TEST

START_TEST(many_clients_do_not_fill_the_log)
{
	char client[64];

	for (int i = 0; i < 1000; i++) {
		snprintf(client, sizeof(client), "198.51.%d.%d:1", i / 250, i % 250);
		refuse(client, REASON_PORT_CLOSED, 0);
	}
	ck_assert_uint_eq(told.count, 5);
}
END_TEST

START_TEST(the_kernel_s_error_is_told)
{
	refuse("198.51.100.7:1", REASON_OPENING_HALVED, -EMFILE);
	ck_assert_str_eq(told.texts[0], "the kernel refused a part of an opening, the rest carries it "
					"(Too many open files): client 198.51.100.7:1, service 192.0.2.10:21, "
					"server 10.0.0.2:21");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("report");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, one_client_does_not_silence_what_is_said_of_another);
	tcase_add_test(tcase, many_clients_do_not_fill_the_log);
	tcase_add_test(tcase, the_kernel_s_error_is_told);
	return run_suite("report", tcase);
}
