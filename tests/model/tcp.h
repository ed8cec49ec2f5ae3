/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of a TCP connection, as far as a gateway in the middle can tell it from a real one.
 *
 * The connection is established. Time is the caller's: he asks for what may be sent now, and says
 * when a timer runs out. The window is never full and there is no congestion.
 */
#ifndef FTPALGD_TESTS_MODEL_TCP_H
#define FTPALGD_TESTS_MODEL_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

enum {
	TCP_STREAM_MAX = 16384,
	TCP_SACK_MAX = 3,
	TCP_WINDOW = 60000,
};

struct segment {
	uint32_t seq, ack;
	bool fin;
	size_t size;
	const char *payload;
	size_t sack_count;
	struct {
		uint32_t left, right;
	} sack[TCP_SACK_MAX];
};

struct tcp {
	struct random *random;
	uint32_t own_first;   /* sequence number of the first byte sent */
	uint32_t peer_first;  /* of the first byte received */
	uint16_t segment_max;
	bool nagle;           /* a small segment waits until all before it is acknowledged */
	bool sack;
	bool delayed_acks;
	bool splits;          /* sends less than it could */

	/* sending: positions in the stream; FIN stands behind the last byte */
	char out[TCP_STREAM_MAX];
	bool sacked[TCP_STREAM_MAX];
	size_t written;
	bool closed;
	size_t una, next;
	unsigned int duplicate_acks;
	bool retransmit;      /* now, without waiting for the timer */

	/* receiving */
	char in[TCP_STREAM_MAX];
	bool have[TCP_STREAM_MAX];
	size_t received;      /* without a gap */
	size_t reach;         /* behind the last byte received */
	bool fin_known, fin_received;
	size_t fin_at;
	bool ack_now, ack_later;
	size_t duplicate_from, duplicate_to; /* reported once, RFC 2883 */

	const char *fault;    /* the first thing that no TCP may be given */
};

void tcp_init(struct tcp *t, struct random *random, uint32_t own_first, uint32_t peer_first);

void tcp_write(struct tcp *t, const char *bytes, size_t size);
void tcp_close(struct tcp *t);

/* What may be sent now: new bytes, or an acknowledgement that is due. */
bool tcp_send(struct tcp *t, struct segment *s);

/* The retransmission timer: false when nothing is outstanding. */
bool tcp_timeout(struct tcp *t, struct segment *s);

/* Bytes that were sent already, for no good reason. */
bool tcp_repeat(struct tcp *t, struct segment *s);

/* A probe of an idle connection (RFC 9293, 3.8.4), without a byte. */
void tcp_keep_alive(struct tcp *t, struct segment *s);

/* The delayed acknowledgement: false when none is due. */
bool tcp_ack_timeout(struct tcp *t, struct segment *s);

void tcp_take(struct tcp *t, const struct segment *s);

/* Everything written was acknowledged, FIN too. */
bool tcp_is_done(const struct tcp *t);

#endif
