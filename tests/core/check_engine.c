/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of a packet whose openings fail, take their time, or are lost on the way. */
#include "core/engine.h"

#include "../support/packets.h"
#include "../support/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NOW = 1000, PORTS_MAX = 8, SESSIONS = 4 };

/* An opener that does what the test says, and knows what is open. */
static struct {
	uint32_t now;
	size_t refused_from; /* openings from this one on are refused */
	size_t room;         /* of its table: then they are refused with EMFILE */
	bool slow;           /* nothing is in force at once */
	int settled;         /* the answer to that question */
	int send_again_error;
	bool rest_carries; /* what is left when a part is given up */
	int given_up_for;  /* the error of that */
	size_t asked, sent_again, replaced;
	size_t open_count;
	uint16_t open[PORTS_MAX];
} kernel;

static struct policy *policy;
static struct table *table;
static struct clients *clients;
static struct session *session;
static struct decision decision;
static struct outcome outcome;
static uint32_t next[DIRECTIONS];
static uint8_t bytes[PACKET_SIZE_MAX], out[PACKET_SIZE_MAX];
static struct packet packet;
static struct transit transit;

static void make(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		 reason_set *reasons)
{
	(void)opener;
	(void)at;
	want->error = kernel.open_count < kernel.room ? 0 : -EMFILE;
	want->made = kernel.asked++ < kernel.refused_from && want->error == 0;
	if (!want->made) {
		*reasons |= reason_bit(REASON_OPENING_FAILED);
		return;
	}
	want->port = want->target.port;
	kernel.open[kernel.open_count++] = want->target.port;
	if (kernel.slow)
		*ticket = kernel.asked;
}

static int settled(void *opener, uint64_t ticket)
{
	(void)opener;
	ck_assert_uint_ne(ticket, 0);
	return kernel.settled;
}

static int send_again(void *opener, const struct situation *at, const struct want *want, uint64_t *ticket)
{
	(void)opener;
	(void)at;
	(void)want;
	kernel.sent_again++;
	*ticket = 100 + kernel.sent_again;
	return kernel.send_again_error;
}

static void undo(void *opener, const struct flow *flow, struct want *want)
{
	(void)opener;
	ck_assert(want->made);
	ck_assert(endpoint_same_address(&flow->client, &session->flow.client));
	want->made = false;
	for (size_t i = 0; i < kernel.open_count; i++)
		if (kernel.open[i] == want->target.port)
			kernel.open[i] = kernel.open[--kernel.open_count];
}

static bool waits(void *opener, const struct flow *flow, const struct want *want)
{
	(void)opener;
	(void)flow;
	for (size_t i = 0; i < kernel.open_count; i++)
		if (kernel.open[i] == want->target.port)
			return true;
	return false;
}

static void fall_back(void *opener, const struct situation *at, struct want *want, int error)
{
	kernel.given_up_for = error;
	if (!kernel.rest_carries)
		undo(opener, &at->session->flow, want);
}

static bool replace(void *opener, const struct situation *at, const struct replaced *last)
{
	(void)opener;
	(void)at;
	(void)last;
	kernel.replaced++;
	return true;
}

static const struct opener_ops ops = { make, settled, send_again, fall_back, undo, waits, replace };

static struct engine engine(void)
{
	return (struct engine){ policy, table, &ops, NULL, kernel.now, clients };
}

static void begin(void)
{
	const struct flow flow = {
		.client = at("198.51.100.7:40000"), .service = at("192.0.2.10:21"),
		.server = at("10.0.0.2:21"), .id = 7, .has_helper = true,
	};
	bool evicted;

	memset(&kernel, 0, sizeof(kernel));
	kernel.refused_from = kernel.room = PORTS_MAX;
	kernel.now = NOW;
	policy = calloc(1, sizeof(*policy) + sizeof(policy->services[0]));
	ck_assert_ptr_nonnull(policy);
	policy->openings_per_session = 8;
	policy->openings_per_client = 100;
	policy->max_line = 8192;
	policy->opening_seconds = 60;
	policy->service_count = 1;
	policy->services[0] = (struct service){ .address = flow.service, .active = true };
	table = table_new(SESSIONS);
	clients = clients_new(table, SESSIONS, 1);
	session = table_add(table, &flow, NOW, &evicted);
	next[FROM_CLIENT] = 1000;
	next[FROM_SERVER] = 5000;
}

static void end(void)
{
	clients_free(clients);
	table_free(table);
	free(policy);
}

/* The packet as far as its openings. Returns whether it can be finished. */
static bool send_packet(enum direction from, const char *text)
{
	const struct flow *flow = &session->flow;
	const struct engine e = engine();
	const struct shape shape = {
		.from = from == FROM_CLIENT ? flow->client : flow->server,
		.to = from == FROM_CLIENT ? flow->service : flow->client,
		.seq = next[from], .ack = next[opposite(from)], .flags = TCP_ACK, .window = 500,
		.payload = text, .payload_size = strlen(text),
	};

	ck_assert_int_eq(packet_parse(bytes, shape_write(&shape, bytes), &packet), 0);
	next[from] += (uint32_t)shape.payload_size;
	transit = (struct transit){ session, &policy->services[0], from, &packet, &decision, 0, false };
	engine_decide(&e, &transit);
	return engine_make(&e, &transit);
}

static bool is_ready(bool late)
{
	const struct engine e = engine();

	return engine_ready(&e, &transit, late);
}

static void finish(void)
{
	const struct engine e = engine();

	engine_finish(&e, &transit, out, sizeof(out), &outcome);
}

static const char ask_twice[] = "PORT 198,51,100,7,156,64\r\nPORT 198,51,100,7,156,65\r\n";

/* With fail = "closed" one opening of two that fails drops the packet. */
START_TEST(a_dropped_packet_leaves_no_opening)
{
	send_packet(FROM_SERVER, "220 ready\r\n");
	finish();
	kernel.refused_from = 1;
	ck_assert(send_packet(FROM_CLIENT, ask_twice));
	ck_assert_uint_eq(kernel.open_count, 1);
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_DROP);
	ck_assert_uint_eq(kernel.open_count, 0);
	ck_assert(!decision.wants[0].made);
	ck_assert_uint_eq(session->openings, 0);
}
END_TEST

START_TEST(a_packet_that_goes_on_keeps_what_was_opened)
{
	policy->services[0].fail_open = true;
	kernel.refused_from = 1;
	ck_assert(send_packet(FROM_CLIENT, ask_twice));
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_ACCEPT);
	ck_assert_uint_eq(kernel.open_count, 1);
	ck_assert_uint_eq(session->openings, 1);
}
END_TEST

START_TEST(a_packet_waits_until_its_opening_is_in_force)
{
	kernel.slow = true;
	ck_assert(!send_packet(FROM_CLIENT, "PORT 198,51,100,7,156,64\r\n"));
	ck_assert(!is_ready(false));
	kernel.settled = 1;
	ck_assert(is_ready(false));
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_ACCEPT);
	ck_assert_uint_eq(session->openings, 1);
}
END_TEST

START_TEST(an_opening_that_is_not_in_force_in_time_is_taken_back)
{
	policy->services[0].fail_open = true;
	kernel.slow = true;
	ck_assert(!send_packet(FROM_CLIENT, "PORT 198,51,100,7,156,64\r\n"));
	ck_assert(is_ready(true));
	ck_assert_uint_eq(kernel.open_count, 0);
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_ACCEPT);
	ck_assert(decision.reasons & reason_bit(REASON_OPENING_FAILED));
	ck_assert_uint_eq(session->openings, 0);
}
END_TEST

START_TEST(an_opening_that_was_lost_is_sent_again)
{
	kernel.slow = true;
	ck_assert(!send_packet(FROM_CLIENT, "PORT 198,51,100,7,156,64\r\n"));
	kernel.settled = -ESTALE;
	ck_assert(!is_ready(false));
	ck_assert_uint_eq(kernel.sent_again, 1);
	ck_assert_uint_eq(transit.ticket, 101);
	kernel.settled = 1;
	ck_assert(is_ready(false));
	ck_assert_uint_eq(kernel.open_count, 1);
}
END_TEST

START_TEST(an_opening_that_is_lost_again_is_carried_by_the_rest)
{
	kernel.slow = kernel.rest_carries = true;
	ck_assert(!send_packet(FROM_CLIENT, "PORT 198,51,100,7,156,64\r\n"));
	kernel.settled = -ETIMEDOUT;
	ck_assert(!is_ready(false));
	ck_assert(is_ready(false));
	ck_assert_uint_eq(kernel.sent_again, 1);
	ck_assert_int_eq(kernel.given_up_for, -ETIMEDOUT);
	ck_assert_uint_eq(kernel.open_count, 1);
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_ACCEPT);
	ck_assert(decision.reasons & reason_bit(REASON_OPENING_HALVED));
	ck_assert(!(decision.reasons & reason_bit(REASON_OPENING_FAILED)));
	ck_assert_uint_eq(session->openings, 1);
}
END_TEST

START_TEST(an_opening_that_cannot_be_sent_again_has_failed)
{
	kernel.slow = true;
	ck_assert(!send_packet(FROM_CLIENT, "PORT 198,51,100,7,156,64\r\n"));
	kernel.settled = -ESTALE;
	kernel.send_again_error = -ENETDOWN;
	ck_assert(is_ready(false));
	ck_assert_uint_eq(kernel.open_count, 0);
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_DROP);
}
END_TEST

START_TEST(the_next_passive_opening_takes_the_place_of_the_last)
{
	send_packet(FROM_SERVER, "220 ready\r\n");
	finish();
	for (int i = 0; i < 2; i++) {
		char text[64];

		send_packet(FROM_CLIENT, "EPSV\r\n");
		finish();
		ck_assert_uint_eq(kernel.replaced, 0);
		snprintf(text, sizeof(text), "229 Extended (|||%d|)\r\n", 50000 + i);
		ck_assert(send_packet(FROM_SERVER, text));
		finish();
	}
	ck_assert_uint_eq(kernel.open_count, 2);
	ck_assert_uint_eq(kernel.replaced, 1);
}
END_TEST

/* A session of that client, and PORT to the next of its ports. */
static void open_another(const char *client, uint16_t port)
{
	struct flow flow = session->flow;
	bool evicted;
	char text[64];

	flow.client = at(client);
	flow.id = port;
	session = table_add(table, &flow, NOW, &evicted);
	next[FROM_CLIENT] = 1000;
	next[FROM_SERVER] = 5000;
	snprintf(text, sizeof(text), "EPRT |1|%.*s|%u|\r\n", (int)strcspn(client, ":"), client, port);
	ck_assert(send_packet(FROM_CLIENT, text));
	finish();
}

static bool is_open(uint16_t port)
{
	const struct want want = { .target = { .port = port } };

	return waits(NULL, NULL, &want);
}

START_TEST(over_its_limit_a_client_gives_up_its_own_oldest_opening)
{
	policy->openings_per_client = 2;
	open_another("198.51.100.8:1", 40000);
	for (uint16_t port = 40001; port < 40004; port++)
		open_another("198.51.100.7:2", port);
	ck_assert(decision.reasons & reason_bit(REASON_CLIENT_OPENINGS));
	ck_assert_uint_eq(kernel.open_count, 3);
	ck_assert(!is_open(40001));
	ck_assert(is_open(40000) && is_open(40002) && is_open(40003));
}
END_TEST

START_TEST(openings_that_were_used_do_not_count)
{
	policy->openings_per_client = 2;
	open_another("198.51.100.7:1", 40001);
	open_another("198.51.100.7:2", 40002);
	kernel.open[1] = 40009; /* the second one is used */
	open_another("198.51.100.7:3", 40003);
	ck_assert(!(decision.reasons & reason_bit(REASON_CLIENT_OPENINGS)));
	ck_assert(is_open(40001) && is_open(40003));
}
END_TEST

START_TEST(openings_whose_time_is_over_do_not_count)
{
	policy->openings_per_client = 1;
	open_another("198.51.100.7:1", 40001);
	kernel.now += policy->opening_seconds;
	open_another("198.51.100.7:2", 40002);
	ck_assert(!(decision.reasons & reason_bit(REASON_CLIENT_OPENINGS)));
	ck_assert_uint_eq(clients_openings(clients, &session->flow.client), 1);
}
END_TEST

START_TEST(in_a_full_table_a_client_gives_up_its_own_opening)
{
	open_another("198.51.100.8:1", 40000);
	open_another("198.51.100.7:2", 40001);
	kernel.room = 2;
	open_another("198.51.100.7:3", 40002);
	ck_assert(decision.reasons & reason_bit(REASON_CLIENT_OPENINGS));
	ck_assert(!(decision.reasons & reason_bit(REASON_OPENING_FAILED)));
	ck_assert(is_open(40000) && is_open(40002) && !is_open(40001));
	open_another("198.51.100.9:4", 40003);
	ck_assert(decision.reasons & reason_bit(REASON_OPENING_FAILED));
	ck_assert(is_open(40000) && is_open(40002));
}
END_TEST

START_TEST(what_is_taken_back_does_not_count)
{
	policy->openings_per_client = 2;
	kernel.refused_from = 1;
	ck_assert(send_packet(FROM_CLIENT, ask_twice));
	ck_assert_uint_eq(clients_openings(clients, &session->flow.client), 1);
	finish();
	ck_assert_int_eq(outcome.verdict, VERDICT_DROP);
	ck_assert_uint_eq(clients_openings(clients, &session->flow.client), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("engine");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_dropped_packet_leaves_no_opening);
	tcase_add_test(tcase, a_packet_that_goes_on_keeps_what_was_opened);
	tcase_add_test(tcase, a_packet_waits_until_its_opening_is_in_force);
	tcase_add_test(tcase, an_opening_that_is_not_in_force_in_time_is_taken_back);
	tcase_add_test(tcase, an_opening_that_was_lost_is_sent_again);
	tcase_add_test(tcase, an_opening_that_is_lost_again_is_carried_by_the_rest);
	tcase_add_test(tcase, an_opening_that_cannot_be_sent_again_has_failed);
	tcase_add_test(tcase, over_its_limit_a_client_gives_up_its_own_oldest_opening);
	tcase_add_test(tcase, openings_that_were_used_do_not_count);
	tcase_add_test(tcase, openings_whose_time_is_over_do_not_count);
	tcase_add_test(tcase, in_a_full_table_a_client_gives_up_its_own_opening);
	tcase_add_test(tcase, what_is_taken_back_does_not_count);
	tcase_add_test(tcase, the_next_passive_opening_takes_the_place_of_the_last);
	return run_suite("engine", tcase);
}
