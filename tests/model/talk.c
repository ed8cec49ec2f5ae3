/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "talk.h"

#include <stdlib.h>
#include <string.h>

#include "../support/packets.h"

struct talk talk_new(struct gateway *g)
{
	return (struct talk){
		.gateway = g, .sent = { 0xffffff00, 7000 }, .heard = { 0xffffff00, 7000 }, .valid = true,
	};
}

static void hear(struct talk *t, enum direction from)
{
	const struct gateway *g = t->gateway;
	struct packet p;
	uint32_t end;

	t->size = 0;
	t->text[0] = '\0';
	if (g->out_size == 0)
		return;
	t->valid &= packet_is_valid(g->out, g->out_size);
	if (packet_parse(g->out, g->out_size, &p) < 0)
		return;
	end = p.seq + (uint32_t)p.payload_size;
	if (!seq_before(t->heard[from], end))
		return; /* nothing new */
	memcpy(t->text, g->out + p.payload, p.payload_size);
	t->size = p.payload_size;
	t->text[t->size] = '\0';
	if (!seq_before(t->heard[from], p.seq))
		t->heard[from] = end;
}

static void send_segment(struct talk *t, enum direction from, uint32_t seq, const void *bytes, size_t size)
{
	const struct flow *flow = &t->gateway->session->flow;
	uint8_t buffer[PACKET_SIZE_MAX];
	struct shape shape = {
		.from = from == FROM_CLIENT ? flow->client : flow->server,
		.to = from == FROM_CLIENT ? flow->service : flow->client,
		.seq = seq, .ack = t->heard[opposite(from)], .flags = (uint8_t)(TCP_ACK | t->flags),
		.window = 5000, .urgent = t->urgent, .payload = bytes, .payload_size = size,
	};
	size_t packet_size = shape_write(&shape, buffer);

	if (!gateway_pass(t->gateway, from, buffer, packet_size))
		abort();
	t->flags = 0;
	t->urgent = 0;
}

const char *talk_say_bytes(struct talk *t, enum direction from, const void *bytes, size_t size)
{
	send_segment(t, from, t->sent[from], bytes, size);
	t->sent[from] += (uint32_t)size;
	hear(t, from);
	return t->text;
}

const char *talk_say(struct talk *t, enum direction from, const char *text)
{
	return talk_say_bytes(t, from, text, strlen(text));
}

const char *talk_repeat(struct talk *t, enum direction from, uint32_t back, const char *text)
{
	const struct gateway *g = t->gateway;
	struct packet p;

	send_segment(t, from, t->sent[from] - back, text, strlen(text));
	t->size = 0;
	if (g->out_size > 0 && packet_parse(g->out, g->out_size, &p) == 0) {
		t->valid &= packet_is_valid(g->out, g->out_size);
		memcpy(t->text, g->out + p.payload, p.payload_size);
		t->size = p.payload_size;
	}
	t->text[t->size] = '\0';
	return t->text;
}

void talk_acknowledge(struct talk *t, enum direction from)
{
	if (t->gateway->session->adjusted)
		send_segment(t, from, t->sent[from], "", 0);
}

const char *talk_spell(struct talk *t, enum direction from, const char *text)
{
	static char all[PACKET_SIZE_MAX];
	size_t size = 0;

	for (; *text != '\0'; text++) {
		talk_say_bytes(t, from, text, 1);
		memcpy(all + size, t->text, t->size);
		size += t->size;
		talk_acknowledge(t, opposite(from));
	}
	all[size] = '\0';
	return all;
}
