/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/control_gateway.h"

#include "kernel/queue_config.h"
#include "kernel/queue_list.h"
#include "traffic/worker.h"

#include <errno.h>
#include <time.h>

static struct gateway *gateway_of(void *context)
{
	return ((struct control_gateway *)context)->gateway;
}

static const struct config *get_config(void *context)
{
	return gateway_config(gateway_of(context));
}

static const struct policy *get_policy(void *context)
{
	return gateway_policy(gateway_of(context));
}

static uint32_t get_worker_count(void *context)
{
	return gateway_worker_count(gateway_of(context));
}

/* ---- workers ---- */

static void read_queue_counters(const struct worker_view *view, void *context)
{
	struct queue_counters *out = context;

	*out = *queue_counters(view->queue);
}

static void get_queue_counters(void *context, uint32_t worker, struct queue_counters *out)
{
	worker_call(gateway_worker(gateway_of(context), worker), read_queue_counters, out);
}

static void get_worker(void *context, uint32_t worker, struct subject_worker *out)
{
	struct worker *w = gateway_worker(gateway_of(context), worker);

	out->queue = worker_queue_number(w);
	out->sessions = worker_session_count(w);
	out->counters = worker_counters(w);
	out->latency = worker_latency(w);
}

static void sum_service(void *context, size_t service, struct counters *sum)
{
	struct gateway *g = gateway_of(context);

	for (uint32_t i = 0; i < gateway_worker_count(g); i++) {
		const struct tally *t = worker_tally(gateway_worker(g, i));

		if (t != NULL)
			counters_sum(sum, &t->services[service]);
	}
}

struct session_walk {
	size_t *position;
	size_t max;
	subject_session_seen *seen;
	void *data;
	bool more;
};

static void walk(const struct worker_view *view, void *context)
{
	struct session_walk *w = context;

	w->more = table_walk(view->table, w->position, w->max, w->seen, w->data);
}

static bool walk_sessions(void *context, uint32_t worker, size_t *position, size_t max,
			  subject_session_seen *seen, void *data)
{
	struct session_walk w = { position, max, seen, data, false };

	worker_call(gateway_worker(gateway_of(context), worker), walk, &w);
	return w.more;
}

struct history_look {
	uint64_t *next;
	struct event *out;
	size_t room;
	size_t read;
	uint64_t *missed;
};

static void look(const struct worker_view *view, void *context)
{
	struct history_look *l = context;

	l->read = history_read(view->history, l->next, l->out, l->room, l->missed);
}

static size_t read_events(void *context, uint32_t worker, uint64_t *next, struct event *out,
			  size_t room, uint64_t *missed)
{
	struct history_look l = { next, out, room, 0, missed };

	worker_call(gateway_worker(gateway_of(context), worker), look, &l);
	return l.read;
}

struct announced_look {
	struct announced *out;
	size_t room;
	size_t read;
};

static void look_at_announced(const struct worker_view *view, void *context)
{
	struct announced_look *l = context;

	l->read = announcements_read(view->announced, l->out, l->room);
}

static size_t read_announced(void *context, uint32_t worker, struct announced *out, size_t room)
{
	struct announced_look l = { out, room, 0 };

	worker_call(gateway_worker(gateway_of(context), worker), look_at_announced, &l);
	return l.read;
}

static void exchange_trace(const struct worker_view *view, void *context)
{
	struct trace **trace = context, *before = *view->trace;

	*view->trace = *trace;
	*trace = before;
}

static struct trace *trace(void *context, uint32_t worker, struct trace *next)
{
	worker_call(gateway_worker(gateway_of(context), worker), exchange_trace, &next);
	return next;
}

/* ---- the kernel ---- */

static int read_ipvs_services(void *context, ipvs_service_seen *seen, void *data)
{
	return ipvs_services(gateway_ipvs(gateway_of(context)), 0, seen, data);
}

static int read_ipvs_servers(void *context, const struct endpoint *service, ipvs_server_seen *seen,
			     void *data)
{
	const struct ipvs_service s = { .address = *service };

	return ipvs_servers(gateway_ipvs(gateway_of(context)), &s, seen, data);
}

static int read_expectations(void *context, expectation_seen *seen, void *data)
{
	int error = expectation_list(gateway_netlink(gateway_of(context)), seen, data);

	return error == -EINTR ? 0 : error;
}

/* Whether the queues' owner is another now, the kernel does not tell; that there is none it does. */
static enum queue_bound ask_bound(struct gateway *g, uint16_t number)
{
	int bound = queue_config_is_bound(gateway_netlink(g), number);

	if (bound < 0)
		return QUEUE_UNKNOWN;
	return bound != 0 ? QUEUE_BOUND : QUEUE_UNBOUND;
}

static void read_queues(void *context, struct subject_queue *out)
{
	struct gateway *g = gateway_of(context);
	struct queue_state states[CONFIG_QUEUES_MAX];
	uint32_t count = gateway_worker_count(g);
	int error = queue_list(gateway_config(g)->queues.first, count, states);

	for (uint32_t i = 0; i < count; i++) {
		const struct worker *w = gateway_worker(g, i);
		struct subject_queue q = { .number = worker_queue_number(w) };

		q.bound = ask_bound(g, q.number);
		q.measured = worker_queue_memory(w, &q.memory) == 0;
		if (error == 0 && states[i].listed) {
			q.counted = true;
			q.waiting = states[i].waiting;
			q.dropped = states[i].dropped;
		}
		out[i] = q;
	}
}

static int read_machine(void *context, struct subject_machine *out)
{
	struct gateway *g = gateway_of(context);
	int error = ruleset_present(gateway_ruleset(g), &out->ruleset);
	int threads = ipvs_threads_get(gateway_ipvs(g), &out->threads);

	return error < 0 ? error : threads;
}

/* ---- changes ---- */

static int reload(void *context, FILE *words)
{
	struct control_gateway *g = context;

	return g->reload(g->owner, words);
}

static void set_log_level(void *context, enum log_level level)
{
	gateway_set_log_level(gateway_of(context), level);
}

struct control_subject control_gateway_subject(struct control_gateway *g)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct control_subject){
		.context = g,
		.started = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000,
		.started_wall = time(NULL),
		.config = get_config,
		.policy = get_policy,
		.worker_count = get_worker_count,
		.worker = get_worker,
		.queue_counters = get_queue_counters,
		.service = sum_service,
		.sessions = walk_sessions,
		.events = read_events,
		.announced = read_announced,
		.trace = trace,
		.ipvs_services = read_ipvs_services,
		.ipvs_servers = read_ipvs_servers,
		.expectations = read_expectations,
		.queues = read_queues,
		.machine = read_machine,
		.reload = reload,
		.set_log_level = set_log_level,
	};
}
