/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two ends of a TCP segment, which core's packet view leaves in the packet's bytes.
 */
#ifndef FTPALGD_REPLAY_SEGMENT_H
#define FTPALGD_REPLAY_SEGMENT_H

#include "core/endpoint.h"
#include "core/packet.h"

struct segment {
	struct packet packet;
	struct endpoint source;
	struct endpoint destination;
};

/* Fills *s from the bytes of an IP packet; returns what packet_parse returns. */
int segment_parse(const uint8_t *bytes, size_t size, struct segment *s)
	__attribute__((warn_unused_result));

/* Sender's number behind the last byte of payload. */
static inline uint32_t segment_end(const struct segment *s)
{
	return s->packet.seq + (uint32_t)s->packet.payload_size;
}

static inline bool segment_opens(const struct segment *s)
{
	return (s->packet.flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

/* The second segment of a handshake. */
static inline bool segment_answers(const struct segment *s)
{
	return (s->packet.flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

#endif
