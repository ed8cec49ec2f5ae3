/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something passed unchanged, was refused or was dropped. Core never logs: it returns these,
 * and the daemon counts each and reports it at a bounded rate.
 */
#ifndef FTPALGD_CORE_REASON_H
#define FTPALGD_CORE_REASON_H

#include <stdbool.h>
#include <stdint.h>

enum reason {
	REASON_PACKET_MALFORMED,
	REASON_PACKET_TRUNCATED,
	REASON_SERVICE_UNKNOWN,
	REASON_OUT_OF_ORDER,
	REASON_OUT_OF_WINDOW,
	REASON_LINE_TOO_LONG,
	REASON_REPLY_MALFORMED,
	REASON_REPLY_UNSOLICITED,
	REASON_REPLY_DOUBTFUL,
	REASON_SESSION_DOUBTFUL,
	REASON_COMMAND_MALFORMED,
	REASON_ADDRESS_FOREIGN,
	REASON_FAMILY_WRONG,
	REASON_PORT_PRIVILEGED,
	REASON_PORT_CLOSED,
	REASON_ACTIVE_REFUSED,
	REASON_OPENINGS_LIMIT,
	REASON_CLIENT_OPENINGS,
	REASON_CLIENT_SESSIONS,
	REASON_PORTS_EXHAUSTED,
	REASON_OPENING_FAILED,
	REASON_OPENING_HALVED,
	REASON_HELPER_MISSING,
	REASON_SPLICES_EXHAUSTED,
	REASON_SESSION_EVICTED,
	REASON_TLS_REFUSED,
	REASONS,
};

/* A set of reasons, one bit each. */
typedef uint32_t reason_set;

static inline reason_set reason_bit(enum reason r)
{
	return (reason_set)1 << r;
}

/* Whether the kernel gives an error with it. */
static inline bool reason_is_kernels(enum reason r)
{
	return r == REASON_OPENING_FAILED || r == REASON_OPENING_HALVED;
}

/* Short name for counters ("reply_malformed") and a sentence for people. */
const char *reason_name(enum reason r);
const char *reason_text(enum reason r);

#endif
