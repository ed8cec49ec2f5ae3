/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay/replay.h"

#include "replay/link.h"
#include "replay/openings.h"
#include "replay/sessions.h"
#include "replay/tell.h"
#include "replay/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* The defaults of ftpalgd.conf(5). */
	OPENINGS_PER_SESSION = 8,
	LINE_MAX_BYTES = 8192,
	IDLE_SECONDS = 7200,
	OPENING_SECONDS = 60,

	EXPIRE_PER_FRAME = 16,
	FORCED_TRIES = 8, /* core lets a segment through much sooner, if at all */
	NANOSECONDS = 1000000000,
};

struct replay {
	struct replay_plan plan;
	struct service service;    /* the plan's, with one real server: that of the session at hand */
	struct real_server server;
	struct policy *policy;
	struct table *table;
	struct talks *talks;
	struct openings *openings;
	struct held_account account;
	struct totals totals;
	bool started;
	struct timespec first;
	struct timespec latest;
	uint32_t now; /* seconds since the first frame, never back */
	struct decision decision;
	uint8_t given[PACKET_SIZE_MAX];
	uint8_t settled[PACKET_SIZE_MAX];
	uint8_t received[PACKET_SIZE_MAX];
	uint8_t out[LINK_HEADER_MAX + PACKET_SIZE_MAX];
};

/* ---- out ---- */

static void write_frame(struct replay *r, const struct frame *frame)
{
	if (r->plan.writer != NULL)
		capture_write(r->plan.writer, frame);
}

/* The frame with another IP packet in it. */
static void write_packet(struct replay *r, const struct passage *p, const uint8_t *bytes, size_t size)
{
	struct frame frame = p->frame;

	memcpy(r->out, p->frame.bytes, p->ip);
	memcpy(r->out + p->ip, bytes, size);
	frame.bytes = r->out;
	frame.size = frame.wire_size = p->ip + size;
	write_frame(r, &frame);
}

static double seconds_since_first(const struct replay *r, const struct timespec *t)
{
	return ((double)t->tv_sec - (double)r->first.tv_sec) +
	       ((double)t->tv_nsec - (double)r->first.tv_nsec) / NANOSECONDS;
}

/* ---- in ---- */

/* Reads the frame down to its segment. Returns false for one that is not ours to change. */
static bool start_passage(struct replay *r, const struct frame *frame, struct passage *p)
{
	p->frame = *frame;
	p->seconds = seconds_since_first(r, &frame->time);
	if (link_find_ip(r->plan.linktype, frame->bytes, frame->size, &p->ip) < 0) {
		r->totals.not_ip++;
		return false;
	}
	switch (segment_parse(frame->bytes + p->ip, frame->size - p->ip, &p->segment)) {
	case 0:
		return true;
	case -EBADMSG:
		if (frame->size < frame->wire_size)
			r->totals.cut_short++;
		else
			r->totals.malformed++;
		return false;
	default:
		return false;
	}
}

/* ---- deciding ---- */

static struct session *session_of(struct replay *r, const struct passage *p)
{
	bool begun;
	struct session *s = sessions_take(r->table, p, r->now, &begun);

	if (begun) {
		r->totals.sessions += !p->talk->announced;
		tell_session(r->plan.listing, p);
	}
	return s;
}

static void decide_once(struct replay *r, struct passage *p)
{
	const struct engine engine = { r->policy, r->table, &openings_ops, r->openings, r->now, NULL };
	struct transit transit = { p->session, &r->service, p->from, &p->given, &r->decision, 0, false };

	r->server.address = p->session->flow.server;
	r->server.address.port = 0;
	engine_decide(&engine, &transit);
	engine_make(&engine, &transit);
	engine_finish(&engine, &transit, r->settled, sizeof(r->settled), &p->outcome);
	if (p->outcome.adjust)
		p->session->adjusted = true;
}

/*
 * A segment behind a gap that will not be filled: after a few times it is let through, unless the
 * beginning of a line is withheld. Then the session is picked up anew.
 */
static void decide_forced(struct replay *r, struct passage *p)
{
	for (int i = 0; i < FORCED_TRIES && r->decision.drop; i++) {
		if (i == FORCED_TRIES - 1)
			p->session = sessions_pick_up(r->table, p->talk, r->now);
		if (p->session == NULL)
			return;
		decide_once(r, p);
	}
}

static struct splice_map map_of(const struct replay *r, const struct passage *p)
{
	return splice_map_at(table_splice(r->table, p->session, p->from),
			     p->session->dialogue.streams[p->from].next);
}

/* Where nothing is to be passed on yet there goes a byte that its receiver has had already. */
static int read_settled(const struct replay *r, struct passage *p)
{
	const struct splice_map map = map_of(r, p);
	int error = packet_parse(r->settled, p->outcome.size, &p->settled);

	if (error == 0 && p->given.payload_size > 0)
		p->withheld = p->settled.seq != splice_to_receiver(&map, p->given.seq);
	return error;
}

static void settle_verdict(struct replay *r, struct passage *p)
{
	size_t size;

	switch (p->outcome.verdict) {
	case VERDICT_ACCEPT:
		if (p->given.bytes == p->segment.packet.bytes)
			write_frame(r, &p->frame);
		else
			write_packet(r, p, p->given.bytes, p->given.size);
		break;
	case VERDICT_REWRITE:
		if (p->withheld) {
			r->totals.withheld++;
			break;
		}
		r->totals.rewritten++;
		size = view_as_received(&p->given, &p->settled, r->received);
		write_packet(r, p, r->received, size);
		break;
	case VERDICT_DROP:
		r->totals.dropped += p->tries == 0;
		break;
	}
}

/* ---- what would be sent again ---- */

/* What of the segment is left to its sender: from where on, and why. Returns false for nothing. */
static bool has_rest(const struct replay *r, const struct passage *p, uint32_t *from,
		     enum held_why *why)
{
	const struct packet *packet = &p->segment.packet;
	const struct splice_map map = map_of(r, p);
	const uint32_t next = map.next;

	if (packet->payload_size == 0) {
		*why = HELD_EARLY;
		*from = packet->seq;
		return p->outcome.verdict == VERDICT_DROP;
	}
	if (seq_before(next, segment_end(&p->segment))) {
		*why = seq_before(next, packet->seq) ? HELD_EARLY : HELD_UNREAD;
		*from = *why == HELD_EARLY ? packet->seq : next;
		return true;
	}
	if (p->outcome.verdict != VERDICT_REWRITE || p->withheld)
		return false;
	*why = HELD_CUT;
	*from = splice_to_sender(&map, p->settled.seq + (uint32_t)p->settled.payload_size);
	return seq_before(packet->seq, *from) && seq_before(*from, segment_end(&p->segment));
}

static void hold_rest(struct replay *r, const struct passage *p)
{
	struct frame rest = p->frame;
	enum held_why why;
	struct held *h;
	uint32_t from;
	size_t size;

	if (p->last || p->tries >= HELD_TRIES_MAX || !has_rest(r, p, &from, &why))
		return;
	size = view_rest(&p->segment.packet, from, r->received);
	memcpy(r->out, p->frame.bytes, p->ip);
	memcpy(r->out + p->ip, r->received, size);
	rest.bytes = r->out;
	rest.size = rest.wire_size = p->ip + size;
	h = held_add(&p->talk->held, &r->account, &rest, p->from);
	if (h == NULL)
		return;
	h->seq = from;
	h->end = segment_end(&p->segment) + ((p->segment.packet.flags & TCP_FIN) != 0);
	h->tries = p->tries + 1;
	h->why = why;
}

static void play(struct replay *r, struct passage *p)
{
	p->session = session_of(r, p);
	if (!sessions_divert(p->session, p)) {
		write_frame(r, &p->frame);
		return;
	}
	if (!view_give(r->table, p, r->plan.live, r->given))
		return;
	p->before = p->session->dialogue;
	decide_once(r, p);
	if (p->forced)
		decide_forced(r, p);
	if (p->session == NULL)
		return;
	if (p->outcome.verdict == VERDICT_REWRITE && read_settled(r, p) < 0)
		return;
	for (size_t i = 0; i < r->decision.want_count; i++)
		r->totals.openings += r->decision.wants[i].made;
	tell_passage(r->plan.listing, p, &r->decision, r->table);
	settle_verdict(r, p);
	hold_rest(r, p);
}

/* ---- playing again ---- */

/* The segment was taken out of the queue; what of it is not passed on now is held anew. */
static void play_held(struct replay *r, struct talk *talk, struct held *h, bool forced, bool last)
{
	struct passage p = { 0 };

	h->frame.time = r->latest;
	if (start_passage(r, &h->frame, &p)) {
		p.talk = talk;
		p.from = h->from;
		p.tries = h->tries;
		p.forced = forced;
		p.last = last;
		play(r, &p);
	}
	held_free(&r->account, h);
}

enum due { NOT_DUE, DUE, DUE_FORCED, OVER };

/* by: who sent the segment that gives occasion to ask. */
static enum due due_of(const struct replay *r, struct talk *talk, const struct held *h,
		       enum direction by)
{
	const struct session *s = sessions_find(r->table, talk);
	uint32_t next;

	if (s == NULL)
		return OVER;
	if (h->why == HELD_CUT)
		return DUE;
	next = s->dialogue.streams[h->from].next;
	if (!seq_before(next, h->end))
		return OVER;
	if (!seq_before(next, h->seq))
		return h->why == HELD_EARLY || by != h->from ? DUE : NOT_DUE;
	/* Their receiver has the bytes in between: only the capture misses them. */
	if (talk->has_acked[h->from] && seq_before(next, talk->acked[h->from]))
		return DUE_FORCED;
	return NOT_DUE;
}

/* Plays the first that is due. Returns whether there was one. */
static bool play_one_held(struct replay *r, struct talk *talk, enum direction by)
{
	struct held *h;

	TAILQ_FOREACH(h, &talk->held.list, by_age) {
		enum due due = due_of(r, talk, h, by);

		if (due == NOT_DUE)
			continue;
		held_take(&talk->held, h);
		if (due == OVER)
			held_free(&r->account, h);
		else
			play_held(r, talk, h, due == DUE_FORCED, false);
		return true;
	}
	return false;
}

static void play_all_held(struct replay *r, struct talk *talk, enum direction by)
{
	for (size_t i = 0; i < 2 * HELD_MAX && play_one_held(r, talk, by); i++)
		;
}

/* The talk is over: what is still held goes out as it may. */
static void forget(void *context, struct talk *talk)
{
	struct replay *r = context;
	const struct stamp stamp = { r->totals.frames, seconds_since_first(r, &r->latest),
				     &talk->flow.client };
	struct session *s;
	struct held *h;

	while ((h = TAILQ_FIRST(&talk->held.list)) != NULL) {
		held_take(&talk->held, h);
		play_held(r, talk, h, true, true);
	}
	tell_end(r->plan.listing, &stamp, talk);
	s = sessions_find(r->table, talk);
	if (s != NULL)
		table_remove(r->table, s);
}

/* ---- frames ---- */

/* A clock that only goes forward, whatever the capture says. */
static void advance_clock(struct replay *r, const struct frame *frame)
{
	double seconds;

	if (!r->started)
		r->first = frame->time;
	r->started = true;
	r->latest = frame->time;
	seconds = seconds_since_first(r, &frame->time);
	if (seconds > r->now)
		r->now = seconds < UINT32_MAX / 2 ? (uint32_t)seconds : UINT32_MAX / 2;
	table_expire(r->table, r->now, IDLE_SECONDS, EXPIRE_PER_FRAME);
}

/* A connection that an opening was made for: tells so, and remembers that it carries data. */
static bool is_data(struct replay *r, const struct passage *p)
{
	const struct segment *s = &p->segment;
	struct endpoint control;
	struct stamp stamp = { p->frame.number, p->seconds, &control };

	if (!segment_opens(s) ||
	    !openings_use(r->openings, &s->source, &s->destination, r->now, &control))
		return false;
	listing_data(r->plan.listing, &stamp, &s->source, &s->destination);
	talks_add_data(r->talks, s);
	return true;
}

void replay_frame(struct replay *r, const struct frame *frame)
{
	struct passage p = { 0 };

	r->totals.frames++;
	advance_clock(r, frame);
	if (!start_passage(r, frame, &p) || is_data(r, &p)) {
		write_frame(r, frame);
		return;
	}
	p.talk = talks_find(r->talks, &p.segment, &p.from);
	if (p.talk == NULL || p.talk->kind != TALK_FTP) {
		write_frame(r, frame);
		return;
	}
	view_note_ack(&p);
	play(r, &p);
	play_all_held(r, p.talk, p.from);
}

/* ---- life ---- */

static void release(struct replay *r)
{
	talks_free(r->talks);
	openings_free(r->openings);
	table_free(r->table);
	free(r->policy);
	free(r);
}

static struct policy *new_policy(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (policy == NULL)
		return NULL;
	policy->openings_per_session = OPENINGS_PER_SESSION;
	policy->max_line = LINE_MAX_BYTES;
	policy->idle_seconds = IDLE_SECONDS;
	policy->opening_seconds = OPENING_SECONDS;
	return policy;
}

struct replay *replay_new(const struct replay_plan *plan)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->plan = *plan;
	r->service = *plan->service;
	r->server.passive_ports = plan->server_ports;
	r->service.servers = &r->server;
	r->service.server_count = 1;
	r->policy = new_policy();
	r->table = table_new(plan->talks);
	r->talks = talks_new(plan->talks, plan->roles, forget, r);
	r->openings = openings_new();
	if (r->policy == NULL || r->table == NULL || r->talks == NULL || r->openings == NULL) {
		release(r);
		return NULL;
	}
	return r;
}

void replay_finish(struct replay *r, struct totals *totals)
{
	talks_free(r->talks);
	r->talks = NULL;
	*totals = r->totals;
	release(r);
}
