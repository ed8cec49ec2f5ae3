/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one packet costs in core: parsing, service and session lookup, decide and settle.
 *
 *	core            every scenario's nanoseconds per packet, the fastest of many rounds, as JSON
 *	core NAME       one round of one scenario: run it under callgrind with
 *	                --toggle-collect=measured, and divide by the number of packets that it prints
 *
 * A round brings SESSIONS sessions into the same state, untimed, and then gives each of them the
 * same packet. Every opening is granted. A scenario that does not come out as it says ends the
 * program: a figure of something else would be worse than none.
 */
#include "core/engine.h"
#include "../tests/support/packets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SESSIONS = 1000,
	SERVICES = 8,
	SESSIONS_PER_SPLICE = 16, /* the table's: here each session may need one */
	ROUNDS = 200,
	STEPS_MAX = 8,
	NOW = 1000,
};

/* One segment. ack_more: how much further its receiver counts than its sender. */
struct step {
	enum direction from;
	const char *text; /* NULL ends a list */
	uint32_t ack_more;
	bool sack;
};

struct scenario {
	const char *name;
	const char *title;
	struct step steps[STEPS_MAX]; /* the last one is measured */
	enum verdict verdict;
	bool adjust;
};

#define GREETING { FROM_SERVER, "220 (vsFTPd 3.0.3)\r\n", 0, false }
#define PASV { FROM_CLIENT, "PASV\r\n", 0, false }
/* No words to drop: the announcement of 192.0.2.10 is two bytes longer. */
#define GROWING { FROM_SERVER, "227 10,0,0,2,195,80\r\n", 0, false }
#define GROWN { FROM_CLIENT, "", 2, false }
#define ADJUSTED GREETING, PASV, GROWING, GROWN

static const struct scenario scenarios[] = {
	{ "unfinished", "segment without line end",
	  { GREETING, { FROM_SERVER, "150 Opening BINARY mode data connection for ", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "kept", "beginning of a command, kept",
	  { GREETING, { FROM_CLIENT, "PAS", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "reply", "ordinary reply",
	  { GREETING, { FROM_SERVER, "200 Switching to Binary mode.\r\n", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "command", "ordinary command",
	  { GREETING, { FROM_CLIENT, "RETR readme.txt\r\n", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "ack", "bare acknowledgement",
	  { GREETING, { FROM_CLIENT, "", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "pasv", "PASV",
	  { GREETING, PASV },
	  VERDICT_ACCEPT, false },
	{ "port", "PORT, opened",
	  { GREETING, { FROM_CLIENT, "PORT 198,51,100,2,156,64\r\n", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "227-equal", "227, equal length",
	  { GREETING, PASV,
	    { FROM_SERVER, "227 Entering Passive Mode (10,0,0,2,195,80).\r\n", 0, false } },
	  VERDICT_REWRITE, false },
	{ "227-grows", "227, longer",
	  { GREETING, PASV, GROWING },
	  VERDICT_REWRITE, true },
	{ "229", "229, port unchanged",
	  { GREETING, { FROM_CLIENT, "EPSV\r\n", 0, false },
	    { FROM_SERVER, "229 Entering Extended Passive Mode (|||50000|)\r\n", 0, false } },
	  VERDICT_ACCEPT, false },
	{ "adjusted", "reply in an adjusted session",
	  { ADJUSTED, { FROM_SERVER, "200 Switching to Binary mode.\r\n", 0, false } },
	  VERDICT_REWRITE, false },
	{ "sack", "four SACK blocks in an adjusted session",
	  { ADJUSTED, { FROM_CLIENT, "", 2, true } },
	  VERDICT_REWRITE, false },
};
enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

struct frame {
	enum direction from;
	size_t size;
	uint8_t bytes[512];
};

struct crowd {
	struct policy *policy;
	struct table *table;
	struct flow flows[SESSIONS];
	struct frame frames[STEPS_MAX];
	size_t frame_count;
	struct decision decision;
	struct outcome outcome;
	uint8_t out[PACKET_SIZE_MAX];
};

static void fail(const struct scenario *s, const char *what)
{
	fprintf(stderr, "core: %s: %s\n", s->name, what);
	exit(1);
}

/* ---- what is measured ---- */

static void grant(void *opener, const struct situation *at, struct want *want, uint64_t *ticket,
		  reason_set *reasons)
{
	(void)opener;
	(void)at;
	(void)ticket;
	(void)reasons;
	want->port = want->target.port;
	want->made = true;
}

static const struct opener_ops ops = { .make = grant };

static bool pass(struct crowd *c, const struct flow *flow, const struct frame *f)
{
	const struct engine engine = { c->policy, c->table, &ops, NULL, NOW, NULL };
	struct packet packet;
	struct transit transit = {
		.session = table_find(c->table, flow), .from = f->from, .packet = &packet,
		.decision = &c->decision,
	};

	if (transit.session == NULL)
		return false;
	transit.service = policy_find_again(c->policy, &flow->service, &transit.session->service);
	if (transit.service == NULL || packet_parse(f->bytes, f->size, &packet) < 0)
		return false;
	engine_decide(&engine, &transit);
	engine_make(&engine, &transit);
	engine_finish(&engine, &transit, c->out, sizeof(c->out), &c->outcome);
	transit.session->adjusted |= c->outcome.adjust;
	return true;
}

/* The same packet for everybody; returns how many of them took it. */
static size_t pass_all(struct crowd *c, const struct frame *f)
{
	size_t passed = 0;

	for (size_t i = 0; i < SESSIONS; i++)
		passed += pass(c, &c->flows[i], f);
	return passed;
}

/* The boundary that callgrind is told of. */
static __attribute__((noipa)) size_t measured(struct crowd *c)
{
	return pass_all(c, &c->frames[c->frame_count - 1]);
}

/* ---- before and after ---- */

static uint32_t hash(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

static struct flow make_flow(uint32_t n)
{
	struct flow flow = {
		.client = at("198.51.100.2:1"), .service = at("192.0.2.10:21"),
		.server = at("10.0.0.2:21"), .id = hash(n + 1), .has_helper = true,
	};

	flow.client.port = (uint16_t)(1024 + n);
	return flow;
}

static struct policy *make_policy(void)
{
	struct policy *p = calloc(1, sizeof(*p) + SERVICES * sizeof(p->services[0]));

	if (p == NULL)
		abort();
	p->openings_per_session = 8;
	p->max_line = 8192;
	p->idle_seconds = 7200;
	p->opening_seconds = 60;
	p->service_count = SERVICES;
	for (size_t i = 0; i < SERVICES; i++) {
		struct service *s = &p->services[i];

		*s = (struct service){ .active = true, .fail_open = true };
		s->address = at("192.0.2.10:21");
		s->address.addr.s6_addr[15] = (uint8_t)(7 + i);
	}
	return p;
}

/* As many blocks as TCP's options hold, with the two NOPs that senders put before them. */
static size_t write_sack(uint32_t ack, uint8_t options[static SHAPE_OPTIONS_MAX])
{
	size_t at = 4;

	memcpy(options, (const uint8_t[]){ 1, 1, 5, 34 }, 4);
	for (uint32_t edge = 1; edge <= 8; edge++) {
		uint32_t value = ack + 100 * edge;

		options[at++] = (uint8_t)(value >> 24);
		options[at++] = (uint8_t)(value >> 16);
		options[at++] = (uint8_t)(value >> 8);
		options[at++] = (uint8_t)value;
	}
	return at;
}

static void write_frames(const struct scenario *s, struct crowd *c)
{
	const struct endpoint client = at("198.51.100.2:40000"), service = at("192.0.2.10:21"),
			      server = at("10.0.0.2:21");
	uint32_t next[DIRECTIONS] = { 1000, 5000 };

	c->frame_count = 0;
	for (const struct step *step = s->steps; step->text != NULL; step++) {
		struct frame *f = &c->frames[c->frame_count++];
		bool up = step->from == FROM_CLIENT;
		uint8_t options[SHAPE_OPTIONS_MAX];
		struct shape shape = {
			.from = up ? client : server, .to = up ? service : client,
			.seq = next[step->from], .ack = next[opposite(step->from)] + step->ack_more,
			.flags = TCP_ACK, .window = 500,
			.payload = step->text, .payload_size = strlen(step->text),
		};

		if (step->sack) {
			shape.options_size = write_sack(shape.ack, options);
			shape.options = options;
		}
		f->from = step->from;
		f->size = shape_write(&shape, f->bytes);
		next[step->from] += (uint32_t)shape.payload_size;
	}
}

/* Fresh sessions, taken up to the packet that is measured. */
static void prepare(const struct scenario *s, struct crowd *c)
{
	bool evicted;

	for (size_t i = 0; i < SESSIONS; i++) {
		struct session *old = table_find(c->table, &c->flows[i]);

		if (old != NULL)
			table_remove(c->table, old);
		if (table_add(c->table, &c->flows[i], NOW, &evicted) == NULL || evicted)
			fail(s, "no room for a session");
	}
	for (size_t i = 0; i + 1 < c->frame_count; i++)
		if (pass_all(c, &c->frames[i]) != SESSIONS)
			fail(s, "a packet before the measured one was not understood");
}

static void verify(const struct scenario *s, const struct crowd *c, size_t passed)
{
	if (passed != SESSIONS)
		fail(s, "packets were not understood");
	if (c->outcome.verdict != s->verdict || c->outcome.adjust != s->adjust)
		fail(s, "another outcome than expected");
	if (c->outcome.verdict == VERDICT_REWRITE && !packet_is_valid(c->out, c->outcome.size))
		fail(s, "a bad packet was written");
	if ((c->decision.reasons | c->outcome.reasons) != 0)
		fail(s, "something was refused");
}

static struct crowd *crowd_new(void)
{
	struct crowd *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->policy = make_policy();
	c->table = table_new(SESSIONS * SESSIONS_PER_SPLICE);
	if (c->table == NULL)
		abort();
	for (uint32_t i = 0; i < SESSIONS; i++)
		c->flows[i] = make_flow(i);
	return c;
}

static void crowd_free(struct crowd *c)
{
	table_free(c->table);
	free(c->policy);
	free(c);
}

static uint64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static double time_scenario(const struct scenario *s, struct crowd *c)
{
	uint64_t best = UINT64_MAX;

	write_frames(s, c);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t begin, taken;
		size_t passed;

		prepare(s, c);
		begin = nanoseconds();
		passed = measured(c);
		taken = nanoseconds() - begin;
		verify(s, c, passed);
		if (taken < best)
			best = taken;
	}
	return (double)best / SESSIONS;
}

static void run_once(const struct scenario *s, struct crowd *c)
{
	write_frames(s, c);
	prepare(s, c);
	verify(s, c, measured(c));
	printf("%d\n", SESSIONS);
}

static void time_all(struct crowd *c)
{
	for (size_t i = 0; i < SCENARIOS; i++)
		printf("%s{ \"name\": \"%s\", \"title\": \"%s\", \"ns\": %.1f }", i == 0 ? "[ " : ",\n  ",
		       scenarios[i].name, scenarios[i].title, time_scenario(&scenarios[i], c));
	printf(" ]\n");
}

int main(int argc, char **argv)
{
	struct crowd *c = crowd_new();
	int status = argc > 2 ? 2 : argc == 2;

	for (size_t i = 0; argc == 2 && i < SCENARIOS; i++)
		if (strcmp(scenarios[i].name, argv[1]) == 0) {
			run_once(&scenarios[i], c);
			status = 0;
		}
	if (argc == 1)
		time_all(c);
	if (status != 0)
		fprintf(stderr, "usage: core [SCENARIO]\n");
	crowd_free(c);
	return status;
}
