/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a packet: what parses is written anew, larger and smaller, and is valid then. */
#include <stdlib.h>
#include <string.h>

#include "../support/packets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t add(const void *context, uint32_t ack)
{
	return ack + *(const uint32_t *)context;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void write_anew(const struct packet *p, size_t payload, size_t capacity)
{
	static const uint8_t filler[PACKET_SIZE_MAX];
	const uint32_t shift = 0xfffffff0;
	uint8_t *out = malloc(capacity + 1);
	struct packet_writer w;
	struct packet q;
	size_t size;

	if (packet_begin(&w, p, out, capacity) == 0) {
		require(packet_append(&w, filler, payload) <= payload);
		packet_set_seq(&w, p->seq + 1);
		packet_map_acks(&w, add, &shift);
		packet_set_urgent(&w, 7);
		packet_clear_flags(&w, TCP_FIN);
		size = packet_finish(&w);
		require(size <= capacity && size <= PACKET_SIZE_MAX);
		require(packet_parse(out, size, &q) == 0 && packet_is_valid(out, size));
		require(q.seq == p->seq + 1 && q.ack == p->ack + shift && q.urgent == 7);
		require(q.payload == p->payload && q.tcp == p->tcp && (q.flags & TCP_FIN) == 0);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p;

	if (packet_parse(data, size, &p) < 0)
		return 0;
	require(p.size <= size && p.tcp + 20 <= p.payload && p.payload + p.payload_size == p.size);
	write_anew(&p, p.payload_size, p.size);
	write_anew(&p, p.payload_size + 40, p.size + 17);
	write_anew(&p, 0, p.size);
	if (p.seq % 64 == 0)
		write_anew(&p, PACKET_SIZE_MAX, PACKET_SIZE_MAX + 10);
	return 0;
}
