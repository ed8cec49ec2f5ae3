/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker does with the packets of its queue.
 *
 * A round takes what the queue holds, decides on each packet, makes the openings that are wanted
 * and sends the verdicts. A packet whose opening is not in force yet waits in a list beside the
 * others, and so do later ones of its session; nothing else does.
 *
 * Everything here belongs to the worker's thread; the counters may be read by others.
 */
#ifndef FTPALGD_TRAFFIC_TRAFFIC_H
#define FTPALGD_TRAFFIC_TRAFFIC_H

#include "core/table.h"
#include "traffic/announced.h"
#include "kernel/queue.h"
#include "kernel/ruleset.h"
#include "traffic/counters.h"
#include "traffic/history.h"
#include "traffic/journal.h"
#include "traffic/latency.h"
#include "traffic/opener.h"
#include "traffic/pending.h"
#include "traffic/report.h"
#include "traffic/trace.h"
#include "traffic/unseen.h"

struct traffic {
	struct queue *queue;
	struct opener *opener;
	struct ruleset *ruleset; /* opened when the first session is adjusted */
	struct table *table;
	struct journal *journal; /* NULL: nobody keeps it */
	struct clients *clients;
	struct pending *pending;
	uint64_t finish_by; /* ms: no packet waits longer; 0 before the end */
	const struct policy *policy;
	struct report *report;
	uint64_t now_ms;
	uint32_t now; /* seconds */
	struct decision decision;
	uint8_t bytes[PACKET_SIZE_MAX]; /* of the packet being written */
	struct counters counters;
	struct tally *tally;
	struct counters untallied; /* of services that the tally does not hold */
	struct latency latency;
	struct history history;
	struct announcements *announced;
	const struct unseen_known *known; /* NULL: any session may begin in its middle */
	struct unseen_arrived arrived;
	struct trace *trace;
	counter session_count;
};

/* Takes the memory that packets and sessions need: -ENOMEM. traffic_close takes a part of it, too. */
int traffic_open(struct traffic *t, size_t sessions, struct log *log)
	__attribute__((warn_unused_result));
void traffic_close(struct traffic *t);

/*
 * Waits as queue_receive does, where a packet waits for its opening much shorter; takes, decides, opens,
 * sends; then forgets old sessions and keeps long transfers alive.
 */
void traffic_round(struct traffic *t);

/*
 * Between two rounds: another policy, and the counters of its services, which are the caller's
 * until then. Nothing of the policy before is used from then on.
 */
void traffic_set_policy(struct traffic *t, const struct policy *policy, struct tally *tally);

/* Before the end: what waits for an opening gets its verdict, within three seconds. */
void traffic_finish(struct traffic *t);

/* An opening of that service's has ended unused: counts and remembers it. */
void traffic_unused(struct traffic *t, const struct flow *flow, const struct want *want);

/* The table has got the sessions of another daemon: they are counted, the adjusted ones marked, and kept in the journal. */
void traffic_take_up(struct traffic *t);

/* Marks the adjusted sessions in a ruleset that has lost its marks. */
void traffic_restore_marks(struct traffic *t);

#endif
