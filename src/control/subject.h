/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the control socket looks at, and what it may cause: the running gateway
 * (daemon/control_gateway.h), or whatever a test puts in its place.
 *
 * All is called in main's thread. Nothing of it waits for more than a round of a worker or an
 * answer of the kernel.
 */
#ifndef FTPALGD_CONTROL_SUBJECT_H
#define FTPALGD_CONTROL_SUBJECT_H

#include "config/config.h"
#include "core/table.h"
#include "kernel/expectation_list.h"
#include "kernel/ipvs.h"
#include "kernel/queue.h"
#include "kernel/ruleset.h"
#include "traffic/announced.h"
#include "traffic/counters.h"
#include "traffic/history.h"
#include "traffic/latency.h"
#include "traffic/trace.h"

#include <stdio.h>

struct subject_worker {
	uint16_t queue;
	uint64_t sessions; /* held now */
	const struct counters *counters;
	const struct latency *latency;
};

enum queue_bound { QUEUE_UNKNOWN, QUEUE_UNBOUND, QUEUE_BOUND };

/* A worker's queue, as far as the daemon's user may know it. */
struct subject_queue {
	uint16_t number;
	enum queue_bound bound;
	bool counted;     /* the kernel's table could be read, and has it: */
	uint32_t waiting; /* packets without a verdict */
	uint32_t dropped; /* packets that found the queue full, and were not let pass */
	bool measured;    /* its socket could be asked: */
	struct queue_memory memory;
};

/* The last one since the start. */
struct subject_reload {
	int64_t when; /* seconds since 1970; 0: none */
	bool accepted;
	char words[512]; /* what changed, or the first fault: one line */
};

/* How the kernel stands now. */
struct subject_machine {
	enum ruleset_state ruleset;
	struct ipvs_threads threads;
};

struct health;

typedef void subject_session_seen(struct session *s, void *data);

struct control_subject {
	void *context;    /* given to each function */
	uint64_t started; /* ms, monotonic */
	int64_t started_wall; /* the same, seconds since 1970 */
	const struct config *(*config)(void *context);
	const struct policy *(*policy)(void *context);
	uint32_t (*worker_count)(void *context);
	void (*worker)(void *context, uint32_t worker, struct subject_worker *out);

	void (*queue_counters)(void *context, uint32_t worker, struct queue_counters *out);

	/* Sum over the workers for one service of the policy, by its index; *sum is zeroed before. */
	void (*service)(void *context, size_t service, struct counters *sum);

	/* As table_walk; seen runs in the worker's thread and must be quick. */
	bool (*sessions)(void *context, uint32_t worker, size_t *position, size_t max,
			 subject_session_seen *seen, void *data);

	/* As history_read. */
	size_t (*events)(void *context, uint32_t worker, uint64_t *next, struct event *out,
			 size_t room, uint64_t *missed);

	/* As announcements_read. */
	size_t (*announced)(void *context, uint32_t worker, struct announced *out, size_t room);

	/*
	 * Gives the worker another trace, or NULL, and returns the one that it has filled so far, or
	 * NULL. What is given is the caller's again when it is returned.
	 */
	struct trace *(*trace)(void *context, uint32_t worker, struct trace *next);

	/* As ipvs_services, on any port. */
	int (*ipvs_services)(void *context, ipvs_service_seen *seen, void *data);

	/* As ipvs_servers, of the service by that TCP address. */
	int (*ipvs_servers)(void *context, const struct endpoint *service, ipvs_server_seen *seen,
			    void *data);

	/* As expectation_list; a dump that was overtaken counts as complete. */
	int (*expectations)(void *context, expectation_seen *seen, void *data);

	/* Fills in one for each worker. */
	void (*queues)(void *context, struct subject_queue *out);

	int (*machine)(void *context, struct subject_machine *out);

	/*
	 * Reads the configuration and takes it, whole or not at all; writes what changes, or what is
	 * wrong with it. Returns 0 or -errno.
	 */
	int (*reload)(void *context, FILE *words);

	void (*set_log_level)(void *context, enum log_level level);

	const struct subject_reload *reloaded;
	struct health *health; /* health.h */
};

#endif
