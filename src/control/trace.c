/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control/trace.h"

#include "core/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	STREAMS_MAX = 128, /* directions of sessions followed at a time */
	AHEAD_MAX = 16,    /* lines of one side whose other side has not come */
	SHOWN_MAX = TEXT_LINE_MAX(CONTROL_TRACE_LINE_MAX),
};

enum side { CAME, WENT, SIDES };

struct text_line {
	size_t size;
	bool beginning_unseen;
	bool rest_of_secret;
	char text[CONTROL_TRACE_LINE_MAX];
};

/* Bytes of one side, up to the end of the line that is being read. */
struct reader {
	uint32_t next; /* sequence number */
	bool secret_open; /* text_continues_secret */
	struct text_line line;
	size_t first, count; /* of ahead, a ring */
	struct text_line ahead[AHEAD_MAX];
};

struct traced_stream {
	bool used;
	uint64_t time;
	struct flow flow;
	enum direction from;
	struct reader readers[SIDES];
};

struct control_trace {
	struct traced_stream streams[STREAMS_MAX];
};

struct control_trace *control_trace_new(void)
{
	return calloc(1, sizeof(struct control_trace));
}

void control_trace_free(struct control_trace *t)
{
	free(t);
}

/* ---- lines ---- */

static void show(const struct traced_stream *s, const struct text_line *line, char *out)
{
	if ((line->beginning_unseen || line->rest_of_secret) && s->from == FROM_CLIENT)
		memcpy(out, "****", 5);
	else
		text_show_line(s->from, line->text, line->size, out, SHOWN_MAX);
}

/* Hands out the lines of which both sides are there. */
static void match(struct traced_stream *s, control_trace_seen *seen, void *data)
{
	struct reader *came = &s->readers[CAME], *went = &s->readers[WENT];

	while (came->count > 0 && went->count > 0) {
		const struct text_line *a = &came->ahead[came->first], *b = &went->ahead[went->first];
		char before[SHOWN_MAX], after[SHOWN_MAX];
		const struct control_trace_line line = {
			.time = s->time,
			.flow = &s->flow,
			.from = s->from,
			.changed = a->size != b->size || memcmp(a->text, b->text, a->size) != 0,
			.before = before,
			.after = after,
		};

		show(s, a, before);
		show(s, b, after);
		seen(&line, data);
		came->first = (came->first + 1) % AHEAD_MAX;
		went->first = (went->first + 1) % AHEAD_MAX;
		came->count--;
		went->count--;
	}
}

static void end_line(struct traced_stream *s, struct reader *r, control_trace_seen *seen, void *data)
{
	struct text_line *line = &r->line;
	bool crlf = line->size > 0 && line->text[line->size - 1] == '\r';

	if (crlf)
		line->size--;
	line->rest_of_secret = text_continues_secret(&r->secret_open, line->text, line->size, crlf);
	if (line->beginning_unseen)
		r->secret_open = !crlf;
	if (r->count < AHEAD_MAX)
		r->ahead[(r->first + r->count++) % AHEAD_MAX] = *line;
	line->size = 0;
	line->beginning_unseen = false;
	match(s, seen, data);
}

static void read_bytes(struct traced_stream *s, enum side side, uint32_t seq, const uint8_t *bytes,
		       size_t size, control_trace_seen *seen, void *data)
{
	struct reader *r = &s->readers[side];
	uint32_t known = r->next - seq;

	if (seq_before(r->next, seq)) {
		r->line.beginning_unseen = true; /* something was left out */
		known = 0;
	}
	if (known >= size)
		return;
	for (size_t i = known; i < size; i++) {
		if (bytes[i] == '\n')
			end_line(s, r, seen, data);
		else if (r->line.size < sizeof(r->line.text))
			r->line.text[r->line.size++] = (char)bytes[i];
	}
	r->next = seq + (uint32_t)size;
}

/* ---- sessions ---- */

static bool is_stream(const struct traced_stream *s, const struct trace_record *r)
{
	return s->used && s->from == r->from && s->flow.id == r->flow.id &&
	       endpoint_equal(&s->flow.client, &r->flow.client) &&
	       endpoint_equal(&s->flow.service, &r->flow.service);
}

/* The stream of the record; where it is new, in the place that was silent for longest. */
static struct traced_stream *stream_of(struct control_trace *t, const struct trace_record *r)
{
	struct traced_stream *oldest = &t->streams[0];

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		struct traced_stream *s = &t->streams[i];

		if (is_stream(s, r))
			return s;
		if (!s->used || (oldest->used && s->time < oldest->time))
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->used = true;
	oldest->flow = r->flow;
	oldest->from = r->from;
	for (enum side side = CAME; side < SIDES; side++) {
		oldest->readers[side].next = r->seq[side];
		oldest->readers[side].line.beginning_unseen = !r->starts_line;
	}
	return oldest;
}

void control_trace_read(struct control_trace *t, const struct trace_record *record,
			const uint8_t *const payloads[static 2], control_trace_seen *seen, void *data)
{
	struct traced_stream *s = stream_of(t, record);

	s->time = record->time;
	for (enum side side = CAME; side < SIDES; side++)
		read_bytes(s, side, record->seq[side], payloads[side], record->size[side], seen, data);
}
