/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tcp.h"

#include <stdlib.h>
#include <string.h>

void tcp_init(struct tcp *t, struct random *random, uint32_t own_first, uint32_t peer_first)
{
	memset(t->sacked, 0, sizeof(t->sacked));
	memset(t->have, 0, sizeof(t->have));
	t->random = random;
	t->own_first = own_first;
	t->peer_first = peer_first;
	t->segment_max = 1460;
	t->nagle = t->sack = t->delayed_acks = t->splits = false;
	t->written = t->una = t->next = 0;
	t->closed = t->retransmit = false;
	t->duplicate_acks = 0;
	t->received = t->reach = t->fin_at = 0;
	t->fin_known = t->fin_received = false;
	t->ack_now = t->ack_later = false;
	t->duplicate_from = t->duplicate_to = 0;
	t->fault = NULL;
}

void tcp_write(struct tcp *t, const char *bytes, size_t size)
{
	if (t->written + size > TCP_STREAM_MAX)
		abort();
	memcpy(t->out + t->written, bytes, size);
	t->written += size;
}

void tcp_close(struct tcp *t)
{
	t->closed = true;
}

static void fail(struct tcp *t, const char *why)
{
	if (t->fault == NULL)
		t->fault = why;
}

/* Behind FIN, where there is one. */
static size_t end_of(const struct tcp *t)
{
	return t->written + t->closed;
}

bool tcp_is_done(const struct tcp *t)
{
	return t->closed && t->una == end_of(t);
}

/* ---- acknowledging ---- */

static void add_block(const struct tcp *t, struct segment *s, size_t from, size_t to)
{
	if (s->sack_count == TCP_SACK_MAX)
		return;
	s->sack[s->sack_count].left = t->peer_first + (uint32_t)from;
	s->sack[s->sack_count].right = t->peer_first + (uint32_t)to;
	s->sack_count++;
}

static void acknowledge(struct tcp *t, struct segment *s)
{
	s->ack = t->peer_first + (uint32_t)t->received + t->fin_received;
	s->sack_count = 0;
	if (t->sack && t->duplicate_to > t->duplicate_from)
		add_block(t, s, t->duplicate_from, t->duplicate_to);
	for (size_t at = t->received; t->sack && at < t->reach;) {
		size_t from = at;

		while (from < t->reach && !t->have[from])
			from++;
		for (at = from; at < t->reach && t->have[at]; at++)
			;
		if (at > from)
			add_block(t, s, from, at);
	}
	t->duplicate_from = t->duplicate_to = 0;
	t->ack_now = t->ack_later = false;
}

/* ---- sending ---- */

static void fill(struct tcp *t, struct segment *s, size_t from, size_t size, bool fin)
{
	s->seq = t->own_first + (uint32_t)from;
	s->payload = t->out + from;
	s->size = size;
	s->fin = fin;
	acknowledge(t, s);
}

static size_t limit(const struct tcp *t, size_t available)
{
	size_t size = available < t->segment_max ? available : t->segment_max;

	if (t->splits && size > 1 && random_chance(t->random, 60))
		size = random_between(t->random, 1, (uint32_t)size);
	return size;
}

/* The first bytes that are outstanding and not known to be received. */
static void fill_again(struct tcp *t, struct segment *s, size_t from, size_t end)
{
	size_t last = end < t->written ? end : t->written, to;

	while (from < last && t->sacked[from])
		from++;
	for (to = from; to < last && !t->sacked[to]; to++)
		;
	to = from + limit(t, to - from);
	fill(t, s, from, to - from, to == t->written && end > t->written);
}

static bool may_send(const struct tcp *t, size_t size)
{
	return !t->nagle || size >= t->segment_max || t->una == t->next;
}

bool tcp_send(struct tcp *t, struct segment *s)
{
	if (t->retransmit && t->una < t->next) {
		t->retransmit = false;
		fill_again(t, s, t->una, t->next);
		return true;
	}
	if (t->next < t->written) {
		size_t size = limit(t, t->written - t->next);
		bool fin = t->closed && t->next + size == t->written && random_chance(t->random, 50);

		if (may_send(t, size)) {
			fill(t, s, t->next, size, fin);
			t->next += size + fin;
			return true;
		}
	} else if (t->next < end_of(t)) {
		fill(t, s, t->next, 0, true);
		t->next++;
		return true;
	}
	if (!t->ack_now)
		return false;
	fill(t, s, t->next, 0, false);
	return true;
}

bool tcp_timeout(struct tcp *t, struct segment *s)
{
	if (t->una == t->next)
		return false;
	fill_again(t, s, t->una, t->next);
	return true;
}

bool tcp_repeat(struct tcp *t, struct segment *s)
{
	size_t from, size;

	if (t->next == 0 || t->written == 0)
		return false;
	from = random_below(t->random, (uint32_t)t->next);
	if (from >= t->written)
		from = t->written - 1;
	size = (t->next < t->written ? t->next : t->written) - from;
	if (size > t->segment_max)
		size = t->segment_max;
	size = random_between(t->random, 1, (uint32_t)size);
	fill(t, s, from, size, from + size == t->written && t->next > t->written);
	return true;
}

void tcp_keep_alive(struct tcp *t, struct segment *s)
{
	fill(t, s, t->next, 0, false);
	s->seq--;
}

bool tcp_ack_timeout(struct tcp *t, struct segment *s)
{
	if (!t->ack_later && !t->ack_now)
		return false;
	fill(t, s, t->next, 0, false);
	return true;
}

/* ---- receiving ---- */

static void take_ack(struct tcp *t, const struct segment *s)
{
	int32_t ahead = (int32_t)(s->ack - (t->own_first + (uint32_t)t->una));

	if (ahead < 0)
		return;
	if ((size_t)ahead > t->next - t->una) {
		fail(t, "an acknowledgement of what was never sent");
		return;
	}
	if (ahead == 0 && t->una < t->next && s->size == 0 && ++t->duplicate_acks == 3)
		t->retransmit = true;
	if (ahead > 0)
		t->duplicate_acks = 0;
	t->una += (size_t)ahead;
}

static void take_sack(struct tcp *t, const struct segment *s)
{
	for (size_t i = 0; i < s->sack_count; i++) {
		int32_t from = (int32_t)(s->sack[i].left - t->own_first);
		int32_t to = (int32_t)(s->sack[i].right - t->own_first);

		if (from < (int32_t)t->una || from >= to)
			continue; /* RFC 2883, or older than what is acknowledged */
		if (to > (int32_t)t->next) {
			fail(t, "a SACK block of what is not outstanding");
			return;
		}
		for (int32_t at = from; at < to && at < (int32_t)t->written; at++)
			t->sacked[at] = true;
	}
}

static void take_bytes(struct tcp *t, size_t at, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++, at++) {
		if (at < t->received)
			continue;
		if (at >= TCP_STREAM_MAX) {
			fail(t, "bytes far outside the window");
			return;
		}
		if (t->have[at] && t->in[at] != bytes[i])
			fail(t, "other bytes than before at the same place");
		t->in[at] = bytes[i];
		t->have[at] = true;
		if (at >= t->reach)
			t->reach = at + 1;
	}
	while (t->received < t->reach && t->have[t->received])
		t->received++;
}

static void take_fin(struct tcp *t, size_t at)
{
	if (t->fin_known && t->fin_at != at)
		fail(t, "FIN at two places");
	t->fin_known = true;
	t->fin_at = at;
}

static void take_payload(struct tcp *t, const struct segment *s)
{
	int32_t start = (int32_t)(s->seq - t->peer_first);
	int32_t end = start + (int32_t)s->size;
	size_t before = t->received;

	if (end <= (int32_t)t->received && s->size > 0 && start >= 0) {
		t->duplicate_from = (size_t)start;
		t->duplicate_to = (size_t)end;
	}
	if (start < 0 && end > 0)
		fail(t, "bytes from before the stream to within it");
	if (start < (int32_t)t->received || (size_t)start > t->received)
		t->ack_now = true;
	if (s->size > 0 && start >= 0)
		take_bytes(t, (size_t)start, s->payload, s->size);
	if (s->fin)
		take_fin(t, (size_t)end);
	if (t->fin_known && t->received == t->fin_at) {
		t->ack_now |= !t->fin_received || s->fin;
		t->fin_received = true;
	}
	if (t->fin_known && t->reach > t->fin_at)
		fail(t, "bytes behind FIN");
	if (t->received > before) {
		t->ack_now |= !t->delayed_acks || t->ack_later;
		t->ack_later = true;
	}
}

void tcp_take(struct tcp *t, const struct segment *s)
{
	take_ack(t, s);
	take_sack(t, s);
	if (s->size > 0 || s->fin || (int32_t)(s->seq - t->peer_first) < (int32_t)t->received)
		take_payload(t, s);
}
