/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#include "../support/run.h"

enum { ROOM = 512 };

START_TEST(nothing_from_the_wire_leaves_raw)
{
	char out[ROOM];

	ck_assert_str_eq(text_escape("a\x1b[2J\r\n\tb\x7f\xc2\x9b\xff~ \\", out, sizeof(out)),
			 "a\\x1b[2J\\x0d\\x0a\\x09b\\x7f\\xc2\\x9b\\xff~ \\");
	ck_assert_str_eq(text_show_line(FROM_SERVER, "220 \0\x1b[2J\x07\\x07", 14, out, sizeof(out)),
			 "220 \\x00\\x1b[2J\\x07\\x5cx07");
}
END_TEST

START_TEST(what_is_escaped_already_stays_as_it_is)
{
	char once[ROOM], twice[ROOM];

	text_show_line(FROM_CLIENT, "NOOP\rPASS secret", 16, once, sizeof(once));
	ck_assert_str_eq(text_escape(once, twice, sizeof(twice)), once);
}
END_TEST

START_TEST(a_text_is_cut_at_every_size_with_three_dots_and_stays_inside)
{
	const char *in = "ab\x01" "cd\x02\x03" "efgh";
	const char whole[] = "ab\\x01cd\\x02\\x03efgh";

	for (size_t size = TEXT_ROOM_MIN; size <= sizeof(whole) + 2; size++) {
		char *out = malloc(size); /* of exactly that size: AddressSanitizer watches */

		ck_assert_ptr_nonnull(out);
		text_escape(in, out, size);
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

START_TEST(a_line_with_a_secret_is_cut_before_the_mark)
{
	const char line[] = "\x01\x02\x03PASS secret";

	for (size_t size = TEXT_ROOM_MIN; size < 40; size++) {
		char *out = malloc(size);

		ck_assert_ptr_nonnull(out);
		text_show_line(FROM_CLIENT, line, sizeof(line) - 1, out, size);
		ck_assert_uint_ge(strlen(out), 5);
		ck_assert_str_eq(out + strlen(out) - 5, " ****");
		ck_assert_ptr_null(strstr(out, "secret"));
		free(out);
	}
}
END_TEST

START_TEST(a_line_of_nothing_but_control_characters_fits)
{
	static char line[1024], out[TEXT_LINE_MAX(sizeof(line))];

	memset(line, 1, sizeof(line));
	text_show_line(FROM_SERVER, line, sizeof(line), out, sizeof(out));
	ck_assert_uint_eq(strlen(out), 4 * sizeof(line));
	memcpy(line + sizeof(line) - 6, "PASS x", 6);
	text_show_line(FROM_CLIENT, line, sizeof(line), out, sizeof(out));
	ck_assert_uint_eq(strlen(out), 4 * (sizeof(line) - 6) + 9);
	ck_assert_str_eq(out + strlen(out) - 9, "PASS ****");
}
END_TEST

static const struct {
	enum direction from;
	const char *line, *shown;
} lines[] = {
	{ FROM_CLIENT, "PASS secret", "PASS ****" },
	{ FROM_CLIENT, "pAsS secret", "pAsS ****" },
	{ FROM_CLIENT, "  PASS secret", "  PASS ****" },
	{ FROM_CLIENT, "PASS\tsecret", "PASS ****" },
	{ FROM_CLIENT, "PASSsecret", "PASS ****" },
	{ FROM_CLIENT, "\"PASS secret", "\"PASS ****" },
	{ FROM_CLIENT, "PASS", "PASS" },
	{ FROM_CLIENT, "ACCT secret", "ACCT ****" },
	{ FROM_CLIENT, "ADAT c2VjcmV0", "ADAT ****" },
	{ FROM_CLIENT, "MIC c2VjcmV0", "MIC ****" },
	{ FROM_CLIENT, "ENC c2VjcmV0", "ENC ****" },
	{ FROM_CLIENT, "CONF c2VjcmV0", "CONF ****" },
	{ FROM_CLIENT, "XAUT 2 secret", "XAUT ****" },
	{ FROM_CLIENT, "SITE PSWD old secret", "SITE PSWD ****" },
	{ FROM_CLIENT, "site  cpwd secret", "site  cpwd ****" },
	{ FROM_CLIENT, "SITE GPASS secret", "SITE GPASS ****" },
	{ FROM_CLIENT, "SITE CHMOD 644 pass", "SITE CHMOD 644 pass" },
	{ FROM_CLIENT, "SITE", "SITE" },
	{ FROM_CLIENT, "USER PASS word", "USER PASS word" },
	{ FROM_CLIENT, "RETR PASS", "RETR PASS" },
	{ FROM_CLIENT, "STOR MIC x", "STOR MIC x" },
	{ FROM_CLIENT, "PASV", "PASV" },
	{ FROM_CLIENT, "", "" },
	{ FROM_SERVER, "500 'ADAT c2VjcmV0': command not understood.", "500 'ADAT ****" },
	{ FROM_SERVER, "500 Unknown command: pass secret", "500 Unknown command: pass ****" },
	{ FROM_SERVER, "500 'NOOP\rPASS secret': what?", "500 'NOOP\\x0dPASS ****" },
	{ FROM_SERVER, "331 x\rPASS secret", "331 x\\x0dPASS ****" },
	{ FROM_SERVER, "530 Please login with USER and PASS.", "530 Please login with USER and PASS." },
	{ FROM_SERVER, "331 Please specify the password.", "331 Please specify the password." },
	{ FROM_SERVER, " USER PASS ACCT CWD", " USER PASS ACCT CWD" },
};

START_TEST(secrets_are_hidden_and_nothing_else_is)
{
	char out[ROOM];

	ck_assert_str_eq(text_show_line(lines[_i].from, lines[_i].line, strlen(lines[_i].line), out,
					sizeof(out)), lines[_i].shown);
}
END_TEST

START_TEST(our_own_words_are_not_taken_for_secrets)
{
	const char *const ours[] = { "replies pass unchanged", "pass x", "Error:\nset passive4 x" };
	char out[ROOM];

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		ck_assert_ptr_null(strstr(text_escape(ours[i], out, sizeof(out)), "****"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("text");

	tcase_add_test(t, nothing_from_the_wire_leaves_raw);
	tcase_add_test(t, what_is_escaped_already_stays_as_it_is);
	tcase_add_test(t, a_text_is_cut_at_every_size_with_three_dots_and_stays_inside);
	tcase_add_test(t, a_line_with_a_secret_is_cut_before_the_mark);
	tcase_add_test(t, a_line_of_nothing_but_control_characters_fits);
	tcase_add_loop_test(t, secrets_are_hidden_and_nothing_else_is, 0,
			    (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(t, our_own_words_are_not_taken_for_secrets);
	return run_suite("text", t);
}
