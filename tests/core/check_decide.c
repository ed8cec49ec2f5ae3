/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of behaviour on the control connection, row by row. */
#include <stdio.h>
#include <string.h>

#include "dialogue.h"

/* ---- 227 ---- */

START_TEST(a_227_after_pasv_names_the_service_and_opens_the_real_server)
{
	ck_assert_str_eq(client("PASV\r\n"), "PASV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	ck_assert_uint_eq(g->session->openings, 1);
}
END_TEST

START_TEST(a_227_that_names_a_third_host_opens_the_real_server)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("227 Entering Passive Mode (8,8,8,8,195,80).\r\n"),
			 "227 Entering Passive (192,0,2,10,195,80).  \r\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
}
END_TEST

START_TEST(a_227_that_names_the_service_opens_the_real_server)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("227 ok (192,0,2,10,195,80)\r\n"), "227 ok (192,0,2,10,195,80)\r\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	ck_assert_uint_eq(g->session->splices[FROM_SERVER], 0);
}
END_TEST

static void show_port_50001(void *context, struct want *want)
{
	(void)context;
	want->made = true;
	want->port = 50001;
}

/* Lengths around those that no longer fit into a byte. */
START_TEST(a_227_of_any_length_is_mended)
{
	char said[512], heard[512];

	for (size_t size = 240; size < 275; size++) {
		memset(said, 'x', sizeof(said));
		for (size_t i = 3; i < size; i += 5)
			said[i] = ' ';
		memcpy(said, "227 ", 4);
		strcpy(said + size, " (10,0,0,2,195,80)\r\n");
		client("PASV\r\n");
		strcpy(heard, server(said));
		ck_assert_msg(strlen(heard) == strlen(said), "%zu: %s", size, heard);
		ck_assert_msg(strstr(heard, " (192,0,2,10,195,80)") != NULL, "%zu: %s", size, heard);
		expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
		client("RETR x\r\n");
		server("150 comes\r\n");
		server("226 came\r\n");
	}
}
END_TEST

START_TEST(the_text_names_the_port_that_the_opening_got)
{
	g->open = show_port_50001;
	client("PASV\r\n");
	ck_assert_str_eq(server("227 =10,0,0,2,4,1      \r\n"), "227 =192,0,2,10,195,81 \r\n");
	client("EPSV\r\n");
	ck_assert_str_eq(server("229 ok (|||1025|) \r\n"), "229 (|||50001|)   \r\n");
}
END_TEST

START_TEST(a_227_that_nobody_asked_for_is_not_touched)
{
	ck_assert_str_eq(server(long_227), long_227);
	expect_no_opening();
	expect_reason(REASON_REPLY_UNSOLICITED);
	client("PASV\r\n");
	server(long_227);
	ck_assert_str_eq(server(long_227), long_227);
	expect_no_opening();
}
END_TEST

/* Clients take it, whatever they asked for. */
START_TEST(either_request_may_have_either_answer)
{
	client("EPSV\r\n");
	ck_assert_str_eq(server(long_227), long_227_shown);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	client("PASV\r\n");
	server("229 ok (|||50000|)\r\n");
	expect_opening(MODE_EXTENDED_PASSIVE, "10.0.0.2:50000");
}
END_TEST

/* Nobody knows whether it was asked for, but nothing else lives in a named range. */
START_TEST(the_first_227_of_a_resynchronised_session_needs_a_named_range)
{
	struct flow flow = g->session->flow;

	for (size_t servers = 0; servers < 2; servers++) {
		gateway_restart(g, &flow);
		t = talk_new(g);
		name_ports(50000, 50999);
		g->service->server_count = servers;
		ck_assert_str_eq(server(long_227), servers > 0 ? long_227_shown : long_227);
		ck_assert_uint_eq(g->decision.want_count, servers);
		ck_assert_str_eq(server(long_227), long_227);
		expect_no_opening();
	}
}
END_TEST

START_TEST(a_session_picked_up_at_its_command_gets_its_229)
{
	struct flow flow = g->session->flow;

	gateway_restart(g, &flow);
	t = talk_new(g);
	client("EPSV\r\n");
	server("229 ok (|||5000|)\r\n");
	expect_opening(MODE_EXTENDED_PASSIVE, "10.0.0.2:5000");
}
END_TEST

START_TEST(a_malformed_227_is_not_touched)
{
	static const char *const bad[] = {
		"227 Entering Passive Mode (10,0,0,2,195,256)\r\n", "227 Entering Passive Mode\r\n",
		"227\r\n", "227 (10,0,0,2,195)\r\n", "227 (-10,0,0,2,195,80)\r\n", "227 (10,,0,2,195,80)\r\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(bad[i]), bad[i]);
		expect_no_opening();
		expect_reason(REASON_REPLY_MALFORMED);
	}
}
END_TEST

START_TEST(a_privileged_data_port_is_not_opened)
{
	client("PASV\r\n");
	server("227 (10,0,0,2,3,255)\r\n");
	expect_no_opening();
	expect_reason(REASON_PORT_PRIVILEGED);
	client("EPSV\r\n");
	server("229 (|||1023|)\r\n");
	expect_no_opening();
	expect_reason(REASON_PORT_PRIVILEGED);
	client("PORT 198,51,100,7,3,255\r\n");
	expect_no_opening();
	expect_reason(REASON_PORT_PRIVILEGED);
	client("PORT 198,51,100,7,4,0\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:1024");
}
END_TEST

START_TEST(what_the_server_named_is_remembered)
{
	const struct endpoint foreign = at("203.0.113.9:50000"), own = at("10.0.0.2:50001");

	client("PASV\r\n");
	server("227 Entering Passive Mode (203,0,113,9,195,80).\r\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	ck_assert(endpoint_equal(&g->decision.wants[0].named, &foreign));
	client("EPSV\r\n");
	server("229 Entering Extended Passive Mode (|||50001|)\r\n");
	ck_assert(endpoint_equal(&g->decision.wants[0].named, &own));
}
END_TEST

/* Clients use the port alone. */
START_TEST(a_227_over_ipv6_opens_its_port)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("227 ok (127,0,0,1,195,80)\r\n"), "227 ok (0,0,0,0,195,80)  \r\n");
	expect_opening(MODE_PASSIVE, "[fd00::2]:50000");
}
END_TEST

/* ---- what only looks like one ---- */

START_TEST(text_that_merely_looks_like_a_reply_is_not_touched)
{
	static const char *const looks[] = {
		"500 '227 Entering Passive Mode (10,0,0,2,195,80)'\r\n",
		" 227 Entering Passive Mode (10,0,0,2,195,80)\r\n",
		"2270 Entering Passive Mode (10,0,0,2,195,80)\r\n",
		"211-Status\r\n227 Entering Passive Mode (10,0,0,2,195,80)\r\n211 End\r\n",
	};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(looks[i]), looks[i]);
		expect_no_opening();
	}
}
END_TEST

START_TEST(commands_within_other_text_open_nothing)
{
	client("STOR PORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
	client("XPORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
	server("500 '198,51,100,7,195,80\r\nPORT 198,51,100,7,195,80'\r\n");
	expect_no_opening();
}
END_TEST

START_TEST(the_first_and_the_last_line_of_a_227_over_several_lines_count)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("227-Entering\r\n 227 (1,2,3,4,5,6)\r\n227-x\r\n228 y\r\n"),
			 "227-Entering\r\n 227 (1,2,3,4,5,6)\r\n227-x\r\n228 y\r\n");
	expect_no_opening();
	ck_assert_str_eq(server(long_227), long_227_shown);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	client("PASV\r\n");
	ck_assert_str_eq(server("227-Mode (10,0,0,2,195,80)\r\n"), "227-(192,0,2,10,195,80)   \r\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	server("227 that was it\r\n");
	expect_no_opening();
	client("NOOP\r\n");
	ck_assert_str_eq(server(long_227), long_227);
}
END_TEST

/* ---- 229 ---- */

START_TEST(a_229_whose_port_stays_is_not_touched)
{
	client("EPSV\r\n");
	ck_assert_str_eq(server("229 Entering (|||06446|)\r\n"), "229 Entering (|||06446|)\r\n");
	expect_opening(MODE_EXTENDED_PASSIVE, "10.0.0.2:6446");
	client("epsv 2\r\n");
	server("229 (!!!6446!)\n");
	expect_opening(MODE_EXTENDED_PASSIVE, "10.0.0.2:6446");
}
END_TEST

START_TEST(a_229_that_is_changed_keeps_its_delimiter)
{
	g->open = show_port_50001;
	client("EPSV\r\n");
	ck_assert_str_eq(server("229 ok (!!!40000!)\r\n"), "229 ok (!!!50001!)\r\n");
}
END_TEST

START_TEST(a_229_over_ipv6_opens_the_real_server)
{
	g->open = show_port_50001;
	client("EPSV\r\n");
	ck_assert_str_eq(server("229 Extended (|||40000|)\r\n"), "229 Extended (|||50001|)\r\n");
	expect_opening(MODE_EXTENDED_PASSIVE, "[fd00::2]:40000");
}
END_TEST

START_TEST(epsv_all_asks_for_nothing)
{
	client("EPSV ALL\r\n");
	server("229 (|||6446|)\r\n");
	expect_no_opening();
	expect_reason(REASON_REPLY_UNSOLICITED);
}
END_TEST

/* ---- PORT, EPRT ---- */

START_TEST(port_opens_the_clients_own_address)
{
	ck_assert_str_eq(client("PORT 198,51,100,7,195,80\r\n"), "PORT 198,51,100,7,195,80\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
	client("EPRT |1|198.51.100.7|50001|\r\n");
	expect_opening(MODE_EXTENDED_ACTIVE, "198.51.100.7:50001");
}
END_TEST

/* The server calls the client's own address: there is nothing to be changed. */
START_TEST(eprt_goes_on_as_it_was_written)
{
	static const char *const commands[] = {
		"EPRT |1|198.51.100.7|50001|\r\n", "eprt !1!198.51.100.7!50001!\r\n",
		"EPRT  ~1~198.51.100.7~50001~ \n",
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		ck_assert_str_eq(client(commands[i]), commands[i]);
		expect_opening(MODE_EXTENDED_ACTIVE, "198.51.100.7:50001");
	}
}
END_TEST

START_TEST(eprt_over_ipv6_compares_addresses_as_addresses)
{
	client("EPRT |2|2001:0DB8:0:0::0:7|50001|\r\n");
	expect_opening(MODE_EXTENDED_ACTIVE, "[2001:db8::7]:50001");
	client("EPRT |2|2001:db8::8|50001|\r\n");
	expect_no_opening();
	expect_reason(REASON_ADDRESS_FOREIGN);
}
END_TEST

START_TEST(port_to_another_host_opens_nothing)
{
	ck_assert_str_eq(client("PORT 8,8,8,8,195,80\r\n"), "PORT 8,8,8,8,195,80\r\n");
	expect_no_opening();
	expect_reason(REASON_ADDRESS_FOREIGN);
	client("PORT 192,0,2,10,195,80\r\n");
	expect_no_opening();
	client("PORT 10,0,0,2,195,80\r\n");
	expect_no_opening();
}
END_TEST

START_TEST(an_address_of_the_other_family_opens_nothing)
{
	client("EPRT |2|2001:db8::7|50001|\r\n");
	expect_no_opening();
	expect_reason(REASON_FAMILY_WRONG);
}
END_TEST

START_TEST(active_mode_can_be_off)
{
	g->service->active = false;
	ck_assert_str_eq(client("PORT 198,51,100,7,195,80\r\n"), "PORT 198,51,100,7,195,80\r\n");
	expect_no_opening();
	expect_reason(REASON_ACTIVE_REFUSED);
}
END_TEST

START_TEST(a_malformed_port_opens_nothing)
{
	static const char *const bad[] = {
		"PORT\r\n", "PORT 198,51,100,7,195\r\n", "PORT 198,51,100,7,195,80,1\r\n",
		"PORT 198,51,100,7,195,256\r\n", "PORT 198,51,100,7,50000\r\n", "PORT 198.51.100.7.195.80\r\n",
		"EPRT\r\n", "EPRT |1|198.51.100.7|65536|\r\n", "EPRT |1|198,51,100,7|50000|\r\n",
		"EPRT |3|198.51.100.7|50000|\r\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_str_eq(client(bad[i]), bad[i]);
		expect_no_opening();
		expect_reason(REASON_COMMAND_MALFORMED);
	}
}
END_TEST

/* ---- lines and segments ---- */

/* Every split of a dialogue into two segments at every place. */
START_TEST(a_reply_cut_at_any_place_is_heard_whole)
{
	char first[128], heard[256];

	g->policy->openings_per_session = 200;
	for (size_t cut = 1; cut < strlen(long_227); cut++) {
		client("PASV\r\n");
		memcpy(first, long_227, cut);
		first[cut] = '\0';
		strcpy(heard, server(first));
		expect_no_opening();
		strcat(heard, server(long_227 + cut));
		ck_assert_msg(strcmp(heard, long_227_shown) == 0, "cut at %zu: %s", cut, heard);
		expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
		client("NOOP\r\n");
	}
}
END_TEST

START_TEST(a_reply_byte_by_byte_is_heard_whole)
{
	talk_spell(&t, FROM_CLIENT, "PASV\r\n");
	ck_assert_str_eq(talk_spell(&t, FROM_SERVER, long_227), long_227_shown);
	talk_spell(&t, FROM_CLIENT, "epsv\r\n");
	ck_assert_str_eq(talk_spell(&t, FROM_SERVER, "229 (|||5000|)\r\n"), "229 (|||5000|)\r\n");
	ck_assert_uint_eq(g->session->openings, 2);
}
END_TEST

START_TEST(a_reply_that_ends_with_the_stream_is_not_touched)
{
	client("PASV\r\n");
	t.flags = TCP_FIN;
	ck_assert_str_eq(server("227 (10,0,0,2,195,80)"), "227 (10,0,0,2,195,80)");
	expect_no_opening();
	expect_reason(REASON_REPLY_MALFORMED);
}
END_TEST

START_TEST(a_beginning_that_ends_with_the_stream_is_not_withheld)
{
	client("PASV\r\n");
	t.flags = TCP_FIN;
	ck_assert_str_eq(server("22"), "22");
	ck_assert(!g->session->adjusted);
}
END_TEST

/* Its beginning was passed on when nobody had asked for it. */
START_TEST(a_reply_that_began_before_it_was_asked_for_is_not_touched)
{
	ck_assert_str_eq(server("22"), "22");
	client("PASV\r\n");
	ck_assert_str_eq(server("7 (10,0,0,2,195,80)\r\n"), "7 (10,0,0,2,195,80)\r\n");
	expect_no_opening();
	expect_reason(REASON_REPLY_MALFORMED);
}
END_TEST

START_TEST(nothing_is_withheld_within_another_reply)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("211-Status\r\n22"), "211-Status\r\n22");
	ck_assert_str_eq(server("7 (10,0,0,2,195,80)\r\n211 \r\n"), "7 (10,0,0,2,195,80)\r\n211 \r\n");
	expect_no_opening();
	ck_assert_str_eq(server(long_227), long_227_shown);
}
END_TEST

START_TEST(a_command_cut_at_any_place_is_read)
{
	static const char command[] = "PORT 198,51,100,7,195,80\r\n";
	char first[64];

	for (size_t cut = 1; cut < strlen(command); cut++) {
		memcpy(first, command, cut);
		first[cut] = '\0';
		ck_assert_str_eq(client(first), first);
		expect_no_opening();
		ck_assert_str_eq(client(command + cut), command + cut);
		expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
		server("200 ok\r\n150 go\r\n226 done\r\n");
	}
}
END_TEST

START_TEST(several_lines_in_a_segment_are_all_read)
{
	client("USER x\r\nPASV\r\nEPSV\r\nPASV\r\n");
	ck_assert_str_eq(server("331 \r\n227 ok (10,0,0,2,100,11)\r\n229 (|||4000|)\r\n227 =10,0,0,2,20,12  \r\n"),
			 "331 \r\n227 (192,0,2,10,100,11) \r\n229 (|||4000|)\r\n227 =192,0,2,10,20,12\r\n");
	ck_assert_uint_eq(g->decision.want_count, 3);
	ck_assert_uint_eq(g->decision.wants[0].target.port, 100 * 256 + 11);
	ck_assert_uint_eq(g->decision.wants[1].target.port, 4000);
	ck_assert_uint_eq(g->decision.wants[2].target.port, 20 * 256 + 12);
}
END_TEST

/* Only so many edits are in flight: the rest of the segment waits until they are acknowledged. */
START_TEST(more_replies_than_a_splice_holds_come_with_the_retransmission)
{
	static const char reply[] = "227 (10,0,0,2,195,80)\r\n";
	const size_t n = SPLICE_EDITS + 2;
	char all[512] = "", heard[512];

	for (size_t i = 0; i < n; i++) {
		client("PASV\r\n");
		strcat(all, reply);
	}
	strcpy(heard, server(all));
	ck_assert_uint_eq(g->session->openings, SPLICE_EDITS);
	ck_assert_uint_eq(t.size, SPLICE_EDITS * strlen("227 (192,0,2,10,195,80)\r\n"));
	talk_repeat(&t, FROM_SERVER, 2 * (uint32_t)strlen(reply), all + 4 * strlen(reply));
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	client("NOOP\r\n");
	strcat(heard, talk_repeat(&t, FROM_SERVER, 2 * (uint32_t)strlen(reply), all + 4 * strlen(reply)));
	ck_assert_uint_eq(g->session->openings, n);
	ck_assert_uint_eq(strlen(heard), n * strlen("227 (192,0,2,10,195,80)\r\n"));
}
END_TEST

START_TEST(lower_case_bare_lf_and_trailing_blanks_are_understood)
{
	client("pasv  \t\n");
	ck_assert_str_eq(server("227 ok (10,0,0,2,195,80)\n"), "227 (192,0,2,10,195,80) \n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	client("port  198,51,100,7,195,80 \n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
}
END_TEST

START_TEST(telnet_commands_and_urgent_data_do_not_disturb)
{
	t.flags = TCP_URG;
	t.urgent = 4;
	client("\xff\xf4\xff\xf2" "ABOR\r\nPASV\r\n");
	ck_assert_str_eq(server("\xff\xf1" "227 ok (10,0,0,2,195,80)\r\n"),
			 "\xff\xf1" "227 (192,0,2,10,195,80) \r\n");
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	client("PO\xff\xf1RT 198,51,100,7,195,80\r\n");
	expect_opening(MODE_ACTIVE, "198.51.100.7:50000");
}
END_TEST

START_TEST(words_behind_telnet_commands_are_dropped_but_not_the_code)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("\xff\xfb\x01" "227 ok (1,1,1,1,195,80)\r\n"),
			 "\xff\xfb\x01" "227 (192,0,2,10,195,80)\r\n");
}
END_TEST

/* NUL, in a server's words: its string's end was sent, too. In a client's it is no word at all. */
START_TEST(nul_bytes_of_servers_are_passed_over)
{
	static const char reply[] = "\0" "227 \0 (10,0,0,2,195,80)   \r\n", odd[] = "PASV\0\r\n";

	client("PASV\r\n");
	talk_say_bytes(&t, FROM_SERVER, reply, sizeof(reply) - 1);
	expect_opening(MODE_PASSIVE, "10.0.0.2:50000");
	ck_assert_uint_eq(t.size, sizeof(reply) - 1);
	talk_say_bytes(&t, FROM_CLIENT, odd, sizeof(odd) - 1);
	expect_reason(REASON_SESSION_DOUBTFUL);
	ck_assert_str_eq(server(long_227), long_227);
	expect_reason(REASON_REPLY_DOUBTFUL);
}
END_TEST

START_TEST(every_mode_and_reason_has_its_words)
{
	ck_assert_str_eq(mode_name(MODE_PASSIVE), "PASV");
	ck_assert_str_eq(mode_name(MODE_EXTENDED_ACTIVE), "EPRT");
	for (enum reason r = 0; r < REASONS; r++) {
		ck_assert_uint_gt(strlen(reason_name(r)), 0);
		ck_assert_uint_gt(strlen(reason_text(r)), 0);
		for (enum reason other = 0; other < r; other++)
			ck_assert_str_ne(reason_name(r), reason_name(other));
	}
}
END_TEST

int main(void)
{
	const TTest *const v4[] = {
		a_227_after_pasv_names_the_service_and_opens_the_real_server,
		what_the_server_named_is_remembered,
		a_227_that_names_a_third_host_opens_the_real_server,
		a_227_that_names_the_service_opens_the_real_server,
		a_227_of_any_length_is_mended,
		the_text_names_the_port_that_the_opening_got,
		a_227_that_nobody_asked_for_is_not_touched,
		either_request_may_have_either_answer,
		the_first_227_of_a_resynchronised_session_needs_a_named_range,
		a_session_picked_up_at_its_command_gets_its_229,
		a_malformed_227_is_not_touched,
		a_privileged_data_port_is_not_opened,
		text_that_merely_looks_like_a_reply_is_not_touched,
		commands_within_other_text_open_nothing,
		the_first_and_the_last_line_of_a_227_over_several_lines_count,
		a_229_whose_port_stays_is_not_touched,
		a_229_that_is_changed_keeps_its_delimiter,
		epsv_all_asks_for_nothing,
		port_opens_the_clients_own_address,
		eprt_goes_on_as_it_was_written,
		port_to_another_host_opens_nothing,
		an_address_of_the_other_family_opens_nothing,
		active_mode_can_be_off,
		a_malformed_port_opens_nothing,
		a_reply_cut_at_any_place_is_heard_whole,
		a_reply_byte_by_byte_is_heard_whole,
		a_reply_that_ends_with_the_stream_is_not_touched,
		a_beginning_that_ends_with_the_stream_is_not_withheld,
		a_reply_that_began_before_it_was_asked_for_is_not_touched,
		nothing_is_withheld_within_another_reply,
		a_command_cut_at_any_place_is_read,
		several_lines_in_a_segment_are_all_read,
		more_replies_than_a_splice_holds_come_with_the_retransmission,
		lower_case_bare_lf_and_trailing_blanks_are_understood,
		telnet_commands_and_urgent_data_do_not_disturb,
		words_behind_telnet_commands_are_dropped_but_not_the_code,
		nul_bytes_of_servers_are_passed_over,
		every_mode_and_reason_has_its_words,
	};
	const TTest *const v6[] = {
		a_227_over_ipv6_opens_its_port,
		a_229_over_ipv6_opens_the_real_server,
		eprt_over_ipv6_compares_addresses_as_addresses,
	};
	int failed = run_in(begin_v4, v4, sizeof(v4) / sizeof(v4[0]), "decide");

	return run_in(begin_v6, v6, sizeof(v6) / sizeof(v6[0]), "decide over IPv6") | failed;
}
