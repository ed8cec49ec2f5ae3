/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/verb.h"

#include <stdlib.h>
#include <string.h>

#include "../support/run.h"

START_TEST(commands_are_known_in_any_case_and_spacing)
{
	static const struct {
		const char *line;
		enum verb verb;
		const char *argument;
	} cases[] = {
		{ "PASV", VERB_PASSIVE, "" }, { "pasv", VERB_PASSIVE, "" }, { "PaSv  ", VERB_PASSIVE, "" },
		{ "EPSV 1", VERB_PASSIVE, "1" }, { "epsv 2", VERB_PASSIVE, "2" }, { "LPSV", VERB_PASSIVE, "" },
		{ "CPSV", VERB_PASSIVE, "" }, { "P@SW", VERB_PASSIVE, "" }, { "PASV x", VERB_PASSIVE, "x" },
		{ "EPSV ALL", VERB_PLAIN, "ALL" }, { "epsv \tall ", VERB_PLAIN, "all" },
		{ "EPSV ALLES", VERB_PASSIVE, "ALLES" },
		{ "PORT  1,2,3,4,5,6\t ", VERB_PORT, "1,2,3,4,5,6" },
		{ "EPRT |1|1.2.3.4|5|", VERB_EPRT, "|1|1.2.3.4|5|" }, { "lprt 4,4", VERB_LPRT, "4,4" },
		{ "AUTH TLS", VERB_AUTH, "TLS" }, { "AUTH", VERB_AUTH, "" }, { "pass  a b ", VERB_SECRET, "a b" },
		{ "CCC", VERB_PLAIN, "" }, { "CWD", VERB_MOVE, "" }, { "cdup", VERB_MOVE, "" }, { "pwd ", VERB_PATH, "" },
		{ "STAT", VERB_STAT, "" }, { "stat x", VERB_STAT, "x" }, { "SITE chmod 1 x", VERB_SITE, "chmod 1 x" },
		{ "HELP\tx", VERB_HELP, "x" }, { "XSHA256 x", VERB_PLAIN, "x" }, { "PROXY TCP4", VERB_PLAIN, "TCP4" },
		{ "retr x", VERB_PLAIN, "x" }, { "STOR PORT 1,2,3,4,5,6", VERB_PLAIN, "PORT 1,2,3,4,5,6" },
		{ "CC", VERB_UNKNOWN, "" }, { "CCCC", VERB_UNKNOWN, "" }, { "RETRX", VERB_UNKNOWN, "" },
		{ "", VERB_UNKNOWN, "" }, { "PAS", VERB_UNKNOWN, "" }, { "PASVV", VERB_UNKNOWN, "" },
		{ " PASV", VERB_UNKNOWN, "PASV" }, { "P\x01SV", VERB_UNKNOWN, "" }, { "PASV,", VERB_UNKNOWN, "" },
		{ "\x50\x01\x53\x56", VERB_UNKNOWN, "" }, { "XSHA2567 x", VERB_UNKNOWN, "x" },
		{ "XSHA25678 x", VERB_UNKNOWN, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = strlen(cases[i].line);
		char *copy = malloc(size + 1); /* one byte more, which a sanitizer must not see read */
		struct span argument;

		memcpy(copy, cases[i].line, size);
		ck_assert_msg(verb_find(copy, size, &argument) == cases[i].verb, "%s", cases[i].line);
		ck_assert_uint_le(argument.start + argument.size, size);
		if (cases[i].argument != NULL) {
			ck_assert_uint_eq(argument.size, strlen(cases[i].argument));
			ck_assert_int_eq(strncmp(copy + argument.start, cases[i].argument, argument.size), 0);
		}
		free(copy);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("verb");

	tcase_add_test(t, commands_are_known_in_any_case_and_spacing);
	return run_suite("verb", t);
}
