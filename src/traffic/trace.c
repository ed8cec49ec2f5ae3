/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/trace.h"

#include <string.h>

static bool is_wanted(const struct trace *t, const struct flow *flow)
{
	for (size_t i = 0; i < t->address_count; i++) {
		const struct endpoint *a = &t->addresses[i];

		if (endpoint_same_address(a, &flow->client) &&
		    (a->port == 0 || a->port == flow->client.port))
			return true;
		if (endpoint_same_address(a, &flow->service) &&
		    (a->port == 0 || a->port == flow->service.port))
			return true;
	}
	return false;
}

/* A stream that is seen for the first time begins with a line, unless the session was under way. */
static bool starts_line(const struct situation *at, const struct dialogue *before)
{
	enum phase phase = before->streams[at->from].phase;

	if (phase == PHASE_UNSEEN)
		return before->streams[opposite(at->from)].phase != PHASE_UNSEEN && !before->resynchronised;
	return phase == PHASE_START;
}

static void append(struct trace *t, const void *bytes, size_t size)
{
	memcpy(t->bytes + t->size, bytes, size);
	t->size += size;
}

void trace_packet(struct trace *t, const struct situation *at, const struct dialogue *before,
		  const struct outcome *outcome, const uint8_t *bytes, uint64_t now)
{
	const struct packet *came = at->packet;
	struct packet went = *came;
	struct trace_record r = {
		.time = now,
		.flow = at->session->flow,
		.from = at->from,
		.starts_line = starts_line(at, before),
		.unchanged = outcome->verdict == VERDICT_ACCEPT,
	};

	if (!is_wanted(t, &r.flow) || outcome->verdict == VERDICT_DROP || before->encrypted ||
	    came->payload_size == 0)
		return;
	if (!r.unchanged && packet_parse(bytes, outcome->size, &went) < 0)
		return;
	r.seq[0] = came->seq;
	r.size[0] = (uint32_t)came->payload_size;
	r.seq[1] = went.seq;
	r.size[1] = r.unchanged ? 0 : (uint32_t)went.payload_size;
	if (t->size + sizeof(r) + r.size[0] + r.size[1] > sizeof(t->bytes)) {
		t->missed++;
		return;
	}
	append(t, &r, sizeof(r));
	append(t, came->bytes + came->payload, r.size[0]);
	append(t, went.bytes + went.payload, r.size[1]);
}

bool trace_next(const struct trace *t, size_t *position, struct trace_record *record,
		const uint8_t *payloads[static 2])
{
	if (*position == t->size)
		return false;
	memcpy(record, t->bytes + *position, sizeof(*record));
	payloads[0] = t->bytes + *position + sizeof(*record);
	payloads[1] = payloads[0] + record->size[0];
	*position += sizeof(*record) + record->size[0] + record->size[1];
	if (record->unchanged) {
		payloads[1] = payloads[0];
		record->size[1] = record->size[0];
	}
	return true;
}
