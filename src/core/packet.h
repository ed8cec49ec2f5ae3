/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view of one IPv4 or IPv6 packet that carries TCP, and the writer of its changed copy.
 *
 * packet_parse is the only way into the bytes of a packet: every offset in the view has been
 * checked against its size. Sequence numbers and ports are in host byte order.
 * Headers: RFC 791, RFC 8200 (extension headers), RFC 9293, RFC 2018 (SACK).
 */
#ifndef FTPALGD_CORE_PACKET_H
#define FTPALGD_CORE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A queued packet is never larger: the kernel segments before queueing. */
#define PACKET_SIZE_MAX 65535

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

struct packet {
	const uint8_t *bytes; /* borrowed */
	size_t size;          /* as the IP header says; link padding is cut off */
	bool ipv6;
	size_t tcp;           /* offset of the TCP header */
	size_t payload;       /* offset of the payload */
	size_t payload_size;
	uint32_t seq;
	uint32_t ack;
	uint16_t window;      /* as sent, not scaled */
	uint16_t urgent;
	uint8_t flags;
};

/*
 * Fills *p. Returns 0, -EPROTONOSUPPORT for what is not unfragmented TCP over IP,
 * or -EBADMSG for headers that contradict themselves or the size.
 */
int packet_parse(const uint8_t *bytes, size_t size, struct packet *p)
	__attribute__((warn_unused_result));

/* Maps an acknowledged sequence number; context is the caller's. */
typedef uint32_t packet_map_ack(const void *context, uint32_t ack);

/*
 * A changed copy of a packet: begin copies the headers, append adds payload, finish sets
 * sequence number, lengths and checksums. The buffer is the caller's.
 */
struct packet_writer {
	uint8_t *bytes;
	size_t capacity;
	size_t size;
	size_t tcp;
	size_t payload;
	bool ipv6;
};

/* Returns 0, or -ENOBUFS when even the headers do not fit. */
int packet_begin(struct packet_writer *w, const struct packet *from, uint8_t *buffer, size_t capacity)
	__attribute__((warn_unused_result));

/* Appends as much as fits; a TCP sender sends the rest again. Returns the number of bytes taken. */
size_t packet_append(struct packet_writer *w, const void *bytes, size_t size);

void packet_set_seq(struct packet_writer *w, uint32_t seq);
void packet_set_urgent(struct packet_writer *w, uint16_t urgent);
void packet_clear_flags(struct packet_writer *w, uint8_t flags);

/* Maps the acknowledgement number and every edge of every SACK block. */
void packet_map_acks(struct packet_writer *w, packet_map_ack *map, const void *context);

/* Sets lengths and checksums and returns the size of the packet. */
size_t packet_finish(struct packet_writer *w);

/* a comes before b in sequence space (RFC 9293, 3.4). */
static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
