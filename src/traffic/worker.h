/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread with one queue, its own sockets and its own sessions: no lock on a packet's way.
 *
 * What it does with packets is in traffic.h; this is the thread and its surroundings.
 *
 * The policy is a snapshot that main hands over whole. worker_call runs a function inside the
 * worker's thread, between two rounds: the only way for others to look at its sessions.
 */
#ifndef FTPALGD_TRAFFIC_WORKER_H
#define FTPALGD_TRAFFIC_WORKER_H

#include "core/table.h"
#include "traffic/announced.h"
#include "kernel/queue.h"
#include "log/log.h"
#include "traffic/counters.h"
#include "traffic/handover.h"
#include "traffic/history.h"
#include "traffic/latency.h"
#include "traffic/opener.h"
#include "traffic/trace.h"
#include "traffic/unseen.h"

struct confine;
struct worker;

struct worker_plan {
	struct queue *queue; /* owned by the worker once worker_start has succeeded */
	struct backup *backup; /* borrowed; NULL: no IPVS entries */
	const struct policy *policy;
	size_t sessions;
	const struct confine *confine; /* borrowed; NULL: nothing is given up */
	const struct unseen_known *known; /* borrowed; connections that may begin in their middle */
	struct handover *handover; /* from the daemon before, and to the next */
	struct log *log;
};

/* Returns 0 or -errno, and says on the log what failed. */
int worker_start(const struct worker_plan *plan, struct worker **out)
	__attribute__((warn_unused_result));

/*
 * Ends the thread once no packet waits any more, which takes three seconds at most, leaves the
 * sessions to the next daemon, and frees everything.
 */
void worker_stop(struct worker *w);

/*
 * Runs call in the worker's thread and waits for its end. One caller at a time. What it is given
 * may be used until it returns.
 */
struct worker_view {
	struct table *table;
	const struct history *history;
	const struct announcements *announced;
	struct trace **trace; /* NULL while nobody traces; the caller's, taken back before worker_stop */
	const struct queue *queue;
	uint32_t now;
};
void worker_call(struct worker *w, void (*call)(const struct worker_view *view, void *context),
		 void *context);

/* What its queue does when it is full. Returns 0 or -errno. */
int worker_set_fail_open(struct worker *w, bool fail_open) __attribute__((warn_unused_result));

/* From the next round on the worker uses policy; on return it no longer uses the one before. */
void worker_set_policy(struct worker *w, const struct policy *policy);

/* Puts the marks of adjusted sessions into a ruleset that has lost them. */
void worker_restore_marks(struct worker *w);

/* Connections that came with an address from another director: they may begin in their middle. */
void worker_arrives(struct worker *w, const struct unseen_pair *pairs, size_t count);

/* Openings, of whatever worker's, that have ended unused: to be counted and remembered. */
struct unused_opening {
	struct flow flow; /* its server may be zero */
	struct want want;
};
void worker_unused(struct worker *w, const struct unused_opening *list, size_t count);

const struct counters *worker_counters(const struct worker *w);
const struct latency *worker_latency(const struct worker *w);
uint16_t worker_queue_number(const struct worker *w);
int worker_queue_memory(const struct worker *w, struct queue_memory *out)
	__attribute__((warn_unused_result));

/*
 * By service of the policy in use, for the thread that sets it; NULL when there was no memory for
 * it. Valid until the next worker_set_policy.
 */
const struct tally *worker_tally(const struct worker *w);

/* Sessions held now. */
uint64_t worker_session_count(const struct worker *w);

/* Rounds so far; a living worker makes one at least every second. */
uint64_t worker_rounds(const struct worker *w);

#endif
