/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The course of a session: its beginning, its limits, encryption, order, its end. */
#include <stdio.h>
#include <string.h>

#include "dialogue.h"

/* ---- limits ---- */

START_TEST(a_line_over_the_limit_is_passed_on_and_counted)
{
	static char text[2000];

	g->policy->max_line = 100;
	client("PASV\r\n");
	memset(text, 'x', 600);
	memcpy(text, "227 (10,0,0,2,195,80) ", 22);
	strcpy(text + 600, "\r\n");
	ck_assert_str_eq(server(text), text);
	expect_no_opening();
	expect_reason(REASON_LINE_TOO_LONG);
	g->policy->max_line = 8192;
	client("PASV\r\n");
	ck_assert_str_eq(server(text), text);
	expect_no_opening();
	expect_reason(REASON_LINE_TOO_LONG);
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_reply_too_long_to_be_kept_is_passed_on)
{
	static char text[2000];
	char heard[2000];

	client("PASV\r\n");
	memset(text, 'x', PARTIAL_MAX + 100);
	memcpy(text, "227 ", 4);
	strcpy(text + PARTIAL_MAX + 100, " (10,0,0,2,195,80)\r\n");
	text[PARTIAL_MAX] = '\0';
	strcpy(heard, server(text));
	ck_assert_str_eq(heard, "");
	text[PARTIAL_MAX] = 'x';
	strcpy(heard, server(text + PARTIAL_MAX));
	ck_assert_str_eq(heard, text);
	expect_no_opening();
	expect_reason(REASON_LINE_TOO_LONG);
}
END_TEST

START_TEST(a_long_command_is_no_command)
{
	static char text[2000];

	memset(text, ' ', PARTIAL_MAX + 10);
	memcpy(text, "PORT", 4);
	strcpy(text + PARTIAL_MAX + 10, "198,51,100,7,195,80\r\n");
	ck_assert_str_eq(client(text), text);
	expect_no_opening();
}
END_TEST

START_TEST(openings_that_nobody_uses_are_limited)
{
	g->policy->openings_per_session = 3;
	for (int i = 0; i < 3; i++) {
		client("PORT 198,51,100,7,195,80\r\n");
		expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
	}
	client("PORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
	expect_reason(REASON_OPENINGS_LIMIT);
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_OPENINGS_LIMIT);
	server("150 here it comes\r\n");
	client("PORT 198,51,100,7,195,80\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
	client("PORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
	g->now += g->policy->opening_seconds + 1;
	client("PORT 198,51,100,7,195,80\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
}
END_TEST

/* As every mirror does, and whoever asks whether a file is there. */
START_TEST(a_transfer_that_is_refused_lets_go_of_its_opening)
{
	for (size_t i = 0; i < 20; i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(long_227), long_227_shown);
		client("RETR absent\r\n");
		server("550 no such file\r\n");
		g->now += 5;
	}
}
END_TEST

START_TEST(so_does_an_active_command_that_is_refused)
{
	for (size_t i = 0; i < 20; i++) {
		client("PORT 198,51,100,7,195,80\r\n");
		expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
		server("500 no active mode here\r\n");
		client("PASV\r\n");
		ck_assert_str_eq(server(long_227), long_227_shown);
		client("RETR x\r\n");
		server("150 comes\r\n226 done\r\n");
	}
}
END_TEST

START_TEST(so_does_a_transfer_whose_command_came_in_pieces)
{
	for (size_t i = 0; i < 20; i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(long_227), long_227_shown);
		client("RE");
		client("TR absent\r\n");
		server("550 no such file\r\n");
	}
}
END_TEST

START_TEST(so_does_a_transfer_of_a_very_long_name)
{
	static char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "RETR ", 5);
	for (size_t i = 0; i < 20; i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(long_227), long_227_shown);
		client(text);
		client("\r\n");
		server("550 no such file\r\n");
	}
}
END_TEST

/* Or else they would not be limited at all. */
START_TEST(a_refusal_of_anything_else_does_not)
{
	g->policy->openings_per_session = 3;
	for (size_t i = 0; i < 3; i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(long_227), long_227_shown);
		client("SI");
		client("ZE absent\r\n");
		server("550 no such file\r\n");
	}
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_OPENINGS_LIMIT);
	client("RETR x\r\n");
	server("150 comes\r\n");
	ck_assert_uint_eq(g->session->dialogue.unused, 2);
	server("426 gone\r\n");
	ck_assert_uint_eq(g->session->dialogue.unused, 2);
}
END_TEST

/* ---- requests ---- */

START_TEST(a_request_that_was_refused_is_not_answered_later)
{
	client("PASV\r\n");
	server("502 no\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_no_opening();
	expect_reason(REASON_REPLY_UNSOLICITED);
	client("EPSV\r\nNOOP\r\n");
	server("522-no\r\n522 really\r\n");
	server("200 yes\r\n");
	server("229 ok (|||5000|)\r\n");
	expect_no_opening();
	expect_reason(REASON_REPLY_UNSOLICITED);
}
END_TEST

START_TEST(a_request_behind_others_gets_its_answer)
{
	client("PASV\r\nPASV\r\nPASV\r\n");
	server("425 not now\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
	ck_assert_str_eq(server(long_227), long_227_shown);
	client("FE");
	client("AT\r\nPASV\r\n");
	server("500 what?\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
	client("RETR x\r\nPASV\r\n");
	server("150 comes\r\n426 gone\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
	client("PASV\r\n");
	server("226 one reply too many\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_request_behind_a_long_line_gets_its_answer)
{
	static char text[2000];

	g->policy->max_line = 100;
	memset(text, 'x', 600);
	strcpy(text + 600, "\r\nPASV\r\n");
	client(text);
	server("500 what?\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_request_behind_more_than_can_be_counted_gets_its_answer)
{
	for (size_t i = 0; i < 300; i++)
		client("NOOP\r\n");
	client("PASV\r\n");
	for (size_t i = 0; i < 300; i++)
		server("500 what?\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

/* ---- beginning ---- */

/* Nothing of the session has been seen, not even a greeting. */
static void begin_unseen(void)
{
	end();
	begin("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
}

static void shake_hands(uint32_t client_next, uint32_t server_seq)
{
	t.flags = TCP_SYN;
	t.sent[FROM_SERVER] = server_seq;
	t.heard[FROM_CLIENT] = client_next;
	server("");
	t.sent[FROM_CLIENT] = client_next;
	t.sent[FROM_SERVER] = server_seq + 1;
	t.heard[FROM_SERVER] = server_seq + 1;
}

START_TEST(a_session_whose_handshake_was_seen_has_missed_nothing)
{
	begin_unseen();
	shake_hands(100, 0xffffffff);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	server("banner of some kind\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_REPLY_UNSOLICITED);
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(text_in_a_handshake_passes_unread)
{
	static const char text[] = "220 ready, 227 (10,0,0,2,195,80)";

	begin_unseen();
	t.flags = TCP_SYN;
	t.sent[FROM_SERVER] = 6999;
	ck_assert_str_eq(server(text), text);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	t.sent[FROM_SERVER]++;
	t.heard[FROM_SERVER]++;
	ck_assert_str_eq(server(" at once\r\n"), " at once\r\n");
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_greeting_in_a_handshake_ends_with_it)
{
	begin_unseen();
	t.flags = TCP_SYN;
	t.sent[FROM_SERVER] = 6999;
	server("220 ready\r\n");
	t.sent[FROM_SERVER]++;
	t.heard[FROM_SERVER]++;
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_request_before_the_greeting_gets_its_answer)
{
	begin_unseen();
	shake_hands(100, 5000);
	client("USER x\r\nFEAT\r\nPASV\r\n");
	server("220 ready\r\n331 who?\r\n500 what?\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_delayed_greeting_is_one)
{
	begin_unseen();
	server("120 in a minute\r\n");
	server("220 ready\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_REPLY_UNSOLICITED);
}
END_TEST

START_TEST(a_handshake_of_other_numbers_is_another_connection)
{
	struct packet p = { .flags = TCP_SYN | TCP_ACK, .seq = 6999 };

	begin_unseen();
	shake_hands(100, 6999);
	server("220 ready\r\n");
	ck_assert(decide_begins_anew(g->session, &p, FROM_SERVER));
	p.seq = t.sent[FROM_SERVER] - 1;
	ck_assert(!decide_begins_anew(g->session, &p, FROM_SERVER));
	p.seq = 5;
	ck_assert(!decide_begins_anew(g->session, &p, FROM_CLIENT));
	p.flags = TCP_ACK;
	ck_assert(!decide_begins_anew(g->session, &p, FROM_SERVER));
}
END_TEST

/* ---- TLS ---- */

START_TEST(an_encrypted_session_is_not_read)
{
	client("AUTH TLS\r\n");
	ck_assert(!g->session->dialogue.encrypted);
	server("234 go ahead\r\n");
	ck_assert(g->session->dialogue.encrypted);
	ck_assert_str_eq(client("\x16\x03\x01 PORT 198,51,100,7,195,80\r\n\x80"),
			 "\x16\x03\x01 PORT 198,51,100,7,195,80\r\n\x80");
	expect_no_opening();
	ck_assert_str_eq(server("\x16\x03\x01\r\n227 Entering Passive Mode (10,0,0,2,195,80)\r\n"),
			 "\x16\x03\x01\r\n227 Entering Passive Mode (10,0,0,2,195,80)\r\n");
	expect_no_opening();
	ck_assert_uint_eq(g->session->splices[FROM_SERVER], 0);
}
END_TEST

START_TEST(encrypted_bytes_pass_in_any_order)
{
	client("AUTH SSL\r\n");
	server("234 go ahead\r\n");
	t.sent[FROM_CLIENT] += 3;
	client("\x17\x03later");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	talk_repeat(&t, FROM_CLIENT, 10, "\x17\x03\x01");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	ck_assert_uint_eq(g->reasons, 0);
}
END_TEST

START_TEST(ccc_returns_to_clear_text)
{
	client("AUTH TLS\r\n");
	server("234 go ahead\r\n");
	client("\x17\x03\x03");
	server("\x17\x03\x03");
	client("PASV\r\n");
	ck_assert(!g->session->dialogue.encrypted);
	ck_assert_str_eq(server(long_227), long_227_shown);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
}
END_TEST

START_TEST(what_was_asked_for_under_encryption_is_answered_after_ccc)
{
	client("AUTH TLS\r\n");
	server("234 go ahead\r\n");
	client("\x17\x03\x03 PASV");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(auth_that_is_refused_stays_in_clear_text)
{
	client("AUTH TLS\r\n");
	server("534 no\r\n");
	server("234 too late\r\n");
	ck_assert(!g->session->dialogue.encrypted);
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_234_without_auth_is_no_encryption)
{
	server("234 go ahead\r\n");
	ck_assert(!g->session->dialogue.encrypted);
}
END_TEST

START_TEST(a_service_that_denies_tls_blanks_the_mechanism)
{
	g->service->deny_tls = true;
	ck_assert_str_eq(client("AUTH TLS\r\n"), "AUTH XXX\r\n");
	expect_reason(REASON_TLS_REFUSED);
	server("504 unknown\r\n");
	ck_assert_str_eq(client("auth  ssl \n"), "auth  XXX \n");
	ck_assert_str_eq(server("234 go ahead all the same\r\n"), "534 go ahead all the same\r\n");
	expect_reason(REASON_TLS_REFUSED);
	ck_assert(!g->session->dialogue.encrypted);
	ck_assert_str_eq(client("PASV\r\nAUTH TLS-C\r\nNOOP\r\n"), "PASV\r\nAUTH XXXXX\r\nNOOP\r\n");
	ck_assert_str_eq(client("XAUTH TLS\r\n"), "XAUTH TLS\r\n");
	ck_assert_str_eq(client("AUTH\r\n"), "AUTH\r\n");
	ck_assert_str_eq(client("AU\xff\xf1TH TLS\r\n"), "XXXXXXXXXX\r\n");
	ck_assert_str_eq(client("\xff\xf1" "AUTH TLS\r\n"), "XXXXXXXXXX\r\n");
}
END_TEST

/* However the command came to the server, its answer is the last thing that can be refused. */
START_TEST(a_234_of_a_service_that_denies_tls_is_refused_at_every_cut)
{
	static const char reply[] = "234 go ahead\r\n";
	char first[32], heard[64];

	g->service->deny_tls = true;
	client("\xff\xf1" "AU");
	client("TH TLS\r\n");
	for (size_t cut = 1; cut < strlen(reply); cut++) {
		memcpy(first, reply, cut);
		first[cut] = '\0';
		strcpy(heard, server(first));
		strcat(heard, server(reply + cut));
		ck_assert_str_eq(heard, "534 go ahead\r\n");
		client("NOOP\r\n"); /* acknowledges it */
		ck_assert(!g->session->dialogue.encrypted);
	}
	ck_assert_str_eq(server("234-go\r\n234 ahead\r\n"), "234-go\r\n534 ahead\r\n");
}
END_TEST

START_TEST(a_234_that_cannot_be_changed_never_passes)
{
	static char reply[PARTIAL_MAX + 20];

	g->service->deny_tls = true;
	memset(reply, 'x', PARTIAL_MAX + 10);
	memcpy(reply, "234 ", 4);
	strcpy(reply + PARTIAL_MAX + 10, "\r\n");
	ck_assert_str_eq(server(reply), "");
	expect_reason(REASON_TLS_REFUSED);
	ck_assert_str_eq(talk_repeat(&t, FROM_SERVER, (uint32_t)strlen(reply), reply), "");
	ck_assert(!g->session->dialogue.encrypted);
}
END_TEST

START_TEST(an_urgent_abort_is_not_withheld)
{
	g->service->deny_tls = true;
	t.flags = TCP_URG;
	t.urgent = 3;
	ck_assert_str_eq(client("\xff\xf4\xff"), "\xff\xf4\xff");
	ck_assert_str_eq(client("\xf2" "ABOR\r\n"), "\xf2" "ABOR\r\n");
	ck_assert(!g->session->adjusted);
}
END_TEST

START_TEST(a_denied_mechanism_is_blanked_at_every_cut)
{
	static const char *const commands[] = { "AUTH TLS\r\n", "AUTH\tTLS\r\n" };
	static const char *const refused[] = { "AUTH XXX\r\n", "AUTH\tXXX\r\n" };
	char first[32], heard[64];

	g->service->deny_tls = true;
	for (size_t i = 0; i < 2; i++) {
		for (size_t cut = 1; cut < strlen(commands[i]); cut++) {
			memcpy(first, commands[i], cut);
			first[cut] = '\0';
			strcpy(heard, client(first));
			strcat(heard, client(commands[i] + cut));
			ck_assert_str_eq(heard, refused[i]);
			server("504 unknown\r\n");
		}
	}
	ck_assert_str_eq(talk_spell(&t, FROM_CLIENT, "AUTH TLS\r\nABOR\r\n"), "AUTH XXX\r\nABOR\r\n");
}
END_TEST

/* ---- order ---- */

START_TEST(a_segment_that_comes_early_waits_for_the_one_before)
{
	client("NOOP\r\n");
	t.sent[FROM_CLIENT] += 6;
	ck_assert_str_eq(client("LIST\r\n"), "");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	expect_reason(REASON_OUT_OF_ORDER);
}
END_TEST

START_TEST(a_dialogue_goes_on_when_bytes_passed_unseen)
{
	client("NOOP\r\n");
	t.sent[FROM_CLIENT] += 6;
	client("NOOP\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	for (int i = 0; i < 10 && g->outcome.verdict == VERDICT_DROP; i++)
		talk_repeat(&t, FROM_CLIENT, 6, "NOOP\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	t.heard[FROM_CLIENT] = t.sent[FROM_CLIENT];
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(what_is_sent_again_is_not_asked_for_again)
{
	client("PASV\r\n");
	server(long_227);
	ck_assert_str_eq(talk_repeat(&t, FROM_SERVER, (uint32_t)strlen(long_227), long_227), long_227_shown);
	expect_no_opening();
	ck_assert_uint_eq(g->session->openings, 1);
	client("PORT 198,51,100,7,195,80\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
	talk_repeat(&t, FROM_CLIENT, 26, "PORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
}
END_TEST

/* ---- the end ---- */

/* A transfer may go on for long after QUIT (RFC 959, 4.1.1). */
START_TEST(goodbye_makes_a_session_close_once_it_is_answered)
{
	client("RETR x\r\nQUIT\r\n");
	server("150 here it comes\r\n");
	ck_assert(!g->session->dialogue.closing);
	server("226 done\r\n221 bye\r\n");
	ck_assert(g->session->dialogue.closing);
}
END_TEST

START_TEST(a_421_makes_a_session_close)
{
	server("421 timeout\r\n");
	ck_assert(g->session->dialogue.closing);
}
END_TEST

START_TEST(a_reset_makes_a_session_close)
{
	t.flags = TCP_RST;
	client("");
	ck_assert(g->session->dialogue.closing);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line_over_the_limit_is_passed_on_and_counted,
		a_reply_too_long_to_be_kept_is_passed_on,
		a_long_command_is_no_command,
		openings_that_nobody_uses_are_limited,
		a_transfer_that_is_refused_lets_go_of_its_opening,
		so_does_an_active_command_that_is_refused,
		so_does_a_transfer_whose_command_came_in_pieces,
		so_does_a_transfer_of_a_very_long_name,
		a_refusal_of_anything_else_does_not,
		a_request_that_was_refused_is_not_answered_later,
		a_request_behind_others_gets_its_answer,
		a_request_behind_a_long_line_gets_its_answer,
		a_request_behind_more_than_can_be_counted_gets_its_answer,
		a_session_whose_handshake_was_seen_has_missed_nothing,
		text_in_a_handshake_passes_unread,
		a_greeting_in_a_handshake_ends_with_it,
		a_request_before_the_greeting_gets_its_answer,
		a_delayed_greeting_is_one,
		a_handshake_of_other_numbers_is_another_connection,
		an_encrypted_session_is_not_read,
		encrypted_bytes_pass_in_any_order,
		ccc_returns_to_clear_text,
		what_was_asked_for_under_encryption_is_answered_after_ccc,
		auth_that_is_refused_stays_in_clear_text,
		a_234_without_auth_is_no_encryption,
		a_service_that_denies_tls_blanks_the_mechanism,
		a_234_of_a_service_that_denies_tls_is_refused_at_every_cut,
		a_234_that_cannot_be_changed_never_passes,
		an_urgent_abort_is_not_withheld,
		a_denied_mechanism_is_blanked_at_every_cut,
		a_segment_that_comes_early_waits_for_the_one_before,
		a_dialogue_goes_on_when_bytes_passed_unseen,
		what_is_sent_again_is_not_asked_for_again,
		goodbye_makes_a_session_close_once_it_is_answered,
		a_421_makes_a_session_close,
		a_reset_makes_a_session_close,
	};

	return run_in(begin_v4, tests, sizeof(tests) / sizeof(tests[0]), "course");
}
