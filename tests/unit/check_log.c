/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/log.h"
#include "daemon/report.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERROR LOG_LEVEL_ERROR, NULL
#define INFO LOG_LEVEL_INFO, NULL
#define DEBUG LOG_LEVEL_DEBUG, NULL
#define ODD LOG_LEVEL_WARNING, NULL

/* What the sink was given, one line a record: "level id name=value... | text". */
struct capture {
	char text[8192];
	size_t records;
};

static struct capture captured;
static struct log *logger;

static void capture_sink(void *context, const struct log_record *record)
{
	struct capture *capture = context;
	size_t used = strlen(capture->text);
	char *end = capture->text + used;
	size_t left = sizeof(capture->text) - used;
	int n = snprintf(end, left, "%s %s ", log_level_name(record->level),
			 record->id != NULL ? record->id : "-");

	for (size_t i = 0; i < record->field_count && (size_t)n < left; i++)
		n += snprintf(end + n, left - (size_t)n, "%s=%s ", record->fields[i].name,
			      record->fields[i].value);
	if ((size_t)n < left)
		snprintf(end + n, left - (size_t)n, "| %s\n", record->text);
	capture->records++;
	errno = EIO; /* as a sink that could not write leaves it */
}

static void begin(void)
{
	memset(&captured, 0, sizeof(captured));
	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, capture_sink, &captured, &logger), 0);
}

static void end(void)
{
	log_close(logger);
}

START_TEST(records_above_the_level_are_not_made)
{
	log_message(logger, ERROR, "one");
	log_message(logger, INFO, "two");
	log_message(logger, DEBUG, "three");
	ck_assert_str_eq(captured.text, "error - | one\ninfo - | two\n");
	log_set_level(logger, LOG_LEVEL_DEBUG);
	ck_assert(log_enabled(logger, LOG_LEVEL_DEBUG));
	log_message(logger, DEBUG, "four");
	ck_assert_ptr_nonnull(strstr(captured.text, "debug - | four\n"));
	log_set_level(logger, LOG_LEVEL_ERROR);
	ck_assert(!log_enabled(logger, LOG_LEVEL_WARNING));
}
END_TEST

START_TEST(fields_and_message_id_reach_the_sink)
{
	const struct log_about about = { 2, { { "CLIENT", "192.0.2.1" }, { "REASON", "port" } } };

	log_message_about(logger, &about, LOG_LEVEL_NOTICE, "0123456789abcdef0123456789abcdef",
			  "no opening for %s", "192.0.2.1");
	ck_assert_str_eq(captured.text, "notice 0123456789abcdef0123456789abcdef "
					"CLIENT=192.0.2.1 REASON=port | "
					"no opening for 192.0.2.1\n");
}
END_TEST

START_TEST(nothing_from_the_wire_leaves_raw)
{
	log_message(logger, INFO, "%s", "a\x1b[2J\r\n\tb\x7f\xc2\x9b\xff~ ");
	ck_assert_str_eq(captured.text,
			 "info - | a\\x1b[2J\\x0d\\x0a\\x09b\\x7f\\xc2\\x9b\\xff~ \n");
}
END_TEST

START_TEST(escape_cuts_at_every_size_with_three_dots_and_stays_inside)
{
	const char *in = "ab\x01" "cd\x02\x03" "efgh";
	const char whole[] = "ab\\x01cd\\x02\\x03efgh";

	for (size_t size = 4; size <= sizeof(whole) + 2; size++) {
		char *out = malloc(size); /* of exactly that size: AddressSanitizer watches */

		ck_assert_ptr_nonnull(out);
		log_escape(in, out, size);
		if (size >= sizeof(whole)) {
			ck_assert_str_eq(out, whole);
		} else {
			size_t kept = strlen(out) - 3;

			ck_assert_str_eq(out + kept, "...");
			ck_assert_mem_eq(out, whole, kept);
			ck_assert_msg(kept == 0 || out[kept - 1] != '\\', "cut inside: %s", out);
			/* an escape is kept whole or not at all: at most 4 + 3 bytes go unused */
			ck_assert_uint_ge(kept + 3 + 1 + 7, size);
		}
		free(out);
	}
}
END_TEST

START_TEST(a_long_text_is_cut_and_says_so)
{
	char *text = malloc(5000);
	const char *kept = strchr(captured.text, '|');

	memset(text, 'x', 4999);
	text[4999] = '\0';
	log_message(logger, INFO, "%s", text);
	kept = strchr(captured.text, '|') + 2;
	ck_assert_uint_eq(strlen(kept), LOG_TEXT_MAX - 1 + 1);
	ck_assert_str_eq(kept + LOG_TEXT_MAX - 4, "...\n");
	free(text);
}
END_TEST

START_TEST(a_text_one_byte_too_long_is_cut_and_one_that_fits_is_not)
{
	char text[LOG_TEXT_MAX + 1];

	memset(text, 'x', sizeof(text));
	text[LOG_TEXT_MAX - 1] = '\0';
	log_message(logger, INFO, "%s", text);
	ck_assert_ptr_null(strstr(captured.text, "..."));
	text[LOG_TEXT_MAX - 1] = 'x';
	text[LOG_TEXT_MAX] = '\0';
	log_message(logger, INFO, "%s", text);
	ck_assert_ptr_nonnull(strstr(captured.text, "..."));
}
END_TEST

START_TEST(logging_keeps_errno)
{
	errno = EXDEV;
	log_message(logger, INFO, "text");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(a_limit_makes_one_record_an_interval_and_counts_the_others)
{
	struct log_limit limit = { .seconds = 60 };

	ck_assert(log_message_limited(logger, &limit, 1000, NULL, ODD, "odd PORT %d", 1));
	for (uint64_t i = 0; i < 12; i++)
		ck_assert(!log_message_limited(logger, &limit, 2000 + i, NULL, ODD, "odd PORT"));
	ck_assert(!log_message_limited(logger, &limit, 60999, NULL, ODD, "odd PORT"));
	ck_assert(log_message_limited(logger, &limit, 61000, NULL, ODD, "odd PORT %d", 2));
	ck_assert(log_message_limited(logger, &limit, 200000, NULL, ODD, "odd PORT %d", 3));
	ck_assert_str_eq(captured.text,
			 "warning - | odd PORT 1\n"
			 "warning - | odd PORT 2 (13 more like this in the last 60 seconds)\n"
			 "warning - | odd PORT 3\n");
}
END_TEST

START_TEST(each_reason_has_its_own_limit)
{
	struct log_limit one = { .seconds = 60 }, two = { .seconds = 60 };

	ck_assert(log_message_limited(logger, &one, 1000, NULL, ODD, "one"));
	ck_assert(log_message_limited(logger, &two, 1000, NULL, ODD, "two"));
	ck_assert_uint_eq(captured.records, 2);
}
END_TEST

START_TEST(the_count_survives_a_cut_of_the_text)
{
	struct log_limit limit = { .seconds = 1 };
	char text[2000];

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(log_message_limited(logger, &limit, 1000, NULL, ODD, "%s", text));
	ck_assert(!log_message_limited(logger, &limit, 1001, NULL, ODD, "%s", text));
	ck_assert(log_message_limited(logger, &limit, 3000, NULL, ODD, "%s", text));
	ck_assert_ptr_nonnull(strstr(captured.text,
				     "... (1 more like this in the last 2 seconds)\n"));
}
END_TEST

START_TEST(a_limited_record_above_the_level_is_not_counted)
{
	struct log_limit limit = { .seconds = 10 };

	ck_assert(!log_message_limited(logger, &limit, 1000, NULL, LOG_LEVEL_DEBUG, NULL, "odd"));
	ck_assert_uint_eq(limit.since, 0);
	ck_assert_uint_eq(captured.records, 0);
}
END_TEST

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(text, &e), 0);
	return e;
}

static struct session session_of(const char *client, const char *service, const char *server)
{
	return (struct session){
		.flow = { endpoint_of(client), endpoint_of(service), endpoint_of(server), 1, true }
	};
}

START_TEST(a_refusal_tells_whose_it_is_and_why)
{
	const struct session s = session_of("198.51.100.2:1025", "192.0.2.10:21", "10.0.0.2:21");
	const struct situation at = { .session = &s };
	struct report *r = report_new(logger);

	report_reason(r, REASON_ADDRESS_FOREIGN, &at);
	report_reason(r, REASON_ADDRESS_FOREIGN, &at);
	report_reason(r, REASON_OPENING_FAILED, NULL);
	report_free(r);
	ck_assert_str_eq(captured.text,
			 "info 9a2edf693dc344b78878d41403852e49 REASON=address_foreign "
			 "CLIENT=198.51.100.2 CLIENT_PORT=1025 SERVICE=192.0.2.10 SERVICE_PORT=21 "
			 "SERVER=10.0.0.2 SERVER_PORT=21 | PORT or EPRT names another host: "
			 "client 198.51.100.2:1025, service 192.0.2.10:21, server 10.0.0.2:21\n"
			 "warning a0fd72e4570b432db9c4a0d89999211f REASON=opening_failed | "
			 "the kernel refused an opening\n");
}
END_TEST

START_TEST(an_opening_tells_its_mode_and_both_ends)
{
	const struct session s = session_of("[2001:db8:1::2]:1025", "[2001:db8::10]:21", "[fd00::2]:21");
	const struct situation at = { .session = &s };
	const struct want want = {
		.mode = MODE_EXTENDED_PASSIVE, .target = endpoint_of("[fd00::2]:30000"), .port = 50000
	};
	struct report *r = report_new(logger);

	report_opening(r, &at, &want);
	ck_assert_str_eq(captured.text, "");
	log_set_level(logger, LOG_LEVEL_DEBUG);
	report_opening(r, &at, &want);
	report_free(r);
	ck_assert_str_eq(captured.text,
			 "debug b53bc521dd7b4bf9a9c85286d56355c3 MODE=EPSV "
			 "CLIENT=2001:db8:1::2 CLIENT_PORT=1025 SERVICE=2001:db8::10 SERVICE_PORT=21 "
			 "SERVER=fd00::2 SERVER_PORT=21 TARGET=fd00::2 TARGET_PORT=30000 "
			 "ANNOUNCED=2001:db8::10 ANNOUNCED_PORT=50000 | EPSV: client "
			 "[2001:db8:1::2]:1025 may open [2001:db8::10]:50000, which is [fd00::2]:30000\n");
}
END_TEST

#define THREADS 4
#define ROUNDS 5000

static void count_sink(void *context, const struct log_record *record)
{
	size_t *count = context; /* not atomic: the log's own lock must be enough */

	(void)record;
	(*count)++;
}

struct crowd {
	struct log *log;
	struct log_limit limit;
};

static void *shout(void *argument)
{
	struct crowd *crowd = argument;

	for (int i = 0; i < ROUNDS; i++) {
		log_message(crowd->log, INFO, "round %d", i);
		log_message_limited(crowd->log, &crowd->limit, 1000, NULL, ODD, "odd");
	}
	return NULL;
}

START_TEST(threads_lose_no_record_and_no_count)
{
	struct crowd crowd = { .limit = { .seconds = 1 } };
	pthread_t threads[THREADS];
	size_t count = 0;

	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, count_sink, &count, &crowd.log), 0);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, shout, &crowd), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(count, THREADS * ROUNDS + 1);
	ck_assert_uint_eq(crowd.limit.suppressed, THREADS * ROUNDS - 1);
	log_close(crowd.log);
}
END_TEST

/* Runs one warning through a log opened with stderr on a fresh file; returns what arrived. */
static const char *on_stderr(const char *stream, char *text, size_t size)
{
	const struct log_about about = { 1, { { "CLIENT", "192.0.2.1" } } };
	int kept = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	struct log *log;
	struct stat st;
	char own[64];
	size_t length;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fstat(fileno(file), &st), 0);
	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream != NULL ? stream : own, 1), 0);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	ck_assert_int_eq(log_open(LOG_LEVEL_INFO, &log), 0);
	log_message_about(log, &about, ODD, "hello\n%s", "there");
	log_close(log);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	fclose(file);
	unsetenv("JOURNAL_STREAM");
	return text;
}

START_TEST(stderr_gets_one_plain_line)
{
	char text[256];

	ck_assert_str_eq(on_stderr("1:1", text, sizeof(text)),
			 "ftpalgd: warning: hello\\x0athere\n");
	ck_assert_str_eq(on_stderr("nonsense", text, sizeof(text)),
			 "ftpalgd: warning: hello\\x0athere\n");
}
END_TEST

START_TEST(a_journal_stream_that_is_ours_goes_to_the_journal)
{
	char text[256];

	/* Where no journal listens, the record is not lost but falls back to stderr. */
	on_stderr(NULL, text, sizeof(text));
	if (access("/run/systemd/journal/socket", W_OK) == 0)
		ck_assert_str_eq(text, "");
	else
		ck_assert_str_eq(text, "ftpalgd: warning: hello\\x0athere\n");
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
	log_close(NULL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, records_above_the_level_are_not_made);
	tcase_add_test(t, fields_and_message_id_reach_the_sink);
	tcase_add_test(t, nothing_from_the_wire_leaves_raw);
	tcase_add_test(t, escape_cuts_at_every_size_with_three_dots_and_stays_inside);
	tcase_add_test(t, a_long_text_is_cut_and_says_so);
	tcase_add_test(t, a_text_one_byte_too_long_is_cut_and_one_that_fits_is_not);
	tcase_add_test(t, logging_keeps_errno);
	tcase_add_test(t, a_limit_makes_one_record_an_interval_and_counts_the_others);
	tcase_add_test(t, each_reason_has_its_own_limit);
	tcase_add_test(t, the_count_survives_a_cut_of_the_text);
	tcase_add_test(t, a_limited_record_above_the_level_is_not_counted);
	tcase_add_test(t, a_refusal_tells_whose_it_is_and_why);
	tcase_add_test(t, an_opening_tells_its_mode_and_both_ends);
	tcase_add_test(t, threads_lose_no_record_and_no_count);
	tcase_add_test(t, stderr_gets_one_plain_line);
	tcase_add_test(t, a_journal_stream_that_is_ours_goes_to_the_journal);
	tcase_add_test(t, closing_nothing_is_fine);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
