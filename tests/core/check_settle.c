/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What leaves: texts of another length, their sequence numbers, and what is remembered of it. */
#include "core/settle.h"

#include <stdio.h>
#include <string.h>

#include "../model/talk.h"
#include "../support/packets.h"
#include "../support/run.h"

/* No slack: the line grows by 13 - 11 bytes of the address. */
static const char tight[] = "227 1,1,1,1,4,1\r\n";
static const char grown[] = "227 192,0,2,10,4,1\r\n";
enum { GROWTH = 3 };

static struct gateway *g;
static struct talk t;

static void begin(void)
{
	g = gateway_new("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
	t = talk_new(g);
	talk_say(&t, FROM_SERVER, "220 ready\r\n");
}

static void end(void)
{
	ck_assert_msg(t.valid, "a packet that went on was not valid");
	gateway_free(g);
}

static const char *client(const char *text)
{
	return talk_say(&t, FROM_CLIENT, text);
}

static const char *server(const char *text)
{
	return talk_say(&t, FROM_SERVER, text);
}

static struct packet left(void)
{
	struct packet p;

	ck_assert_uint_gt(g->out_size, 0);
	ck_assert_int_eq(packet_parse(g->out, g->out_size, &p), 0);
	return p;
}

/* Any packet, with what the test says about it. */
static void pass(enum direction from, struct shape s)
{
	const struct flow *flow = &g->session->flow;
	uint8_t bytes[2048];

	s.from = from == FROM_CLIENT ? flow->client : flow->server;
	s.to = from == FROM_CLIENT ? flow->service : flow->client;
	s.flags |= TCP_ACK;
	ck_assert(gateway_pass(g, from, bytes, shape_write(&s, bytes)));
	if (g->out_size > 0)
		t.valid &= packet_is_valid(g->out, g->out_size);
}

/* ---- length kept ---- */

START_TEST(a_reply_of_the_same_length_leaves_nothing_behind)
{
	client("PASV\r\n");
	server("227 Entering Passive Mode (10,0,0,2,4,1).\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_REWRITE);
	ck_assert(!g->outcome.adjust);
	ck_assert(!g->session->adjusted);
	ck_assert_uint_ne(g->session->splices[FROM_SERVER], 0);
	client("RETR x\r\n");
	ck_assert_uint_eq(g->session->splices[FROM_SERVER], 0);
	ck_assert_uint_eq(g->session->splices[FROM_CLIENT], 0);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
}
END_TEST

START_TEST(nothing_to_change_leaves_the_packet_alone)
{
	client("USER x\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	client("PORT 198,51,100,7,4,1\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	server("200 ok\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
	ck_assert_uint_eq(g->session->splices[FROM_SERVER] + g->session->splices[FROM_CLIENT], 0);
}
END_TEST

START_TEST(a_second_edit_in_flight_wants_every_packet)
{
	client("PASV\r\nPASV\r\n");
	server("227 Entering Passive Mode (10,0,0,2,4,1).\r\n");
	ck_assert(!g->outcome.adjust);
	server("227 Entering Passive Mode (10,0,0,2,4,2).\r\n");
	ck_assert(g->outcome.adjust);
}
END_TEST

/* ---- length changed ---- */

START_TEST(a_reply_without_slack_grows_and_is_followed)
{
	client("PASV\r\n");
	ck_assert_str_eq(server(tight), grown);
	ck_assert(g->outcome.adjust);
	ck_assert_uint_eq(t.heard[FROM_SERVER], t.sent[FROM_SERVER] + GROWTH);
}
END_TEST

START_TEST(what_follows_is_renumbered_both_ways)
{
	client("PASV\r\n");
	server(tight);
	server("150 go\r\n");
	ck_assert_uint_eq(left().seq, t.sent[FROM_SERVER] - 8 + GROWTH);
	client("NOOP\r\n");
	ck_assert_uint_eq(left().ack, t.sent[FROM_SERVER]);
	ck_assert_uint_eq(left().seq, t.sent[FROM_CLIENT] - 6);
	server("226 done\r\n");
	ck_assert_uint_eq(left().seq, t.sent[FROM_SERVER] - 10 + GROWTH);
	ck_assert_uint_eq(left().ack, t.sent[FROM_CLIENT]);
}
END_TEST

START_TEST(several_changes_add_up)
{
	for (uint32_t i = 1; i <= 100; i++) {
		client("PASV\r\n");
		ck_assert_str_eq(server(tight), grown);
		ck_assert_uint_eq(t.heard[FROM_SERVER], t.sent[FROM_SERVER] + GROWTH * i);
		client("ABOR\r\n");
		ck_assert_uint_eq(left().ack, t.sent[FROM_SERVER]);
		server("226 ok\r\n");
		g->now += 100;
	}
}
END_TEST

START_TEST(sequence_numbers_wrap)
{
	t.sent[FROM_SERVER] = t.heard[FROM_SERVER] = 0xfffffff8;
	gateway_restart(g, &(struct flow){ g->session->flow.client, g->session->flow.service,
					   g->session->flow.server, 1, true });
	client("PASV\r\n");
	ck_assert_str_eq(server(tight), grown);
	ck_assert_uint_eq(t.heard[FROM_SERVER], 0xfffffff8 + (uint32_t)strlen(grown));
	client("NOOP\r\n");
	ck_assert_uint_eq(left().ack, 0xfffffff8 + (uint32_t)strlen(tight));
}
END_TEST

static void open_port(void *context, struct want *want)
{
	want->made = true;
	want->port = *(const uint16_t *)context;
}

/* Every piece of the line, sent again: always the same bytes at the same place. */
static void send_pieces_again(const char *service, uint16_t port, const char *becomes)
{
	struct flow flow = g->session->flow;
	uint32_t start, grown_size = (uint32_t)strlen(becomes), tight_size = (uint32_t)strlen(tight);
	char seen[64];
	struct packet p;

	flow.service = at(service);
	gateway_restart(g, &flow);
	g->open = open_port;
	g->context = &port;
	t = talk_new(g);
	client("PASV\r\n");
	start = t.sent[FROM_SERVER];
	ck_assert_str_eq(server(tight), becomes);
	for (uint32_t from = 0; from < tight_size; from++)
		for (uint32_t to = from + 1; to <= tight_size; to++) {
			struct shape s = { .seq = start + from, .ack = t.heard[FROM_CLIENT],
					   .payload = tight + from, .payload_size = to - from };

			pass(FROM_SERVER, s);
			p = left();
			ck_assert_uint_ge(p.seq, start);
			ck_assert_uint_le(p.seq - start + p.payload_size, grown_size);
			if (to == tight_size)
				ck_assert_uint_eq(p.seq - start + p.payload_size, grown_size);
			if (from == 0)
				ck_assert_uint_eq(p.seq, start);
			memcpy(seen, g->out + p.payload, p.payload_size);
			ck_assert_mem_eq(seen, becomes + (p.seq - start), p.payload_size);
		}
}

START_TEST(any_piece_sent_again_becomes_the_same_bytes)
{
	send_pieces_again("192.0.2.10:21", 1025, grown);
	send_pieces_again("1.1.1.11:21", 1025, "227 1,1,1,11,4,1\r\n");
	send_pieces_again("11.1.1.1:21", 1025, "227 11,1,1,1,4,1\r\n");
	send_pieces_again("1.1.1.1:21", 1036, "227 1,1,1,1,4,12\r\n");
	send_pieces_again("1.1.1.1:21", 11265, "227 1,1,1,1,44,1\r\n");
	send_pieces_again("1.1.1.2:21", 1025, "227 1,1,1,2,4,1\r\n");
}
END_TEST

/* However the line is cut when it is sent again, its pieces make the whole. */
START_TEST(single_bytes_sent_again_make_the_line)
{
	uint32_t start, at = 0;

	client("PASV\r\n");
	start = t.sent[FROM_SERVER];
	server(tight);
	for (uint32_t i = 0; i < strlen(tight); i++) {
		struct shape s = { .seq = start + i, .payload = tight + i, .payload_size = 1 };

		pass(FROM_SERVER, s);
		ck_assert_uint_eq(left().seq, start + at);
		at += (uint32_t)left().payload_size;
	}
	ck_assert_uint_eq(at, strlen(grown));
}
END_TEST

START_TEST(acknowledgements_of_any_part_never_run_ahead)
{
	uint32_t start, last = 0;

	client("PASV\r\n");
	start = t.sent[FROM_SERVER];
	server(tight);
	for (uint32_t i = 0; i <= strlen(grown); i++) {
		struct shape s = { .seq = t.sent[FROM_CLIENT], .ack = start + i };

		pass(FROM_CLIENT, s);
		ck_assert_uint_le(left().ack - start, i);
		ck_assert_uint_ge(left().ack - start, last);
		last = left().ack - start;
		ck_assert(last < strlen(tight) || i == strlen(grown));
	}
	ck_assert_uint_eq(last, strlen(tight));
}
END_TEST

START_TEST(selective_acknowledgements_are_renumbered)
{
	uint8_t sack[20] = { 1, 1, 5, 18 };
	const uint32_t base = 10000;
	struct shape s = { .options = sack, .options_size = sizeof(sack) };
	struct packet p;

	client("PASV\r\n");
	server(tight);
	client("NOOP\r\n");
	for (int i = 0; i < 4; i++) {
		uint32_t edge = base + 100 * (uint32_t)i + GROWTH;

		for (int k = 0; k < 4; k++)
			sack[4 + 4 * i + k] = (uint8_t)(edge >> (24 - 8 * k));
	}
	s.seq = t.sent[FROM_CLIENT];
	s.ack = t.heard[FROM_SERVER];
	pass(FROM_CLIENT, s);
	p = left();
	ck_assert_uint_eq(p.ack, t.sent[FROM_SERVER]);
	for (uint32_t i = 0; i < 4; i++) {
		const uint8_t *edge = g->out + p.tcp + 24 + 4 * i;

		ck_assert_uint_eq((uint32_t)edge[0] << 24 | (uint32_t)edge[1] << 16 |
				  (uint32_t)edge[2] << 8 | edge[3], base + 100 * i);
	}
}
END_TEST

START_TEST(keep_alives_fin_and_reset_are_renumbered)
{
	struct shape s = { .payload = NULL };

	client("PASV\r\n");
	server(tight);
	client("NOOP\r\n");
	s.seq = t.sent[FROM_SERVER] - 1;
	pass(FROM_SERVER, s);
	ck_assert_uint_eq(left().seq, t.heard[FROM_SERVER] - 1);
	s.seq = t.sent[FROM_SERVER];
	s.flags = TCP_FIN;
	pass(FROM_SERVER, s);
	ck_assert_uint_eq(left().seq, t.heard[FROM_SERVER]);
	ck_assert_uint_eq(left().flags, TCP_FIN | TCP_ACK);
	s.flags = TCP_RST;
	pass(FROM_SERVER, s);
	ck_assert_uint_eq(left().seq, t.heard[FROM_SERVER]);
	s = (struct shape){ .seq = t.sent[FROM_CLIENT], .ack = t.heard[FROM_SERVER] + 1 };
	pass(FROM_CLIENT, s);
	ck_assert_uint_eq(left().ack, t.sent[FROM_SERVER] + 1);
}
END_TEST

START_TEST(fin_does_not_overtake_what_is_missing)
{
	struct shape s = { .flags = TCP_FIN };

	client("PASV\r\n");
	server(tight);
	s.seq = t.sent[FROM_SERVER] + 10;
	pass(FROM_SERVER, s);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
}
END_TEST

START_TEST(the_urgent_pointer_moves_with_its_byte)
{
	client("PASV\r\n");
	t.flags = TCP_URG;
	t.urgent = (uint16_t)strlen(tight) + 3;
	server("227 1,1,1,1,4,1\r\nabc\r\n");
	ck_assert_uint_eq(left().urgent, strlen(grown) + 3);
}
END_TEST

START_TEST(a_packet_does_not_grow_beyond_what_the_path_bears)
{
	static char text[SETTLE_GROWTH_LIMIT + 100];
	const size_t room = SETTLE_GROWTH_LIMIT - 40;
	uint32_t start;
	struct packet p;

	client("PASV\r\n");
	start = t.sent[FROM_SERVER];
	memset(text, 'x', room - strlen(tight) + 1);
	memcpy(text, "200-", 4);
	memcpy(text + room - strlen(tight) - 11, "\r\n200 ok\r\n", 10);
	strcpy(text + room - strlen(tight) - 1, tight);
	t.flags = TCP_FIN;
	server(text);
	p = left();
	ck_assert_uint_eq(p.size, SETTLE_GROWTH_LIMIT);
	ck_assert_uint_eq(p.flags & TCP_FIN, 0);
	ck_assert_uint_eq(p.seq, start);
	/* The rest comes when it is sent again. */
	talk_repeat(&t, FROM_SERVER, (uint32_t)strlen(tight), tight);
	ck_assert_str_eq(t.text, grown);
}
END_TEST

/* ---- openings that fail ---- */

static void fail_all(void *context, struct want *want)
{
	(void)context;
	(void)want;
}

START_TEST(failure_open_sends_the_reply_unchanged)
{
	g->open = fail_all;
	client("PASV\r\n");
	ck_assert_str_eq(server(tight), tight);
	ck_assert_uint_eq(g->session->openings, 0);
	ck_assert_uint_eq(g->session->splices[FROM_SERVER], 0);
}
END_TEST

START_TEST(failure_open_sends_a_split_reply_unchanged)
{
	g->open = fail_all;
	client("PASV\r\n");
	ck_assert_str_eq(talk_spell(&t, FROM_SERVER, tight), tight);
	client("NOOP\r\n");
	ck_assert_uint_eq(g->session->splices[FROM_SERVER], 0);
}
END_TEST

START_TEST(failure_closed_drops_the_reply_until_it_succeeds)
{
	g->open = fail_all;
	g->service->fail_open = false;
	client("PASV\r\n");
	server(tight);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	talk_repeat(&t, FROM_SERVER, (uint32_t)strlen(tight), tight);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	g->open = NULL;
	talk_repeat(&t, FROM_SERVER, (uint32_t)strlen(tight), tight);
	ck_assert_str_eq(t.text, grown);
	ck_assert_uint_eq(g->session->openings, 1);
}
END_TEST

/* ---- withheld beginnings ---- */

START_TEST(a_withheld_beginning_is_not_acknowledged_by_us)
{
	client("PASV\r\n");
	ck_assert_str_eq(server("22"), "");
	ck_assert(g->outcome.adjust);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_REWRITE);
	/* The line end before it goes again, in its direction: its receiver will answer. */
	ck_assert_uint_eq(left().seq, t.sent[FROM_SERVER] - 3);
	ck_assert_uint_eq(left().payload_size, 1);
	ck_assert_uint_eq(g->out[left().payload], '\n');
	ck_assert_mem_eq(g->out + 12, &(struct in_addr){ endpoint_ipv4(&g->session->flow.server).s_addr }, 4);
}
END_TEST

START_TEST(a_withheld_beginning_is_acknowledged_with_what_is_before_it)
{
	struct shape s = { .seq = t.sent[FROM_CLIENT] };
	uint32_t before;

	client("PASV\r\n");
	s.seq = t.sent[FROM_CLIENT];
	server("200 x\r\n22");
	before = t.sent[FROM_SERVER] - 2;
	s.ack = before - 1; /* something of the line before is missing */
	pass(FROM_CLIENT, s);
	ck_assert_uint_eq(left().ack, before - 1);
	s.ack = before;
	pass(FROM_CLIENT, s);
	ck_assert_uint_eq(left().ack, before + 2);
}
END_TEST

START_TEST(a_withheld_beginning_goes_with_fin)
{
	struct shape s = { .flags = TCP_FIN };

	client("PASV\r\n");
	server("22");
	s.seq = t.sent[FROM_SERVER];
	pass(FROM_SERVER, s);
	ck_assert_uint_eq(left().payload_size, 2);
	ck_assert_mem_eq(g->out + left().payload, "22", 2);
	ck_assert_uint_eq(left().seq, t.sent[FROM_SERVER] - 2);
	ck_assert_uint_eq(left().flags & TCP_FIN, TCP_FIN);
	pass(FROM_CLIENT, (struct shape){ .seq = t.sent[FROM_CLIENT], .ack = t.sent[FROM_SERVER] + 1 });
	ck_assert_uint_eq(left().ack, t.sent[FROM_SERVER] + 1);
}
END_TEST

START_TEST(a_beginning_that_turns_out_harmless_is_released)
{
	client("PASV\r\n");
	ck_assert_str_eq(talk_spell(&t, FROM_SERVER, "220 hello\r\n227-x\r\n"), "220 hello\r\n227-x\r\n");
	ck_assert_uint_eq(t.heard[FROM_SERVER], t.sent[FROM_SERVER]);
}
END_TEST

START_TEST(a_probe_where_the_byte_before_is_unknown_carries_none)
{
	struct flow flow = g->session->flow;

	gateway_restart(g, &flow);
	client("PASV\r\n");
	ck_assert_str_eq(server("22"), "");
	ck_assert_uint_eq(left().payload_size, 0);
	ck_assert_uint_eq(left().seq, t.sent[FROM_SERVER] - 3);
}
END_TEST

/* A release whose numbers wrap between what was withheld and what carries it. */
START_TEST(a_release_across_the_wrap_reads_its_own_packet)
{
	struct flow flow = g->session->flow;

	for (uint32_t back = 1; back < 4; back++) {
		gateway_restart(g, &flow);
		t.sent[FROM_SERVER] = t.heard[FROM_SERVER] = 0 - back;
		client("PASV\r\n");
		server("22");
		ck_assert_str_eq(server("9 no\r\n"), "229 no\r\n");
	}
}
END_TEST

/* ---- limits ---- */

/* Another table, all of whose splices are taken by other sessions, which cannot do without. */
static void take_all_splices(void)
{
	struct flow flow = g->session->flow;
	struct table *table = table_new(1000);
	struct session *s;
	struct splice *splice;
	bool evicted;
	int taken = 0;

	for (uint32_t i = 1; i < 1000; i++) {
		flow.id = i;
		s = table_add(table, &flow, 0, &evicted);
		for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
			splice = table_take_splice(table, s, d);
			if (splice == NULL)
				continue;
			splice->shift = 1;
			taken++;
		}
	}
	ck_assert_int_gt(taken, 100);
	table_free(g->table);
	g->table = table;
	flow.id = 5000;
	g->session = table_add(table, &flow, 0, &evicted);
	t = talk_new(g);
}

START_TEST(with_no_splice_left_a_reply_goes_on_unchanged)
{
	take_all_splices();
	client("PASV\r\n");
	ck_assert_str_eq(server(tight), tight);
	ck_assert(gateway_said(g, REASON_SPLICES_EXHAUSTED));
	client("PASV\r\n");
	ck_assert_str_eq(server("227 "), "227 ");
	ck_assert_str_eq(server("10,0,0,2,4,1\r\n"), "10,0,0,2,4,1\r\n");
}
END_TEST

START_TEST(with_no_splice_left_what_must_not_pass_is_dropped)
{
	take_all_splices();
	client("PASV\r\n");
	g->service->fail_open = false;
	server(tight);
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	ck_assert(gateway_said(g, REASON_SPLICES_EXHAUSTED));
	g->service->fail_open = true;
	g->service->deny_tls = true;
	client("AUTH TLS\r\n");
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("settle");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_reply_of_the_same_length_leaves_nothing_behind);
	tcase_add_test(tcase, nothing_to_change_leaves_the_packet_alone);
	tcase_add_test(tcase, a_second_edit_in_flight_wants_every_packet);
	tcase_add_test(tcase, a_reply_without_slack_grows_and_is_followed);
	tcase_add_test(tcase, what_follows_is_renumbered_both_ways);
	tcase_add_test(tcase, several_changes_add_up);
	tcase_add_test(tcase, sequence_numbers_wrap);
	tcase_add_test(tcase, any_piece_sent_again_becomes_the_same_bytes);
	tcase_add_test(tcase, single_bytes_sent_again_make_the_line);
	tcase_add_test(tcase, acknowledgements_of_any_part_never_run_ahead);
	tcase_add_test(tcase, selective_acknowledgements_are_renumbered);
	tcase_add_test(tcase, keep_alives_fin_and_reset_are_renumbered);
	tcase_add_test(tcase, fin_does_not_overtake_what_is_missing);
	tcase_add_test(tcase, the_urgent_pointer_moves_with_its_byte);
	tcase_add_test(tcase, a_packet_does_not_grow_beyond_what_the_path_bears);
	tcase_add_test(tcase, failure_open_sends_the_reply_unchanged);
	tcase_add_test(tcase, failure_open_sends_a_split_reply_unchanged);
	tcase_add_test(tcase, failure_closed_drops_the_reply_until_it_succeeds);
	tcase_add_test(tcase, a_withheld_beginning_is_not_acknowledged_by_us);
	tcase_add_test(tcase, a_withheld_beginning_is_acknowledged_with_what_is_before_it);
	tcase_add_test(tcase, a_withheld_beginning_goes_with_fin);
	tcase_add_test(tcase, a_beginning_that_turns_out_harmless_is_released);
	tcase_add_test(tcase, a_probe_where_the_byte_before_is_unknown_carries_none);
	tcase_add_test(tcase, a_release_across_the_wrap_reads_its_own_packet);
	tcase_add_test(tcase, with_no_splice_left_a_reply_goes_on_unchanged);
	tcase_add_test(tcase, with_no_splice_left_what_must_not_pass_is_dropped);
	return run_suite("settle", tcase);
}
