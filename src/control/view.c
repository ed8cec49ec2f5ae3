/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/view.h"

#include <string.h>

json_t *view_endpoint(const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];

	return json_string(endpoint_format(e, text));
}

json_t *view_number(uint64_t number)
{
	return json_integer((json_int_t)number);
}

json_t *view_ports(const struct port_range *range)
{
	if (range == NULL || range->first == 0)
		return json_null();
	return json_sprintf("%u-%u", range->first, range->last);
}

static json_t *view_openings_by_mode(const struct counters *c)
{
	return json_pack("{s:o, s:o, s:o, s:o}",
			 mode_name(MODE_PASSIVE), view_number(counter_get(&c->openings[MODE_PASSIVE])),
			 mode_name(MODE_EXTENDED_PASSIVE),
			 view_number(counter_get(&c->openings[MODE_EXTENDED_PASSIVE])),
			 mode_name(MODE_ACTIVE), view_number(counter_get(&c->openings[MODE_ACTIVE])),
			 mode_name(MODE_EXTENDED_ACTIVE),
			 view_number(counter_get(&c->openings[MODE_EXTENDED_ACTIVE])));
}

/* All reasons, also those that never came up: a script need not ask which there are. */
static json_t *view_reasons(const struct counters *c)
{
	json_t *reasons = json_object();

	for (enum reason r = 0; r < REASONS; r++)
		if (json_object_set_new(reasons, reason_name(r),
					view_number(counter_get(&c->reasons[r]))) < 0) {
			json_decref(reasons);
			return NULL;
		}
	return reasons;
}

json_t *view_counters(const struct counters *c)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "packets", view_number(counter_get(&c->packets)),
			 "rewritten", view_number(counter_get(&c->rewritten)),
			 "dropped", view_number(counter_get(&c->dropped)),
			 "sessions", view_number(counter_get(&c->sessions)),
			 "adjusted", view_number(counter_get(&c->adjusted)),
			 "encrypted", view_number(counter_get(&c->encrypted)),
			 "openings", view_openings_by_mode(c), "unused", view_number(counter_get(&c->unused)),
			 "reasons", view_reasons(c));
}

void view_sum(const struct control_subject *subject, struct counters *sum)
{
	uint32_t count = subject->worker_count(subject->context);

	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < count; i++) {
		struct subject_worker w;

		subject->worker(subject->context, i, &w);
		counters_sum(sum, w.counters);
	}
}

const char *view_service_name(const struct control_subject *subject, const struct endpoint *address,
			      char text[static ENDPOINT_TEXT_MAX])
{
	const struct service *s = policy_find(subject->policy(subject->context), address);

	return s != NULL ? s->name : endpoint_format(address, text);
}
