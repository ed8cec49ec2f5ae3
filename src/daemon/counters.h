/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker has done so far. Written by its own thread alone, read by any: each value is
 * atomic, the sum of several may be one packet apart.
 */
#ifndef FTPALGD_DAEMON_COUNTERS_H
#define FTPALGD_DAEMON_COUNTERS_H

#include "core/decide.h"

#include <stdatomic.h>

typedef _Atomic uint64_t counter;

struct counters {
	counter packets;
	counter rewritten;
	counter dropped;
	counter sessions; /* begun */
	counter expired;
	counter adjusted;
	counter encrypted;
	counter openings[MODES];
	counter reasons[REASONS];
};

/* One writer: no locked instruction is needed. */
static inline void counter_add(counter *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline uint64_t counter_get(const counter *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

#endif
