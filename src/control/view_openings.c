/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The openings that wait for their data connection: the kernel's expectations, with what the
 * workers remember of making them. "next" counts expectations, whose order may change in between.
 */
#include "control/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct page {
	const struct control_request *request;
	struct expectation_waiting *waiting;
	size_t count;
	uint64_t position; /* of the expectation at hand */
	bool more;
};

/* Who opens and who takes it are known; the real server is so only with an active opening. */
static bool is_wanted(const struct control_request *r, const struct expectation_waiting *e)
{
	const struct flow flow = { .client = e->client, .service = e->service, .server = e->source };

	return control_request_wants(r, &flow);
}

static int take(const struct expectation_waiting *e, void *data)
{
	struct page *page = data;
	uint64_t position = page->position++;

	if (position < page->request->after || !is_wanted(page->request, e))
		return 0;
	if (page->count == page->request->limit) {
		page->more = true;
		page->position = position;
		return -ECANCELED;
	}
	page->waiting[page->count++] = *e;
	return 0;
}

/* ---- what is remembered ---- */

static bool is_of(const struct event *e, const struct expectation_waiting *w)
{
	if (e->kind != EVENT_OPENING || !endpoint_equal(&e->flow.client, &w->client) ||
	    !endpoint_equal(&e->flow.service, &w->service))
		return false;
	return mode_is_passive(e->want.mode) ? e->want.port == w->destination.port
					     : endpoint_equal(&e->want.target, &w->destination);
}

/* Marks, for each opening of the page, the event that made it. */
static void recall(const struct control_subject *subject, const struct page *page,
		   struct event *events, struct event *made)
{
	uint32_t workers = subject->worker_count(subject->context);

	for (uint32_t worker = 0; worker < workers; worker++) {
		uint64_t next = 0, missed = 0;
		size_t read = subject->events(subject->context, worker, &next, events, HISTORY_SIZE,
					      &missed);

		for (size_t e = 0; e < read; e++)
			for (size_t i = 0; events[e].kind == EVENT_OPENING && i < page->count; i++)
				if (is_of(&events[e], &page->waiting[i]))
					made[i] = events[e];
	}
}

/* ---- as JSON ---- */

static json_t *view_place(const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];
	size_t size;

	endpoint_format(e, text);
	size = strlen(text);
	if (e->port != 0)
		return json_string(text);
	return json_sprintf("%.*sany", (int)size - 1, text);
}

static json_t *view_opening(const struct control_subject *subject, const struct expectation_waiting *w,
			    const struct event *made)
{
	bool known = made->kind == EVENT_OPENING;
	bool passive = endpoint_same_address(&w->source, &w->client);
	char text[ENDPOINT_TEXT_MAX];

	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "client", view_endpoint(&w->client),
			 "service", view_endpoint(&w->service), "service_name",
			 view_service_name(subject, &w->service, text), "mode",
			 known ? mode_name(made->want.mode) : passive ? "passive" : "active", "source",
			 view_place(&w->source), "destination", view_endpoint(&w->destination), "target",
			 known ? view_endpoint(&made->want.target) : json_null(), "seconds_left",
			 view_number(w->seconds));
}

static json_t *view_page(const struct control_subject *subject, const struct page *page)
{
	struct event *events = calloc(HISTORY_SIZE, sizeof(*events));
	struct event *made = calloc(page->count + 1, sizeof(*made));
	json_t *openings = events != NULL && made != NULL ? json_array() : NULL;

	if (openings != NULL)
		recall(subject, page, events, made);
	for (size_t i = 0; openings != NULL && i < page->count; i++)
		if (json_array_append_new(openings, view_opening(subject, &page->waiting[i], &made[i])) < 0) {
			json_decref(openings);
			openings = NULL;
		}
	free(events);
	free(made);
	return openings;
}

json_t *view_openings(const struct control_call *call)
{
	const struct control_subject *subject = call->subject;
	struct page page = { .request = call->request };
	json_t *openings;
	int error;

	page.waiting = calloc(call->request->limit, sizeof(*page.waiting));
	if (page.waiting == NULL)
		return NULL;
	error = subject->expectations(subject->context, take, &page);
	if (error < 0 && error != -ECANCELED) {
		control_fail(call->error, "failed", "the kernel does not list expectations: %s",
			     strerror(-error));
		free(page.waiting);
		return NULL;
	}
	openings = view_page(subject, &page);
	free(page.waiting);
	return json_pack("{s:o, s:o}", "openings", openings, "next",
			 page.more ? view_number(page.position) : json_null());
}
