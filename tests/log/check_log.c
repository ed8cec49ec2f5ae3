/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log/log.h"
#include "log/journal.h"
#include "traffic/report.h"
#include "../support/run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static int capture_sink(void *context, const struct log_record *record)
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
	return 0;
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

	report_reason(r, REASON_ADDRESS_FOREIGN, 0, &at);
	report_reason(r, REASON_ADDRESS_FOREIGN, 0, &at);
	report_reason(r, REASON_OPENING_FAILED, 0, NULL);
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

static int count_sink(void *context, const struct log_record *record)
{
	size_t *count = context; /* not atomic: the log's own lock must be enough */

	(void)record;
	(*count)++;
	return 0;
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

/* ---- whoever reads is slow ---- */

/* Takes a record when there is room. */
struct reader {
	size_t room;
	size_t asked;
	struct capture capture;
};

static int reader_sink(void *context, const struct log_record *record)
{
	struct reader *reader = context;

	reader->asked++;
	if (reader->room == 0)
		return -EAGAIN;
	reader->room--;
	return capture_sink(&reader->capture, record);
}

static struct log *log_for(struct reader *reader)
{
	struct log *log;

	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, reader_sink, reader, &log), 0);
	return log;
}

#define LOST(n) \
	"warning dad2a217ad4b41c5a8911491de2c566f | messages lost because the log was not read in " \
	"time: " n "\n"

START_TEST(records_that_find_no_room_are_counted_and_told_of)
{
	static const struct log_about about = { .count = 0 };
	struct reader reader = { .room = 1 };
	struct log *log = log_for(&reader);

	for (int i = 0; i < 4; i++)
		log_message_about(log, &about, INFO, "record %d", i);
	reader.room = 1; /* for what tells of them alone */
	log_message_about(log, &about, INFO, "record 4");
	reader.room = 9;
	log_message_about(log, &about, INFO, "record 5");
	log_message_about(log, &about, INFO, "record 6");
	log_close(log);
	ck_assert_str_eq(reader.capture.text, "info - | record 0\n" LOST("3") LOST("1")
					      "info - | record 5\ninfo - | record 6\n");
	ck_assert_uint_eq(reader.asked, 1 + 3 + 2 + 2 + 1);
}
END_TEST

START_TEST(main_waits_for_room_once_and_packets_never)
{
	struct log_limit limit = { .seconds = 1 };
	struct reader reader = { .room = 0 };
	struct log *log = log_for(&reader);

	ck_assert(log_message_limited(log, &limit, 1000, NULL, ODD, "of a packet"));
	ck_assert_uint_eq(reader.asked, 1);
	log_close(log);
	reader = (struct reader){ .room = 0 };
	log = log_for(&reader);
	log_message(log, INFO, "of main");
	ck_assert_uint_gt(reader.asked, 10);
	reader.asked = 0;
	log_message(log, INFO, "of main");
	ck_assert_uint_eq(reader.asked, 1);
	log_close(log);
}
END_TEST

static size_t fill(int fd)
{
	static const char page[4096];
	size_t filled = 0;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while (write(fd, page, sizeof(page)) > 0)
		filled += sizeof(page);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
	return filled;
}

/* Hangs where it waits for the pipe: Check's own time limit ends it. */
START_TEST(a_pipe_that_nobody_reads_holds_nobody_up)
{
	static const struct log_about about = { .count = 0 };
	char *text = calloc(1, 1 << 20);
	int ends[2], kept = dup(STDERR_FILENO);
	struct log *log;
	size_t filled;

	unsetenv("JOURNAL_STREAM");
	ck_assert_int_eq(pipe(ends), 0);
	filled = fill(ends[1]);
	dup2(ends[1], STDERR_FILENO);
	ck_assert_int_eq(log_open(LOG_LEVEL_INFO, &log), 0);
	for (int i = 0; i < 3; i++)
		log_message_about(log, &about, INFO, "record %d", i);
	ck_assert_int_eq(read(ends[0], text, 1 << 20), (ssize_t)filled);
	log_message_about(log, &about, INFO, "record 3");
	log_close(log);
	dup2(kept, STDERR_FILENO);
	memset(text, 0, 1024);
	ck_assert_int_gt(read(ends[0], text, 1024), 0);
	ck_assert_str_eq(text, "ftpalgd: warning: messages lost because the log was not read in "
			       "time: 3\nftpalgd: info: record 3\n");
	free(text);
}
END_TEST

/* ---- the journal ---- */

static char journal_path[] = "/tmp/ftpalgd-journal.XXXXXX";

static int listen_as_journal(struct log_journal *journal)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_ptr_nonnull(mkdtemp(journal_path));
	snprintf(own.sun_path, sizeof(own.sun_path), "%s/socket", journal_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	ck_assert_int_eq(log_journal_open(own.sun_path, journal), 0);
	return fd;
}

static void stop_journal(struct log_journal *journal, int fd)
{
	unlink(journal->to.sun_path);
	rmdir(journal_path);
	log_journal_close(journal);
	close(fd);
}

START_TEST(the_journal_gets_every_field_on_a_line_of_its_own)
{
	static const struct log_field fields[] = { { "CLIENT", "192.0.2.1" }, { "REASON", "a\nB=c" } };
	const struct log_record record = { LOG_LEVEL_NOTICE, "0123456789abcdef0123456789abcdef", fields,
					   2, "text" };
	struct log_journal journal;
	int fd = listen_as_journal(&journal);
	char text[1024] = "";

	ck_assert_int_eq(log_journal_send(&journal, &record), 0);
	ck_assert_int_gt(recv(fd, text, sizeof(text) - 1, 0), 0);
	ck_assert_str_eq(text, "MESSAGE=text\nPRIORITY=5\nSYSLOG_IDENTIFIER=ftpalgd\n"
			       "MESSAGE_ID=0123456789abcdef0123456789abcdef\n"
			       "FTPALGD_CLIENT=192.0.2.1\nFTPALGD_REASON=a\\x0aB=c\n");
	stop_journal(&journal, fd);
}
END_TEST

START_TEST(a_journal_that_does_not_read_has_no_room_in_the_end)
{
	const struct log_record record = { .level = LOG_LEVEL_INFO, .text = "text" };
	struct log_journal journal;
	int fd = listen_as_journal(&journal), error = 0;
	char text[1024];

	for (int i = 0; i < 100000 && error == 0; i++)
		error = log_journal_send(&journal, &record);
	ck_assert_int_eq(error, -EAGAIN);
	ck_assert_int_gt(recv(fd, text, sizeof(text), 0), 0);
	ck_assert_int_eq(log_journal_send(&journal, &record), 0);
	unlink(journal.to.sun_path);
	ck_assert_int_eq(log_journal_send(&journal, &record), -ENOENT);
	stop_journal(&journal, fd);
}
END_TEST

START_TEST(closing_nothing_is_fine)
{
	log_close(NULL);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("log");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, records_above_the_level_are_not_made);
	tcase_add_test(t, fields_and_message_id_reach_the_sink);
	tcase_add_test(t, nothing_from_the_wire_leaves_raw);
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
	tcase_add_test(t, records_that_find_no_room_are_counted_and_told_of);
	tcase_add_test(t, main_waits_for_room_once_and_packets_never);
	tcase_add_test(t, a_pipe_that_nobody_reads_holds_nobody_up);
	tcase_add_test(t, the_journal_gets_every_field_on_a_line_of_its_own);
	tcase_add_test(t, a_journal_that_does_not_read_has_no_room_in_the_end);
	tcase_add_test(t, closing_nothing_is_fine);
	return run_suite("log", t);
}
