/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/ranges.h"

/* Ports between which nobody would write other ends than whole hundreds, or thousands. */
enum { HUNDREDS = 100, THOUSANDS = 1000 };

/* From a multiple of the unit to one less than another. */
static struct port_range round_to(struct port_range range, unsigned int unit)
{
	unsigned int first = range.first / unit * unit;
	unsigned int last = range.last / unit * unit + unit - 1;

	if (first < PORT_PRIVILEGED_END)
		first = PORT_PRIVILEGED_END;
	return (struct port_range){ (uint16_t)first, (uint16_t)(last < UINT16_MAX ? last : UINT16_MAX) };
}

static struct port_range rounded(struct port_range range)
{
	/* One port, or one that no range of passive ports begins with: what is meant is just that. */
	if (range.first == range.last || range.first < PORT_PRIVILEGED_END)
		return range;
	return round_to(range, range.last - range.first < HUNDREDS ? HUNDREDS : THOUSANDS);
}

/* Whether IPVS leads to a port of that server in the range. */
static bool holds_taken(const struct policy *policy, const struct endpoint *server,
			struct port_range range)
{
	for (size_t i = 0; i < policy->taken_count; i++)
		if (endpoint_same_address(&policy->taken[i], server) &&
		    port_in_range(range, policy->taken[i].port))
			return true;
	return false;
}

struct port_range ranges_propose(const struct policy *policy, const struct endpoint *server,
				 const struct announced *a)
{
	const struct port_range none = { .first = 0 }, seen = { a->lowest, a->highest };

	if (a->count < RANGES_ENOUGH)
		return none;
	if (!holds_taken(policy, server, rounded(seen)))
		return rounded(seen);
	return holds_taken(policy, server, seen) ? none : seen;
}
