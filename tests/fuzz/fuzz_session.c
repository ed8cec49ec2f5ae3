/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any sequence of packets through one session; or any words of a client's, and any pace, before a model
 * server (tests/model/duel.h), whose own announcements alone may be opened.
 *
 * The first byte says how the service is configured. Then come packets of four bytes and a payload:
 * who and what flags; where it begins, relative to what was sent before; what it acknowledges,
 * relative to what was heard; how long the payload is. With bit 5 set the second byte names the server, and
 * then come acts of the client's: a byte that says which, and what belongs to it.
 */
#include <stdlib.h>
#include <string.h>

#include "../model/duel.h"
#include "../support/packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	HEADER = 4,
	BY_SERVER = 0x01,
	WITH_FIN = 0x02,
	WITH_RST = 0x04,
	WITH_URG = 0x08,
	FAILS = 0x10,
	OTHER_PORT = 0x20,
	FAR_AWAY = 0x40,
	LATER = 0x80,

	BEFORE_A_MODEL = 0x20, /* of the configuration */
};

struct side {
	uint32_t next, heard;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void open_as_told(void *context, struct want *want)
{
	uint8_t flags = *(const uint8_t *)context;

	if ((flags & FAILS) != 0)
		return;
	want->made = true;
	want->port = (flags & OTHER_PORT) != 0 ? 65000 : want->target.port;
}

/* One gateway serves all inputs: a splice that one of them leaves behind will be missed in the end. */
static struct gateway *begin(uint8_t configuration)
{
	static struct gateway *g;
	static struct flow flows[2];

	if (g == NULL) {
		g = gateway_new("9.9.9.9:40000", "192.100.200.100:21", "10.0.0.2:21");
		flows[0] = g->session->flow;
		flows[1] = (struct flow){ .client = at("[2001:db8::7]:40000"),
					  .service = at("[2001:db8::10]:21"), .server = at("[fd00::2]:21") };
	}
	gateway_restart(g, &flows[configuration & 1]);
	g->now = 1000;
	g->service->deny_tls = (configuration & 2) != 0;
	g->service->fail_open = (configuration & 4) == 0;
	g->service->active = (configuration & 8) == 0;
	g->policy->max_line = (configuration & 16) != 0 ? 40 : 8192;
	g->open = open_as_told;
	return g;
}

/* Data only ever goes to the session's own hosts, and to ordinary ports. */
static void check_wants(const struct gateway *g, enum direction from)
{
	const struct flow *flow = &g->session->flow;

	for (size_t i = 0; i < g->decision.want_count; i++) {
		const struct want *want = &g->decision.wants[i];
		bool passive = mode_is_passive(want->mode);

		require(passive == (from == FROM_SERVER));
		require(want->target.port >= 1024);
		require(endpoint_same_address(&want->target, passive ? &flow->server : &flow->client));
	}
}

static void check_packet(const struct gateway *g, size_t size, struct side *side)
{
	struct packet p;

	if (g->out_size == 0)
		return;
	require(packet_is_valid(g->out, g->out_size));
	require(packet_parse(g->out, g->out_size, &p) == 0);
	require(g->out_size <= SETTLE_GROWTH_LIMIT || g->out_size <= size);
	if (seq_before(side->heard, p.seq + (uint32_t)p.payload_size))
		side->heard = p.seq + (uint32_t)p.payload_size;
}

/* From -128 to 127. */
static uint32_t offset(uint8_t byte)
{
	return (uint32_t)byte - (byte < 128 ? 0u : 256u);
}

static void pass(struct gateway *g, struct side sides[DIRECTIONS], const uint8_t *header,
		 const uint8_t *payload, size_t payload_size)
{
	enum direction from = (header[0] & BY_SERVER) != 0 ? FROM_SERVER : FROM_CLIENT;
	const struct flow *flow = &g->session->flow;
	struct side *side = &sides[from];
	uint8_t bytes[512], flags = header[0];
	struct shape s = {
		.from = from == FROM_CLIENT ? flow->client : flow->server,
		.to = from == FROM_CLIENT ? flow->service : flow->client,
		.seq = side->next + offset(header[1]) * ((flags & FAR_AWAY) != 0 ? 0x1000003u : 1u),
		.ack = sides[opposite(from)].heard + offset(header[2]),
		.flags = TCP_ACK, .urgent = header[1], .payload = payload, .payload_size = payload_size,
	};
	size_t size;

	s.flags |= (uint8_t)((flags & WITH_FIN ? TCP_FIN : 0) | (flags & WITH_RST ? TCP_RST : 0) |
			     (flags & WITH_URG ? TCP_URG : 0));
	g->now += (flags & LATER) != 0 ? 100 : 0;
	g->context = &flags;
	size = shape_write(&s, bytes);
	require(gateway_pass(g, from, bytes, size));
	if (seq_before(side->next, s.seq + (uint32_t)payload_size))
		side->next = s.seq + (uint32_t)payload_size;
	check_wants(g, from);
	check_packet(g, size, side);
}

/* ---- before a model server ---- */

/* Up to so many of the input's next bytes, as the first of them says. */
static size_t take_words(const uint8_t *data, size_t size, size_t *used, const uint8_t **words)
{
	size_t count = *used < size ? data[(*used)++] : 0;

	if (count > size - *used)
		count = size - *used;
	*words = data + *used;
	*used += count;
	return count;
}

static void act(struct duel *d, const uint8_t *data, size_t size, size_t *used)
{
	const uint8_t act = data[(*used)++];
	const uint8_t *words;
	size_t count, back;

	switch (act & 7) {
	case 0:
		duel_open(d, act >> 3 & 3);
		break;
	case 1:
		d->acked = d->heard;
		break;
	case 2: /* lost behind the gateway */
		count = take_words(data, size, used, &words);
		duel_send(d, d->said, words, count, 0, false);
		break;
	case 3: /* other words in the place of what was said */
		count = take_words(data, size, used, &words);
		back = (size_t)(act >> 3) * 2;
		duel_send(d, d->said - (back < d->said ? back : d->said), words, count, 0, true);
		break;
	default:
		d->acked = (act & 8) != 0 ? d->acked : d->heard;
		count = take_words(data, size, used, &words);
		duel_say(d, words, count);
	}
}

static void fight(const uint8_t *data, size_t size)
{
	static struct duel *d;
	size_t used = 1;

	if (d == NULL) {
		d = calloc(1, sizeof(*d));
		require(d != NULL);
		d->gateway = gateway_new("198.51.100.7:40000", "192.0.2.10:21", "10.0.0.2:21");
	}
	if (size == 0)
		return;
	duel_begin(d, &server_kinds[data[0] % server_kind_count], data[0], (data[0] & 0x80) != 0, false);
	while (used < size && !d->over)
		act(d, data, size, &used);
	require(d->stranger == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct side sides[DIRECTIONS] = { { 0xffffffe0, 0xffffffe0 }, { 0xffffffd0, 0xffffffd0 } };
	struct gateway *g;
	size_t used = 1;

	if (size == 0)
		return 0;
	if ((data[0] & BEFORE_A_MODEL) != 0) {
		fight(data + 1, size - 1);
		return 0;
	}
	g = begin(data[0]);
	while (used + HEADER <= size) {
		const uint8_t *header = data + used;
		size_t payload = header[3];

		used += HEADER;
		if (payload > size - used)
			payload = size - used;
		pass(g, sides, header, data + used, payload);
		require((g->outcome.reasons & reason_bit(REASON_SPLICES_EXHAUSTED)) == 0);
		used += payload;
	}
	return 0;
}
