/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/message.h"

#include <errno.h>
#include <stdio.h>
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

/* ---- 227 ---- */

static int passive(const char *line, struct endpoint *e, struct span *where)
{
	size_t size = strlen(line);
	char *copy = exact(line, size);
	int error = message_parse_passive(copy, size, e, where);

	free(copy);
	return error;
}

START_TEST(numbers_of_a_227_are_found_in_any_wording)
{
	static const struct {
		const char *line, *numbers, *endpoint;
	} good[] = {
		{ "227 Entering Passive Mode (10,0,0,2,4,1)", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 Entering Passive Mode (10,0,0,2,4,1).", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 Entering passive mode 10,0,0,2,255,255", "10,0,0,2,255,255", "10.0.0.2:65535" },
		{ "227 =10,0,0,2,4,1", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 10,0,0,2,4,1", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 Mode2 (ok 1,2,3) [10,0,0,2,4,1]", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 In 2 seconds, on 10,0,0,2,4,1, be there", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 \xe8\xa2\xab\xe5\x8b\x95 (10,0,0,2,4,1)", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 010,000,000,002,004,001", "010,000,000,002,004,001", "10.0.0.2:1025" },
		{ "227 x10,0,0,2,4,1x", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 1,2,3,4,5,6,7 10,0,0,2,4,1", "10,0,0,2,4,1", "10.0.0.2:1025" },
		{ "227 0,0,0,0,4,1", "0,0,0,0,4,1", "0.0.0.0:1025" },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct endpoint e, wanted = at(good[i].endpoint);
		struct span where;

		ck_assert_msg(passive(good[i].line, &e, &where) == 0, "%s", good[i].line);
		ck_assert_msg(endpoint_equal(&e, &wanted), "%s", good[i].line);
		ck_assert_uint_eq(where.size, strlen(good[i].numbers));
		ck_assert_int_eq(strncmp(good[i].line + where.start, good[i].numbers, where.size), 0);
	}
}
END_TEST

START_TEST(what_is_no_run_of_six_numbers_is_no_227)
{
	static const char *const bad[] = {
		"", "2", "227", "227 ", "227 Entering Passive Mode",
		"227 (10,0,0,2,4)", "227 (10,0,0,2,4,1,7)", "227 (10,0,0,2,4,256)",
		"227 (256,0,0,2,4,1)", "227 (10,0,0,2,1025,1)", "227 (10,0,0,2,4,65537)",
		"227 (10,,0,2,4,1)", "227 (10,0,0,2,,1)", "227 (10, 0, 0, 2, 4, 1)",
		"227 (10,0,0,2,4 ,1)", "227 (10,0,0,2,-4,1)", "227 (10,0,0,2,+4,1)",
		"227 (-10,0,0,2,4,1)", "227 (+10,0,0,2,4,1)",
		"227 (0010,0,0,2,4,1)", "227 (10,0,0,2,4,00000000000000000001)",
		"227 (10.0.0.2,4,1)", "227 (0x0a,0,0,2,4,1)", "227 (10,0,0,2,4,)",
		"227 (4294967306,0,0,2,4,1)", "227 (10;0;0;2;4;1)", "227 ,,,,,,,,,,",
		"227 99999999999999999999999999999999999999999999",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct endpoint e;
		struct span where;

		ck_assert_msg(passive(bad[i], &e, &where) == -EBADMSG, "%s", bad[i]);
	}
}
END_TEST

START_TEST(numbers_in_the_code_are_not_the_address)
{
	struct endpoint e;
	struct span where;

	ck_assert_int_eq(passive("227,1,2,3,4,5,6", &e, &where), 0);
	ck_assert_uint_ge(where.start, 4);
}
END_TEST

/* ---- 229 ---- */

static int extended(const char *line, uint16_t *port, struct span *where)
{
	size_t size = strlen(line);
	char *copy = exact(line, size);
	int error = message_parse_extended(copy, size, port, where);

	free(copy);
	return error;
}

START_TEST(port_of_a_229_is_found_between_any_delimiters)
{
	static const struct {
		const char *line, *span;
		uint16_t port;
	} good[] = {
		{ "229 Entering Extended Passive Mode (|||6446|)", "|||6446|", 6446 },
		{ "229 Extended Passive mode OK (|||6446|)", "|||6446|", 6446 },
		{ "229 (!!!65535!) go", "!!!65535!", 65535 },
		{ "229 |||1024|", "|||1024|", 1024 },
		{ "229 ||| |||6446|", "|||6446|", 6446 },
		{ "229 (((6446(", "(((6446(", 6446 },
		{ "229 ~~~00080~", "~~~00080~", 80 },
		{ "229 ||||6446|", "|||6446|", 6446 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint16_t port = 0;
		struct span where;

		ck_assert_msg(extended(good[i].line, &port, &where) == 0, "%s", good[i].line);
		ck_assert_uint_eq(port, good[i].port);
		ck_assert_uint_eq(where.size, strlen(good[i].span));
		ck_assert_int_eq(strncmp(good[i].line + where.start, good[i].span, where.size), 0);
	}
}
END_TEST

START_TEST(what_is_no_port_between_delimiters_is_no_229)
{
	static const char *const bad[] = {
		"", "229", "229 ", "229 Entering Extended Passive Mode (|||65536|)",
		"229 (|||6446", "229 (||6446|)", "229 (|||6446!)", "229 (||!6446|)",
		"229 (||| 6446|)", "229 (|||-6446|)", "229 (|||+6446|)", "229 (||||)",
		"229 (|||71982|)", "229 (|||4294973742|)", "229 (|||064460|)", "229 111644 1",
		"229 (|2|::1|6446|)", "229    6446 ", "229 (|||0x192e|)",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint16_t port;
		struct span where;

		ck_assert_msg(extended(bad[i], &port, &where) == -EBADMSG, "%s", bad[i]);
	}
}
END_TEST

/* ---- PORT, EPRT ---- */

START_TEST(arguments_of_port_are_taken_whole_or_not)
{
	static const char *const bad[] = {
		"", ",", "1", "1,2,3,4,5", "1,2,3,4,5,", ",1,2,3,4,5,6", "1,2,3,4,5,6,", "1,2,3,4,5,6,7",
		" 1,2,3,4,5,6", "1,2,3,4,5,6 ", "1,2,3,4,5,256", "1,2,3,4,5,-6", "1,2,3,4,5,+6",
		"1,2,3,4,,6", "300,2,3,4,5,6", "1,2,3,4,5,6x", "1.2.3.4,5,6", "1,2,3,4,5,0006",
		"(1,2,3,4,5,6)", "1, 2,3,4,5,6", "1,2,3,4,1286,6", "4294967297,2,3,4,5,6",
	};
	struct endpoint e, wanted = at("198.51.100.7:1286");

	ck_assert_int_eq(message_parse_port("198,51,100,7,5,6", 16, &e), 0);
	ck_assert(endpoint_equal(&e, &wanted));
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
		"|2|2001:0db8:0000:0000:0000:0000:0000:0007:0007:0007:0007:0007|1|", "|2|fe80::1%eth0|5|",
		"|1|host|5|", "|1||5|", "1.2.3.4,5,6", "|1|1.2.3.4|131072005|", "|1|01.2.3.4|5|",
	};
	struct endpoint e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(eprt(bad[i], &e) == -EBADMSG, "%s", bad[i]);
	ck_assert_int_eq(eprt("|3|1.2.3.4|5|", &e), -EAFNOSUPPORT);
	ck_assert_int_eq(message_parse_eprt("|1|1.2.3.4\0|5|", 14, &e), -EBADMSG);
}
END_TEST

/* ---- commands ---- */

START_TEST(commands_are_known_in_any_case_and_spacing)
{
	static const struct {
		const char *line;
		enum command command;
		const char *argument;
	} cases[] = {
		{ "PASV", COMMAND_PASV, "" }, { "pasv", COMMAND_PASV, "" }, { "PaSv  ", COMMAND_PASV, "" },
		{ "EPSV", COMMAND_EPSV, "" }, { "EPSV 1", COMMAND_EPSV, "1" }, { "epsv 2", COMMAND_EPSV, "2" },
		{ "EPSV ALL", COMMAND_EPSV_ALL, "ALL" }, { "epsv \tall ", COMMAND_EPSV_ALL, "all" },
		{ "EPSV ALLES", COMMAND_EPSV, "ALLES" },
		{ "PORT  1,2,3,4,5,6\t ", COMMAND_PORT, "1,2,3,4,5,6" },
		{ "EPRT |1|1.2.3.4|5|", COMMAND_EPRT, "|1|1.2.3.4|5|" },
		{ "AUTH TLS", COMMAND_AUTH, "TLS" }, { "AUTH", COMMAND_AUTH, "" },
		{ "CCC", COMMAND_CCC, "" }, { "ccc ", COMMAND_CCC, "" }, { "CCC\tx", COMMAND_CCC, "x" },
		{ "CCCC", COMMAND_OTHER, "" },
		{ "CC", COMMAND_OTHER, "" }, { "CCC\x01", COMMAND_OTHER, "" }, { "RETRX", COMMAND_OTHER, "" },
		{ "", COMMAND_OTHER, "" }, { "PAS", COMMAND_OTHER, "" }, { "PASVV", COMMAND_OTHER, "" },
		{ " PASV", COMMAND_OTHER, "" }, { "NOOP PASV", COMMAND_OTHER, "" },
		{ "STOR PORT 1,2,3,4,5,6", COMMAND_TRANSFER, "" }, { "P\x01SV", COMMAND_OTHER, "" },
		{ "retr x", COMMAND_TRANSFER, "" }, { "LIST", COMMAND_TRANSFER, "" },
		{ "STOU", COMMAND_TRANSFER, "" }, { "APPE x", COMMAND_TRANSFER, "" },
		{ "NLST", COMMAND_TRANSFER, "" }, { "MLSD", COMMAND_TRANSFER, "" },
		{ "MLST", COMMAND_OTHER, "" }, { "SIZE x", COMMAND_OTHER, "" },
		{ ("\x20\x43\x43\x43"), COMMAND_OTHER, "" }, { "\x01" "CCC", COMMAND_OTHER, "" },
		{ "\"PASV\"", COMMAND_OTHER, "" }, { "PASV,", COMMAND_OTHER, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = strlen(cases[i].line);
		char *copy = exact(cases[i].line, size);
		struct span argument;

		ck_assert_msg(message_command(copy, size, &argument) == cases[i].command, "%s",
			      cases[i].line);
		ck_assert_uint_eq(argument.size, strlen(cases[i].argument));
		ck_assert_int_eq(strncmp(copy + argument.start, cases[i].argument, argument.size), 0);
		free(copy);
	}
}
END_TEST

/* Every beginning of a line that becomes a command must be kept. */
START_TEST(beginnings_of_commands_stay_possible)
{
	static const char *const lines[] = {
		"PASV", "epsv 2", "PORT 1,2,3,4,5,6", "ePRT |1|1.2.3.4|5|", "AUTH TLS", "CCC\r",
		("\xff\xf4\xff\xf2" "PASV"), "PASV \t", "RETR absent", "list", "MLSD\r",
	};
	static const char *const others[] = { "X", "PASX", "NOOP", "PASVX", " PASV", "SIZE", "LISTS", "CCCC" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t size = 0; size <= strlen(lines[i]); size++)
			ck_assert_msg(message_command_possible(lines[i], size), "%zu of %s", size,
				      lines[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!message_command_possible(others[i], strlen(others[i])), "%s", others[i]);
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

/* ---- what is written is read back ---- */

START_TEST(announcements_are_read_back)
{
	struct random r = { 4 };

	for (int n = 0; n < 5000; n++) {
		uint32_t word = (uint32_t)random_next(&r);
		struct in_addr addr = { .s_addr = word };
		struct endpoint e = endpoint_from_ipv4(addr, (uint16_t)random_below(&r, 65536)), back;
		char text[ANNOUNCEMENT_MAX], line[64];
		char delimiter = "|!(~"[random_below(&r, 4)];
		size_t size = message_format_passive(&e, text);
		struct span where;
		uint16_t port;

		ck_assert_uint_lt(size, ANNOUNCEMENT_MAX);
		ck_assert_int_eq(message_parse_port(text, size, &back), 0);
		ck_assert(endpoint_equal(&e, &back));
		size = message_format_extended(e.port, delimiter, text);
		ck_assert_uint_lt(size, ANNOUNCEMENT_MAX);
		snprintf(line, sizeof(line), "229 %s", text);
		ck_assert_int_eq(extended(line, &port, &where), 0);
		ck_assert_uint_eq(port, e.port);
		ck_assert_uint_eq(where.size, size);
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
		struct span where;
		uint16_t port;

		for (size_t i = 0; i < size; i++)
			line[i] = letters[random_below(&r, sizeof(letters))];
		if (message_parse_passive(line, size, &e, &where) == 0 &&
		    (where.start < 4 || where.start + where.size > size || where.size < 11))
			ck_abort_msg("passive: case %d", n);
		if (message_parse_extended(line, size, &port, &where) == 0 &&
		    (where.start < 4 || where.start + where.size > size || where.size < 5))
			ck_abort_msg("extended: case %d", n);
		message_command(line, size, &where);
		message_strip_telnet(line, &bare, out);
		if (where.start + where.size > size || bare > size || message_telnet_prefix(line, size) > size)
			ck_abort_msg("command: case %d", n);
		(void)message_command_possible(line, size);
		(void)!message_parse_port(line, size, &e);
		(void)!message_parse_eprt(line, size, &e);
		free(out);
		free(line);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("message");

	tcase_add_test(t, numbers_of_a_227_are_found_in_any_wording);
	tcase_add_test(t, what_is_no_run_of_six_numbers_is_no_227);
	tcase_add_test(t, numbers_in_the_code_are_not_the_address);
	tcase_add_test(t, port_of_a_229_is_found_between_any_delimiters);
	tcase_add_test(t, what_is_no_port_between_delimiters_is_no_229);
	tcase_add_test(t, arguments_of_port_are_taken_whole_or_not);
	tcase_add_test(t, arguments_of_eprt_are_compared_as_addresses);
	tcase_add_test(t, what_is_no_eprt_is_refused);
	tcase_add_test(t, commands_are_known_in_any_case_and_spacing);
	tcase_add_test(t, beginnings_of_commands_stay_possible);
	tcase_add_test(t, telnet_commands_are_taken_out);
	tcase_add_test(t, announcements_are_read_back);
	tcase_add_test(t, random_lines_never_lead_outside);
	return run_suite("message", t);
}
