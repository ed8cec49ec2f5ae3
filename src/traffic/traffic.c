/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A round of a worker.
 *
 * 1. Packets are taken from the queue, as many as there are and fit a batch. Each finds its service and its
 *    session; one without a service passes as it is.
 * 2. The engine decides (core/engine.h). A packet that wants no opening, most of them, is finished at once:
 *    settled, recorded, its verdict put into the next message to the kernel.
 * 3. A packet that wants an opening waits in the pending list, with a copy of its bytes, and `busy` of its
 *    session says so: whatever comes of that session meanwhile goes behind it. Other sessions overtake.
 * 4. The list is visited in order. The first packet of a session makes its openings (`blocked`: the others of
 *    it wait for their turn); when these are in force, or OPENING_WAIT_MS has passed, it is finished.
 * 5. Verdicts are sent, in one message where it can be.
 *
 * While something waits, a round sleeps no longer than look_again; else until a packet comes or somebody
 * wakes it. Between rounds old sessions are forgotten and long transfers kept alive in IPVS.
 */
#include "traffic/traffic.h"

#include "core/window.h"
#include "kernel/conntrack.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

enum {
	OPENING_WAIT_MS = 3000, /* then the opening has failed; less is not enough where CPUs are short */
	EXPIRE_PER_ROUND = 64,
	SILENT_SECONDS = 60, /* of a transfer, after which conntrack is asked whether the session is there */
};

/* Between two looks at an opening that is not in force yet. */
static const struct timespec look_again = { .tv_nsec = 100000 };

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t now_ms(void)
{
	return now_us() / 1000;
}

/* ---- what is told to others ---- */

static struct counters *tally_of(struct traffic *t, struct session *s)
{
	if (policy_find_again(t->policy, &s->flow.service, &s->service) == NULL || t->tally == NULL)
		return &t->untallied;
	return &t->tally->services[s->service];
}

/* One client's events do not push out those of all others. */
static void note(struct traffic *t, const struct session *s, struct event event)
{
	if (!clients_may_note(t->clients, &s->flow.client, t->now, HISTORY_CLIENT_SECONDS, HISTORY_CLIENT_MAX)) {
		counter_add(&t->counters.events_left_out, 1);
		return;
	}
	event.time = t->now_ms;
	event.flow = s->flow;
	history_add(&t->history, &event);
}

/* What the kernel said about the first opening of which it refused a part, or 0. */
static int refusal_of(const struct decision *d)
{
	for (size_t i = 0; i < d->want_count; i++)
		if (d->wants[i].error < 0)
			return d->wants[i].error;
	return 0;
}

static void count_reasons(struct traffic *t, const struct situation *at, struct counters *tally,
			  const struct decision *d, reason_set reasons)
{
	int error;

	for (enum reason r = 0; reasons != 0; r++, reasons >>= 1) {
		if ((reasons & 1) == 0)
			continue;
		counter_add(&t->counters.reasons[r], 1);
		counter_add(&tally->reasons[r], 1);
		error = reason_is_kernels(r) ? refusal_of(d) : 0;
		note(t, at->session, (struct event){ .kind = EVENT_REFUSAL, .reason = r, .error = error });
		report_reason(t->report, r, error, at);
	}
}

static void count_reason(struct traffic *t, enum reason r)
{
	counter_add(&t->counters.reasons[r], 1);
	report_reason(t->report, r, 0, NULL);
}

/* ---- verdicts ---- */

/* An error of the netlink send is the queue's to count: the packet keeps its place there. */
static void verdict(struct traffic *t, uint32_t id, const struct outcome *outcome)
{
	int error = 0;

	switch (outcome->verdict) {
	case VERDICT_ACCEPT:
		error = pending_is_empty(t->pending) ? queue_accept_until(t->queue, id)
						     : queue_accept(t->queue, id);
		break;
	case VERDICT_REWRITE:
		counter_add(&t->counters.rewritten, 1);
		error = queue_rewrite(t->queue, id, t->bytes, outcome->size);
		break;
	case VERDICT_DROP:
		counter_add(&t->counters.dropped, 1);
		error = queue_drop(t->queue, id);
		break;
	}
	if (error < 0)
		report_failure(t->report, "sending verdicts", error);
}

static void flush(struct traffic *t)
{
	int error = queue_flush(t->queue);

	if (error < 0)
		report_failure(t->report, "sending verdicts", error);
}

static void accept_packet(struct traffic *t, uint32_t id)
{
	verdict(t, id, &(struct outcome){ .verdict = VERDICT_ACCEPT });
}

/* ---- adjusted sessions ---- */

static int mark_adjusted(struct traffic *t, const struct flow *flow)
{
	int error = t->ruleset == NULL ? ruleset_open(&t->ruleset) : 0;

	return error < 0 ? error : ruleset_mark_adjusted(t->ruleset, flow);
}

/* The two sides count differently: conntrack must allow it, and we must see it all. */
static void follow_adjusted(struct traffic *t, const struct session *s)
{
	int error = conntrack_make_liberal(opener_netlink(t->opener), &s->flow);

	if (error == 0)
		error = mark_adjusted(t, &s->flow);
	if (error < 0)
		report_failure(t->report, "following a session whose text changed its length", error);
}

static void unmark(struct traffic *t, const struct session *s)
{
	int error = s->adjusted && t->ruleset != NULL ? ruleset_unmark_adjusted(t->ruleset, &s->flow) : 0;

	if (error < 0)
		report_failure(t->report, "unmarking a session", error);
}

static void adjust(struct traffic *t, struct session *s, struct counters *tally)
{
	follow_adjusted(t, s);
	s->adjusted = true;
	counter_add(&t->counters.adjusted, 1);
	counter_add(&tally->adjusted, 1);
	note(t, s, (struct event){ .kind = EVENT_ADJUSTED });
}

static void forget_session(struct session *s, void *context)
{
	struct traffic *t = context;

	unmark(t, s);
	if (t->journal != NULL)
		journal_drop(t->journal, s);
	clients_remove_session(t->clients, s);
}

/* ---- deciding ---- */

static void tell_opening(struct traffic *t, const struct situation *at, struct counters *tally,
			 const struct want *want)
{
	counter_add(&t->counters.openings[want->mode], 1);
	counter_add(&tally->openings[want->mode], 1);
	note(t, at->session, (struct event){ .kind = EVENT_OPENING, .want = *want });
	report_opening(t->report, at, want);
}

static void tell_unused(struct traffic *t, struct counters *tally, const struct flow *flow, const struct want *want)
{
	const struct event event = { .time = t->now_ms, .kind = EVENT_UNUSED, .flow = *flow, .want = *want };

	counter_add(&t->counters.unused, 1);
	counter_add(&tally->unused, 1);
	history_add(&t->history, &event);
}

static void tell_dialogue(struct traffic *t, const struct session *s, struct counters *tally,
			  const struct dialogue *before)
{
	if (s->dialogue.encrypted && !before->encrypted) {
		counter_add(&t->counters.encrypted, 1);
		counter_add(&tally->encrypted, 1);
		note(t, s, (struct event){ .kind = EVENT_ENCRYPTED });
	}
	if (s->dialogue.closing && !before->closing)
		note(t, s, (struct event){ .kind = EVENT_CLOSING });
}

/* What its server has announced, as far as the packet says so. */
static void note_announcements(struct traffic *t, const struct situation *at, const struct decision *d)
{
	const reason_set refused = reason_bit(REASON_PORT_PRIVILEGED) | reason_bit(REASON_PORT_CLOSED);

	for (size_t i = 0; i < d->want_count; i++)
		if (d->wants[i].made && mode_is_passive(d->wants[i].mode))
			announcements_add(t->announced, &at->session->flow, d->wants[i].target.port);
	if (at->from == FROM_SERVER && (d->reasons & refused) != 0)
		announcements_refuse(t->announced, &at->session->flow, at->now);
}

static struct engine engine_of(const struct traffic *t)
{
	return (struct engine){ t->policy, t->table, &opener_ops, t->opener, t->now, t->clients };
}

static void record(struct traffic *t, const struct situation *at, struct counters *tally,
		   const struct decision *d, const struct outcome *outcome)
{
	for (size_t i = 0; i < d->want_count; i++)
		if (d->wants[i].made)
			tell_opening(t, at, tally, &d->wants[i]);
	for (size_t i = 0; i < outcome->replaced_count; i++)
		if (outcome->replaced[i].unused)
			tell_unused(t, tally, &at->session->flow,
				    &(struct want){ .mode = MODE_PASSIVE, .port = outcome->replaced[i].shown });
	note_announcements(t, at, d);
	count_reasons(t, at, tally, d, d->reasons | outcome->reasons);
	counter_add(&tally->packets, 1);
	if (outcome->verdict == VERDICT_REWRITE)
		counter_add(&tally->rewritten, 1);
	if (outcome->verdict == VERDICT_DROP)
		counter_add(&tally->dropped, 1);
}

static void finish(struct traffic *t, const struct transit *packet, uint32_t id)
{
	const struct engine engine = engine_of(t);
	struct session *s = packet->session;
	const struct dialogue before = s->dialogue;
	struct counters *tally = tally_of(t, s);
	struct situation at;
	struct outcome outcome;

	engine_finish(&engine, packet, t->bytes, sizeof(t->bytes), &outcome);
	at = engine_situation(&engine, packet);
	if (t->trace != NULL)
		trace_packet(t->trace, &at, &before, &outcome, t->bytes, t->now_ms);
	if (outcome.adjust)
		adjust(t, s, tally);
	if (s->adjusted && t->journal != NULL)
		journal_put(t->journal, t->table, s, t->now);
	record(t, &at, tally, packet->decision, &outcome);
	tell_dialogue(t, s, tally, &before);
	verdict(t, id, &outcome);
}

/* Decides on a waiting packet whose turn has come. Returns true when it is done with. */
static bool start_pending(struct traffic *t, struct pending_packet *p)
{
	const struct engine engine = engine_of(t);

	engine_decide(&engine, &p->transit);
	if (engine_make(&engine, &p->transit)) {
		finish(t, &p->transit, p->id);
		return true;
	}
	p->decided = true;
	p->deadline = now_ms() + OPENING_WAIT_MS;
	if (t->finish_by != 0 && p->deadline > t->finish_by)
		p->deadline = t->finish_by;
	p->transit.session->blocked = true;
	return false;
}

static bool make_pending(struct traffic *t, const struct transit *packet, uint32_t id)
{
	struct pending_packet *p = pending_add(t->pending, packet);

	if (p == NULL)
		return false;
	p->id = id;
	p->arrived = now_us();
	packet->session->busy++;
	return true;
}

/* What concerns a session as such, and none of its packets. */
static void count_session_reason(struct traffic *t, struct session *s, enum reason r)
{
	const struct situation at = { .policy = t->policy, .session = s, .now = t->now };

	counter_add(&t->counters.reasons[r], 1);
	counter_add(&tally_of(t, s)->reasons[r], 1);
	note(t, s, (struct event){ .kind = EVENT_REFUSAL, .reason = r });
	report_reason(t->report, r, 0, &at);
}

/* A session of a client that has too many. */
static void give_way(struct traffic *t, struct session *s)
{
	count_session_reason(t, s, REASON_CLIENT_SESSIONS);
	table_remove(t->table, s);
}

/* See unseen.h. Its handshake, should it come after all, clears the doubt. */
static void doubt_beginning(struct traffic *t, struct session *s)
{
	if (unseen_may_begin(t->known, &t->arrived, &s->flow))
		return;
	s->dialogue.doubt = true;
	count_session_reason(t, s, REASON_SESSION_DOUBTFUL);
}

static struct session *add_session(struct traffic *t, const struct flow *flow, bool seen)
{
	struct session *surplus = clients_surplus(t->clients, &flow->client, t->policy->sessions_per_client);
	struct session *s;
	bool evicted;

	if (surplus != NULL)
		give_way(t, surplus);
	s = table_add(t->table, flow, t->now, &evicted);
	if (evicted || s == NULL)
		count_reason(t, REASON_SESSION_EVICTED);
	if (s != NULL) {
		clients_add_session(t->clients, s);
		counter_add(&t->counters.sessions, 1);
		counter_add(&tally_of(t, s)->sessions, 1);
		note(t, s, (struct event){ .kind = EVENT_SESSION });
		if (!seen)
			doubt_beginning(t, s);
	}
	return s;
}

/*
 * Conntrack has lost the connection's entry and made another one (`conntrack -F`, a reset that only
 * conntrack saw): the session goes on, with all that is known of it. NULL: it is another connection.
 */
static struct session *carry_over(struct traffic *t, const struct flow *flow, const struct packet *packet,
				  enum direction from)
{
	struct session *s = clients_same_ends(t->clients, flow);

	if (s == NULL || s->busy > 0 || !window_is_near(s, packet, from))
		return NULL;
	unmark(t, s);
	table_rekey(t->table, s, flow);
	if (s->adjusted)
		follow_adjusted(t, s);
	return s;
}

static struct session *begin_session(struct traffic *t, const struct flow *flow, const struct packet *packet,
				     enum direction from)
{
	const bool seen = decide_is_handshake(packet, from);
	struct session *s = seen ? NULL : carry_over(t, flow, packet, from);

	return s != NULL ? s : add_session(t, flow, seen);
}

/* Returns whether the packet has its verdict; else it waits. */
static bool handle_session(struct traffic *t, const struct transit *packet, uint32_t id)
{
	const struct engine engine = engine_of(t);

	if (packet->session->busy == 0) {
		engine_decide(&engine, packet);
		if (packet->decision->want_count == 0) {
			finish(t, packet, id);
			return true;
		}
	}
	if (make_pending(t, packet, id))
		return false;
	/* Too many wait: the sender will send it again. */
	verdict(t, id, &(struct outcome){ .verdict = VERDICT_DROP });
	return true;
}

/* The same. */
static bool handle(struct traffic *t, const struct queue_packet *queued)
{
	struct session *s = queued->has_flow ? table_find(t->table, &queued->flow) : NULL;
	uint32_t unknown = 0, *index = s == NULL ? &unknown : &s->service;
	const struct service *service = NULL;
	struct packet packet;

	counter_add(&t->counters.packets, 1);
	if (queued->has_flow)
		service = policy_find_again(t->policy, &queued->flow.service, index);
	if (service == NULL) {
		count_reason(t, REASON_SERVICE_UNKNOWN);
		s = NULL;
	} else if (packet_parse(queued->bytes, queued->length, &packet) < 0) {
		/* The server might read what we cannot. */
		count_reason(t, REASON_PACKET_MALFORMED);
		verdict(t, queued->id, &(struct outcome){ .verdict = VERDICT_DROP });
		return true;
	} else {
		if (s != NULL && s->busy == 0 && decide_begins_anew(s, &packet, queued->direction)) {
			table_remove(t->table, s);
			s = NULL;
		}
		if (s == NULL)
			s = begin_session(t, &queued->flow, &packet, queued->direction);
	}
	if (s != NULL)
		return handle_session(t, &(struct transit){ s, service, queued->direction, &packet, &t->decision, 0, false },
				      queued->id);
	accept_packet(t, queued->id);
	return true;
}

/* ---- waiting ---- */

/* Decides, waits or finishes. Returns true when the packet is done with. */
static bool carry_on(struct traffic *t, struct pending_packet *p)
{
	const struct engine engine = engine_of(t);
	struct session *s = p->transit.session;

	if (!p->decided)
		return !s->blocked && start_pending(t, p);
	if (!engine_ready(&engine, &p->transit, now_ms() >= p->deadline))
		return false;
	finish(t, &p->transit, p->id);
	s->blocked = false;
	return true;
}

static bool visit_pending(void *context, struct pending_packet *p)
{
	struct traffic *t = context;

	if (!carry_on(t, p))
		return false;
	p->transit.session->busy--;
	latency_add(&t->latency, now_us() - p->arrived, 1);
	return true;
}

/* ---- rounds ---- */

/*
 * The first visit makes the openings of what has just come, the second mostly finds them in force: who
 * makes the entries may need this very processor for it, but nobody else's packets wait for that.
 */
static void visit_all_pending(struct traffic *t, bool fresh)
{
	pending_each(t->pending, visit_pending, t);
	flush(t);
	if (!fresh || pending_is_empty(t->pending))
		return;
	sched_yield();
	pending_each(t->pending, visit_pending, t);
	flush(t);
}

/* Openings in the making are looked at again soon; otherwise the queue is what a round waits for. */
static int wait_for_packets(struct traffic *t, struct queue_packet *packets)
{
	struct pollfd fds[] = {
		{ .fd = queue_fd(t->queue), .events = POLLIN },
		{ .fd = opener_fd(t->opener), .events = POLLIN },
	};
	bool idle = pending_is_empty(t->pending);

	if (!idle)
		ppoll(fds, 2, &look_again, NULL);
	return queue_receive(t->queue, packets, QUEUE_BATCH_MAX, idle);
}

static void take_packets(struct traffic *t)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];
	int count = wait_for_packets(t, packets);
	uint64_t start = now_us(), waiting = 0;

	t->now_ms = start / 1000;
	t->now = (uint32_t)(start / 1000000);
	if (count < 0)
		report_failure(t->report, "receiving from the queue", count);
	for (int i = 0; i < count; i++)
		if (!handle(t, &packets[i]))
			waiting++;
	visit_all_pending(t, waiting > 0);
	if (count > 0)
		latency_add(&t->latency, now_us() - start, (uint64_t)count - waiting);
}

/*
 * A session whose transfer goes on does not expire. One at a time: the first round after a long one would
 * otherwise be long as well. What IPVS knows is kept by traffic/keep_alive.
 */
static void look_after_transfers(struct traffic *t)
{
	struct session *s = table_silent_transfer(t->table, t->now, SILENT_SECONDS);
	int alive;

	if (s == NULL)
		return;
	alive = conntrack_is_established(opener_netlink(t->opener), &s->flow);
	if (alive < 0)
		report_failure(t->report, "asking conntrack for a control connection", alive);
	if (alive == 0)
		table_remove(t->table, s);
	else
		table_commit(t->table, s, &s->dialogue, t->now);
}

void traffic_finish(struct traffic *t)
{
	t->finish_by = now_ms() + OPENING_WAIT_MS;
	while (!pending_is_empty(t->pending)) {
		t->now_ms = now_ms();
		pending_each(t->pending, visit_pending, t);
		flush(t);
		nanosleep(&look_again, NULL);
	}
}

void traffic_round(struct traffic *t)
{
	take_packets(t);
	counter_add(&t->counters.expired,
		    table_expire(t->table, t->now, t->policy->idle_seconds, EXPIRE_PER_ROUND));
	look_after_transfers(t);
	counter_set(&t->session_count, table_count(t->table));
}

static bool restore_mark(struct session *s, void *context)
{
	struct traffic *t = context;
	int error = s->adjusted ? mark_adjusted(t, &s->flow) : 0;

	if (error < 0)
		report_failure(t->report, "marking an adjusted session again", error);
	return true;
}

static bool count_session(struct session *s, void *context)
{
	struct traffic *t = context;

	clients_add_session(t->clients, s);
	return true;
}

void traffic_restore_marks(struct traffic *t)
{
	table_each(t->table, restore_mark, t);
}

void traffic_unused(struct traffic *t, const struct flow *flow, const struct want *want)
{
	const struct service *service = policy_find(t->policy, &flow->service);

	tell_unused(t, service == NULL || t->tally == NULL ? &t->untallied
							   : &t->tally->services[service - t->policy->services],
		    flow, want);
}

static bool keep_adjusted(struct session *s, void *context)
{
	struct traffic *t = context;

	if (s->adjusted)
		journal_put(t->journal, t->table, s, t->now);
	return true;
}

void traffic_take_up(struct traffic *t)
{
	table_each(t->table, count_session, t);
	traffic_restore_marks(t);
	if (t->journal != NULL)
		table_each(t->table, keep_adjusted, t);
}

void traffic_set_policy(struct traffic *t, const struct policy *policy, struct tally *tally)
{
	if (t->tally != NULL && tally != NULL)
		tally_carry(tally, policy, t->tally, t->policy);
	free(t->tally);
	t->tally = tally;
	t->policy = policy;
	pending_set_policy(t->pending, policy);
}

/* ---- life ---- */

/* None is needed where there is none to be had: then a peer may make the search for its client slow. */
static uint64_t secret(void)
{
	uint64_t bits = 0;

	(void)!getrandom(&bits, sizeof(bits), GRND_NONBLOCK);
	return bits;
}

int traffic_open(struct traffic *t, size_t sessions, struct log *log)
{
	t->now_ms = now_ms();
	t->now = (uint32_t)(t->now_ms / 1000);
	t->report = report_new(log);
	t->table = table_new(sessions);
	t->clients = t->table == NULL ? NULL : clients_new(t->table, sessions, secret());
	t->pending = pending_new();
	t->announced = announcements_new();
	if (t->report == NULL || t->table == NULL || t->clients == NULL || t->pending == NULL || t->announced == NULL)
		return -ENOMEM;
	table_on_remove(t->table, forget_session, t);
	return 0;
}

void traffic_close(struct traffic *t)
{
	ruleset_close(t->ruleset);
	opener_close(t->opener);
	pending_free(t->pending);
	announcements_free(t->announced);
	clients_free(t->clients);
	table_free(t->table);
	journal_close(t->journal);
	report_free(t->report);
	free(t->tally);
}
