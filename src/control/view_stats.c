/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/view.h"

static json_t *view_service(const struct control_subject *subject, size_t index)
{
	const struct service *s = &subject->policy(subject->context)->services[index];
	struct counters sum = { 0 };

	subject->service(subject->context, index, &sum);
	return json_pack("{s:s, s:o, s:o}", "name", s->name, "address", view_endpoint(&s->address),
			 "counters", view_counters(&sum));
}

/* Of the services, those of one page. */
json_t *view_stats(const struct control_call *call)
{
	const struct control_subject *subject = call->subject;
	size_t count = subject->policy(subject->context)->service_count;
	size_t i = call->request->after < count ? (size_t)call->request->after : count;
	size_t end = count - i < call->request->limit ? count : i + call->request->limit;
	json_t *services = json_array();
	struct counters sum;

	for (; i < end; i++)
		if (json_array_append_new(services, view_service(subject, i)) < 0) {
			json_decref(services);
			return NULL;
		}
	view_sum(subject, &sum);
	return json_pack("{s:o, s:o, s:o}", "total", view_counters(&sum), "services", services, "next",
			 end < count ? view_number(end) : json_null());
}
