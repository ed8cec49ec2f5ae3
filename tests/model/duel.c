/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "duel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/packets.h"

enum { REPEATS_MAX = 8 };

static void print(const struct duel *d, enum direction from, size_t offset, const unsigned char *bytes,
		  size_t size)
{
	if (!d->trace)
		return;
	printf("%s %zu%s \"", from == FROM_CLIENT ? "C" : "S", offset,
	       d->gateway->out_size == 0 ? " dropped" : "");
	for (size_t i = 0; i < size; i++)
		printf(bytes[i] < ' ' || bytes[i] > '~' || bytes[i] == '\\' ? "\\x%02x" : "%c",
		       bytes[i]);
	printf("\"%s\n", d->gateway->session->dialogue.doubt ? " doubt" : "");
}

/* What was opened is what the server announced, and where its ports are named, one of these. */
static void check_wants(struct duel *d)
{
	const struct decision *decision = &d->gateway->decision;

	for (size_t i = 0; i < decision->want_count; i++) {
		const struct want *want = &decision->wants[i];
		const unsigned int port = want->target.port;

		if (!mode_is_passive(want->mode))
			continue;
		d->opened++;
		if (d->gateway->service->server_count > 0
			    ? !port_in_range(d->named.passive_ports, want->target.port)
			    : !server_announced(&d->server, port))
			d->stranger = port;
	}
}

/* Passes a segment; returns whether anything of it went on, as *p. */
static bool pass(struct duel *d, enum direction from, size_t offset, const void *bytes, size_t size,
		 uint8_t flags, struct packet *p)
{
	const struct flow *flow = &d->gateway->session->flow;
	uint8_t buffer[DUEL_CLIENT_MAX + 100];
	struct shape shape = {
		.from = from == FROM_CLIENT ? flow->client : flow->server,
		.to = from == FROM_CLIENT ? flow->service : flow->client,
		.seq = d->first[from] + (uint32_t)offset,
		.flags = (uint8_t)(TCP_ACK | TCP_PSH | flags),
		.ack = from == FROM_CLIENT ? d->acked : d->first[FROM_CLIENT] + (uint32_t)d->taken,
		.window = 5000,
		.urgent = (flags & TCP_URG) != 0 ? (uint16_t)size : 0,
		.payload = bytes,
		.payload_size = size,
	};

	if (!gateway_pass(d->gateway, from, buffer, shape_write(&shape, buffer)))
		abort();
	print(d, from, offset, bytes, size);
	check_wants(d);
	return d->gateway->out_size > 0 && packet_parse(d->gateway->out, d->gateway->out_size, p) == 0;
}

/* ---- the server's side ---- */

static void hear(struct duel *d, const struct packet *p)
{
	const uint32_t end = p->seq + (uint32_t)p->payload_size;

	if (!seq_before(d->heard, p->seq) && seq_before(d->heard, end))
		d->heard = end;
}

static size_t seen_of_server(const struct duel *d)
{
	return d->gateway->session->dialogue.streams[FROM_SERVER].next - d->first[FROM_SERVER];
}

static void send_all(struct duel *d)
{
	const struct server *s = &d->server;
	unsigned int repeats = 0;

	while (d->sent < s->out_size && d->sent < d->edge && d->stranger == 0) {
		size_t end = s->out_size < d->edge ? s->out_size : d->edge;
		struct packet p;

		if (end - d->sent > d->segment_max)
			end = d->sent + d->segment_max;
		if (pass(d, FROM_SERVER, d->sent, s->out + d->sent, end - d->sent, 0, &p))
			hear(d, &p);
		d->sent = end;
		/* What was not read is to be sent again, once the client has acknowledged the rest. */
		if (seen_of_server(d) < d->sent && ++repeats < REPEATS_MAX) {
			d->sent = seen_of_server(d);
			d->acked = d->heard;
			pass(d, FROM_CLIENT, d->said, "", 0, 0, &p);
		}
	}
}

void duel_repeat(struct duel *d, size_t from, size_t to)
{
	struct packet p;

	if (from < to && to <= d->sent &&
	    pass(d, FROM_SERVER, from, d->server.out + from, to - from, 0, &p))
		hear(d, &p);
}

void duel_open(struct duel *d, size_t lines)
{
	const struct server *s = &d->server;

	if (lines == 0)
		d->edge = SERVER_OUT_MAX;
	else if (d->edge > d->sent)
		d->edge = d->sent;
	for (size_t i = 0; i < lines; i++) {
		const char *end = memchr(s->out + d->edge, '\n',
					 s->out_size > d->edge ? s->out_size - d->edge : 0);

		if (end == NULL)
			break;
		d->edge = (size_t)(end - s->out) + 1;
	}
	send_all(d);
}

/* ---- the client's side ---- */

static void deliver(struct duel *d, const struct packet *p)
{
	const size_t offset = p->seq - d->first[FROM_CLIENT], from = d->taken;

	if (offset + p->payload_size > DUEL_CLIENT_MAX)
		return;
	for (size_t i = 0; i < p->payload_size; i++)
		if (offset + i >= d->taken && !d->have[offset + i]) {
			d->words[offset + i] = p->bytes[p->payload + i];
			d->have[offset + i] = true;
		}
	while (d->taken < DUEL_CLIENT_MAX && d->have[d->taken])
		d->taken++;
	if (d->taken > from)
		server_read(&d->server, d->words + from, d->taken - from);
}

void duel_send(struct duel *d, size_t offset, const void *bytes, size_t size, uint8_t flags,
	       bool reaches)
{
	struct packet p;

	if (offset + size > DUEL_CLIENT_MAX || d->stranger != 0) {
		d->over = true;
		return;
	}
	if (pass(d, FROM_CLIENT, offset, bytes, size, flags, &p) && reaches)
		deliver(d, &p);
	if (offset + size > d->said)
		d->said = offset + size;
	send_all(d);
	d->over |= d->server.closed;
}

void duel_say(struct duel *d, const void *bytes, size_t size)
{
	duel_send(d, d->said, bytes, size, 0, true);
}

/* The server's half of the handshake: what the gateway sees of it. */
static void shake_hands(struct duel *d)
{
	const struct flow *flow = &d->gateway->session->flow;
	uint8_t buffer[100];
	const struct shape shape = {
		.from = flow->server,
		.to = flow->client,
		.seq = d->first[FROM_SERVER] - 1,
		.ack = d->first[FROM_CLIENT],
		.flags = TCP_SYN | TCP_ACK,
		.window = 5000,
	};

	if (!gateway_pass(d->gateway, FROM_SERVER, buffer, shape_write(&shape, buffer)))
		abort();
}

void duel_begin(struct duel *d, const struct server_kind *kind, uint64_t seed, bool v6, bool named)
{
	struct gateway *g = d->gateway;
	struct flow flow = {
		.client = at(v6 ? "[2001:db8::7]:40000" : "198.51.100.7:40000"),
		.service = at(v6 ? "[2001:db8::10]:21" : "192.0.2.10:21"),
		.server = at(v6 ? "[fd00::2]:21" : "10.0.0.2:21"),
		.has_helper = true,
	};

	d->random = (struct random){ seed * 0x2545f4914f6cdd1du };
	flow.id = (uint32_t)random_next(&d->random);
	gateway_restart(g, &flow);
	d->named = (struct real_server){ .address = flow.server,
					 .passive_ports = { SERVER_FIRST_PORT, 50099 } };
	d->named.address.port = 0;
	g->service->servers = &d->named;
	g->service->server_count = named;
	d->first[FROM_CLIENT] = (uint32_t)random_next(&d->random);
	d->first[FROM_SERVER] = (uint32_t)random_next(&d->random);
	d->heard = d->acked = d->first[FROM_SERVER];
	d->said = d->taken = d->sent = d->opened = 0;
	memset(d->have, 0, sizeof(d->have));
	shake_hands(d);
	d->edge = SERVER_OUT_MAX;
	d->segment_max = random_chance(&d->random, 70) ? 1460 : random_between(&d->random, 1, 100);
	d->over = false;
	d->stranger = 0;
	server_begin(&d->server, kind, &d->random, v6);
	send_all(d);
	d->acked = d->heard;
}
