/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page of sessions. The value of "next" is worker and record in one number; a page ends when it
 * is full, or when so many records were looked at that others should have their turn: then it may
 * be empty, and goes on all the same.
 */
#include "control/view.h"

#include <stdlib.h>

enum {
	RECORDS_A_VISIT = 1024,   /* while these are looked at, a worker's packets wait */
	RECORDS_A_PAGE = 1 << 17,
	RECORD_BITS = 32,
};

struct page {
	const struct control_request *request;
	struct session *sessions;
	size_t count;
};

static void take(struct session *s, void *data)
{
	struct page *page = data;

	if (control_request_wants(page->request, &s->flow))
		page->sessions[page->count++] = *s;
}

static const char *state_of(const struct session *s)
{
	if (s->dialogue.closing)
		return "closing";
	if (s->dialogue.encrypted)
		return "encrypted";
	if (!s->dialogue.spoken)
		return "half-open";
	return s->blocked ? "opening" : "open";
}

static json_t *view_session(const struct control_call *call, const struct session *s)
{
	uint32_t now = (uint32_t)(call->now / 1000);
	char text[ENDPOINT_TEXT_MAX];

	return json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:o}",
			 "client", view_endpoint(&s->flow.client),
			 "service", view_endpoint(&s->flow.service),
			 "service_name", view_service_name(call->subject, &s->flow.service, text),
			 "server", view_endpoint(&s->flow.server), "state", state_of(s),
			 "age", view_number(now - s->created), "idle", view_number(now - s->seen),
			 "openings", view_number(s->openings), "doubtful", s->dialogue.doubt,
			 "adjusted", s->adjusted, "midway", s->dialogue.resynchronised,
			 "helper", s->flow.has_helper, "conntrack_id", view_number(s->flow.id));
}

/* The session, and the ports that may be opened on its real server. */
static json_t *view_ranged(const struct control_call *call, const struct session *s)
{
	const struct policy *policy = call->subject->policy(call->subject->context);
	const struct service *service = policy_find(policy, &s->flow.service);
	const struct port_range *named = service != NULL ? service_range(service, &s->flow.server) : NULL;
	json_t *row = view_session(call, s);

	if (json_object_set_new(row, "server_ports", view_ports(named)) < 0) {
		json_decref(row);
		return NULL;
	}
	return row;
}

static json_t *view_page(const struct control_call *call, const struct page *page)
{
	json_t *sessions = json_array();

	for (size_t i = 0; i < page->count; i++)
		if (json_array_append_new(sessions, view_ranged(call, &page->sessions[i])) < 0) {
			json_decref(sessions);
			return NULL;
		}
	return sessions;
}

/* Fills the page from worker and position on, and moves them. Returns whether more may follow. */
static bool fill(const struct control_subject *subject, struct page *page, uint32_t *worker,
		 size_t *position)
{
	uint32_t count = subject->worker_count(subject->context);
	size_t seen = 0;

	while (*worker < count) {
		size_t room = page->request->limit - page->count;
		size_t visit = room < RECORDS_A_VISIT ? room : RECORDS_A_VISIT;

		if (room == 0 || seen >= RECORDS_A_PAGE)
			return true;
		seen += visit;
		if (!subject->sessions(subject->context, *worker, position, visit, take, page)) {
			++*worker;
			*position = 0;
		}
	}
	return false;
}

json_t *view_sessions(const struct control_call *call)
{
	const struct control_request *request = call->request;
	struct page page = { .request = request };
	uint32_t worker = (uint32_t)(request->after >> RECORD_BITS);
	size_t position = (uint32_t)request->after;
	json_t *sessions;
	bool more;

	page.sessions = calloc(request->limit, sizeof(*page.sessions));
	if (page.sessions == NULL)
		return NULL;
	more = fill(call->subject, &page, &worker, &position);
	sessions = view_page(call, &page);
	free(page.sessions);
	return json_pack("{s:o, s:o}", "sessions", sessions, "next",
			 more ? view_number((uint64_t)worker << RECORD_BITS | position) : json_null());
}
