/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/counters.h"

#include <assert.h>
#include <stdlib.h>

/* All of a struct counters, as an array. */
enum { COUNTERS = sizeof(struct counters) / sizeof(counter) };

static_assert(sizeof(struct counters) % sizeof(counter) == 0, "counters and nothing else");

void counters_sum(struct counters *sum, const struct counters *c)
{
	counter *to = (counter *)sum;
	const counter *from = (const counter *)c;

	for (size_t i = 0; i < COUNTERS; i++)
		counter_add(&to[i], counter_get(&from[i]));
}

uint64_t counters_openings(const struct counters *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < MODES; i++)
		sum += counter_get(&c->openings[i]);
	return sum;
}

uint64_t counters_reasons(const struct counters *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < REASONS; i++)
		sum += counter_get(&c->reasons[i]);
	return sum;
}

struct tally *tally_new(const struct policy *policy)
{
	struct tally *t = calloc(1, sizeof(*t) + policy->service_count * sizeof(t->services[0]));

	if (t != NULL)
		t->count = policy->service_count;
	return t;
}

void tally_carry(struct tally *to, const struct policy *to_policy, const struct tally *from,
		 const struct policy *from_policy)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct service *s = policy_find(to_policy, &from_policy->services[i].address);

		if (s != NULL)
			counters_sum(&to->services[s - to_policy->services], &from->services[i]);
	}
}
