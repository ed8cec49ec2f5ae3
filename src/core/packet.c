/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/packet.h"

#include "core/checksum.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum {
	IPV4_HEADER_MIN = 20,
	IPV6_HEADER = 40,
	TCP_HEADER_MIN = 20,
	IPV6_EXTENSIONS_MAX = 8, /* more than any sender uses; bounds the walk */

	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_SACK = 5,
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

/* The IP header's part of the work: how large the packet is, and where TCP begins in it. */
struct place {
	size_t size;
	size_t tcp;
};

static int parse_ipv4(const uint8_t *bytes, size_t size, struct place *place)
{
	size_t header, total;

	if (size < IPV4_HEADER_MIN)
		return -EBADMSG;
	header = (size_t)(bytes[0] & 0x0f) * 4;
	total = get16(bytes + 2);
	if (header < IPV4_HEADER_MIN || total < header || total > size)
		return -EBADMSG;
	if (bytes[9] != IPPROTO_TCP || (get16(bytes + 6) & 0x3fff) != 0)
		return -EPROTONOSUPPORT;
	*place = (struct place){ total, header };
	return 0;
}

/*
 * Walks the extension headers that may stand before TCP. Not ours to change: a fragment, and a
 * packet with a routing header, whose checksum covers an address that is not in the IP header.
 */
static int parse_ipv6(const uint8_t *bytes, size_t size, struct place *place)
{
	size_t total, at = IPV6_HEADER;
	uint8_t next;

	if (size < IPV6_HEADER)
		return -EBADMSG;
	total = IPV6_HEADER + (size_t)get16(bytes + 4);
	if (total > size)
		return -EBADMSG;
	next = bytes[6];
	for (int n = 0; next != IPPROTO_TCP; n++) {
		if (n == IPV6_EXTENSIONS_MAX || (next != IPPROTO_HOPOPTS && next != IPPROTO_DSTOPTS))
			return -EPROTONOSUPPORT;
		if (total - at < 8)
			return -EBADMSG;
		next = bytes[at];
		at += ((size_t)bytes[at + 1] + 1) * 8;
		if (at > total)
			return -EBADMSG;
	}
	*place = (struct place){ total, at };
	return 0;
}

int packet_parse(const uint8_t *bytes, size_t size, struct packet *p)
{
	uint8_t version = size == 0 ? 0 : bytes[0] >> 4;
	int error = size == 0 ? -EBADMSG : -EPROTONOSUPPORT;
	struct place place;
	const uint8_t *tcp;
	size_t header;

	if (version == 4)
		error = parse_ipv4(bytes, size, &place);
	else if (version == 6)
		error = parse_ipv6(bytes, size, &place);
	if (error < 0)
		return error;
	if (place.size - place.tcp < TCP_HEADER_MIN)
		return -EBADMSG;
	tcp = bytes + place.tcp;
	header = (size_t)(tcp[12] >> 4) * 4;
	if (header < TCP_HEADER_MIN || header > place.size - place.tcp)
		return -EBADMSG;
	*p = (struct packet){
		.bytes = bytes,
		.size = place.size,
		.ipv6 = version == 6,
		.tcp = place.tcp,
		.payload = place.tcp + header,
		.payload_size = place.size - place.tcp - header,
		.seq = get32(tcp + 4),
		.ack = get32(tcp + 8),
		.flags = tcp[13],
		.window = get16(tcp + 14),
		.urgent = get16(tcp + 18),
	};
	return 0;
}

int packet_begin(struct packet_writer *w, const struct packet *from, uint8_t *buffer, size_t capacity)
{
	if (from->payload > capacity)
		return -ENOBUFS;
	memcpy(buffer, from->bytes, from->payload);
	*w = (struct packet_writer){
		.bytes = buffer,
		.capacity = capacity < PACKET_SIZE_MAX ? capacity : PACKET_SIZE_MAX,
		.size = from->payload,
		.tcp = from->tcp,
		.payload = from->payload,
		.ipv6 = from->ipv6,
	};
	return 0;
}

size_t packet_append(struct packet_writer *w, const void *bytes, size_t size)
{
	size_t room = w->capacity - w->size;
	size_t taken = size < room ? size : room;

	memcpy(w->bytes + w->size, bytes, taken);
	w->size += taken;
	return taken;
}

void packet_set_seq(struct packet_writer *w, uint32_t seq)
{
	put32(w->bytes + w->tcp + 4, seq);
}

void packet_set_urgent(struct packet_writer *w, uint16_t urgent)
{
	put16(w->bytes + w->tcp + 18, urgent);
}

void packet_clear_flags(struct packet_writer *w, uint8_t flags)
{
	w->bytes[w->tcp + 13] &= (uint8_t)~flags;
}

/*
 * The next TCP option at *at: returns its offset and size and moves *at behind it; false at the end
 * of the options or where they contradict themselves.
 */
static bool next_option(const uint8_t *bytes, size_t end, size_t *at, size_t *option, size_t *size)
{
	while (*at < end && bytes[*at] == OPTION_NOP)
		++*at;
	if (end - *at < 2 || bytes[*at] == OPTION_END)
		return false;
	*option = *at;
	*size = bytes[*at + 1];
	if (*size < 2 || *size > end - *at)
		return false;
	*at += *size;
	return true;
}

void packet_map_acks(struct packet_writer *w, packet_map_ack *map, const void *context)
{
	uint8_t *ack = w->bytes + w->tcp + 8;
	size_t at = w->tcp + TCP_HEADER_MIN, option, size;

	put32(ack, map(context, get32(ack)));
	while (next_option(w->bytes, w->payload, &at, &option, &size)) {
		if (w->bytes[option] != OPTION_SACK)
			continue;
		for (size_t edge = option + 2; edge + 4 <= option + size; edge += 4)
			put32(w->bytes + edge, map(context, get32(w->bytes + edge)));
	}
}

static void finish_tcp_checksum(struct packet_writer *w)
{
	uint8_t *field = w->bytes + w->tcp + 16;
	size_t addresses = w->ipv6 ? 8 : 12;
	size_t length = w->size - w->tcp;
	uint8_t pseudo[4] = { 0, IPPROTO_TCP, (uint8_t)(length >> 8), (uint8_t)length };
	uint64_t sum = checksum_add(0, pseudo, sizeof(pseudo));
	uint16_t checksum;

	sum = checksum_add(sum, w->bytes + addresses, w->ipv6 ? 32 : 8);
	memset(field, 0, 2);
	checksum = checksum_finish(checksum_add(sum, w->bytes + w->tcp, length));
	memcpy(field, &checksum, sizeof(checksum));
}

size_t packet_finish(struct packet_writer *w)
{
	if (w->ipv6) {
		put16(w->bytes + 4, (uint16_t)(w->size - IPV6_HEADER));
	} else {
		size_t header = (size_t)(w->bytes[0] & 0x0f) * 4;
		uint16_t checksum;

		put16(w->bytes + 2, (uint16_t)w->size);
		memset(w->bytes + 10, 0, 2);
		checksum = checksum_finish(checksum_add(0, w->bytes, header));
		memcpy(w->bytes + 10, &checksum, sizeof(checksum));
	}
	finish_tcp_checksum(w);
	return w->size;
}
