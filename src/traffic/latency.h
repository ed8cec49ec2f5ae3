/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long packets were held by a worker: from taking them off the queue to sending the verdict.
 *
 * A bucket holds the durations below twice its lower bound; the first one those up to
 * LATENCY_FIRST_US, the last one all that are longer. One writer, as counters.h.
 */
#ifndef FTPALGD_TRAFFIC_LATENCY_H
#define FTPALGD_TRAFFIC_LATENCY_H

#include "traffic/counters.h"

#define LATENCY_BUCKETS 16
#define LATENCY_FIRST_US 16

struct latency {
	counter buckets[LATENCY_BUCKETS];
	counter sum_us;
};

/* Upper bound of a bucket in microseconds; the last one has none. */
static inline uint64_t latency_bound(size_t bucket)
{
	return (uint64_t)LATENCY_FIRST_US << bucket;
}

/* count packets that were held that long. */
static inline void latency_add(struct latency *l, uint64_t us, uint64_t count)
{
	size_t bucket = 0;

	while (bucket < LATENCY_BUCKETS - 1 && us > latency_bound(bucket))
		bucket++;
	counter_add(&l->buckets[bucket], count);
	counter_add(&l->sum_us, us * count);
}

#endif
