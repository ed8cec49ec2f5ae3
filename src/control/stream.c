/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/stream.h"

#include "control/trace.h"
#include "control/view.h"

#include <stdlib.h>

enum { EVENTS_A_READ = 256 };

struct control_stream_state {
	const struct control_subject *subject;
	bool running;
	uint64_t next[CONFIG_QUEUES_MAX]; /* event of each worker */
	struct event events[EVENTS_A_READ];
	struct control_client *clients;
	size_t client_count;
	struct control_trace *lines; /* while somebody traces */
	struct trace *traces[CONFIG_QUEUES_MAX]; /* the empty one for each worker, beside its own */
};

/* value is freed. */
static void tell(struct control_client *client, json_t *value)
{
	if (value == NULL || control_output_put(&client->out, value) < 0) {
		control_output_free(&client->out);
		client->closing = true;
	}
	json_decref(value);
}

/* ---- events ---- */

static bool is_streaming(const struct control_client *c)
{
	return c->fd >= 0 && c->stream != STREAM_NONE && !c->closing;
}

static void tell_event(struct control_stream_state *s, const struct event *e)
{
	for (size_t i = 0; i < s->client_count; i++)
		if (is_streaming(&s->clients[i]) && control_request_wants(&s->clients[i].request, &e->flow))
			tell(&s->clients[i], view_event(s->subject, e));
}

static void tell_missed(struct control_stream_state *s, uint64_t missed)
{
	for (size_t i = 0; missed > 0 && i < s->client_count; i++)
		if (is_streaming(&s->clients[i]))
			tell(&s->clients[i], json_pack("{s:s, s:o}", "event", "missed", "count",
						       view_number(missed)));
}

static void read_worker(struct control_stream_state *s, uint32_t worker)
{
	uint64_t missed = 0;
	size_t read, total = 0;

	do {
		read = s->subject->events(s->subject->context, worker, &s->next[worker], s->events,
					  EVENTS_A_READ, &missed);
		for (size_t i = 0; i < read; i++)
			tell_event(s, &s->events[i]);
		total += read;
	} while (read == EVENTS_A_READ && total < HISTORY_SIZE);
	tell_missed(s, missed);
}

/* ---- traces ---- */

static bool is_tracing(const struct control_client *c)
{
	return is_streaming(c) && c->stream == STREAM_TRACE;
}

static void tell_line(const struct control_trace_line *line, void *data)
{
	struct control_stream_state *s = data;

	for (size_t i = 0; i < s->client_count; i++)
		if (is_tracing(&s->clients[i]) &&
		    control_request_wants(&s->clients[i].request, line->flow))
			tell(&s->clients[i], view_line(s->subject, line));
}

/* What the clients ask for now; more addresses than fit are not traced. */
static void set_addresses(const struct control_stream_state *s, struct trace *t)
{
	t->address_count = 0;
	t->size = 0;
	t->missed = 0;
	for (size_t i = 0; i < s->client_count && t->address_count < TRACE_ADDRESSES_MAX; i++)
		if (is_tracing(&s->clients[i]))
			t->addresses[t->address_count++] = s->clients[i].request.address;
}

static void read_trace(struct control_stream_state *s, const struct trace *t)
{
	struct trace_record record;
	const uint8_t *payloads[2];
	size_t position = 0;

	while (trace_next(t, &position, &record, payloads))
		control_trace_read(s->lines, &record, payloads, tell_line, s);
	tell_missed(s, t->missed);
}

/* Exchanges a worker's trace for an empty one; where there is no memory it is not traced. */
static void trace_worker(struct control_stream_state *s, uint32_t worker)
{
	struct trace *full;

	if (s->traces[worker] == NULL)
		s->traces[worker] = malloc(sizeof(*s->traces[worker]));
	if (s->traces[worker] == NULL)
		return;
	set_addresses(s, s->traces[worker]);
	full = s->subject->trace(s->subject->context, worker, s->traces[worker]);
	s->traces[worker] = full;
	if (full != NULL)
		read_trace(s, full);
}

static void end_trace(struct control_stream_state *s)
{
	uint32_t workers = s->subject->worker_count(s->subject->context);

	if (s->lines == NULL)
		return;
	control_trace_free(s->lines);
	s->lines = NULL;
	for (uint32_t w = 0; w < workers; w++) {
		free(s->subject->trace(s->subject->context, w, NULL));
		free(s->traces[w]);
		s->traces[w] = NULL;
	}
}

static void run_trace(struct control_stream_state *s)
{
	uint32_t workers = s->subject->worker_count(s->subject->context);
	bool wanted = false;

	for (size_t i = 0; i < s->client_count; i++)
		wanted |= is_tracing(&s->clients[i]);
	if (!wanted) {
		end_trace(s);
		return;
	}
	if (s->lines == NULL)
		s->lines = control_trace_new();
	for (uint32_t w = 0; s->lines != NULL && w < workers; w++)
		trace_worker(s, w);
}

/* ---- life ---- */

struct control_stream_state *control_stream_new(const struct control_subject *subject)
{
	struct control_stream_state *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->subject = subject;
	return s;
}

void control_stream_free(struct control_stream_state *s)
{
	if (s == NULL)
		return;
	end_trace(s);
	free(s);
}

static bool anybody(const struct control_client *clients, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_streaming(&clients[i]))
			return true;
	return false;
}

bool control_stream_run(struct control_stream_state *s, struct control_client *clients,
			size_t count)
{
	uint32_t workers = s->subject->worker_count(s->subject->context);

	s->clients = clients;
	s->client_count = count;
	run_trace(s);
	if (!anybody(clients, count)) {
		s->running = false;
		return false;
	}
	for (uint32_t w = 0; w < workers; w++) {
		if (!s->running)
			s->next[w] = HISTORY_LATEST;
		read_worker(s, w);
	}
	s->running = true;
	return true;
}
