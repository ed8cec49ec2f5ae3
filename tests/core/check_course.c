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
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

/* Up to the limit its length does not matter, wherever in it the announcement stands. */
START_TEST(a_long_reply_is_rewritten)
{
	static char text[2000], shown[2000];

	for (size_t start = 4; start < 1300; start += 431) {
		memset(text, 'x', 1400);
		memcpy(text, "227 ", 4);
		memcpy(text + start, " (10,0,0,2,195,80)   ", 21);
		strcpy(text + 1400, "\r\n");
		strcpy(shown, text);
		memcpy(shown + start, " (192,0,2,10,195,80) ", 21);
		client("PASV\r\n");
		server(text);
		expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
		ck_assert_uint_eq(t.size, 1402);
		ck_assert_msg(strstr(t.text, "(192,0,2,10,195,80)") != NULL, "%zu: %s", start, t.text);
		ck_assert(strstr(t.text, "10,0,0,2") == NULL);
		client("NOOP\r\n");
		server("200 ok\r\n");
	}
}
END_TEST

/* What follows the announcement need not be waited for. */
START_TEST(a_long_reply_in_pieces_is_rewritten_once_its_announcement_is_there)
{
	static char text[2000], heard[2000];

	memset(text, 'x', 1400);
	memcpy(text, "227 Entering Passive Mode (10,0,0,2,195,80). ", 45);
	strcpy(text + 1400, "\r\n");
	client("PASV\r\n");
	for (size_t at = 0, step = 100; at < 1402; at += step) {
		char piece[128];

		snprintf(piece, sizeof(piece), "%.100s", text + at);
		strcat(heard, server(piece));
	}
	ck_assert_uint_eq(strlen(heard), 1402);
	ck_assert_int_eq(strncmp(heard, "227 Entering Passive (192,0,2,10,195,80). ", 42), 0);
	ck_assert_uint_eq(g->session->openings, 1);
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

/* Over the limit the expectation does it alone, of which the kernel drops the oldest. */
START_TEST(active_openings_beyond_the_limit_are_expected_only)
{
	g->policy->openings_per_session = 3;
	for (int i = 0; i < 12; i++) {
		client("PORT 198,51,100,7,195,80\r\n");
		expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
		ck_assert_int_eq(g->decision.wants[0].expected_only, i >= 3);
	}
	g->now += g->policy->opening_seconds + 1;
	client("PORT 198,51,100,7,195,80\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
	ck_assert(!g->decision.wants[0].expected_only);
}
END_TEST

START_TEST(without_a_helper_active_openings_are_limited)
{
	g->session->flow.has_helper = false;
	g->policy->openings_per_session = 3;
	for (int i = 0; i < 3; i++) {
		client("PORT 198,51,100,7,195,80\r\n");
		expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
	}
	client("PORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
	expect_reason(REASON_OPENINGS_LIMIT);
}
END_TEST

/* A server has one listener: what it announces takes the place of what it announced before. */
START_TEST(an_announcement_takes_the_place_of_the_last)
{
	client("PASV\r\n");
	server(long_227);
	ck_assert_uint_eq(g->outcome.replaced_count, 0);
	for (unsigned int i = 1; i <= 12; i++) {
		char text[64];

		snprintf(text, sizeof(text), "227 Entering Passive Mode (10,0,0,2,195,%u).\r\n", 80 + i);
		client("PASV\r\n");
		server(text);
		ck_assert_uint_eq(g->outcome.replaced_count, 1);
		ck_assert_uint_eq(g->outcome.replaced[0].target, 50000 + i - 1);
		ck_assert_uint_eq(g->outcome.replaced[0].shown, 50000 + i - 1);
	}
	client("EPSV\r\n");
	server("229 the same (|||50012|)\r\n");
	ck_assert_uint_eq(g->outcome.replaced_count, 0);
}
END_TEST

/* ---- requests ---- */

/* Unless nothing else has been said: some servers refuse the command before twice. */
START_TEST(a_request_that_was_refused_is_not_answered_later)
{
	client("PASV\r\n");
	server("502 no\r\n");
	client("NOOP\r\n");
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

/* Some servers make two commands of it: only a range that the operator named is safe then. */
START_TEST(a_request_behind_a_long_line_needs_a_named_range)
{
	static char text[2000];

	memset(text, 'x', 600);
	strcpy(text + 600, "\r\nPASV\r\n");
	client(text);
	server("500 what?\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_REPLY_DOUBTFUL);
	name_ports(50000, 50999);
	client("PASV\r\n");
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

/* In doubt: who knows the keys can choose what the cipher looks like. */
START_TEST(ccc_returns_to_clear_text)
{
	client("AUTH TLS\r\n");
	server("234 go ahead\r\n");
	client("\x17\x03\x03");
	server("\x17\x03\x03");
	client("PASV\r\n");
	ck_assert(!g->session->dialogue.encrypted);
	expect_reason(REASON_SESSION_DOUBTFUL);
	ck_assert_str_eq(server(long_227), long_227);
	name_ports(50000, 50999);
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
}
END_TEST

START_TEST(what_was_asked_for_under_encryption_is_not_known_after_ccc)
{
	client("AUTH TLS\r\n");
	server("234 go ahead\r\n");
	client("\x17\x03\x03 PASV");
	ck_assert_str_eq(server(long_227), long_227);
	expect_no_opening();
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

/* What the client acknowledges has passed, and so has what the server has: nothing is waited for. */
START_TEST(a_dialogue_goes_on_when_bytes_passed_unseen)
{
	client("NOOP\r\n");
	server("200 ok\r\n");
	t.sent[FROM_CLIENT] += 6;
	t.heard[FROM_CLIENT] += 6;
	t.sent[FROM_SERVER] += 8;
	t.heard[FROM_SERVER] += 8;
	client("PASV\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	ck_assert_str_eq(server(long_227), long_227_shown);
	t.sent[FROM_CLIENT] += 6;
	t.heard[FROM_CLIENT] += 6;
	server("200 ok\r\n");
	ck_assert_int_ne(g->outcome.verdict, VERDICT_DROP);
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

/* Bytes that never came may come still, and say what they like before what was read. */
START_TEST(without_proof_the_missing_bytes_are_waited_for_and_then_in_doubt)
{
	client("NOOP\r\n");
	server("200 ok\r\n");
	t.sent[FROM_CLIENT] += 6;
	client("NOOP\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	for (int i = 0; i < 10 && g->outcome.verdict == VERDICT_DROP; i++)
		talk_repeat(&t, FROM_CLIENT, 6, "NOOP\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	expect_reason(REASON_SESSION_DOUBTFUL);
	t.heard[FROM_CLIENT] = t.sent[FROM_CLIENT];
	client("PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_REPLY_DOUBTFUL);
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
		a_long_reply_is_rewritten,
		a_long_reply_in_pieces_is_rewritten_once_its_announcement_is_there,
		a_reply_too_long_to_be_kept_is_passed_on,
		a_long_command_is_no_command,
		active_openings_beyond_the_limit_are_expected_only,
		without_a_helper_active_openings_are_limited,
		an_announcement_takes_the_place_of_the_last,
		a_request_that_was_refused_is_not_answered_later,
		a_request_behind_others_gets_its_answer,
		a_request_behind_a_long_line_needs_a_named_range,
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
		what_was_asked_for_under_encryption_is_not_known_after_ccc,
		auth_that_is_refused_stays_in_clear_text,
		a_234_without_auth_is_no_encryption,
		a_service_that_denies_tls_blanks_the_mechanism,
		a_234_of_a_service_that_denies_tls_is_refused_at_every_cut,
		a_234_that_cannot_be_changed_never_passes,
		an_urgent_abort_is_not_withheld,
		a_denied_mechanism_is_blanked_at_every_cut,
		a_segment_that_comes_early_waits_for_the_one_before,
		a_dialogue_goes_on_when_bytes_passed_unseen,
		without_proof_the_missing_bytes_are_waited_for_and_then_in_doubt,
		what_is_sent_again_is_not_asked_for_again,
		goodbye_makes_a_session_close_once_it_is_answered,
		a_421_makes_a_session_close,
		a_reset_makes_a_session_close,
	};

	return run_in(begin_v4, tests, sizeof(tests) / sizeof(tests[0]), "course");
}
