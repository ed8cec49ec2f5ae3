/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "traffic/worker.h"

#include "kernel/confine.h"
#include "traffic/traffic.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

struct worker {
	pthread_t thread;
	struct traffic traffic;
	struct handover *handover;
	const struct confine *confine;
	counter rounds;

	_Atomic bool stop;
	sem_t called;
	void (*_Atomic call)(const struct worker_view *view, void *context);
	void *call_context;
};

/* ---- the thread ---- */

static struct worker_view view_of(struct worker *w)
{
	struct traffic *t = &w->traffic;

	return (struct worker_view){ t->table, &t->history, t->announced, &t->trace, t->queue, t->now };
}

static void answer_call(struct worker *w)
{
	void (*call)(const struct worker_view *, void *) = atomic_load(&w->call);
	const struct worker_view view = view_of(w);

	if (call == NULL)
		return;
	call(&view, w->call_context);
	atomic_store(&w->call, NULL);
	sem_post(&w->called);
}

static void *run(void *context)
{
	struct worker *w = context;
	int error = w->confine != NULL ? confine_thread(w->confine) : 0;

	if (error < 0)
		report_failure(w->traffic.report, "giving up privileges", error);
	while (!atomic_load(&w->stop)) {
		traffic_round(&w->traffic);
		answer_call(w);
		counter_add(&w->rounds, 1);
	}
	traffic_finish(&w->traffic);
	answer_call(w);
	return NULL;
}

/* ---- from other threads ---- */

static void wake(struct worker *w)
{
	int error = queue_wake(w->traffic.queue);

	if (error < 0)
		report_failure(w->traffic.report, "waking a worker", error);
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
	struct traffic *traffic;
	const struct policy *policy;
	struct tally *tally;
};

static void set_policy(const struct worker_view *view, void *context)
{
	struct policy_change *change = context;

	(void)view;
	traffic_set_policy(change->traffic, change->policy, change->tally);
}

void worker_set_policy(struct worker *w, const struct policy *policy)
{
	struct policy_change change = { &w->traffic, policy, tally_new(policy) };

	worker_call(w, set_policy, &change);
}

struct fail_change {
	struct queue *queue;
	bool open;
	int error;
};

static void set_fail_open(const struct worker_view *view, void *context)
{
	struct fail_change *change = context;

	(void)view;
	change->error = queue_set_fail_open(change->queue, change->open);
}

int worker_set_fail_open(struct worker *w, bool fail_open)
{
	struct fail_change change = { w->traffic.queue, fail_open, 0 };

	worker_call(w, set_fail_open, &change);
	return change.error;
}

static void restore_marks(const struct worker_view *view, void *context)
{
	(void)view;
	traffic_restore_marks(context);
}

void worker_restore_marks(struct worker *w)
{
	worker_call(w, restore_marks, &w->traffic);
}

struct arrived_list {
	struct traffic *traffic;
	const struct unseen_pair *pairs;
	size_t count;
};

static void take_arrived(const struct worker_view *view, void *context)
{
	const struct arrived_list *l = context;

	(void)view;
	for (size_t i = 0; i < l->count; i++)
		unseen_arrives(&l->traffic->arrived, &l->pairs[i]);
}

void worker_arrives(struct worker *w, const struct unseen_pair *pairs, size_t count)
{
	struct arrived_list l = { &w->traffic, pairs, count };

	worker_call(w, take_arrived, &l);
}

struct unused_list {
	struct traffic *traffic;
	const struct unused_opening *list;
	size_t count;
};

static void take_unused(const struct worker_view *view, void *context)
{
	const struct unused_list *l = context;

	(void)view;
	for (size_t i = 0; i < l->count; i++)
		traffic_unused(l->traffic, &l->list[i].flow, &l->list[i].want);
}

void worker_unused(struct worker *w, const struct unused_opening *list, size_t count)
{
	struct unused_list l = { &w->traffic, list, count };

	worker_call(w, take_unused, &l);
}

const struct counters *worker_counters(const struct worker *w)
{
	return &w->traffic.counters;
}

const struct latency *worker_latency(const struct worker *w)
{
	return &w->traffic.latency;
}

int worker_queue_memory(const struct worker *w, struct queue_memory *out)
{
	return queue_memory(w->traffic.queue, out);
}

uint16_t worker_queue_number(const struct worker *w)
{
	return queue_number(w->traffic.queue);
}

const struct tally *worker_tally(const struct worker *w)
{
	return w->traffic.tally;
}

uint64_t worker_session_count(const struct worker *w)
{
	return counter_get(&w->traffic.session_count);
}

uint64_t worker_rounds(const struct worker *w)
{
	return counter_get(&w->rounds);
}

/* ---- life ---- */

static void release(struct worker *w)
{
	traffic_close(&w->traffic);
	sem_destroy(&w->called);
	free(w);
}

static int prepare(struct worker *w, const struct worker_plan *plan)
{
	struct traffic *t = &w->traffic;
	int error = traffic_open(t, plan->sessions, plan->log);

	if (error < 0)
		return error;
	w->handover = plan->handover;
	w->confine = plan->confine;
	t->policy = plan->policy;
	t->known = plan->known;
	t->tally = tally_new(plan->policy);
	handover_take_sessions(plan->handover, queue_number(plan->queue), t->now, t->table);
	t->journal = handover_store_journal(plan->handover, queue_number(plan->queue));
	traffic_take_up(t);
	return opener_open(plan->backup, &t->opener);
}

int worker_start(const struct worker_plan *plan, struct worker **out)
{
	struct worker *w = calloc(1, sizeof(*w));
	int error;

	if (w == NULL)
		return -ENOMEM;
	sem_init(&w->called, 0, 0);
	error = prepare(w, plan);
	if (error == 0) {
		w->traffic.queue = plan->queue;
		error = -pthread_create(&w->thread, NULL, run, w);
	}
	if (error < 0) {
		log_message(plan->log, LOG_WORKER_REFUSED, queue_number(plan->queue), strerror(-error));
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
	handover_store_sessions(w->handover, queue_number(w->traffic.queue), w->traffic.now, w->traffic.table);
	queue_close(w->traffic.queue);
	release(w);
}
