/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes on the control socket, of a client that may do all or little as the first byte says, and
 * that byte many at a time; and what it is told when it watches or traces.
 *
 * Behind a NUL come packets that are traced: a byte of flags, the sizes of the payload as it came
 * and as it went on, and both.
 */
#include "../control/control_fake.h"

#include "control/stream.h"
#include "control/trace.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	PRIVILEGED = 0x80, /* of the first byte; the rest of it is the size of a piece */
	BY_SERVER = 0x01,  /* of a packet */
	STARTS_LINE = 0x02,
	UNCHANGED = 0x04,
	AGAIN = 0x08,      /* its first bytes were sent before */
	GAP = 0x10,
	OTHER_FLOW = 0x20,
};

static struct fake *fake;
static struct control_subject subject;
static struct flow flow; /* of one of its sessions */

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void begin(void)
{
	if (fake != NULL)
		return;
	fake = fake_new();
	subject = fake_subject(fake);
	for (uint16_t i = 0; i < 300; i++) {
		char client[32];

		snprintf(client, sizeof(client), "198.51.100.%d:%d", i % 3, 1025 + i);
		(void)fake_session(fake, i % FAKE_WORKERS, client, "192.0.2.10:21", "10.0.0.2:21");
	}
	flow = fake_session(fake, 0, "[2001:db8::7]:40000", "[2001:db8::10]:2121", "[fd00::1]:21")->flow;
}

/* Every reply is an object that says whether it is one of success. */
static void put_reply(struct control_client *c, json_t *reply)
{
	const json_t *ok = json_object_get(reply, "ok");

	require(json_is_boolean(ok));
	require(json_is_true(ok) ? json_object_get(reply, "result") != NULL
				 : json_is_object(json_object_get(reply, "error")));
	require(control_output_put(&c->out, reply) == 0);
	json_decref(reply);
}

/* What lies on the output is whole lines of JSON; it is forgotten. */
static void check_output(struct control_client *c)
{
	size_t left = control_output_size(&c->out);
	const char *line = left > 0 ? c->out.bytes + c->out.start : "", *end;

	for (; left > 0 && (end = memchr(line, '\n', left)) != NULL; line = end + 1) {
		json_t *value = json_loadb(line, (size_t)(end - line), 0, NULL);

		require(value != NULL);
		json_decref(value);
		left -= (size_t)(end - line) + 1;
	}
	require(left == 0);
	control_output_free(&c->out);
}

static void happen(void)
{
	struct event e = { .time = 5, .flow = flow };

	for (e.kind = 0; e.kind < EVENT_KINDS; e.kind++)
		history_add(&fake->history[0], &e);
}

static void serve_stream(struct control_client *c)
{
	struct control_stream_state *s = control_stream_new(&subject);

	require(s != NULL && control_stream_run(s, c, 1));
	happen();
	(void)control_stream_run(s, c, 1);
	check_output(c);
	c->stream = STREAM_NONE;
	require(!control_stream_run(s, c, 1));
	control_stream_free(s);
}

/* As the socket's server does with what has arrived. */
static void serve(struct control_client *c)
{
	const char *refusal = NULL;
	size_t size;

	while (control_client_next(c, &size, &refusal)) {
		json_t *reply = control_answer(&subject, c->in, size, c->privileged, 1000, &c->request, &c->stream);

		require(reply != NULL);
		control_client_drop(c, size);
		put_reply(c, reply);
		check_output(c);
		if (c->stream != STREAM_NONE)
			serve_stream(c);
	}
	if (refusal != NULL) {
		put_reply(c, control_refusal(refusal, "no"));
		check_output(c);
		c->size = 0;
	}
}

static void talk(uint8_t how, const uint8_t *data, size_t size)
{
	static struct control_client c;
	size_t piece = (how & 0x7f) == 0 ? sizeof(c.in) : how & 0x7f;

	c = (struct control_client){ .privileged = (how & PRIVILEGED) != 0 };
	while (size > 0) {
		size_t room = sizeof(c.in) - c.size, part = size < piece ? size : piece;

		if (part > room)
			part = room;
		memcpy(c.in + c.size, data, part);
		c.size += part;
		data += part;
		size -= part;
		c.ended = size == 0;
		serve(&c);
	}
}

static void check_shown(const char *text, enum direction from)
{
	size_t size = strlen(text);

	require(size <= 4 * CONTROL_TRACE_LINE_MAX + 8);
	for (size_t i = 0; i < size; i++)
		require(text[i] >= ' ' && text[i] <= '~');
	if (from == FROM_CLIENT && strncasecmp(text, "PASS ", 5) == 0)
		require(strcmp(text + 5, "****") == 0);
}

static void line_seen(const struct control_trace_line *line, void *data)
{
	require(line->flow != NULL && data == NULL);
	check_shown(line->before, line->from);
	check_shown(line->after, line->from);
}

/* One packet of at least three bytes; returns those that it takes. */
static size_t trace_one(struct control_trace *t, const uint8_t *data, size_t size, uint32_t next[DIRECTIONS][2])
{
	uint8_t flags = data[0];
	const uint8_t *payloads[2] = { data + 3, data + 3 };
	struct trace_record r = {
		.time = 7, .flow = flow, .from = (flags & BY_SERVER) != 0 ? FROM_SERVER : FROM_CLIENT,
		.starts_line = (flags & STARTS_LINE) != 0, .unchanged = (flags & UNCHANGED) != 0,
		.size = { data[1], data[1] },
	};
	size_t taken = 3u + data[1];

	if (!r.unchanged) {
		payloads[1] += data[1];
		r.size[1] = data[2];
		taken += data[2];
	}
	if (taken > size)
		return size;
	r.flow.id = (flags & OTHER_FLOW) != 0 ? 2 : 1;
	for (size_t i = 0; i < 2; i++) {
		uint32_t *seq = &next[r.from][i];

		r.seq[i] = *seq + ((flags & GAP) != 0 ? 9 : 0) - ((flags & AGAIN) != 0 ? 3 : 0);
		*seq = r.seq[i] + r.size[i];
	}
	control_trace_read(t, &r, payloads, line_seen, NULL);
	return taken;
}

static void trace(const uint8_t *data, size_t size)
{
	struct control_trace *t = control_trace_new();
	uint32_t next[DIRECTIONS][2] = { { 0xfffffff0, 0xffffffe0 }, { 0, 1 } };
	size_t used = 0;

	require(t != NULL);
	while (used + 3 <= size)
		used += trace_one(t, data + used, size - used, next);
	control_trace_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end;

	if (size == 0)
		return 0;
	begin();
	end = memchr(data + 1, '\0', size - 1);
	talk(data[0], data + 1, end != NULL ? (size_t)(end - data) - 1 : size - 1);
	if (end != NULL)
		trace(end + 1, size - (size_t)(end - data) - 1);
	return 0;
}
