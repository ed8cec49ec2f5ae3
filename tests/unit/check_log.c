/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/log.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	log_error(logger, "one");
	log_info(logger, "two");
	log_debug(logger, "three");
	ck_assert_str_eq(captured.text, "error - | one\ninfo - | two\n");
	log_set_level(logger, LOG_LEVEL_DEBUG);
	ck_assert(log_enabled(logger, LOG_LEVEL_DEBUG));
	log_debug(logger, "four");
	ck_assert_ptr_nonnull(strstr(captured.text, "debug - | four\n"));
	log_set_level(logger, LOG_LEVEL_ERROR);
	ck_assert(!log_enabled(logger, LOG_LEVEL_WARNING));
}
END_TEST

START_TEST(fields_and_message_id_reach_the_sink)
{
	const struct log_field fields[] = { { "CLIENT", "192.0.2.1:1025" }, { "REASON", "port" } };
	const struct log_record event = {
		.level = LOG_LEVEL_NOTICE,
		.id = "0123456789abcdef0123456789abcdef",
		.fields = fields,
		.field_count = 2,
	};

	log_event(logger, &event, "no opening for %s", "192.0.2.1");
	ck_assert_str_eq(captured.text, "notice 0123456789abcdef0123456789abcdef "
					"CLIENT=192.0.2.1:1025 REASON=port | "
					"no opening for 192.0.2.1\n");
}
END_TEST

START_TEST(nothing_from_the_wire_leaves_raw)
{
	log_info(logger, "%s", "a\x1b[2J\r\n\tb\x7f\xc2\x9b\xff~ ");
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
	log_info(logger, "%s", text);
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
	log_info(logger, "%s", text);
	ck_assert_ptr_null(strstr(captured.text, "..."));
	text[LOG_TEXT_MAX - 1] = 'x';
	text[LOG_TEXT_MAX] = '\0';
	log_info(logger, "%s", text);
	ck_assert_ptr_nonnull(strstr(captured.text, "..."));
}
END_TEST

START_TEST(logging_keeps_errno)
{
	errno = EXDEV;
	log_info(logger, "text");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

static const struct log_record odd = { .level = LOG_LEVEL_WARNING };

START_TEST(a_limit_makes_one_record_an_interval_and_counts_the_others)
{
	struct log_limit limit = { .seconds = 60 };

	ck_assert(log_limited(logger, &limit, 1000, &odd, "odd PORT %d", 1));
	for (uint64_t i = 0; i < 12; i++)
		ck_assert(!log_limited(logger, &limit, 2000 + i, &odd, "odd PORT"));
	ck_assert(!log_limited(logger, &limit, 60999, &odd, "odd PORT"));
	ck_assert(log_limited(logger, &limit, 61000, &odd, "odd PORT %d", 2));
	ck_assert(log_limited(logger, &limit, 200000, &odd, "odd PORT %d", 3));
	ck_assert_str_eq(captured.text,
			 "warning - | odd PORT 1\n"
			 "warning - | odd PORT 2 (13 more like this in the last 60 seconds)\n"
			 "warning - | odd PORT 3\n");
}
END_TEST

START_TEST(each_reason_has_its_own_limit)
{
	struct log_limit one = { .seconds = 60 }, two = { .seconds = 60 };

	ck_assert(log_limited(logger, &one, 1000, &odd, "one"));
	ck_assert(log_limited(logger, &two, 1000, &odd, "two"));
	ck_assert_uint_eq(captured.records, 2);
}
END_TEST

START_TEST(the_count_survives_a_cut_of_the_text)
{
	struct log_limit limit = { .seconds = 1 };
	char text[2000];

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(log_limited(logger, &limit, 1000, &odd, "%s", text));
	ck_assert(!log_limited(logger, &limit, 1001, &odd, "%s", text));
	ck_assert(log_limited(logger, &limit, 3000, &odd, "%s", text));
	ck_assert_ptr_nonnull(strstr(captured.text,
				     "... (1 more like this in the last 2 seconds)\n"));
}
END_TEST

START_TEST(flush_says_what_was_held_back_once_the_interval_is_over)
{
	struct log_limit limit = { .seconds = 10 };

	ck_assert(log_limited(logger, &limit, 1000, &odd, "odd"));
	ck_assert(!log_limited(logger, &limit, 1001, &odd, "odd"));
	ck_assert(!log_limited(logger, &limit, 1002, &odd, "odd"));
	log_limit_flush(logger, &limit, 5000, LOG_LEVEL_WARNING, "odd PORT");
	ck_assert_uint_eq(captured.records, 1);
	log_limit_flush(logger, &limit, 13000, LOG_LEVEL_WARNING, "odd PORT");
	log_limit_flush(logger, &limit, 99000, LOG_LEVEL_WARNING, "odd PORT");
	ck_assert_str_eq(captured.text,
			 "warning - | odd\n"
			 "warning - | odd PORT: 2 more like this in the last 12 seconds\n");
	ck_assert(log_limited(logger, &limit, 99001, &odd, "odd"));
}
END_TEST

START_TEST(a_limited_record_above_the_level_is_not_counted)
{
	const struct log_record quiet = { .level = LOG_LEVEL_DEBUG };
	struct log_limit limit = { .seconds = 10 };

	ck_assert(!log_limited(logger, &limit, 1000, &quiet, "odd"));
	ck_assert_uint_eq(limit.since, 0);
	ck_assert_uint_eq(captured.records, 0);
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
		log_info(crowd->log, "round %d", i);
		log_limited(crowd->log, &crowd->limit, 1000, &odd, "odd");
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
	const struct log_field field = { "CLIENT", "192.0.2.1:1025" };
	const struct log_record event = {
		.level = LOG_LEVEL_WARNING, .fields = &field, .field_count = 1
	};
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
	log_event(log, &event, "hello\n%s", "there");
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
	tcase_add_test(t, flush_says_what_was_held_back_once_the_interval_is_over);
	tcase_add_test(t, a_limited_record_above_the_level_is_not_counted);
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
