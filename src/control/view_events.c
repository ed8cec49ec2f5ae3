/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

double view_wall_time(uint64_t monotonic)
{
	struct timespec wall, now;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(wall.tv_sec - now.tv_sec) + (double)(wall.tv_nsec - now.tv_nsec) / 1e9 +
	       (double)monotonic / 1e3;
}

static json_t *view_opening(const struct event *e)
{
	struct endpoint shown = mode_is_passive(e->want.mode) ? e->flow.service : e->want.target;

	if (mode_is_passive(e->want.mode))
		shown.port = e->want.port;
	return json_pack("{s:s, s:o, s:o, s:o}", "mode", mode_name(e->want.mode), "named",
			 mode_is_passive(e->want.mode) ? view_endpoint(&e->want.named) : json_null(),
			 "announced", view_endpoint(&shown), "target", view_endpoint(&e->want.target));
}

static json_t *view_unused(const struct event *e)
{
	const bool passive = mode_is_passive(e->want.mode);
	struct endpoint announced = passive ? e->flow.service : e->want.target;

	if (passive)
		announced.port = e->want.port;
	return json_pack("{s:s, s:o}", "mode", passive ? "passive" : "active", "announced",
			 view_endpoint(&announced));
}

/* What only events of its kind have. */
static json_t *view_details(const struct event *e)
{
	if (e->kind == EVENT_OPENING)
		return view_opening(e);
	if (e->kind == EVENT_UNUSED)
		return view_unused(e);
	if (e->kind == EVENT_REFUSAL)
		return json_pack("{s:s, s:s, s:s?}", "reason", reason_name(e->reason), "text",
				 reason_text(e->reason), "error",
				 e->error < 0 ? strerror(-e->error) : NULL);
	return json_object();
}

json_t *view_event(const struct control_subject *subject, const struct event *e)
{
	char text[ENDPOINT_TEXT_MAX];
	json_t *details = view_details(e);
	json_t *event = json_pack("{s:s, s:f, s:o, s:o, s:s, s:o}", "event", event_name(e->kind), "time",
				  view_wall_time(e->time), "client", view_endpoint(&e->flow.client),
				  "service", view_endpoint(&e->flow.service), "service_name",
				  view_service_name(subject, &e->flow.service, text), "server",
				  e->flow.server.port == 0 ? json_null() : view_endpoint(&e->flow.server));

	if (event != NULL && (details == NULL || json_object_update(event, details) < 0)) {
		json_decref(event);
		event = NULL;
	}
	json_decref(details);
	return event;
}

json_t *view_line(const struct control_subject *subject, const struct control_trace_line *line)
{
	char text[ENDPOINT_TEXT_MAX];

	return json_pack("{s:s, s:f, s:o, s:o, s:s, s:o, s:s, s:s, s:s, s:b}", "event", "line", "time",
			 view_wall_time(line->time), "client", view_endpoint(&line->flow->client),
			 "service", view_endpoint(&line->flow->service), "service_name",
			 view_service_name(subject, &line->flow->service, text), "server",
			 view_endpoint(&line->flow->server), "from",
			 line->from == FROM_CLIENT ? "client" : "server", "before", line->before,
			 "after", line->after, "changed", line->changed);
}

/* ---- the latest ones ---- */

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* All wanted events that are remembered, in order of time. */
static size_t gather(const struct control_call *call, struct event *events)
{
	const struct control_subject *subject = call->subject;
	uint32_t workers = subject->worker_count(subject->context);
	size_t kept = 0;

	for (uint32_t w = 0; w < workers; w++) {
		uint64_t next = 0, missed = 0;
		size_t read = subject->events(subject->context, w, &next, events + kept, HISTORY_SIZE,
					      &missed);

		for (size_t i = kept, end = kept + read; i < end; i++)
			if (control_request_wants(call->request, &events[i].flow))
				events[kept++] = events[i];
	}
	qsort(events, kept, sizeof(*events), by_time);
	return kept;
}

json_t *view_recent(const struct control_call *call)
{
	uint32_t workers = call->subject->worker_count(call->subject->context);
	struct event *events = calloc(workers, HISTORY_SIZE * sizeof(*events));
	json_t *list;
	size_t count;

	if (events == NULL)
		return NULL;
	count = gather(call, events);
	list = json_array();
	for (size_t i = count > call->request->limit ? count - call->request->limit : 0; i < count; i++)
		if (json_array_append_new(list, view_event(call->subject, &events[i])) < 0) {
			json_decref(list);
			list = NULL;
			break;
		}
	free(events);
	return json_pack("{s:o, s:b}", "events", list, "more", count > call->request->limit);
}

/* ---- as they happen ---- */

json_t *view_stream(const struct control_call *call)
{
	(void)call;
	return json_pack("{s:b}", "stream", 1);
}
