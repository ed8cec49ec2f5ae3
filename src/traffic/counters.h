/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker has done so far, in all and for each service. Written by its own thread alone,
 * read by any: each value is atomic, the sum of several may be one packet apart.
 */
#ifndef FTPALGD_TRAFFIC_COUNTERS_H
#define FTPALGD_TRAFFIC_COUNTERS_H

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
	counter events_left_out; /* of the history: their client had too many */
	counter openings[MODES];
	counter unused; /* of these, ended without a data connection */
	counter reasons[REASONS];
};

/* One writer: no locked instruction is needed. */
static inline void counter_add(counter *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

static inline void counter_set(counter *c, uint64_t value)
{
	atomic_store_explicit(c, value, memory_order_relaxed);
}

static inline uint64_t counter_get(const counter *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

/* Adds all of c to sum, whose only writer is the caller. */
void counters_sum(struct counters *sum, const struct counters *c);

uint64_t counters_openings(const struct counters *c);
uint64_t counters_reasons(const struct counters *c);

/*
 * Counters by service, one for each of a policy and in its order; they live and are replaced
 * with it.
 */
struct tally {
	size_t count;
	struct counters services[];
};

/* NULL when memory is short. */
struct tally *tally_new(const struct policy *policy);

/* Takes over what was counted for the services that are in both policies. */
void tally_carry(struct tally *to, const struct policy *to_policy, const struct tally *from,
		 const struct policy *from_policy);

#endif
