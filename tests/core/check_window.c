/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that somebody else sends in the name of an end of an adjusted session. */
#include "core/window.h"

#include "dialogue.h"

#include <string.h>

static uint8_t bytes[PACKET_SIZE_MAX];

/* The announcement grows by two bytes: from here on the two ends count differently. */
static void begin_adjusted(void)
{
	begin_v4();
	client("PASV\r\n");
	server("227 10,0,0,2,195,80\r\n");
	ck_assert(g->session->adjusted);
	client("NOOP\r\n");
	server("200 still here\r\n");
}

/* A packet in the name of that end; distance: from the number that the end itself would use. */
static void forge(enum direction from, uint32_t distance, uint32_t ack_distance, uint8_t flags,
		  const char *text)
{
	const struct flow *flow = &g->session->flow;
	const struct splice_map map = splice_map_at(table_splice(g->table, g->session, opposite(from)),
						    g->session->dialogue.streams[opposite(from)].next);
	const struct shape shape = {
		.from = from == FROM_CLIENT ? flow->client : flow->server,
		.to = from == FROM_CLIENT ? flow->service : flow->client,
		.seq = g->session->dialogue.streams[from].next + distance,
		.ack = splice_to_receiver(&map, map.next) + ack_distance,
		.flags = flags, .window = 500, .payload = text, .payload_size = strlen(text),
	};

	ck_assert(gateway_pass(g, from, bytes, shape_write(&shape, bytes)));
}

static void expect_ignored(const struct dialogue *before, uint32_t seen)
{
	ck_assert_int_eq(g->outcome.verdict, VERDICT_DROP);
	ck_assert(gateway_said(g, REASON_OUT_OF_WINDOW));
	ck_assert_int_eq(memcmp(before, &g->session->dialogue, sizeof(*before)), 0);
	ck_assert_uint_eq(g->session->seen, seen);
}

static const uint32_t far_away[] = {
	WINDOW_BYTES + 1, 1u << 20, 1u << 30, 1u << 31, 3u << 30, 0u - (1u << 20), 0u - WINDOW_BYTES - 1,
};

START_TEST(a_foreign_rst_fin_or_text_changes_nothing)
{
	static const struct { uint8_t flags; const char *text; } forged[] = {
		{ TCP_RST, "" }, { TCP_RST | TCP_ACK, "" }, { TCP_FIN | TCP_ACK, "" }, { TCP_ACK, "" },
		{ TCP_ACK | TCP_PSH, "PASV\r\n" }, { TCP_ACK | TCP_FIN, "QUIT\r\n" },
	};
	const struct dialogue before = g->session->dialogue;
	const uint32_t seen = g->session->seen;

	g->now += 10;
	for (enum direction from = FROM_CLIENT; from < DIRECTIONS; from++)
		for (size_t i = 0; i < sizeof(far_away) / sizeof(far_away[0]); i++)
			for (size_t k = 0; k < sizeof(forged) / sizeof(forged[0]); k++) {
				forge(from, far_away[i], 0, forged[k].flags, forged[k].text);
				expect_ignored(&before, seen);
			}
	client("PASV\r\n");
	ck_assert_str_eq(server("227 10,0,0,2,195,81\r\n"), "227 192,0,2,10,195,81\r\n");
}
END_TEST

/* The same segment again and again is not waited for, either. */
START_TEST(a_foreign_segment_that_is_repeated_does_not_make_the_session_blind)
{
	for (int i = 0; i < 20; i++)
		forge(FROM_SERVER, 1u << 24, 0, TCP_ACK | TCP_PSH, "226 done\r\n");
	client("PASV\r\n");
	ck_assert_str_eq(server("227 10,0,0,2,195,81\r\n"), "227 192,0,2,10,195,81\r\n");
}
END_TEST

START_TEST(an_acknowledgement_of_what_was_never_said_is_foreign)
{
	const struct dialogue before = g->session->dialogue;

	for (size_t i = 0; i < sizeof(far_away) / sizeof(far_away[0]); i++) {
		forge(FROM_CLIENT, 0, far_away[i], TCP_ACK | TCP_PSH, "NOOP\r\n");
		expect_ignored(&before, g->session->seen);
	}
}
END_TEST

START_TEST(an_end_that_ends_the_session_is_heard)
{
	forge(FROM_CLIENT, 0, 0, TCP_RST, "");
	ck_assert_int_ne(g->outcome.verdict, VERDICT_DROP);
	ck_assert(g->session->dialogue.closing);
}
END_TEST

/* Conntrack's own check is at work there. */
START_TEST(of_a_session_that_keeps_its_length_nothing_is_foreign)
{
	gateway_free(g);
	begin_v4();
	forge(FROM_SERVER, 1u << 24, 0, TCP_RST, "");
	ck_assert(!gateway_said(g, REASON_OUT_OF_WINDOW));
	ck_assert_int_eq(g->outcome.verdict, VERDICT_ACCEPT);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		a_foreign_rst_fin_or_text_changes_nothing,
		a_foreign_segment_that_is_repeated_does_not_make_the_session_blind,
		an_acknowledgement_of_what_was_never_said_is_foreign,
		an_end_that_ends_the_session_is_heard,
		of_a_session_that_keeps_its_length_nothing_is_foreign,
	};

	return run_in(begin_adjusted, tests, sizeof(tests) / sizeof(tests[0]), "window");
}
