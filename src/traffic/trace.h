/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was said on the control connections of a few addresses, for those who trace them.
 *
 * A worker that has a trace copies the payload of their packets into it, as it came and as it
 * went on; main takes the trace and gives an empty one (worker_call). When it is full, packets are
 * left out and counted. Passwords are in here: nothing of it leaves the process unredacted
 * (control/trace.h).
 */
#ifndef FTPALGD_TRAFFIC_TRACE_H
#define FTPALGD_TRAFFIC_TRACE_H

#include "core/packet.h"
#include "core/settle.h"

#define TRACE_ADDRESSES_MAX 8
#define TRACE_SIZE (256 << 10) /* bytes between two looks */

struct trace_record {
	uint64_t time; /* ms, monotonic */
	struct flow flow;
	enum direction from;
	bool starts_line;  /* its first byte is known to begin a line */
	bool unchanged;    /* there is no second payload: it is the same */
	uint32_t seq[2];   /* of the payload as it came, and as it went on */
	uint32_t size[2];
};

struct trace {
	size_t address_count;
	struct endpoint addresses[TRACE_ADDRESSES_MAX]; /* clients or services; port 0: any */
	uint64_t missed;
	size_t size;
	uint8_t bytes[TRACE_SIZE]; /* records, each with its payloads behind it */
};

/* at is what was decided on, before what the session was then; bytes are the packet's as it went on. */
void trace_packet(struct trace *t, const struct situation *at, const struct dialogue *before,
		  const struct outcome *outcome, const uint8_t *bytes, uint64_t now);

/*
 * The record at *position with its payloads, and moves on; false at the end.
 */
bool trace_next(const struct trace *t, size_t *position, struct trace_record *record,
		const uint8_t *payloads[static 2]);

#endif
