/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom decide believes, and how much of what the field says it understands (core/dialogue.h). */
#include <string.h>

#include "dialogue.h"

#define OWN "227 Entering Passive Mode (10,0,0,2,195,80)\r\n"       /* the server's own: port 50000 */
#define FAKE "227 Entering Passive Mode (10,0,0,2,12,234)\r\n"      /* somebody else's: port 3306 */
#define FAKE_229 "229 Entering Extended Passive Mode (|||3306|)\r\n"

enum { LINES_MAX = 12, OWN_PORT = 50000 };

/*
 * Segments in their order, the client's begin with 'C', the server's with 'S'. Each side acknowledges what
 * it has heard. own: how often the server's own port is opened.
 */
struct course {
	const char *segments[LINES_MAX];
	size_t own;
};

/* Plays it; returns how often the server's own port was opened, *other counts all others. */
static size_t play(const struct course *c, size_t *other)
{
	size_t own = 0;

	*other = 0;
	for (size_t i = 0; i < LINES_MAX && c->segments[i] != NULL; i++) {
		const char *text = c->segments[i] + 1;

		talk_say(&t, c->segments[i][0] == 'C' ? FROM_CLIENT : FROM_SERVER, text);
		for (size_t n = 0; n < g->decision.want_count; n++)
			if (g->decision.wants[n].target.port == OWN_PORT)
				own++;
			else
				++*other;
	}
	return own;
}

static void check(const struct course *courses, size_t count, bool named)
{
	for (size_t i = 0; i < count; i++) {
		size_t other, own;

		end();
		begin_v4();
		if (named)
			name_ports(OWN_PORT, OWN_PORT + 999);
		own = play(&courses[i], &other);
		ck_assert_msg(other == 0, "course %zu opens a port that the server did not announce", i);
		ck_assert_msg(own == courses[i].own, "course %zu: %zu openings, not %zu", i, own, courses[i].own);
	}
}

#define CHECK(courses, named) check(courses, sizeof(courses) / sizeof((courses)[0]), named)

/* ---- what is not believed ---- */

/* The server ends lines at CR LF alone, and repeats the name. */
START_TEST(names_with_line_feeds_open_nothing)
{
	static const struct course courses[] = {
		{ { "CUSER x\nPASV\n" FAKE, "S331 Password for x\nPASV\n" FAKE }, 0 },
		{ { "CUSER x\n" FAKE "PASV\r\n", "S331 Password for x\n" FAKE }, 0 },
		/* One command at a time, and a window that takes the reply in pieces. */
		{ { "CUSER x\n" FAKE, "S331 Password for x\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CCWD x\nNOOP\r\n", "S550 x\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CMKD x\nPASV\nx\r\n", "S257 \"x\nPASV\nx\"\r\n", "CPWD\r\n", "S257 \"x\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CUSER x\n229 x(|||3306|)\r\n", "S331 Password for x\n", "CEPSV\r\n", "S" FAKE_229 }, 0 },
		{ { "CPASS x\r\n", "S230-a\r\n220 b\r\n", "CCWD x\r\n", "S250 \"/z\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CPWD\r\n", "S257 \"/z\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CMLST\r\n", "S250-Start of /z\r\n250 y\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		/* The folder was there already: nothing of it was said, and it lies behind a link. */
		{ { "CCWD q\r\n", "S250 ok\r\n", "CPWD\r\nPASV\r\n", "S257 \"/q\"\r\n" FAKE "\" is it\r\n" }, 0 },
		{ { "CCWD q\r\n", "S250 ok\r\n", "CMKD a\r\nPASV\r\n", "S257 \"/q\"\r\n" FAKE "/a\" is new\r\n" }, 0 },
		{ { "CMLST .\r\n", "S250-Start\r\n type=dir; /m\r\n227 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CPWD\r\n", "S257 \"x\n", "CPASV\r\n", "S" FAKE }, 0 },
	};

	CHECK(courses, false);
	CHECK(courses, true);
}
END_TEST

START_TEST(lists_of_foreign_names_open_nothing)
{
	static const struct course courses[] = {
		{ { "CSTAT -1\r\nPASV\r\n", "S213-Status\r\n213 x\r\n" FAKE "213 End\r\n" }, 0 },
		{ { "CSTAT -1\r\n", "S213-Status\r\n213 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CSITE LS\r\n", "S200-Status\r\n200 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CXDIR\r\n", "Sbare text\r\n200 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CHELP x\r\nPASV\r\n", "S" FAKE }, 0 },
		{ { "CNOOP\r\nSITE LS\r\n", "S200 a\r\n", "CPASV\r\n", "S200 one too many\r\n" FAKE }, 0 },
		/* The refusal was one too many. */
		{ { "CDELE x\r\n", "S550 no\r\n", "CMLST l\r\n", "S500 again\r\n", "CPASV\r\n", "S250-Start\r\n /m\r\n250 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CXSTAT -1\r\n", "S213 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "C STAT -1\r\n", "S213 x\r\n", "CPASV\r\n", "S" FAKE }, 0 },
	};

	CHECK(courses, false);
	CHECK(courses, true);
}
END_TEST

/* Some servers see a second command in them, or another one. */
START_TEST(commands_hidden_in_odd_bytes_open_nothing)
{
	static const struct course courses[] = {
		{ { "CNOOP\rSTAT -1\r\n", "S200 ok\r\n", "CPASV\r\n", "S213-Status\r\n213 x\r\n" FAKE }, 0 },
		{ { "CEPSV\r", "S229 (|||50000|)\r\n", "C\nMLST l\r", "S250-Start\r\n /m\r\n", "C\n", "S250 x\r\n" FAKE_229 }, 0 },
		{ { "CPASV\tx\r\n", "S" FAKE }, 0 },
		/* One command to the server: STAT of a folder whose name is in the second line. */
		{ { "CSTAT\r", "C\n", "CNOOP\r\n", "S213-Status\r\n213 x\r\n213 y\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CSTAT\nNOOP\r\n", "S213-Status\r\n213 x\r\n213 y\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CNOOP\xff\xf8STAT -1\r\n", "S200 ok\r\n", "CPASV\r\n", "S213-Status\r\n213 x\r\n" FAKE }, 0 },
		{ { "C\xff\xf4NOOP\r\n", "S200 ok\r\n", "CPASV\r\n", "S" FAKE }, 0 },
		{ { "CCWD 229 x(|||3306|)\r\n", "S250 x\r\n", "CEPSV\r\n", "S" FAKE_229 }, 0 },
		{ { "CCWD 10,0,0,2,12,234\r\n", "S200 OK\r\n", "CPASV\r\n", "S250 now in 10,0,0,2,12,234\r\n" }, 0 },
		{ { "CPORT 198,51,100,7,3,1\r\n", "S200 OK\r\n", "CPASV\r\n", "S200 (198,51,100,7,200,1)\r\n" }, 0 },
	};

	CHECK(courses, false);
	CHECK(courses, true);
}
END_TEST

/* Of 200 and 250, which repeat names: not between quotes, nor once a folder with any name was entered. */
START_TEST(names_of_folders_under_codes_of_success_open_nothing)
{
	static const struct course courses[] = {
		{ { "CCWD link\r\n", "S200 OK\r\n", "CPASV\r\n", "S250 Now in 10,0,0,2,12,234\r\n" }, 0 },
		{ { "CCDUP\r\n", "S200 OK\r\n", "CPASV\r\n", "S200 /10,0,0,2,12,234\r\n" }, 0 },
		{ { "CPWD\r\n", "S200 OK\r\n", "CPASV\r\n", "S250 \"/10,0,0,2,12,234\"\r\n" }, 0 },
		{ { "CXCWD x\r\n", "S250 ok\r\n", "CNOOP\r\n", "S200 ok\r\n", "CPASV\r\n", "S250 (10,0,0,2,195,80)\r\n" }, 0 },
	};

	CHECK(courses, false);
}
END_TEST

/* The name goes on behind what is kept of its line. */
START_TEST(a_long_name_whose_quotes_do_not_close_is_doubtful)
{
	char text[700] = "257 \"/\"";

	memset(text + 7, 'x', 600);
	client("PWD\r\n");
	server(text);
	expect_reason(REASON_SESSION_DOUBTFUL);
	server("\r\n");
	client("PASV\r\n");
	server(FAKE);
	expect_no_opening();
}
END_TEST

START_TEST(an_open_quote_in_a_line_over_the_limit_is_doubtful)
{
	static char text[9000];

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "250 \"", 5);
	memcpy(text + sizeof(text) - 3, "\r\n", 3);
	client("CWD link\r\n");
	server(text);
	expect_reason(REASON_SESSION_DOUBTFUL);
}
END_TEST

/* Some servers end a line there, others at its end. */
START_TEST(odd_bytes_count_before_their_line_ends)
{
	static const char *const beginnings[] = {
		"STAT .\rx", "NOOP\xff\xf8S", "\xff\xf4X", "\x16\x03\x01\xff\xf4", "\xff\xfb\x01",
	};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		end();
		begin_v4();
		client(beginnings[i]);
		ck_assert_msg(gateway_said(g, REASON_SESSION_DOUBTFUL), "beginning %zu", i);
	}
}
END_TEST

START_TEST(the_beginning_of_what_every_server_reads_alike_is_no_matter)
{
	static const char *const beginnings[] = { "PASV\r", "\xff", "\xff\xf4", "\xff\xf4\xff", "\xff\xf4\xff\xf2" "AB" };

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		end();
		begin_v4();
		client(beginnings[i]);
		ck_assert_msg(!g->session->dialogue.doubt, "beginning %zu", i);
	}
}
END_TEST

/* The server's agreement stood in a reply over several lines, which ended with another code. */
START_TEST(tls_that_began_unnoticed_is_noticed)
{
	static const char hello[] = "\x16\x03\x01\x00\x20\x01\x00\x00\x1c\x03\x03";

	client("AUTH TLS\r\n");
	server("220-text\r\n234 go on\r\n");
	talk_say_bytes(&t, FROM_CLIENT, hello, sizeof(hello) - 1);
	expect_reason(REASON_SESSION_DOUBTFUL);
}
END_TEST

/* What the server has not acknowledged comes again with other words, of the same length. */
START_TEST(other_words_in_the_place_of_what_was_read_open_nothing)
{
	for (size_t named = 0; named < 2; named++) {
		end();
		begin_v4();
		client("CWD aa\r\n");
		talk_repeat(&t, FROM_CLIENT, 8, "STAT .\r\n");
		expect_reason(REASON_SESSION_DOUBTFUL);
		server("213-Status\r\n213 x\r\n");
		client("PASV\r\n");
		if (named > 0)
			name_ports(OWN_PORT, OWN_PORT + 999);
		ck_assert_str_eq(server(FAKE), FAKE);
		expect_no_opening();
	}
}
END_TEST

START_TEST(the_same_words_again_are_no_matter)
{
	client("NOOP\r\n");
	client("PASV\r\n");
	talk_repeat(&t, FROM_CLIENT, 12, "NOOP\r\n");
	talk_repeat(&t, FROM_CLIENT, 6, "PASV\r\n");
	talk_repeat(&t, FROM_CLIENT, 12, "NOOP\r\nPASV\r\n");
	ck_assert(!g->session->dialogue.doubt);
	server("200 ok\r\n");
	server(long_227);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
}
END_TEST

/* A clear text that has not all been seen, and what a half of it says in another place. */
START_TEST(what_the_client_leaves_out_may_be_anything)
{
	client("CWD x\r\n");
	server("250 ok\r\n");
	t.sent[FROM_CLIENT] += 8;
	client("PASV\r\n");
	for (int i = 0; i < 5; i++)
		talk_repeat(&t, FROM_CLIENT, 6, "PASV\r\n");
	talk_repeat(&t, FROM_CLIENT, 14, "STAT .\r\n");
	server("213-Status\r\n213 x\r\n");
	server(FAKE);
	expect_no_opening();
}
END_TEST

START_TEST(the_end_of_the_stream_may_end_a_line)
{
	client("PASV\r\n");
	server("502 no\r\n");
	t.flags = TCP_FIN;
	client("STAT .");
	expect_reason(REASON_SESSION_DOUBTFUL);
	server("211-Status\r\n211 x\r\n" FAKE);
	expect_no_opening();
}
END_TEST

/* ---- what is understood ---- */

START_TEST(odd_servers_are_understood)
{
	static const struct course courses[] = {
		{ { "CCWD x\r\n", "S553-\r\n553- text\r\n250 ok\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CPASS x\r\n", "S230-Welcome\r\n220 in\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CMLSD\r\n", "S500 first\r\n", "CPASV\r\n", "S500 again\r\n", "S" OWN }, 1 },
		{ { "CCWD a\r\n", "S200 OK\r\n250 a\r\n", "CCWD b\r\n", "S200 OK\r\n", "CPASV\r\n", "S250 b\r\n", "S" OWN }, 1 },
		{ { "CPASV\r\n", "S227 Entering Passive Mode\r\n", "S" OWN }, 1 },
		{ { "CSYST\r\n", "SSYST not known\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CEPSV\r\n", "S" OWN }, 1 },
		{ { "CPASV\r\n", "S229 (|1|10.0.0.2|50000|)\r\n" }, 1 },
		{ { "CPASV\r\n", "S250 Passive (10,0,0,2,195,80)\r\n" }, 1 },
		{ { "CLPSV\r\n", "S228 (4,4,10,0,0,2,2,195,80)\r\n" }, 1 },
		{ { "CPASV\r\n", "S227\tEntering (10,0,0,2,195,80)\r\n" }, 1 },
		{ { "CPASV\r\n", "S227(10,0,0,2,195,80)\r\n" }, 1 },
		{ { "CXLST x\r\n", "S550 no\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CSITE CHMOD 644 x\r\n", "S200 ok\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CHELP\r\n", "S214-These are known:\r\nABOR\r\n214 End\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CRETR x\r\n", "S150 go\r\n", "CPASV\r\n", "S226 done\r\n", "S" OWN }, 1 },
		{ { "CRETR x\r\n", "S150 go\r\n", "CABOR\r\n", "S226 done\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CNOOP\r\nCWD x\r\nPASV\r\nSYST\r\n", "S200 ok\r\n250 ok\r\n" OWN "215 UNIX\r\n" }, 1 },
		{ { "CPASV\n", "S" OWN }, 1 },
		{ { "CPWD\r\n", "S257 \"/a\"\"b\" is it\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CMLST /a\r\n", "S550 no\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CHELP SITE\r\n", "S214-These:\r\nCHMOD\r\n214 End\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CPWD\r\nPASV\r\n", "S257 \"/\"\r\n" OWN }, 1 },
		{ { "CCWD a\r\n", "S250 ok\r\n", "CPWD\r\n", "S257 \"/a\"\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CPASV\r\n", "S502 no\r\n", "CSITE x\r\n", "S200 ok\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CHOST x\r\n", "S220 ok\r\n", "CPASV\r\n", "S250 Passive (10,0,0,2,195,80)\r\n" }, 1 },
		{ { "CCWD 10,11\r\n", "S250 ok\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CPASS !!!1!\r\n", "S230 in\r\n", "CPASV\r\n", "S" OWN }, 1 },
	};

	CHECK(courses, false);
	CHECK(courses, true);
}
END_TEST

/* All that is in doubt, where nothing but FTP lives. */
START_TEST(a_named_range_is_served_in_spite_of_doubt)
{
	static const struct course courses[] = {
		{ { "CSTAT x\r\n", "S213-x\r\n213 End\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CUSER a\nPASS b\nPASV\n", "S331 pw\r\n230 in\r\n", "S" OWN }, 1 },
		{ { "CNOOP\rx\r\n", "S500 no\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CSITE x\r\nPASV\r\n", "S200 ok\r\n" OWN }, 1 },
		{ { "CMLST /a\r\n", "S250-Start\r\n type=dir; a\r\n250 End\r\n", "CPASV\r\n", "S" OWN }, 1 },
		{ { "CCWD a\r\n", "S250 ok\r\n", "CPWD\r\nPASV\r\n", "S257 \"/a\"\r\n" OWN }, 1 },
	};

	CHECK(courses, true);
	for (size_t i = 0; i < sizeof(courses) / sizeof(courses[0]); i++) {
		size_t other;

		end();
		begin_v4();
		ck_assert_uint_eq(play(&courses[i], &other), 0);
		expect_reason(REASON_REPLY_DOUBTFUL);
	}
}
END_TEST

START_TEST(a_server_that_ends_its_lines_in_lf_is_believed)
{
	end();
	begin("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
	server("220 ready\n");
	client("PASV\r\n");
	server("227 (10,0,0,2,195,80)\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
}
END_TEST

/* ---- which ports ---- */

START_TEST(only_ports_of_the_named_range_are_opened)
{
	name_ports(20, 1023);
	client("PASV\r\n");
	server("227 (10,0,0,2,0,20)\r\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:20");
	client("PASV\r\n");
	server("227 (10,0,0,2,195,80)\r\n");
	expect_no_opening();
	expect_reason(REASON_PORT_CLOSED);
}
END_TEST

START_TEST(closed_and_taken_ports_are_not_opened)
{
	static struct endpoint taken[1];

	taken[0] = at("10.0.0.2:8080");
	g->policy->taken = taken;
	g->policy->taken_count = 1;
	g->service->closed_ports = (struct port_list){ .count = 1, .ranges = { { 3306, 3310 } } };
	client("PASV\r\n");
	server(FAKE);
	expect_no_opening();
	expect_reason(REASON_PORT_CLOSED);
	client("EPSV\r\n");
	server("229 (|||8080|)\r\n");
	expect_no_opening();
	expect_reason(REASON_PORT_CLOSED);
	client("EPSV\r\n");
	server("229 (|||8081|)\r\n");
	expect_opening(MODE_EXTENDED_PASSIVE, "10.0.0.2:8081");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		names_with_line_feeds_open_nothing,
		lists_of_foreign_names_open_nothing,
		commands_hidden_in_odd_bytes_open_nothing,
		names_of_folders_under_codes_of_success_open_nothing,
		a_long_name_whose_quotes_do_not_close_is_doubtful,
		an_open_quote_in_a_line_over_the_limit_is_doubtful,
		odd_bytes_count_before_their_line_ends,
		the_beginning_of_what_every_server_reads_alike_is_no_matter,
		tls_that_began_unnoticed_is_noticed,
		other_words_in_the_place_of_what_was_read_open_nothing,
		the_same_words_again_are_no_matter,
		what_the_client_leaves_out_may_be_anything,
		the_end_of_the_stream_may_end_a_line,
		odd_servers_are_understood,
		a_named_range_is_served_in_spite_of_doubt,
		a_server_that_ends_its_lines_in_lf_is_believed,
		only_ports_of_the_named_range_are_opened,
		closed_and_taken_ports_are_not_opened,
	};

	return run_in(begin_v4, tests, sizeof(tests) / sizeof(tests[0]), "dialogue");
}
