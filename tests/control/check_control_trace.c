/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traced packets become lines, and no password leaves.
 */
#include "control/trace.h"
#include "../support/run.h"

#include <stdio.h>
#include <string.h>

static struct control_trace *trace;
static char seen[8192];

static void begin(void)
{
	trace = control_trace_new();
	ck_assert_ptr_nonnull(trace);
	seen[0] = '\0';
}

static void end(void)
{
	control_trace_free(trace);
}

/* "C before|after" or "S ...", "=" where nothing was changed. */
static void note(const struct control_trace_line *line, void *data)
{
	size_t used = strlen(seen);

	(void)data;
	snprintf(seen + used, sizeof(seen) - used, line->changed ? "%c %s|%s\n" : "%c %s|=\n",
		 line->from == FROM_CLIENT ? 'C' : 'S', line->before, line->after);
	if (!line->changed)
		ck_assert_str_eq(line->before, line->after);
}

/* A packet that came as one text and went on as the other, or unchanged. */
static void packet(enum direction from, uint32_t seq, const char *came, const char *went, bool starts)
{
	const uint8_t *payloads[2] = { (const uint8_t *)came, (const uint8_t *)(went != NULL ? went : came) };
	const struct trace_record record = {
		.flow.id = 7,
		.from = from,
		.starts_line = starts,
		.unchanged = went == NULL,
		.seq = { seq, seq },
		.size = { (uint32_t)strlen(came), (uint32_t)strlen(went != NULL ? went : came) },
	};

	control_trace_read(trace, &record, payloads, note, NULL);
}

START_TEST(lines_come_whole_and_in_pairs)
{
	packet(FROM_SERVER, 100, "220 hel", NULL, true);
	ck_assert_str_eq(seen, "");
	packet(FROM_SERVER, 107, "lo\r\n331 x\r\n", NULL, false);
	ck_assert_str_eq(seen, "S 220 hello|=\nS 331 x|=\n");
}
END_TEST

START_TEST(what_was_changed_is_shown_before_and_after)
{
	packet(FROM_SERVER, 100, "227 (10,0,0,2,1,2)\r\n", "227 (9,0,0,2,1,2).\r\n", true);
	ck_assert_str_eq(seen, "S 227 (10,0,0,2,1,2)|227 (9,0,0,2,1,2).\n");
}
END_TEST

START_TEST(a_withheld_beginning_waits_for_its_line)
{
	packet(FROM_SERVER, 100, "227 (10,0,", "", true);
	packet(FROM_SERVER, 110, "0,2,1,2)\r\n", "", false);
	ck_assert_str_eq(seen, "");
}
END_TEST

START_TEST(bytes_that_are_sent_again_are_shown_once)
{
	packet(FROM_SERVER, 100, "220 hello\r\n", NULL, true);
	packet(FROM_SERVER, 100, "220 hello\r\n", NULL, true);
	packet(FROM_SERVER, 104, "hello\r\n331 x\r\n", NULL, false);
	ck_assert_str_eq(seen, "S 220 hello|=\nS 331 x|=\n");
}
END_TEST

START_TEST(sequence_numbers_may_wrap)
{
	packet(FROM_SERVER, 0xfffffffe, "220 hello\r\n", NULL, true);
	packet(FROM_SERVER, 9, "331 x\r\n", NULL, true);
	ck_assert_str_eq(seen, "S 220 hello|=\nS 331 x|=\n");
}
END_TEST

START_TEST(secrets_in_single_bytes_are_redacted)
{
	static const char sent[] = "PASS geheim\r\n";

	for (uint32_t i = 0; sent[i] != '\0'; i++) {
		const char byte[] = { sent[i], '\0' };

		packet(FROM_CLIENT, 100 + i, byte, NULL, i == 0);
	}
	ck_assert_str_eq(seen, "C PASS ****|=\n");
}
END_TEST

START_TEST(a_line_of_the_client_whose_beginning_was_not_seen_is_not_shown)
{
	packet(FROM_CLIENT, 100, "heim\r\nNOOP\r\n", NULL, false);
	ck_assert_str_eq(seen, "C ****|=\nC NOOP|=\n");
}
END_TEST

START_TEST(a_line_after_a_gap_is_not_shown)
{
	packet(FROM_CLIENT, 100, "NOOP\r\nPA", NULL, true);
	packet(FROM_CLIENT, 112, "heim\r\nNOOP\r\n", NULL, false);
	ck_assert_str_eq(seen, "C NOOP|=\nC ****|=\nC NOOP|=\n");
}
END_TEST

START_TEST(control_characters_leave_escaped)
{
	packet(FROM_SERVER, 100, "220 \x1b[2J\x07\xc3\xa4 \\\r\n", NULL, true);
	ck_assert_str_eq(seen, "S 220 \\x1b[2J\\x07\\xc3\\xa4 \\x5c|=\n");
}
END_TEST

START_TEST(an_endless_line_is_cut)
{
	char text[300];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (uint32_t i = 0; i < 10; i++)
		packet(FROM_SERVER, 100 + i * 299, text, NULL, i == 0);
	packet(FROM_SERVER, 100 + 2990, "\n220 x\n", NULL, false);
	ck_assert_uint_eq(strcspn(seen, "|"), 2 + CONTROL_TRACE_LINE_MAX);
	ck_assert_ptr_nonnull(strstr(seen, "\nS 220 x|=\n"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("control_trace");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, lines_come_whole_and_in_pairs);
	tcase_add_test(t, what_was_changed_is_shown_before_and_after);
	tcase_add_test(t, a_withheld_beginning_waits_for_its_line);
	tcase_add_test(t, bytes_that_are_sent_again_are_shown_once);
	tcase_add_test(t, sequence_numbers_may_wrap);
	tcase_add_test(t, secrets_in_single_bytes_are_redacted);
	tcase_add_test(t, a_line_of_the_client_whose_beginning_was_not_seen_is_not_shown);
	tcase_add_test(t, a_line_after_a_gap_is_not_shown);
	tcase_add_test(t, control_characters_leave_escaped);
	tcase_add_test(t, an_endless_line_is_cut);
	return run_suite("control_trace", t);
}
