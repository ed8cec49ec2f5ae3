/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A secret in each place where what a client said is shown: the log, ftpalgctl trace, ftpalg-replay.
 */
#include "control/trace.h"
#include "log/log.h"
#include "replay/transcript.h"

#include <string.h>

#include "../support/run.h"

#define SECRET "s3cret"

/* Bytes of a client up to its line feed. */
#define BYTES(text) { text, sizeof(text) - 1 }
static const struct {
	const char *bytes;
	size_t size;
} hidden[] = {
	BYTES("NOOP\rPASS " SECRET),
	BYTES("noop\rpass " SECRET),
	BYTES("NOOP\r\0PASS " SECRET),
	BYTES("NOOP\0PASS " SECRET),
	BYTES("NOOP\v\f PASS " SECRET),
	BYTES("USER x\r\r  AcCt " SECRET),
	BYTES("NOOP\x85" "ADAT " SECRET),
	BYTES("NOOP\xff\xf4\xff\xf2PASS " SECRET),
	BYTES("NOOP\xff\xfb" "APASS " SECRET),      /* WILL and its option */
	BYTES("NOOP\xff\xfaPASS " SECRET "\xff\xf0"), /* a subnegotiation, or none to a server without Telnet */
	BYTES("NOOP\xff\xfa" "x\xff\xf0PASS " SECRET),
	BYTES("NOOP\rP\0A\rS\xff\xf1S " SECRET),
	BYTES("NOOP\rPA\xff\xfbXSS " SECRET),
	BYTES("NOOP\rSITE\rPSWD " SECRET),
	BYTES("RETR a\rPASS\r" SECRET),
	/* of several lines: a password with a line feed in it, to some servers */
	BYTES("PASS x\n" SECRET),
	BYTES("PASS x\n\ny\n" SECRET),
	BYTES("NOOP\rACCT x\n" SECRET "\n"),
};

enum { CASES = sizeof(hidden) / sizeof(hidden[0]), OF_ONE_LINE = CASES - 3 };

static char shown[8192];

static void take(const char *text)
{
	strncat(shown, text, sizeof(shown) - strlen(shown) - 1);
}

static int log_sink_take(void *context, const struct log_record *record)
{
	(void)context;
	take(record->text);
	return 0;
}

/*
 * A message has one line of a client at most. What is behind a NUL does not reach a format, so in its
 * place goes another byte.
 */
START_TEST(a_secret_behind_a_control_character_is_not_shown_by_the_log)
{
	char line[64] = "";
	struct log *log;

	for (size_t i = 0; i < hidden[_i].size; i++)
		line[i] = hidden[_i].bytes[i] != '\0' ? hidden[_i].bytes[i] : '\x01';
	shown[0] = '\0';
	ck_assert_int_eq(log_open_sink(LOG_LEVEL_INFO, log_sink_take, NULL, &log), 0);
	log_message(log, LOG_LEVEL_INFO, NULL, "client 192.0.2.1 said %s", line);
	log_close(log);
	ck_assert_str_ne(shown, "");
	ck_assert_msg(strstr(shown, SECRET) == NULL, "%s", shown);
}
END_TEST

static void trace_seen(const struct control_trace_line *line, void *data)
{
	(void)data;
	take(line->before);
	take(line->after);
}

static void trace_bytes(struct control_trace *trace, uint32_t seq, const char *bytes, size_t size)
{
	const uint8_t *payloads[2] = { (const uint8_t *)bytes, (const uint8_t *)bytes };
	const struct trace_record record = {
		.flow.id = 7, .from = FROM_CLIENT, .starts_line = seq == 0, .unchanged = true,
		.seq = { seq, seq }, .size = { (uint32_t)size, (uint32_t)size },
	};

	control_trace_read(trace, &record, payloads, trace_seen, NULL);
}

START_TEST(a_secret_behind_a_control_character_is_not_shown_by_trace)
{
	const size_t size = hidden[_i].size;

	for (size_t cut = 0; cut <= size; cut++) {
		struct control_trace *trace = control_trace_new();

		ck_assert_ptr_nonnull(trace);
		shown[0] = '\0';
		trace_bytes(trace, 0, hidden[_i].bytes, cut);
		trace_bytes(trace, (uint32_t)cut, hidden[_i].bytes + cut, size - cut);
		trace_bytes(trace, (uint32_t)size, "\n", 1);
		ck_assert_str_ne(shown, "");
		ck_assert_msg(strstr(shown, SECRET) == NULL, "cut at %zu: %s", cut, shown);
		control_trace_free(trace);
	}
}
END_TEST

static void transcript_seen(void *context, enum direction from, const char *text)
{
	(void)context;
	ck_assert_int_eq(from, FROM_CLIENT);
	take(text);
}

START_TEST(a_secret_behind_a_control_character_is_not_shown_by_replay)
{
	const size_t size = hidden[_i].size;

	for (size_t cut = 0; cut <= size; cut++) {
		struct transcript t = { 0 };

		shown[0] = '\0';
		transcript_add(&t, FROM_CLIENT, hidden[_i].bytes, cut, transcript_seen, NULL);
		transcript_add(&t, FROM_CLIENT, hidden[_i].bytes + cut, size - cut, transcript_seen, NULL);
		transcript_end(&t, FROM_CLIENT, transcript_seen, NULL);
		ck_assert_str_ne(shown, "");
		ck_assert_msg(strstr(shown, SECRET) == NULL, "cut at %zu: %s", cut, shown);
	}
}
END_TEST

/* Clients that end every line with a bare LF have all but their passwords shown. */
START_TEST(commands_behind_a_secret_are_shown)
{
	static const char sent[] = "USER a\nPASS " SECRET "\nsyst\nRETR x\nfoo\r\n";
	struct control_trace *trace = control_trace_new();
	struct transcript t = { 0 };

	ck_assert_ptr_nonnull(trace);
	shown[0] = '\0';
	trace_bytes(trace, 0, sent, sizeof(sent) - 1);
	ck_assert_str_eq(shown, "USER aUSER aPASS ****PASS ****systsystRETR xRETR xfoofoo");
	control_trace_free(trace);
	shown[0] = '\0';
	transcript_add(&t, FROM_CLIENT, sent, sizeof(sent) - 1, transcript_seen, NULL);
	transcript_end(&t, FROM_CLIENT, transcript_seen, NULL);
	ck_assert_str_eq(shown, "USER aPASS ****systRETR xfoo");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("secrets");

	tcase_add_loop_test(t, a_secret_behind_a_control_character_is_not_shown_by_the_log, 0,
			    OF_ONE_LINE);
	tcase_add_loop_test(t, a_secret_behind_a_control_character_is_not_shown_by_trace, 0, CASES);
	tcase_add_loop_test(t, a_secret_behind_a_control_character_is_not_shown_by_replay, 0, CASES);
	tcase_add_test(t, commands_behind_a_secret_are_shown);
	return run_suite("secrets", t);
}
