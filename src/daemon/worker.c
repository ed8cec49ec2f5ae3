/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/worker.h"

#include "core/settle.h"
#include "daemon/pending.h"
#include "daemon/report.h"
#include "kernel/conntrack.h"
#include "kernel/ruleset.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUND_MS = 1000,      /* longest sleep */
	LOOK_AGAIN_NS = 100000, /* between two looks at an opening that is not in force yet */
	OPENING_WAIT_MS = 500,  /* then the opening has failed */
	EXPIRE_PER_ROUND = 64,
	KEEP_ALIVE_AFTER = 60,    /* seconds of silence during a transfer */
	KEEP_ALIVE_SECONDS = 300, /* IPVS' timer afterwards */
};

struct worker {
	pthread_t thread;
	struct queue *queue;
	struct opener *opener;
	struct ruleset *ruleset; /* opened when the first session is adjusted */
	struct table *table;
	struct pending *pending;
	const struct policy *policy;
	struct report *report;
	struct log *log;
	uint64_t now_ms;
	uint32_t now; /* seconds */
	struct decision decision;
	uint8_t bytes[PACKET_SIZE_MAX]; /* of the packet being written */
	struct counters counters;
	struct tally *tally;
	struct counters untallied; /* of services that the tally does not hold */
	struct latency latency;
	struct history history;
	struct trace *trace;
	counter session_count;
	counter rounds;

	int wake; /* eventfd */
	_Atomic bool stop;
	sem_t called;
	void (*_Atomic call)(const struct worker_view *view, void *context);
	void *call_context;
};

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

static struct counters *tally_of(struct worker *w, struct session *s)
{
	if (policy_find_again(w->policy, &s->flow.service, &s->service) == NULL || w->tally == NULL)
		return &w->untallied;
	return &w->tally->services[s->service];
}

static void note(struct worker *w, const struct session *s, struct event event)
{
	event.time = w->now_ms;
	event.flow = s->flow;
	history_add(&w->history, &event);
}

static void count_reasons(struct worker *w, const struct situation *at, struct counters *tally,
			  reason_set reasons)
{
	for (enum reason r = 0; reasons != 0; r++, reasons >>= 1) {
		if ((reasons & 1) == 0)
			continue;
		counter_add(&w->counters.reasons[r], 1);
		counter_add(&tally->reasons[r], 1);
		note(w, at->session, (struct event){ .kind = EVENT_REFUSAL, .reason = r });
		report_reason(w->report, r, at);
	}
}

static void count_reason(struct worker *w, enum reason r)
{
	counter_add(&w->counters.reasons[r], 1);
	report_reason(w->report, r, NULL);
}

/* ---- verdicts ---- */

/* An error of the netlink send is the queue's to count: the packet keeps its place there. */
static void verdict(struct worker *w, uint32_t id, const struct outcome *outcome)
{
	int error = 0;

	switch (outcome->verdict) {
	case VERDICT_ACCEPT:
		error = queue_accept(w->queue, id);
		break;
	case VERDICT_REWRITE:
		counter_add(&w->counters.rewritten, 1);
		error = queue_rewrite(w->queue, id, w->bytes, outcome->size);
		break;
	case VERDICT_DROP:
		counter_add(&w->counters.dropped, 1);
		error = queue_drop(w->queue, id);
		break;
	}
	if (error < 0)
		report_failure(w->report, "sending verdicts", error);
}

static void flush(struct worker *w)
{
	int error = queue_flush(w->queue);

	if (error < 0)
		report_failure(w->report, "sending verdicts", error);
}

static void accept_packet(struct worker *w, uint32_t id)
{
	verdict(w, id, &(struct outcome){ .verdict = VERDICT_ACCEPT });
}

/* ---- adjusted sessions ---- */

static int mark_adjusted(struct worker *w, const struct flow *flow)
{
	int error = w->ruleset == NULL ? ruleset_open(&w->ruleset) : 0;

	return error < 0 ? error : ruleset_mark_adjusted(w->ruleset, flow);
}

/* From now on the two sides count differently: conntrack must allow it, and we must see it all. */
static void adjust(struct worker *w, struct session *s, struct counters *tally)
{
	int error = conntrack_make_liberal(opener_netlink(w->opener), &s->flow);

	if (error == 0)
		error = mark_adjusted(w, &s->flow);
	if (error < 0)
		report_failure(w->report, "following a session whose text changed its length", error);
	s->adjusted = true;
	counter_add(&w->counters.adjusted, 1);
	counter_add(&tally->adjusted, 1);
	note(w, s, (struct event){ .kind = EVENT_ADJUSTED });
}

static void forget_session(struct session *s, void *context)
{
	struct worker *w = context;
	int error = s->adjusted && w->ruleset != NULL ? ruleset_unmark_adjusted(w->ruleset, &s->flow) : 0;

	if (error < 0)
		report_failure(w->report, "unmarking a session", error);
}

/* ---- deciding ---- */

static void tell_opening(struct worker *w, const struct situation *at, struct counters *tally,
			 const struct want *want)
{
	counter_add(&w->counters.openings[want->mode], 1);
	counter_add(&tally->openings[want->mode], 1);
	note(w, at->session, (struct event){ .kind = EVENT_OPENING, .want = *want });
	report_opening(w->report, at, want);
}

static void tell_dialogue(struct worker *w, const struct session *s, struct counters *tally,
			  const struct dialogue *before)
{
	if (s->dialogue.encrypted && !before->encrypted) {
		counter_add(&w->counters.encrypted, 1);
		counter_add(&tally->encrypted, 1);
		note(w, s, (struct event){ .kind = EVENT_ENCRYPTED });
	}
	if (s->dialogue.closing && !before->closing)
		note(w, s, (struct event){ .kind = EVENT_CLOSING });
}

static void finish(struct worker *w, const struct situation *at, struct session *s,
		   struct decision *d, uint32_t id)
{
	const struct dialogue before = s->dialogue;
	struct counters *tally = tally_of(w, s);
	struct outcome outcome;

	settle(at, d, w->table, s, w->bytes, sizeof(w->bytes), &outcome);
	if (w->trace != NULL)
		trace_packet(w->trace, at, &before, &outcome, w->bytes, w->now_ms);
	if (outcome.adjust)
		adjust(w, s, tally);
	for (size_t i = 0; i < d->want_count; i++)
		if (d->wants[i].made)
			tell_opening(w, at, tally, &d->wants[i]);
	tell_dialogue(w, s, tally, &before);
	count_reasons(w, at, tally, d->reasons | outcome.reasons);
	counter_add(&tally->packets, 1);
	if (outcome.verdict == VERDICT_REWRITE)
		counter_add(&tally->rewritten, 1);
	if (outcome.verdict == VERDICT_DROP)
		counter_add(&tally->dropped, 1);
	verdict(w, id, &outcome);
}

static void situate(struct worker *w, struct situation *at, struct session *s,
		    const struct service *service, enum direction from, const struct packet *packet)
{
	*at = (struct situation){
		.policy = w->policy,
		.service = service,
		.session = s,
		.splices = { table_splice(w->table, s, FROM_CLIENT),
			     table_splice(w->table, s, FROM_SERVER) },
		.from = from,
		.packet = packet,
		.now = w->now,
	};
}

/* Makes what the packet wants. Returns whether it has to wait for any of it. */
static bool make_openings(struct worker *w, const struct situation *at, struct decision *d,
			  uint64_t *ticket)
{
	*ticket = 0;
	for (size_t i = 0; i < d->want_count; i++)
		opener_make(w->opener, at, &d->wants[i], ticket, &d->reasons);
	return *ticket != 0;
}

/* Decides on a waiting packet whose turn has come. Returns true when it is done with. */
static bool start_pending(struct worker *w, struct pending_packet *p)
{
	struct situation at;

	situate(w, &at, p->session, &p->service, p->from, &p->packet);
	decide(&at, &p->decision);
	if (!make_openings(w, &at, &p->decision, &p->ticket)) {
		finish(w, &at, p->session, &p->decision, p->id);
		return true;
	}
	p->decided = true;
	p->deadline = now_ms() + OPENING_WAIT_MS;
	p->session->blocked = true;
	return false;
}

static bool make_pending(struct worker *w, struct session *s, const struct service *service,
			 const struct packet *packet, const struct queue_packet *queued)
{
	struct pending_packet *p = pending_add(w->pending, packet);

	if (p == NULL)
		return false;
	p->id = queued->id;
	p->arrived = now_us();
	p->session = s;
	p->service = *service;
	p->from = queued->direction;
	s->busy++;
	return true;
}

static struct session *add_session(struct worker *w, const struct flow *flow)
{
	bool evicted;
	struct session *s = table_add(w->table, flow, w->now, &evicted);

	if (evicted || s == NULL)
		count_reason(w, REASON_SESSION_EVICTED);
	if (s != NULL) {
		counter_add(&w->counters.sessions, 1);
		counter_add(&tally_of(w, s)->sessions, 1);
		note(w, s, (struct event){ .kind = EVENT_SESSION });
	}
	return s;
}

/* Returns whether the packet has its verdict; else it waits. */
static bool handle_session(struct worker *w, const struct queue_packet *queued, struct session *s,
			   const struct service *service, const struct packet *packet)
{
	struct situation at;

	if (s->busy == 0) {
		situate(w, &at, s, service, queued->direction, packet);
		decide(&at, &w->decision);
		if (w->decision.want_count == 0) {
			finish(w, &at, s, &w->decision, queued->id);
			return true;
		}
	}
	if (make_pending(w, s, service, packet, queued))
		return false;
	/* Too many wait: the sender will send it again. */
	verdict(w, queued->id, &(struct outcome){ .verdict = VERDICT_DROP });
	return true;
}

/* The same. */
static bool handle(struct worker *w, const struct queue_packet *queued)
{
	struct session *s = queued->has_flow ? table_find(w->table, &queued->flow) : NULL;
	uint32_t unknown = 0, *index = s == NULL ? &unknown : &s->service;
	const struct service *service = NULL;
	struct packet packet;

	counter_add(&w->counters.packets, 1);
	if (queued->has_flow)
		service = policy_find_again(w->policy, &queued->flow.service, index);
	if (service == NULL) {
		count_reason(w, REASON_SERVICE_UNKNOWN);
		s = NULL;
	} else if (packet_parse(queued->bytes, queued->length, &packet) < 0) {
		count_reason(w, REASON_PACKET_MALFORMED);
		s = NULL;
	} else if (s == NULL) {
		s = add_session(w, &queued->flow);
	}
	if (s != NULL)
		return handle_session(w, queued, s, service, &packet);
	accept_packet(w, queued->id);
	return true;
}

/* ---- waiting ---- */

static void fail_openings(struct worker *w, const struct situation *at, struct decision *d)
{
	for (size_t i = 0; i < d->want_count; i++)
		opener_undo(w->opener, at, &d->wants[i]);
	d->reasons |= reason_bit(REASON_OPENING_FAILED);
}

/* Sends again what was lost. Returns 0 or -errno. */
static int send_again(struct worker *w, const struct situation *at, struct pending_packet *p)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < p->decision.want_count; i++)
		if (p->decision.wants[i].made)
			error = opener_send_again(w->opener, at, &p->decision.wants[i], &p->ticket);
	return error;
}

/* Decides, waits or finishes. Returns true when the packet is done with. */
static bool carry_on(struct worker *w, struct pending_packet *p)
{
	struct session *s = p->session;
	struct situation at;
	int settled;

	if (!p->decided)
		return !s->blocked && start_pending(w, p);
	situate(w, &at, s, &p->service, p->from, &p->packet);
	settled = opener_settled(w->opener, p->ticket);
	if (settled < 0)
		settled = send_again(w, &at, p);
	if (settled == 0 && now_ms() < p->deadline)
		return false;
	if (settled <= 0)
		fail_openings(w, &at, &p->decision);
	finish(w, &at, s, &p->decision, p->id);
	s->blocked = false;
	return true;
}

static bool visit_pending(void *context, struct pending_packet *p)
{
	struct worker *w = context;

	if (!carry_on(w, p))
		return false;
	p->session->busy--;
	latency_add(&w->latency, now_us() - p->arrived, 1);
	return true;
}

/* ---- rounds ---- */

static void sleep_until_something(struct worker *w)
{
	struct pollfd fds[] = {
		{ .fd = queue_fd(w->queue), .events = POLLIN },
		{ .fd = w->wake, .events = POLLIN },
		{ .fd = opener_fd(w->opener), .events = POLLIN },
	};
	const struct timespec idle = { .tv_sec = ROUND_MS / 1000 };
	const struct timespec look_again = { .tv_nsec = LOOK_AGAIN_NS };
	bool waiting = !pending_is_empty(w->pending);
	uint64_t drained;

	if (ppoll(fds, waiting ? 3 : 2, waiting ? &look_again : &idle, NULL) > 0 &&
	    (fds[1].revents & POLLIN) != 0 && read(w->wake, &drained, sizeof(drained)) < 0)
		report_failure(w->report, "reading the wake-up descriptor", -errno);
}

static void answer_call(struct worker *w)
{
	void (*call)(const struct worker_view *, void *) = atomic_load(&w->call);

	if (call == NULL)
		return;
	call(&(struct worker_view){ w->table, &w->policy, &w->tally, &w->history, &w->trace,
				     w->queue, w->now },
	     w->call_context);
	atomic_store(&w->call, NULL);
	sem_post(&w->called);
}

static void run_round(struct worker *w)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];
	int count = queue_receive(w->queue, packets, QUEUE_BATCH_MAX);
	uint64_t start = now_us(), waiting = 0;

	w->now_ms = start / 1000;
	w->now = (uint32_t)(start / 1000000);
	if (count < 0)
		report_failure(w->report, "receiving from the queue", count);
	for (int i = 0; i < count; i++)
		if (!handle(w, &packets[i]))
			waiting++;
	/* The first visit makes the openings, the second mostly finds them in force already. */
	pending_each(w->pending, visit_pending, w);
	pending_each(w->pending, visit_pending, w);
	flush(w);
	if (count > 0)
		latency_add(&w->latency, now_us() - start, (uint64_t)count - waiting);
}

/* One at a time: the first round after a long one would otherwise be long as well. */
static void keep_transfers_alive(struct worker *w)
{
	struct session *s = table_silent_transfer(w->table, w->now, KEEP_ALIVE_AFTER);
	int alive;

	if (s == NULL)
		return;
	alive = opener_keep_alive(w->opener, &s->flow, KEEP_ALIVE_SECONDS);
	if (alive < 0)
		report_failure(w->report, "keeping a control connection alive in IPVS", alive);
	if (alive == 0)
		table_remove(w->table, s);
	else
		table_commit(w->table, s, &s->dialogue, w->now);
}

/* Before the end: what waits for an opening gets its verdict, within OPENING_WAIT_MS of it. */
static void finish_pending(struct worker *w)
{
	const struct timespec look_again = { .tv_nsec = LOOK_AGAIN_NS };

	while (!pending_is_empty(w->pending)) {
		w->now_ms = now_ms();
		pending_each(w->pending, visit_pending, w);
		flush(w);
		nanosleep(&look_again, NULL);
	}
}

static void *run(void *context)
{
	struct worker *w = context;

	while (!atomic_load(&w->stop)) {
		sleep_until_something(w);
		run_round(w);
		counter_add(&w->counters.expired, table_expire(w->table, w->now,
							       w->policy->idle_seconds,
							       EXPIRE_PER_ROUND));
		keep_transfers_alive(w);
		counter_set(&w->session_count, table_count(w->table));
		answer_call(w);
		counter_add(&w->rounds, 1);
	}
	finish_pending(w);
	answer_call(w);
	return NULL;
}

/* ---- from other threads ---- */

static void wake(struct worker *w)
{
	const uint64_t one = 1;

	if (write(w->wake, &one, sizeof(one)) < 0)
		report_failure(w->report, "waking a worker", -errno);
}

void worker_call(struct worker *w, void (*call)(const struct worker_view *view, void *context),
		 void *context)
{
	w->call_context = context;
	atomic_store(&w->call, call);
	wake(w);
	while (sem_wait(&w->called) < 0)
		;
}

struct policy_change {
	const struct policy *policy;
	struct tally *tally; /* the new one; afterwards the one before */
};

static void set_policy(const struct worker_view *view, void *context)
{
	struct policy_change *change = context;
	struct tally *before = *view->tally;

	if (before != NULL && change->tally != NULL)
		tally_carry(change->tally, change->policy, before, *view->policy);
	*view->policy = change->policy;
	*view->tally = change->tally;
	change->tally = before;
}

void worker_set_policy(struct worker *w, const struct policy *policy)
{
	struct policy_change change = { policy, tally_new(policy) };

	worker_call(w, set_policy, &change);
	free(change.tally);
}

static bool restore_mark(struct session *s, void *context)
{
	struct worker *w = context;
	int error = s->adjusted ? mark_adjusted(w, &s->flow) : 0;

	if (error < 0)
		report_failure(w->report, "marking an adjusted session again", error);
	return true;
}

static void restore_marks(const struct worker_view *view, void *context)
{
	table_each(view->table, restore_mark, context);
}

void worker_restore_marks(struct worker *w)
{
	worker_call(w, restore_marks, w);
}

const struct counters *worker_counters(const struct worker *w)
{
	return &w->counters;
}

const struct latency *worker_latency(const struct worker *w)
{
	return &w->latency;
}

uint16_t worker_queue_number(const struct worker *w)
{
	return queue_number(w->queue);
}

const struct tally *worker_tally(const struct worker *w)
{
	return w->tally;
}

uint64_t worker_session_count(const struct worker *w)
{
	return counter_get(&w->session_count);
}

uint64_t worker_rounds(const struct worker *w)
{
	return counter_get(&w->rounds);
}

/* ---- life ---- */

static void release(struct worker *w)
{
	if (w->wake >= 0)
		close(w->wake);
	ruleset_close(w->ruleset);
	opener_close(w->opener);
	pending_free(w->pending);
	table_free(w->table);
	report_free(w->report);
	free(w->tally);
	sem_destroy(&w->called);
	free(w);
}

static int prepare(struct worker *w, const struct worker_plan *plan)
{
	w->now_ms = now_ms();
	w->now = (uint32_t)(w->now_ms / 1000);
	w->log = plan->log;
	w->policy = plan->policy;
	w->tally = tally_new(plan->policy);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0)
		return -errno;
	w->report = report_new(plan->log);
	w->table = table_new(plan->sessions);
	w->pending = pending_new();
	if (w->report == NULL || w->table == NULL || w->pending == NULL)
		return -ENOMEM;
	table_on_remove(w->table, forget_session, w);
	handover_load_sessions(plan->handover, queue_number(plan->queue), w->table);
	return opener_open(plan->backup, &w->opener);
}

int worker_start(const struct worker_plan *plan, struct worker **out)
{
	struct worker *w = calloc(1, sizeof(*w));
	int error;

	if (w == NULL)
		return -ENOMEM;
	w->wake = -1;
	sem_init(&w->called, 0, 0);
	error = prepare(w, plan);
	if (error == 0) {
		w->queue = plan->queue;
		error = -pthread_create(&w->thread, NULL, run, w);
	}
	if (error < 0) {
		log_error(plan->log, "cannot start the worker of queue %u: %s",
			  queue_number(plan->queue), strerror(-error));
		release(w);
		return error;
	}
	*out = w;
	return 0;
}

void worker_stop(struct worker *w)
{
	if (w == NULL)
		return;
	atomic_store(&w->stop, true);
	wake(w);
	pthread_join(w->thread, NULL);
	handover_store_sessions(w->log, queue_number(w->queue), w->table);
	queue_close(w->queue);
	release(w);
}
