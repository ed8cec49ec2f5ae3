/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sessions cost when there are many: memory, lookup, expiry, eviction.
 *
 *	scale SESSIONS [bare]
 *
 * In a table with room for a million, that many sessions greet and send a command, and fall idle.
 * Prints one line of JSON. bare: without the dialogue, for callgrind (--toggle-collect=look_up,
 * expire_all).
 */
#include "core/engine.h"
#include "../tests/support/packets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	CAPACITY = 1000000,
	LOOKUPS = 1000000,
	IDLE_SECONDS = 7200,
};

struct frame {
	enum direction from;
	size_t size;
	uint8_t bytes[256];
};

struct bench {
	size_t sessions;
	struct table *table;
	struct policy *policy;
	struct frame greeting, command;
	struct decision decision;
	struct outcome outcome;
	uint8_t out[PACKET_SIZE_MAX];
};

static void fail(const char *what)
{
	fprintf(stderr, "scale: %s\n", what);
	exit(1);
}

static uint64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	uint64_t pages = 0;

	if (file == NULL || fscanf(file, "%*u %" SCNu64, &pages) != 1)
		fail("/proc/self/statm cannot be read");
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A bijection, so that no two sessions share an id; conntrack's are as random. */
static uint32_t hash(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352du;
	x = (x ^ x >> 15) * 0x846ca68bu;
	return x ^ x >> 16;
}

static struct flow make_flow(const struct policy *policy, uint32_t n)
{
	struct flow flow = {
		.client = policy->services[0].address, .service = policy->services[0].address,
		.server = policy->services[0].address, .id = hash(n + 1), .has_helper = true,
	};

	flow.client.addr.s6_addr[13] = (uint8_t)(n >> 16);
	flow.client.addr.s6_addr[14] = (uint8_t)(n >> 8);
	flow.client.addr.s6_addr[15] = (uint8_t)n;
	return flow;
}

/* Nothing that is said here wants an opening. */
static void pass(struct bench *b, struct session *session, const struct frame *f)
{
	const struct engine engine = { .policy = b->policy, .table = b->table };
	struct packet packet;
	const struct transit transit = { session, &b->policy->services[0], f->from, &packet, &b->decision, 0, false };

	if (packet_parse(f->bytes, f->size, &packet) < 0)
		fail("a packet was not understood");
	engine_decide(&engine, &transit);
	engine_finish(&engine, &transit, b->out, sizeof(b->out), &b->outcome);
	if (b->outcome.verdict != VERDICT_ACCEPT)
		fail("a packet was not accepted");
}

/* So many in all. */
static void add_sessions(struct bench *b, size_t sessions, bool talk)
{
	bool evicted;

	for (uint32_t i = (uint32_t)table_count(b->table); i < sessions; i++) {
		const struct flow flow = make_flow(b->policy, i);
		struct session *s = table_add(b->table, &flow, 0, &evicted);

		if (s == NULL || evicted)
			fail("no room for a session");
		if (!talk)
			continue;
		pass(b, s, &b->greeting);
		pass(b, s, &b->command);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* In no order that the table knows. Returns how many were found. */
static __attribute__((noipa)) size_t look_up(struct bench *b, const struct flow *flows, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += table_find(b->table, &flows[i]) != NULL;
	return found;
}

/* The median of many chunks: some are interrupted. */
static double time_lookups(struct bench *b)
{
	enum { CHUNK = 1000, CHUNKS = LOOKUPS / CHUNK };
	static uint64_t taken[CHUNKS];
	struct flow flows[CHUNK];

	for (uint32_t chunk = 0; chunk < CHUNKS; chunk++) {
		uint64_t begin;

		for (uint32_t i = 0; i < CHUNK; i++)
			flows[i] = make_flow(b->policy, (uint32_t)((uint64_t)hash(chunk * CHUNK + i) *
								   b->sessions >> 32));
		begin = nanoseconds();
		if (look_up(b, flows, CHUNK) != CHUNK)
			fail("a session was not found");
		taken[chunk] = nanoseconds() - begin;
	}
	qsort(taken, CHUNKS, sizeof(taken[0]), compare_numbers);
	return (double)taken[CHUNKS / 2] / CHUNK;
}

static __attribute__((noipa)) size_t expire_all(struct bench *b)
{
	size_t expired = 0, some;

	do {
		some = table_expire(b->table, IDLE_SECONDS + 1, IDLE_SECONDS, 64);
		expired += some;
	} while (some > 0);
	return expired;
}

static double time_expiry(struct bench *b)
{
	uint64_t begin = nanoseconds();

	if (expire_all(b) != b->sessions)
		fail("not all sessions expired");
	return (double)(nanoseconds() - begin) / (double)b->sessions;
}

static void write_frame(struct frame *f, enum direction from, const char *text)
{
	const struct endpoint a = at("198.51.100.2:40000"), b = at("192.0.2.10:21");
	const struct shape shape = {
		.from = from == FROM_CLIENT ? a : b, .to = from == FROM_CLIENT ? b : a,
		.seq = 1000, .ack = 1000, .flags = TCP_ACK, .window = 500,
		.payload = text, .payload_size = strlen(text),
	};

	f->from = from;
	f->size = shape_write(&shape, f->bytes);
}

static struct policy *make_policy(void)
{
	struct policy *p = calloc(1, sizeof(*p) + sizeof(p->services[0]));

	if (p == NULL)
		fail("no memory");
	p->openings_per_session = 8;
	p->max_line = 8192;
	p->service_count = 1;
	p->services[0].address = at("192.0.2.10:21");
	return p;
}

static void run(struct bench *b, bool talk)
{
	uint64_t before;
	double bytes, lookup, expiry;

	add_sessions(b, 1, talk);
	before = resident_bytes(); /* without what the first session needs */
	add_sessions(b, b->sessions, talk);
	bytes = (double)(resident_bytes() - before) / (double)b->sessions;
	lookup = time_lookups(b);
	expiry = time_expiry(b);
	printf("{ \"sessions\": %zu, \"bytes\": %.1f, \"lookup_ns\": %.1f, \"expiry_ns\": %.1f, "
	       "\"lookups\": %d }\n",
	       b->sessions, bytes, lookup, expiry, LOOKUPS);
}

int main(int argc, char **argv)
{
	static struct bench b;
	bool bare = argc == 3 && strcmp(argv[2], "bare") == 0;

	if (argc != 2 && !bare) {
		fprintf(stderr, "usage: scale SESSIONS [bare]\n");
		return 2;
	}
	b.sessions = (size_t)strtoul(argv[1], NULL, 10);
	b.policy = make_policy();
	b.table = table_new(CAPACITY);
	if (b.table == NULL || b.sessions == 0 || b.sessions > CAPACITY)
		fail("no memory, or not a number from 1 to a million");
	write_frame(&b.greeting, FROM_SERVER, "220 (vsFTPd 3.0.3)\r\n");
	write_frame(&b.command, FROM_CLIENT, "USER test\r\n");
	run(&b, !bare);
	table_free(b.table);
	free(b.policy);
	return 0;
}
