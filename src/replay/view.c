/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/view.h"

#include <assert.h>

static uint32_t map_ack(const void *context, uint32_t ack)
{
	struct splice_map map = *(const struct splice_map *)context;

	/* Behind what was read there is only the number of a FIN, which moves with the rest. */
	if (seq_before(map.next, ack))
		map.hold = ack;
	return splice_to_receiver(&map, ack);
}

static struct splice_map map_of(const struct table *table, const struct session *s, enum direction from)
{
	return splice_map_at(table_splice(table, s, opposite(from)),
			     s->dialogue.streams[opposite(from)].next);
}

/* A packet's headers, which always fit: the packet came out of at most as many bytes. */
static struct packet_writer begin(const struct packet *p, uint8_t *buffer)
{
	struct packet_writer w;
	int error = packet_begin(&w, p, buffer, PACKET_SIZE_MAX);

	assert(error == 0);
	(void)error;
	return w;
}

/* The packet with its acknowledgement and SACK blocks mapped; returns its size. */
static size_t map_acks(const struct packet *p, const struct splice_map *map,
		       uint8_t buffer[static PACKET_SIZE_MAX])
{
	struct packet_writer w = begin(p, buffer);

	packet_append(&w, p->bytes + p->payload, p->payload_size);
	packet_map_acks(&w, map_ack, map);
	return packet_finish(&w);
}

/*
 * An acknowledgement of bytes that in truth were withheld: nobody would have sent it, and mapped it
 * says nothing new.
 */
static bool is_fiction(const struct passage *p, uint32_t mapped)
{
	const struct talk *talk = p->talk;
	const struct packet *packet = &p->segment.packet;

	return packet->payload_size == 0 && (packet->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0 &&
	       talk->has_map[p->from] && talk->map_to[p->from] == mapped &&
	       talk->map_from[p->from] != packet->ack;
}

static void note_map(const struct passage *p, uint32_t mapped)
{
	p->talk->map_from[p->from] = p->segment.packet.ack;
	p->talk->map_to[p->from] = mapped;
	p->talk->has_map[p->from] = true;
}

bool view_give(const struct table *table, struct passage *p, bool live,
	       uint8_t buffer[static PACKET_SIZE_MAX])
{
	const struct packet *packet = &p->segment.packet;
	struct splice_map map = map_of(table, p->session, p->from);
	uint32_t mapped = packet->ack;

	p->given = *packet;
	if ((packet->flags & TCP_ACK) == 0)
		return true;
	if (!live && p->session->splices[opposite(p->from)] != 0) {
		mapped = map_ack(&map, packet->ack);
		if (is_fiction(p, mapped))
			return false;
		if (mapped != packet->ack &&
		    packet_parse(buffer, map_acks(packet, &map, buffer), &p->given) < 0)
			p->given = *packet;
	}
	note_map(p, mapped);
	return true;
}

void view_note_ack(const struct passage *p)
{
	enum direction other = opposite(p->from);
	uint32_t ack = p->segment.packet.ack;

	if ((p->segment.packet.flags & TCP_ACK) == 0)
		return;
	if (!p->talk->has_acked[other] || seq_before(p->talk->acked[other], ack))
		p->talk->acked[other] = ack;
	p->talk->has_acked[other] = true;
}

size_t view_as_received(const struct packet *given, const struct packet *settled,
			uint8_t buffer[static PACKET_SIZE_MAX])
{
	struct packet_writer w = begin(given, buffer);

	packet_append(&w, settled->bytes + settled->payload, settled->payload_size);
	packet_set_seq(&w, settled->seq);
	packet_set_urgent(&w, settled->urgent);
	packet_clear_flags(&w, (uint8_t)~settled->flags);
	return packet_finish(&w);
}

size_t view_rest(const struct packet *p, uint32_t seq, uint8_t buffer[static PACKET_SIZE_MAX])
{
	struct packet_writer w = begin(p, buffer);
	size_t skipped = seq - p->seq;

	packet_append(&w, p->bytes + p->payload + skipped, p->payload_size - skipped);
	packet_set_seq(&w, seq);
	if ((p->flags & TCP_URG) != 0)
		packet_set_urgent(&w, (uint16_t)(p->urgent > skipped ? p->urgent - skipped : 0));
	return packet_finish(&w);
}
