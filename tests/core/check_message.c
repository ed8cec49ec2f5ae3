/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/message.h"

#include <errno.h>
#include <string.h>

#include "../model/random.h"
#include "../support/packets.h"
#include "../support/run.h"

/* A copy in memory of exactly that size, so that a sanitizer sees one byte too many read. */
static char *exact(const char *text, size_t size)
{
	char *copy = malloc(size + 1);

	memcpy(copy, text, size);
	return copy;
}

/* ---- PORT, EPRT ---- */

START_TEST(arguments_of_port_are_taken_whole_or_not)
{
	static const char *const bad[] = {
		"", ",", "1", "1,2,3,4,5", "1,2,3,4,5,", ",1,2,3,4,5,6", "1,2,3,4,5,6,,", "1,2,3,4,5,6,7",
		"1,2,3,4,5,256", "1,2,3,4,5,-6", "1,2,3,4,5,+6",
		"1,2,3,4,,6", "300,2,3,4,5,6", "1,2,3,4,5,6x", "1.2.3.4.5.6", "1,2,3,4,5,0006",
		"1 ,2,3,4,5,6", "[1,2,3,4,5,6]", "1,2,3,4,1286,6", "4294967297,2,3,4,5,6",
	};
	struct endpoint e, wanted = at("198.51.100.7:1286");

	static const char *const good[] = {
		"198,51,100,7,5,6", "198, 51, 100, 7, 5, 6", "198,051,100,007,005,006", "(198,51,100,7,5,6)",
		"198,51,100,7,5,6,", " ( 198,51,100,7,5,6 ) ", "198.51.100.7,5,6",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(message_parse_port(good[i], strlen(good[i]), &e) == 0, "%s", good[i]);
		ck_assert(endpoint_equal(&e, &wanted));
	}
	ck_assert_int_eq(message_parse_port("255,255,255,255,255,255", 23, &e), 0);
	ck_assert_int_eq(message_parse_port("0,0,0,0,0,0", 11, &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		size_t size = strlen(bad[i]);
		char *copy = exact(bad[i], size);

		ck_assert_msg(message_parse_port(copy, size, &e) == -EBADMSG, "%s", bad[i]);
		free(copy);
	}
	ck_assert_int_eq(message_parse_port("1,2,3,4,5,6\0", 12, &e), -EBADMSG);
}
END_TEST

static int eprt(const char *text, struct endpoint *e)
{
	size_t size = strlen(text);
	char *copy = exact(text, size);
	int error = message_parse_eprt(copy, size, e);

	free(copy);
	return error;
}

START_TEST(arguments_of_eprt_are_compared_as_addresses)
{
	static const struct {
		const char *text, *endpoint;
	} good[] = {
		{ "|1|198.51.100.7|5282|", "198.51.100.7:5282" },
		{ "|2|2001:db8::7|5282|", "[2001:db8::7]:5282" },
		{ "!2!2001:DB8:0:0:0:0:0:7!5282!", "[2001:db8::7]:5282" },
		{ "|2|0:0:0:0:0:0:0:1|65535|", "[::1]:65535" },
		{ "|2|2001:0db8:0000:0000:0000:0000:0000:0007|1|", "[2001:db8::7]:1" },
		{ "x2x2001:db8::7x5282x", "[2001:db8::7]:5282" },
		{ "|2|2001:db8::7%eth0|5282|", "[2001:db8::7]:5282" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct endpoint e, wanted;

		wanted = at(good[i].endpoint);
		ck_assert_msg(eprt(good[i].text, &e) == 0, "%s", good[i].text);
		ck_assert_msg(endpoint_equal(&e, &wanted), "%s", good[i].text);
	}
}
END_TEST

START_TEST(what_is_no_eprt_is_refused)
{
	static const char *const bad[] = {
		"", "|", "|1", "|1|", "|1|1.2.3.4", "|1|1.2.3.4|", "|1|1.2.3.4|5", "|1|1.2.3.4|5|6",
		"|1|1.2.3.4|5| ", " |1|1.2.3.4|5|", "|1|1.2.3.4|65536|", "|1|1.2.3.4|-5|", "|1|1.2.3.4||",
		"|1|1,2,3,4|5|", "|1|1.2.3|5|", "|1|1.2.3.256|5|", "|1|::1|5|", "|2|1.2.3.4|5|",
		"|1|1.2.3.4!5|", "11111.2.3.4151", "|12|::1|5|", "|1| 1.2.3.4|5|", "|1|1.2.3.4 |5|",
		"|2|2001:0db8:0000:0000:0000:0000:0000:0007:0007:0007:0007:0007|1|", "|2|fe80::1%a_name_that_is_too_long_for_any_interface_of_any_system|5|", "|1|1.2.3.4%eth0|5|",
		"|1|host|5|", "|1||5|", "1.2.3.4,5,6", "|1|1.2.3.4|131072005|", "|1|01.2.3.4|5|",
	};
	struct endpoint e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(eprt(bad[i], &e) == -EBADMSG, "%s", bad[i]);
	ck_assert_int_eq(eprt("|3|1.2.3.4|5|", &e), -EAFNOSUPPORT);
	ck_assert_int_eq(message_parse_eprt("|1|1.2.3.4\0|5|", 14, &e), -EBADMSG);
}
END_TEST

START_TEST(arguments_of_lprt_name_either_family)
{
	static const char *const bad[] = { "", "4", "4,4,1,2,3,4,2,5", "4,4,1,2,3,4,1,5", "4,16,1,2,3,4,2,5,6",
					   "4,4,1,2,3,4,2,5,6,7", "4,4,1,2,3,256,2,5,6" };
	static const char v6[] = "6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,7,2,5,6";
	struct endpoint e, v4_wanted = at("198.51.100.7:1286"), v6_wanted = at("[2001:db8::7]:1286");

	ck_assert_int_eq(message_parse_lprt("4,4,198,51,100,7,2,5,6", 22, &e), 0);
	ck_assert(endpoint_equal(&e, &v4_wanted));
	ck_assert_int_eq(message_parse_lprt(v6, strlen(v6), &e), 0);
	ck_assert(endpoint_equal(&e, &v6_wanted));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(message_parse_lprt(bad[i], strlen(bad[i]), &e) == -EBADMSG, "%s", bad[i]);
}
END_TEST

/* ---- Telnet ---- */

START_TEST(telnet_commands_are_taken_out)
{
	static const struct {
		const char *line;
		size_t size, prefix;
		const char *text;
	} cases[] = {
		{ "\xff\xf4\xff\xf2" "ABOR", 8, 4, "ABOR" },
		{ "\xff\xfb\x01PASV", 7, 3, "PASV" },
		{ "PA\xff\xf1SV", 6, 0, "PASV" },
		{ "\xff\xfa\x18\x01\xff\xf0PASV", 10, 6, "PASV" },
		{ "PASV\xff", 5, 0, "PASV" },
		{ "PASV\xff\xfb", 6, 0, "PASV" },
		{ "\xff\xfa\x18 never ends", 14, 14, "" },
		{ "\xff", 1, 1, "" },
		{ "", 0, 0, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *copy = exact(cases[i].line, cases[i].size);
		char *room = malloc(cases[i].size + 1);
		size_t size = cases[i].size;
		const char *text = message_strip_telnet(copy, &size, room);

		ck_assert_uint_eq(size, strlen(cases[i].text));
		ck_assert_int_eq(strncmp(text, cases[i].text, size), 0);
		ck_assert_uint_eq(message_telnet_prefix(copy, cases[i].size), cases[i].prefix);
		free(room);
		free(copy);
	}
}
END_TEST

START_TEST(random_lines_never_lead_outside)
{
	static const char letters[] = "0123456789,,,||!. (-)\xff\xfa\xf0PASVEPRT\r\t2279";
	struct random r = { 5 };

	for (int n = 0; n < 50000; n++) {
		size_t size = random_below(&r, 60), bare = size;
		char *line = malloc(size + 1), *out = malloc(size + 1);
		struct endpoint e;

		for (size_t i = 0; i < size; i++)
			line[i] = letters[random_below(&r, sizeof(letters))];
		message_strip_telnet(line, &bare, out);
		if (bare > size || message_telnet_prefix(line, size) > size)
			ck_abort_msg("case %d", n);
		(void)!message_parse_port(line, size, &e);
		(void)!message_parse_eprt(line, size, &e);
		(void)!message_parse_lprt(line, size, &e);
		free(out);
		free(line);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("message");

	tcase_add_test(t, arguments_of_port_are_taken_whole_or_not);
	tcase_add_test(t, arguments_of_eprt_are_compared_as_addresses);
	tcase_add_test(t, what_is_no_eprt_is_refused);
	tcase_add_test(t, arguments_of_lprt_name_either_family);
	tcase_add_test(t, telnet_commands_are_taken_out);
	tcase_add_test(t, random_lines_never_lead_outside);
	return run_suite("message", t);
}
