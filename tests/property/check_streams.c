/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random dialogues over two model TCPs and a bad network, with the core in the middle.
 *
 * Whatever is lost, doubled, reordered and cut in other pieces: what each side hears is what the
 * other said, but for the announcements; every byte arrives; every packet is valid.
 *
 * FTPALGD_CASES: number of cases; FTPALGD_SEED: of the first; FTPALGD_TRACE: print every packet.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/gateway.h"
#include "../model/tcp.h"
#include "../support/packets.h"
#include "script.h"

enum {
	CASES = 2000,
	LINK_MAX = 32,
	WIRE_MAX = 2048,
	EARLY_MAX = 3,
	STEPS_MAX = 400000,
	STALLS_MAX = 12, /* timeouts in a row that bring nothing, on a network that loses nothing */
};

struct wire {
	size_t size;
	bool doubled;
	uint8_t bytes[WIRE_MAX];
};

struct link {
	size_t count;
	struct wire wires[LINK_MAX];
};

/* Of each direction: from the sender to the gateway, and on to the receiver. */
enum { UP, DOWN, WAYS };

struct world {
	uint64_t seed;
	struct random random;
	struct gateway *gateway;
	struct script script;
	struct real_server named;
	struct tcp peers[DIRECTIONS];
	struct link links[DIRECTIONS][WAYS];
	bool begun[DIRECTIONS];   /* the first bytes have passed the gateway */
	enum direction from;      /* of the packet in the gateway */
	size_t turn[DIRECTIONS];  /* of the script, being said */
	bool chunks[DIRECTIONS];  /* the program writes bit by bit */
	bool half_close;
	bool timestamps;
	uint32_t loss, doubling, disorder, failing; /* per cent */
	unsigned int refusals;    /* of openings whose failure closes, since one did not */
	size_t calm_from;         /* step from which the network is good */
	size_t step;
	size_t acked[DIRECTIONS]; /* of each side's stream as heard, known to the gateway */
	uint32_t early[DIRECTIONS]; /* the latest segment that came before one that is missing */
	unsigned int early_count[DIRECTIONS];
	unsigned int stalls;
	size_t progress;
	bool trace;
	char failure[1200];
};

static void fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct world *w, const char *format, ...)
{
	va_list arguments;

	if (w->failure[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(w->failure, sizeof(w->failure), format, arguments);
	va_end(arguments);
}

static bool calm(const struct world *w)
{
	return w->step >= w->calm_from;
}

static const char *name_of(enum direction d)
{
	return d == FROM_CLIENT ? "client" : "server";
}

/* ---- segments and packets ---- */

static size_t put_options(const struct world *w, const struct segment *s, uint8_t *out)
{
	static const uint8_t stamps[] = { 1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0 };
	size_t size = 0;

	if (w->timestamps) {
		memcpy(out, stamps, sizeof(stamps));
		size = sizeof(stamps);
	}
	if (s->sack_count == 0)
		return size;
	out[size++] = 1;
	out[size++] = 1;
	out[size++] = 5;
	out[size++] = (uint8_t)(2 + 8 * s->sack_count);
	for (size_t i = 0; i < s->sack_count; i++)
		for (int shift = 56; shift >= 0; shift -= 8)
			out[size++] = (uint8_t)(((uint64_t)s->sack[i].left << 32 | s->sack[i].right) >> shift);
	return size;
}

static void write_wire(const struct world *w, enum direction from, const struct segment *s,
		       struct wire *wire)
{
	const struct flow *flow = &w->gateway->session->flow;
	uint8_t options[SHAPE_OPTIONS_MAX];
	struct shape shape = {
		.from = from == FROM_CLIENT ? flow->client : flow->server,
		.to = from == FROM_CLIENT ? flow->service : flow->client,
		.seq = s->seq, .ack = s->ack, .window = TCP_WINDOW,
		.flags = (uint8_t)(TCP_ACK | (s->fin ? TCP_FIN : 0) | (s->size > 0 ? TCP_PSH : 0)),
		.options = options, .payload = s->payload, .payload_size = s->size,
	};

	shape.options_size = put_options(w, s, options);
	wire->size = shape_write(&shape, wire->bytes);
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void read_sack(const struct packet *p, struct segment *s)
{
	for (size_t at = p->tcp + 20; at + 2 <= p->payload; at += p->bytes[at] == 1 ? 1 : p->bytes[at + 1]) {
		if (p->bytes[at] == 1 || p->bytes[at] != 5)
			continue;
		for (size_t edge = at + 2; edge + 8 <= at + p->bytes[at + 1]; edge += 8) {
			s->sack[s->sack_count].left = load32(p->bytes + edge);
			s->sack[s->sack_count++].right = load32(p->bytes + edge + 4);
		}
	}
}

static void print_packet(const struct world *w, const char *where, enum direction from,
			 const uint8_t *bytes, size_t size)
{
	const struct tcp *own = &w->peers[from], *other = &w->peers[opposite(from)];
	struct packet p;
	struct segment s = { 0 };

	if (!w->trace || packet_parse(bytes, size, &p) < 0)
		return;
	read_sack(&p, &s);
	printf("%6zu %s %-8s seq %d ack %d%s%s \"", w->step, name_of(from), where,
	       (int32_t)(p.seq - own->own_first), (int32_t)(p.ack - other->own_first),
	       (p.flags & TCP_FIN) != 0 ? " FIN" : "", s.sack_count > 0 ? " SACK" : "");
	for (size_t i = p.payload; i < size; i++)
		printf(bytes[i] < ' ' || bytes[i] > '~' ? "\\x%02x" : "%c", bytes[i]);
	printf("\"");
	for (size_t i = 0; i < s.sack_count; i++)
		printf(" %d-%d", (int32_t)(s.sack[i].left - other->own_first),
		       (int32_t)(s.sack[i].right - other->own_first));
	printf("\n");
}

static void post(struct world *w, enum direction from, int way, const uint8_t *bytes, size_t size)
{
	struct link *link = &w->links[from][way];

	if (link->count == LINK_MAX || size > WIRE_MAX)
		return; /* lost */
	link->wires[link->count].size = size;
	link->wires[link->count].doubled = false;
	memcpy(link->wires[link->count++].bytes, bytes, size);
}

static void transmit(struct world *w, enum direction from, const struct segment *s)
{
	struct wire wire;

	write_wire(w, from, s, &wire);
	print_packet(w, "sends", from, wire.bytes, wire.size);
	post(w, from, UP, wire.bytes, wire.size);
}

/* ---- the gateway ---- */

static void open_sometimes(void *context, struct want *want)
{
	struct world *w = context;

	if (random_chance(&w->random, w->failing) &&
	    (w->gateway->service->fail_open || (w->refusals < 3 && w->begun[w->from]))) {
		w->refusals++;
		return;
	}
	want->made = true;
	want->port = want->target.port;
	if (random_chance(&w->random, 40))
		want->port = (uint16_t)random_between(&w->random, 1024, 65535);
}

/* The wants that were committed are those of the script, in its order. */
static void check_wants(struct world *w, enum direction from)
{
	const struct decision *d = &w->gateway->decision;

	for (size_t i = 0; i < d->want_count; i++) {
		const struct want *want = &d->wants[i];
		const struct piece *piece = script_want(&w->script, from);
		struct endpoint target;

		if (piece == NULL || piece->mode != want->mode) {
			fail(w, "an opening for %s that nobody asked for", mode_name(want->mode));
			return;
		}
		target = mode_is_passive(want->mode) ? w->gateway->session->flow.server : piece->named;
		target.port = piece->named.port;
		if (!endpoint_equal(&target, &want->target))
			fail(w, "an opening to the wrong place for %s", mode_name(want->mode));
		script_answer(&w->script, from, want->made ? want->port : 0);
	}
}

/* What the gateway sends on of one side's stream is what is to be heard of it. */
static void check_bytes(struct world *w, enum direction from, const struct packet *p)
{
	const struct side *side = &w->script.sides[from];
	int32_t start = (int32_t)(p->seq - w->peers[from].own_first);

	for (size_t i = 0; i < p->payload_size; i++) {
		int32_t at = start + (int32_t)i;

		if (at < (int32_t)w->acked[from])
			continue;
		if (at >= (int32_t)side->heard_size) {
			fail(w, "bytes of the %s beyond what is to be heard", name_of(from));
			return;
		}
		if (side->heard[at] != (char)p->bytes[p->payload + i]) {
			fail(w, "wrong byte of the %s at %d", name_of(from), at);
			return;
		}
	}
}

static void note_ack(struct world *w, enum direction from, const struct packet *p)
{
	enum direction other = opposite(from);
	int32_t acked = (int32_t)(p->ack - w->peers[other].own_first);

	if (acked > (int32_t)w->acked[other])
		w->acked[other] = (size_t)acked;
}

static void leave_gateway(struct world *w, enum direction from)
{
	const struct gateway *g = w->gateway;
	struct packet p;

	if (g->out_size == 0)
		return;
	if (!packet_is_valid(g->out, g->out_size) || packet_parse(g->out, g->out_size, &p) < 0) {
		fail(w, "the gateway wrote an invalid packet");
		return;
	}
	print_packet(w, "goes on", from, g->out, g->out_size);
	check_bytes(w, from, &p);
	post(w, from, DOWN, g->out, g->out_size);
}

/* The gateway gives up waiting for what is missing when a segment behind it comes again and again. */
static bool comes_too_often(struct world *w, enum direction from, const struct packet *p)
{
	uint32_t next = w->gateway->session->dialogue.streams[from].next;

	if (p->payload_size == 0)
		return false;
	if (!w->begun[from] || !seq_before(next, p->seq)) {
		w->early_count[from] = 0;
		return false;
	}
	if (w->early[from] != p->seq)
		w->early_count[from] = 0;
	w->early[from] = p->seq;
	return ++w->early_count[from] > EARLY_MAX;
}

static void enter_gateway(struct world *w, enum direction from, const struct wire *wire)
{
	struct gateway *g = w->gateway;
	const struct stream *stream = &g->session->dialogue.streams[from];
	struct stream before = *stream;
	struct packet p;

	if (packet_parse(wire->bytes, wire->size, &p) < 0)
		abort();
	if (p.payload_size == 0 && !g->session->adjusted) {
		/* Unseen, FIN may overtake a line that is to grow; no server says goodbye so fast. */
		if ((p.flags & TCP_FIN) != 0 && w->begun[from] && p.seq != before.next)
			return;
		print_packet(w, "bypasses", from, wire->bytes, wire->size);
		post(w, from, DOWN, wire->bytes, wire->size);
		return;
	}
	if (comes_too_often(w, from, &p))
		return;
	print_packet(w, "enters", from, wire->bytes, wire->size);
	w->from = from;
	note_ack(w, from, &p);
	gateway_pass(g, from, wire->bytes, wire->size);
	w->begun[from] |= p.payload_size > 0;
	if (w->trace && g->reasons != 0)
		printf("       reasons %x\n", g->reasons);
	if (stream->next != before.next || stream->phase != before.phase) {
		w->refusals = 0;
		check_wants(w, from);
	}
	leave_gateway(w, from);
}

/* ---- the network ---- */

static void arrive(struct world *w, enum direction from, const struct wire *wire)
{
	struct tcp *receiver = &w->peers[opposite(from)];
	struct segment s = { 0 };
	struct packet p;

	if (packet_parse(wire->bytes, wire->size, &p) < 0)
		abort();
	s.seq = p.seq;
	s.ack = p.ack;
	s.fin = (p.flags & TCP_FIN) != 0;
	s.size = p.payload_size;
	s.payload = (const char *)wire->bytes + p.payload;
	read_sack(&p, &s);
	print_packet(w, "arrives", from, wire->bytes, wire->size);
	tcp_take(receiver, &s);
	if (receiver->fault != NULL)
		fail(w, "the %s was given %s", name_of(opposite(from)), receiver->fault);
}

/* The beginning of a stream arrives in order: without it nobody can say where a line begins. */
static bool deliver(struct world *w, enum direction from, int way)
{
	struct link *link = &w->links[from][way];
	bool orderly = calm(w) || (way == UP && !w->begun[from]);
	size_t index = 0;
	struct wire wire;

	if (link->count == 0)
		return false;
	if (!orderly && random_chance(&w->random, w->disorder))
		index = random_below(&w->random, (uint32_t)link->count);
	wire = link->wires[index];
	if (!orderly && !wire.doubled && random_chance(&w->random, w->doubling)) {
		link->wires[index].doubled = true;
	} else {
		link->count--;
		memmove(link->wires + index, link->wires + index + 1,
			(link->count - index) * sizeof(link->wires[0]));
	}
	if (!orderly && random_chance(&w->random, w->loss))
		return true;
	if (way == UP)
		enter_gateway(w, from, &wire);
	else
		arrive(w, from, &wire);
	return true;
}

/* ---- the two programs ---- */

static bool send_all(struct world *w, enum direction from)
{
	struct segment s;
	bool sent = false;

	while (tcp_send(&w->peers[from], &s)) {
		transmit(w, from, &s);
		sent = true;
		if (random_chance(&w->random, 30))
			break;
	}
	return sent;
}

/* How many bytes the side may have said by now. */
static size_t may_say(struct world *w, enum direction from)
{
	const struct script *s = &w->script;
	const struct tcp *peer = &w->peers[from];
	size_t *turn = &w->turn[from], heard;

	while (*turn < s->turn_count) {
		if (from == FROM_SERVER && peer->received < s->turns[*turn].said[FROM_CLIENT])
			break;
		if (from == FROM_CLIENT && *turn > s->pipelined &&
		    (!script_heard_of_turn(s, *turn - 1 - s->pipelined, &heard) || peer->received < heard))
			break;
		++*turn;
	}
	return *turn == 0 ? 0 : s->turns[*turn - 1].said[from];
}

static bool may_close(const struct world *w, enum direction from)
{
	const struct tcp *peer = &w->peers[from];
	const struct side *other = &w->script.sides[opposite(from)];

	if (peer->closed || peer->written < w->script.sides[from].said_size)
		return false;
	if (from == FROM_CLIENT && w->half_close)
		return true;
	return other->known_pieces == other->piece_count && peer->received >= other->heard_size;
}

static bool run_program(struct world *w, enum direction from)
{
	struct tcp *peer = &w->peers[from];
	size_t size = may_say(w, from) - peer->written;

	if (size > 0) {
		if (w->chunks[from])
			size = random_between(&w->random, 1, size > 12 ? 12 : (uint32_t)size);
		tcp_write(peer, w->script.sides[from].said + peer->written, size);
	} else if (may_close(w, from)) {
		tcp_close(peer);
	} else {
		return false;
	}
	return true;
}

static void misbehave(struct world *w)
{
	enum direction from = random_chance(&w->random, 50) ? FROM_CLIENT : FROM_SERVER;
	struct tcp *peer = &w->peers[from];
	struct segment s;
	uint32_t kind = random_below(&w->random, 4);

	if ((kind == 0 && tcp_repeat(peer, &s)) || (kind == 1 && tcp_timeout(peer, &s)) ||
	    (kind == 2 && tcp_ack_timeout(peer, &s))) {
		transmit(w, from, &s);
	} else if (kind == 3 && peer->una == peer->next && peer->next > 0) {
		tcp_keep_alive(peer, &s);
		transmit(w, from, &s);
	}
}

/* ---- time ---- */

static bool act(struct world *w, uint32_t action)
{
	enum direction d = action % 2 == 0 ? FROM_CLIENT : FROM_SERVER;

	switch (action / 2) {
	case 0:
		return deliver(w, d, UP);
	case 1:
		return deliver(w, d, DOWN);
	case 2:
		return run_program(w, d);
	default:
		return send_all(w, d);
	}
}

static void run_timers(struct world *w)
{
	size_t progress = 0;
	struct segment s;
	bool any = false;

	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++) {
		progress += w->peers[d].una + w->peers[d].received;
		if (tcp_ack_timeout(&w->peers[d], &s)) {
			transmit(w, d, &s);
			any = true;
		}
	}
	if (any)
		return;
	if (calm(w) && progress == w->progress && ++w->stalls > STALLS_MAX)
		fail(w, "the connection is stuck");
	if (progress != w->progress)
		w->stalls = 0;
	w->progress = progress;
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		if (tcp_timeout(&w->peers[d], &s)) {
			transmit(w, d, &s);
			any = true;
		}
	if (!any)
		fail(w, "nobody has anything to do");
}

static void take_step(struct world *w)
{
	uint32_t first = random_below(&w->random, 8);

	if (!calm(w) && random_chance(&w->random, 3))
		misbehave(w);
	for (uint32_t i = 0; i < 8; i++)
		if (act(w, (first + i * 3) % 8))
			return;
	run_timers(w);
}

static bool is_over(const struct world *w)
{
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		if (!tcp_is_done(&w->peers[d]) || !w->peers[d].fin_received)
			return false;
	return true;
}

/* ---- one case ---- */

static void choose_flow(struct world *w)
{
	static const char *const clients[] = { "198.51.100.7:40000", "9.9.9.9:1024" };
	static const char *const services[] = { "192.0.2.10:21", "1.1.1.1:21", "203.100.200.100:2121" };
	static const char *const servers[] = { "10.0.0.2:21", "192.168.100.200:2121", "1.2.3.4:21" };
	struct random *r = &w->random;
	struct flow flow = { .id = (uint32_t)random_next(r), .has_helper = true };

	if (random_chance(r, 80)) {
		flow.client = at(clients[random_below(r, 2)]);
		flow.service = at(services[random_below(r, 3)]);
		flow.server = at(servers[random_below(r, 3)]);
	} else {
		flow.client = at("[2001:db8::7]:40000");
		flow.service = at("[2001:db8::10]:21");
		flow.server = at("[fd00::2]:2121");
	}
	gateway_restart(w->gateway, &flow);
}

static void choose_peer(struct world *w, enum direction d, uint32_t own, uint32_t other)
{
	static const uint16_t sizes[] = { 1, 3, 10, 40, 536, 1460, 1460 };
	struct tcp *peer = &w->peers[d];
	struct random *r = &w->random;

	tcp_init(peer, r, own, other);
	peer->segment_max = sizes[random_below(r, 7)];
	peer->nagle = random_chance(r, 50);
	peer->sack = random_chance(r, 60);
	peer->delayed_acks = random_chance(r, 50);
	peer->splits = random_chance(r, 50);
	w->chunks[d] = random_chance(r, 50);
	w->begun[d] = false;
	w->turn[d] = 0;
	w->acked[d] = 0;
	w->early_count[d] = 0;
	w->links[d][UP].count = w->links[d][DOWN].count = 0;
}

static uint32_t random_isn(struct random *r)
{
	return random_chance(r, 50) ? 0 - random_below(r, 3000) : (uint32_t)random_next(r);
}

static void choose_case(struct world *w)
{
	struct random *r = &w->random;
	struct gateway *g = w->gateway;
	uint32_t client = random_isn(r), server = random_isn(r);
	bool bad = random_chance(r, 75);

	choose_flow(w);
	/* Whom to believe is another test's matter (check_trust): every port is named. */
	w->named = (struct real_server){ .address = g->session->flow.server, .passive_ports = { 1024, 65535 } };
	w->named.address.port = 0;
	g->service->servers = &w->named;
	g->service->server_count = 1;
	g->policy->openings_per_session = 255;
	g->service->deny_tls = random_chance(r, 30);
	g->service->fail_open = random_chance(r, 70);
	choose_peer(w, FROM_CLIENT, client, server);
	choose_peer(w, FROM_SERVER, server, client);
	script_make(&w->script, r, &g->session->flow, g->service->deny_tls);
	w->half_close = random_chance(r, 20);
	w->timestamps = random_chance(r, 50);
	w->loss = bad && random_chance(r, 60) ? random_below(r, 25) : 0;
	w->doubling = bad && random_chance(r, 60) ? random_below(r, 25) : 0;
	w->disorder = bad && random_chance(r, 60) ? random_below(r, 50) : 0;
	w->failing = random_chance(r, 60) ? 0 : random_below(r, 60);
	w->calm_from = random_between(r, 100, 1500);
	w->refusals = w->stalls = 0;
	w->step = w->progress = 0;
	w->failure[0] = '\0';
}

static void check_stream(struct world *w, enum direction from)
{
	const struct side *side = &w->script.sides[from];
	const struct tcp *receiver = &w->peers[opposite(from)];

	if (script_want(&w->script, from) != NULL)
		fail(w, "an opening of the %s was not asked for", name_of(from));
	else if (receiver->received != side->heard_size ||
		 memcmp(receiver->in, side->heard, side->heard_size) != 0)
		fail(w, "the %s was heard wrongly", name_of(from));
}

/* One more segment of that side, which acknowledges all of the other's. */
static void say_last(struct world *w, enum direction from, const char *text)
{
	struct tcp *peer = &w->peers[from];
	struct segment s = {
		.seq = peer->own_first + (uint32_t)peer->written,
		.ack = peer->peer_first + (uint32_t)peer->received,
		.payload = text, .size = strlen(text),
	};
	struct wire wire;

	write_wire(w, from, &s, &wire);
	gateway_pass(w->gateway, from, wire.bytes, wire.size);
}

static void check_idle(struct world *w)
{
	const struct session *s = w->gateway->session;

	if (w->script.encrypted || w->script.broken || w->script.sides[FROM_SERVER].length_changed)
		return;
	say_last(w, FROM_CLIENT, "NOOP\r\n");
	say_last(w, FROM_SERVER, "200 \r\n");
	say_last(w, FROM_CLIENT, "NOOP\r\n");
	if (s->splices[FROM_CLIENT] != 0 || s->splices[FROM_SERVER] != 0)
		fail(w, "a session that has nothing to correct holds a splice");
}

static bool run_case(struct world *w, uint64_t seed)
{
	w->seed = seed;
	w->random = (struct random){ seed * 0x2545f4914f6cdd1du };
	choose_case(w);
	while (!is_over(w) && w->failure[0] == '\0') {
		take_step(w);
		if (++w->step == STEPS_MAX)
			fail(w, "no end after %d steps", STEPS_MAX);
	}
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		check_stream(w, d);
	if (w->failure[0] == '\0')
		check_idle(w);
	return w->failure[0] == '\0';
}

static void report(const struct world *w)
{
	fprintf(stderr, "case %" PRIu64 ": %s\n", w->seed, w->failure);
	for (enum direction d = FROM_CLIENT; d < DIRECTIONS; d++)
		fprintf(stderr, "-- the %s said\n%.*s\n-- and was to be heard as\n%.*s\n-- and was heard as\n%.*s\n",
			name_of(d), (int)w->script.sides[d].said_size, w->script.sides[d].said,
			(int)w->script.sides[d].heard_size, w->script.sides[d].heard,
			(int)w->peers[opposite(d)].received, w->peers[opposite(d)].in);
	fprintf(stderr, "Again: FTPALGD_SEED=%" PRIu64 " FTPALGD_CASES=1 FTPALGD_TRACE=1\n", w->seed);
}

static uint64_t environment(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : strtoull(value, NULL, 10);
}

int main(void)
{
	uint64_t cases = environment("FTPALGD_CASES", CASES), seed = environment("FTPALGD_SEED", 1);
	uint64_t keep_going = environment("FTPALGD_FAILURES", 1);
	struct world *w = calloc(1, sizeof(*w));
	uint64_t failures = 0;

	if (w == NULL)
		return EXIT_FAILURE;
	w->trace = environment("FTPALGD_TRACE", 0) != 0;
	w->gateway = gateway_new("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
	w->gateway->open = open_sometimes;
	w->gateway->context = w;
	for (uint64_t i = 0; i < cases && failures < keep_going; i++)
		if (!run_case(w, seed + i)) {
			report(w);
			failures++;
		}
	printf("%" PRIu64 " cases from seed %" PRIu64 ", %" PRIu64 " failed\n", cases, seed, failures);
	gateway_free(w->gateway);
	free(w);
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
