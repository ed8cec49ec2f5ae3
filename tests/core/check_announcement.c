/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/announcement.h"
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
	struct announcement a;
	int error = announcement_find(copy, size, 4, 227, &a);

	free(copy);
	*e = a.named;
	*where = a.where;
	return error == 0 && a.form != FORM_NUMBERS ? -EBADMSG : error;
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
		{ "227 (10, 0, 0, 2, 4, 1)", "10, 0, 0, 2, 4, 1", "10.0.0.2:1025" },
		{ "227 (10.0.0.2,4,1)", "10.0.0.2,4,1", "10.0.0.2:1025" },
		{ "227 Mode, 10,0,0,2,4,1", "10,0,0,2,4,1", "10.0.0.2:1025" },
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
		"227 (10,,0,2,4,1)", "227 (10,0,0,2,,1)",
		"227 (10,0,0,2,4 ,1)", "227 (10,0,0,2,-4,1)", "227 (10,0,0,2,+4,1)",
		"227 (-10,0,0,2,4,1)", "227 (+10,0,0,2,4,1)",
		"227 (0010,0,0,2,4,1)", "227 (10,0,0,2,4,00000000000000000001)",
		"227 (10.0.0.2.4.1)", "227 (10.0,0.2,4,1)", "227 (0x0a,0,0,2,4,1)", "227 (10,0,0,2,4,)",
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
	struct announcement a;
	int error = announcement_find(copy, size, 4, 229, &a);

	free(copy);
	*port = a.named.port;
	*where = a.where;
	return error == 0 && a.form != FORM_PORT ? -EBADMSG : error;
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

/* ---- other forms ---- */

START_TEST(other_forms_are_found_and_written_in_their_own)
{
	static const struct {
		unsigned int code;
		const char *line, *named, *shown, *written;
		enum form form;
	} cases[] = {
		{ 229, "229 (|1|10.0.0.2|51200|)", "10.0.0.2:51200", "192.0.2.10:50001",
		  "|1|192.0.2.10|50001|", FORM_ADDRESS },
		{ 229, "229 (!2!fd00::2!51200!)", "[fd00::2]:51200", "[2001:db8::10]:50001",
		  "!2!2001:db8::10!50001!", FORM_ADDRESS },
		{ 229, "229 (10,0,0,2,200,0)", "10.0.0.2:51200", "192.0.2.10:50001", "192,0,2,10,195,81",
		  FORM_NUMBERS },
		{ 227, "227 (|||51200|)", "[::]:51200", "192.0.2.10:50001", "|||50001|", FORM_PORT },
		{ 228, "228 ok (4,4,10,0,0,2,2,200,0)", "10.0.0.2:51200", "192.0.2.10:50001",
		  "4,4,192,0,2,10,2,195,81", FORM_LONG },
		{ 228, "228 (6,16,253,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2,2,200,0)", "[fd00::2]:51200",
		  "[2001:db8::10]:50001", "6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,16,2,195,81", FORM_LONG },
		{ 227, "227 (127,0,0,1,200,0)", "127.0.0.1:51200", "[2001:db8::10]:50001",
		  "0,0,0,0,195,81", FORM_NUMBERS },
		{ 250, "250 Passive (10,0,0,2,200,0)", "10.0.0.2:51200", "192.0.2.10:50001",
		  "192,0,2,10,195,81", FORM_NUMBERS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint shown = at(cases[i].shown);
		char text[ANNOUNCEMENT_MAX], named[ENDPOINT_TEXT_MAX];
		size_t size = strlen(cases[i].line);
		char *copy = exact(cases[i].line, size);
		struct announcement a;

		ck_assert_msg(announcement_find(copy, size, 4, cases[i].code, &a) == 0, "%s", copy);
		ck_assert_int_eq(a.form, cases[i].form);
		ck_assert_str_eq(endpoint_format(&a.named, named), cases[i].named);
		ck_assert_uint_eq(announcement_format(&a, &shown, text), strlen(cases[i].written));
		ck_assert_str_eq(text, cases[i].written);
		free(copy);
	}
}
END_TEST

START_TEST(what_is_no_long_address_is_no_228)
{
	static const char *const bad[] = {
		"228 (4,4,10,0,0,2,2,200)", "228 (4,5,10,0,0,2,2,200,0)", "228 (5,4,10,0,0,2,2,200,0)",
		"228 (4,4,10,0,0,2,3,0,200,0)", "228 (6,4,10,0,0,2,2,200,0)", "228 (4,4,10,0,0,2,2,200,0,1)",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct announcement a;

		ck_assert_msg(announcement_find(bad[i], strlen(bad[i]), 4, 228, &a) == -EBADMSG, "%s", bad[i]);
	}
}
END_TEST

/* ---- what is written is read back ---- */

static struct endpoint random_endpoint(struct random *r)
{
	struct in_addr v4 = { .s_addr = (uint32_t)random_next(r) };
	struct in6_addr v6;

	for (size_t i = 0; i < sizeof(v6); i++)
		v6.s6_addr[i] = (uint8_t)random_next(r);
	return random_chance(r, 50) ? endpoint_from_ipv4(v4, (uint16_t)random_below(r, 65536))
				    : endpoint_from_ipv6(&v6, (uint16_t)random_below(r, 65536));
}

START_TEST(announcements_are_read_back)
{
	static const unsigned int codes[] = {
		[FORM_NUMBERS] = 227, [FORM_PORT] = 229, [FORM_ADDRESS] = 229, [FORM_LONG] = 228,
	};
	struct random r = { 4 };

	for (int n = 0; n < 20000; n++) {
		const struct endpoint e = random_endpoint(&r);
		const struct announcement written = {
			.form = (enum form)random_below(&r, FORM_LONG + 1), .delimiter = "|!(~"[random_below(&r, 4)],
		};
		char text[ANNOUNCEMENT_MAX], line[128];
		size_t size = announcement_format(&written, &e, text);
		struct announcement a;

		ck_assert_uint_lt(size, ANNOUNCEMENT_MAX);
		snprintf(line, sizeof(line), "229 %s", text);
		ck_assert_msg(announcement_find(line, size + 4, 4, codes[written.form], &a) == 0, "%s", line);
		ck_assert_uint_eq(a.named.port, e.port);
		ck_assert_uint_eq(a.where.size, size);
		if (a.form != FORM_PORT && (a.form != FORM_NUMBERS || endpoint_is_ipv4(&e)))
			ck_assert(endpoint_equal(&a.named, &e));
	}
}
END_TEST

START_TEST(random_lines_never_lead_outside)
{
	static const char letters[] = "0123456789,,,||!. (-)12416\xff\t2279";
	struct random r = { 5 };

	for (int n = 0; n < 200000; n++) {
		size_t size = random_below(&r, 60);
		char *line = malloc(size + 1);
		struct announcement a;

		for (size_t i = 0; i < size; i++)
			line[i] = letters[random_below(&r, sizeof(letters))];
		if (announcement_find(line, size, 4, 227 + random_below(&r, 3), &a) == 0 &&
		    (a.where.start < 4 || a.where.start + a.where.size > size || a.where.size < 5))
			ck_abort_msg("case %d", n);
		free(line);
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("announcement");

	tcase_add_test(t, numbers_of_a_227_are_found_in_any_wording);
	tcase_add_test(t, what_is_no_run_of_six_numbers_is_no_227);
	tcase_add_test(t, numbers_in_the_code_are_not_the_address);
	tcase_add_test(t, port_of_a_229_is_found_between_any_delimiters);
	tcase_add_test(t, what_is_no_port_between_delimiters_is_no_229);
	tcase_add_test(t, other_forms_are_found_and_written_in_their_own);
	tcase_add_test(t, what_is_no_long_address_is_no_228);
	tcase_add_test(t, announcements_are_read_back);
	tcase_add_test(t, random_lines_never_lead_outside);
	return run_suite("announcement", t);
}
