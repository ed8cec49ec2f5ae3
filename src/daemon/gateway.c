/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/gateway.h"

#include "daemon/beginnings.h"
#include "daemon/outline.h"
#include "daemon/takeover.h"
#include "daemon/unused_openings.h"
#include "doctor/keepalived.h"
#include "kernel/confine.h"
#include "kernel/discovery.h"
#include "kernel/helper.h"
#include "kernel/ruleset.h"
#include "kernel/ruleset_monitor.h"
#include "traffic/backup.h"
#include "traffic/handover.h"
#include "traffic/keep_alive.h"
#include "traffic/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct gateway {
	struct config config;
	struct log *log;
	struct confine confine; /* of the workers, which write no file */
	struct netlink *nl;
	bool helper_registered;
	struct ipvs *ipvs;
	struct netlink *diag; /* the machine's sockets */
	struct backup backup;
	bool backup_failed; /* it could not be looked at, or not be moved */
	struct endpoint sync_group; /* of the backup thread, as the ruleset has it */
	struct takeover *takeover;
	struct keep_alive *keep_alive;
	bool keep_alive_failed;
	struct discovery discovery;
	bool discovery_failed;    /* IPVS did not answer the last look */
	bool listeners_unknown;   /* nor the kernel, on the machine's sockets */
	struct policy *policy;
	struct ruleset *ruleset;
	enum ruleset_state ruleset_before; /* our first load */
	bool ruleset_loaded;
	bool ruleset_broken; /* somebody changed it, and it could not be restored */
	struct ruleset_monitor *monitor;
	struct handover *handover;
	struct unseen_known *known; /* connections that were there at the start */
	struct unused *unused; /* what has been seen of openings */
	uint32_t worker_count;
	struct queue *queues[CONFIG_QUEUES_MAX]; /* not yet given to a worker */
	struct worker *workers[CONFIG_QUEUES_MAX];
	uint64_t rounds[CONFIG_QUEUES_MAX];
};

/* Whether a full queue lets packets pass: only where no service asks for the opposite. */
static bool queues_fail_open(const struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (!config->services[i].fail_open)
			return false;
	return true;
}

/* ---- services ---- */

/* Said once, until it works again. */
static void report_listeners(struct gateway *g, int error)
{
	if (error < 0 && !g->listeners_unknown)
		log_message(g->log, LOG_LISTENERS_UNKNOWN, strerror(-error));
	g->listeners_unknown = error < 0;
}

static void replace_discovery(struct gateway *g, const struct discovery *found)
{
	report_listeners(g, found->listeners_error);
	discovery_free(&g->discovery);
	g->discovery = *found;
}

static void log_services(const struct gateway *g)
{
	char address[ENDPOINT_TEXT_MAX];

	if (g->policy->service_count == 0)
		log_message(g->log, LOG_NO_SERVICE);
	for (size_t i = 0; i < g->policy->service_count; i++) {
		const struct service *s = &g->policy->services[i];

		log_message(g->log, LOG_SERVING, endpoint_format(&s->address, address), s->name,
			    s->discovered ? "found in IPVS" : "configured");
	}
}

static int load_ruleset(struct gateway *g, const struct config *config, const struct policy *policy,
			bool fresh)
{
	struct ruleset_plan plan = outline_ruleset(config, policy);
	int error;

	plan.fresh = fresh;
	plan.servers = takeover_servers(g->takeover)->list;
	plan.server_count = takeover_servers(g->takeover)->count;
	plan.adopt = takeover_fd(g->takeover) >= 0;
	plan.sync_group = g->sync_group;
	error = ruleset_apply(g->ruleset, &plan);
	if (error < 0 && !(fresh && g->ruleset_broken)) /* told already, and tried again and again */
		log_message(g->log, LOG_RULESET_REFUSED, ruleset_error(g->ruleset));
	return error;
}

static void set_policy(struct gateway *g, const struct policy *policy)
{
	for (uint32_t i = 0; i < g->worker_count; i++)
		worker_set_policy(g->workers[i], policy);
}

/*
 * Puts a policy into force, workers first: a service that is added is known to them before its
 * first packet is queued. The packets of one that is removed are passed on unread a moment earlier.
 */
/*
 * Connections to services that are new here may be older than these: those that are there before the rules
 * divert them, and those that came meanwhile.
 */
static void admit_connections(struct gateway *g, const struct policy *policy)
{
	struct unseen_pair pairs[BEGINNINGS_MAX];
	size_t count = beginnings_of_new(g->nl, g->policy, policy, pairs);

	for (uint32_t i = 0; count > 0 && i < g->worker_count; i++)
		worker_arrives(g->workers[i], pairs, count);
}

static int adopt_policy(struct gateway *g, const struct config *config, struct policy *policy)
{
	int error;

	set_policy(g, policy);
	admit_connections(g, policy);
	error = load_ruleset(g, config, policy, false);
	if (error < 0) {
		set_policy(g, g->policy);
		return error;
	}
	admit_connections(g, policy);
	free(g->policy);
	g->policy = policy;
	return 0;
}

/* Puts a policy into force that has the same services. */
static void use_policy(struct gateway *g, struct policy *policy)
{
	set_policy(g, policy);
	free(g->policy);
	g->policy = policy;
}

/* ---- start ---- */

/* Of the steps that do not say themselves why they failed. */
static int explain(const struct gateway *g, const char *step, int error)
{
	if (error < 0)
		log_message(g->log, LOG_START_FAILED, step, strerror(-error));
	return error;
}

static void explain_bind_failure(struct log *log, uint16_t number, int error)
{
	if (error == -EBUSY)
		log_message(log, LOG_QUEUE_TAKEN, number);
	else if (error == -EOPNOTSUPP)
		log_message(log, LOG_QUEUE_WITHOUT_CONNTRACK);
	else
		log_message(log, LOG_QUEUE_UNBOUND, number, strerror(-error));
}

/* Takes over the queue that the daemon before has left. Returns whether it did. */
static bool adopt_queue(struct gateway *g, uint16_t number, bool fail_open, struct queue **queue)
{
	int fd = handover_take_queue(g->handover, number);
	int error = fd < 0 ? -ENOENT : queue_adopt(fd, number, g->config.queues.length, fail_open, queue);

	if (fd >= 0 && error < 0) {
		log_message(g->log, LOG_QUEUE_FOREIGN, number, strerror(-error));
		handover_refuse_queue(g->handover, number);
		close(fd);
	}
	return error == 0;
}

static int bind_queue(struct gateway *g, uint16_t number, bool fail_open, struct queue **queue)
{
	int error = 0;

	if (!adopt_queue(g, number, fail_open, queue))
		error = queue_open(number, g->config.queues.length, fail_open, queue);
	if (error < 0)
		explain_bind_failure(g->log, number, error);
	else
		handover_store_queue(g->handover, number, queue_fd(*queue));
	return error;
}

static int bind_queues(struct gateway *g)
{
	bool fail_open = queues_fail_open(&g->config);
	int error = 0;

	for (uint32_t i = 0; error == 0 && i < g->worker_count; i++)
		error = bind_queue(g, (uint16_t)(g->config.queues.first + i), fail_open, &g->queues[i]);
	return error;
}

static int register_helper(struct gateway *g, const struct config *config)
{
	const struct helper_policy policy = {
		.expectations = config->limits.openings_per_session,
		.seconds = config->timeouts.opening,
	};
	int error = helper_register(g->nl, &policy);

	if (error < 0)
		log_message(g->log, LOG_HELPER_REFUSED, strerror(-error));
	else
		g->helper_registered = true;
	return error;
}

/* Finds the thread that takes IPVS entries, or starts it: unless nobody has said where. */
static int find_backup(struct gateway *g)
{
	struct ipvs_thread place = { .id = (uint8_t)g->config.sync.id }, found;
	const struct in_addr usual = { htonl(IPVS_SYNC_GROUP) };
	int error;

	g->sync_group = endpoint_from_ipv4(usual, IPVS_SYNC_PORT);
	if (strcmp(g->config.sync.interface, CONFIG_SYNC_AUTO) == 0) {
		if (!keepalived_sync_place(KEEPALIVED_CONF, &place))
			place = (struct ipvs_thread){ .interface = "" };
		backup_init(&g->backup, &place, true);
		return 0;
	}
	memcpy(place.interface, g->config.sync.interface, sizeof(place.interface));
	backup_init(&g->backup, &place, false);
	error = backup_find(&g->backup, g->ipvs, &found);
	if (error < 0)
		log_message(g->log, LOG_BACKUP_REFUSED, g->config.sync.interface, strerror(-error),
			    g->config.sync.interface);
	return error;
}

static int start_takeover(struct gateway *g)
{
	int error = takeover_open((uint16_t)g->config.queues.first, g->log, &g->takeover);

	if (error == 0)
		error = takeover_find_servers(g->takeover, g->ipvs, g->policy);
	if (error < 0)
		return error;
	takeover_watch(g->takeover, g->policy, g->nl);
	return 0;
}

static int start_ruleset(struct gateway *g)
{
	int error = ruleset_open(&g->ruleset);

	if (error == 0)
		error = ruleset_present(g->ruleset, &g->ruleset_before);
	if (error < 0) {
		log_message(g->log, LOG_RULESET_UNREADABLE, strerror(-error));
		return error;
	}
	error = load_ruleset(g, &g->config, g->policy, !handover_has_sessions(g->handover));
	g->ruleset_loaded = error == 0;
	if (error == 0)
		error = explain(g, "watching the ruleset", ruleset_monitor_open(&g->monitor));
	return error;
}

static int start_workers(struct gateway *g)
{
	for (uint32_t i = 0; i < g->worker_count; i++) {
		const struct worker_plan plan = {
			.queue = g->queues[i],
			.backup = &g->backup,
			.policy = g->policy,
			.sessions = g->policy->max_sessions,
			.confine = &g->confine,
			.known = g->known,
			.handover = g->handover,
			.log = g->log,
		};
		int error = worker_start(&plan, &g->workers[i]);

		if (error < 0)
			return error;
		g->queues[i] = NULL;
	}
	return 0;
}

static int start(struct gateway *g)
{
	int error = g->unused == NULL ? explain(g, "taking memory", -ENOMEM) : 0;

	if (error == 0)
		error = explain(g, "looking for what the daemon before has left",
			    handover_open(g->log, g->config.queues.first, g->worker_count,
					  &g->handover));
	if (error == 0)
		error = bind_queues(g);
	if (error == 0)
		error = explain(g, "opening netlink", netlink_open(NETLINK_NETFILTER, &g->nl));
	if (error == 0)
		error = explain(g, "opening IPVS' netlink", ipvs_open(&g->ipvs));
	if (error == 0)
		error = explain(g, "opening the netlink of sockets",
				netlink_open(NETLINK_SOCK_DIAG, &g->diag));
	if (error == 0)
		error = register_helper(g, &g->config);
	if (error == 0)
		error = find_backup(g);
	if (error == 0)
		error = explain(g, "asking IPVS for services",
				outline_discover(g->ipvs, g->diag, NULL, &g->discovery));
	if (error == 0)
		error = explain(g, "setting up the services",
				outline_policy(&g->config, &g->discovery, &g->policy));
	if (error == 0)
		error = explain(g, "preparing to keep connections alive",
				keep_alive_open(&g->backup, &g->keep_alive));
	if (error == 0)
		error = explain(g, "preparing for connections of other directors", start_takeover(g));
	if (error == 0)
		error = start_ruleset(g);
	if (error == 0) {
		g->known = beginnings_known(g->nl, g->policy);
		error = start_workers(g);
	}
	if (error == 0)
		handover_settle(g->handover);
	return error;
}

static void release(struct gateway *g)
{
	for (uint32_t i = 0; i < g->worker_count; i++) {
		worker_stop(g->workers[i]);
		queue_close(g->queues[i]);
	}
	confine_close(&g->confine);
	ruleset_monitor_close(g->monitor);
	ruleset_close(g->ruleset);
	takeover_close(g->takeover);
	keep_alive_close(g->keep_alive);
	if (g->ipvs != NULL && backup_release(&g->backup, g->ipvs) < 0)
		log_message(g->log, LOG_BACKUP_STOPPED);
	ipvs_close(g->ipvs);
	netlink_close(g->nl);
	netlink_close(g->diag);
	discovery_free(&g->discovery);
	free(g->policy);
	handover_close(g->handover);
	unused_free(g->unused);
	unseen_known_free(g->known);
	free(g);
}

/* What an earlier daemon has left stays, filled: its sessions are for the next one. */
static int take_back_ruleset(struct gateway *g)
{
	switch (g->ruleset_before) {
	case RULESET_ABSENT:
		return ruleset_remove(g->ruleset);
	case RULESET_DECLARED:
		return ruleset_strip(g->ruleset);
	case RULESET_EFFECTIVE:
		break;
	}
	return 0;
}

/* Takes back what a start that failed has changed in the kernel. */
static void undo_start(struct gateway *g)
{
	if (g->ruleset_loaded && take_back_ruleset(g) < 0)
		log_message(g->log, LOG_RULESET_LEFT);
	if (g->helper_registered && helper_withdraw(g->nl) < 0)
		log_message(g->log, LOG_HELPER_LEFT);
	release(g);
}

int gateway_start(struct config *config, struct log *log, struct gateway **out)
{
	struct gateway *g = calloc(1, sizeof(*g));
	int error;

	if (g == NULL)
		return -ENOMEM;
	g->config = *config;
	g->log = log;
	g->unused = unused_new();
	g->confine = confine_open(NULL, 0);
	g->worker_count = outline_workers(config);
	error = start(g);
	if (error < 0) {
		undo_start(g);
		return error;
	}
	log_services(g);
	*out = g;
	return 0;
}

void gateway_stop(struct gateway *g)
{
	if (g == NULL)
		return;
	config_free(&g->config);
	release(g);
}

/* ---- changes ---- */

static void set_fail_open(struct gateway *g)
{
	bool open = queues_fail_open(&g->config);

	for (uint32_t i = 0; i < g->worker_count; i++)
		if (worker_set_fail_open(g->workers[i], open) < 0)
			log_message(g->log, LOG_QUEUE_UNCHANGED, g->config.queues.first + i);
}

int gateway_reload(struct gateway *g, struct config *config)
{
	struct discovery found = { 0 };
	struct policy *policy = NULL;
	int error;

	config_keep_fixed(&g->config, config);
	error = outline_discover(g->ipvs, g->diag, &g->discovery, &found);
	if (error == 0)
		error = outline_policy(config, &found, &policy);
	if (error == 0)
		error = register_helper(g, config);
	if (error == 0)
		error = adopt_policy(g, config, policy);
	if (error < 0) {
		log_message(g->log, LOG_CONFIG_KEPT, strerror(-error));
		if (register_helper(g, &g->config) < 0)
			log_message(g->log, LOG_HELPER_CHANGED);
		discovery_free(&found);
		free(policy);
		return error;
	}
	replace_discovery(g, &found);
	config_free(&g->config);
	g->config = *config;
	set_fail_open(g);
	log_set_level(g->log, g->config.log.level);
	log_services(g);
	return 0;
}

static void restore_ruleset(struct gateway *g)
{
	g->ruleset_broken = load_ruleset(g, &g->config, g->policy, true) < 0;
	if (g->ruleset_broken)
		return;
	for (uint32_t i = 0; i < g->worker_count; i++)
		worker_restore_marks(g->workers[i]);
	log_message(g->log, LOG_RULESET_RESTORED);
}

/* Takes what was seen into force, as far as it differs from what was seen before. */
static int follow(struct gateway *g, const struct discovery *found)
{
	bool services = g->config.discover &&
			!sightings_equal(&found->services, &g->discovery.services);
	bool taken = !sightings_equal(&found->taken, &g->discovery.taken);
	struct policy *policy = NULL;
	int error = services || taken ? outline_policy(&g->config, found, &policy) : 0;

	if (policy == NULL)
		return error;
	if (!services) { /* the ruleset knows nothing of what is taken */
		use_policy(g, policy);
		return 0;
	}
	error = adopt_policy(g, &g->config, policy);
	if (error < 0)
		free(policy);
	else
		log_services(g);
	return error;
}

/* The ruleset names the group that a thread hears. */
static void follow_group(struct gateway *g)
{
	struct endpoint before = g->sync_group;
	struct ipvs_thread thread;

	if (ipvs_backup_get(g->ipvs, &thread) < 0 || endpoint_equal(&thread.group, &before))
		return;
	g->sync_group = thread.group;
	if (load_ruleset(g, &g->config, g->policy, false) < 0)
		g->sync_group = before;
}

/* keepalived may have started or ended its threads. */
static void watch_backup(struct gateway *g)
{
	struct ipvs_thread now;
	int moved = backup_watch(&g->backup, g->ipvs, &now);

	follow_group(g);
	if (moved > 0)
		log_message(g->log, LOG_BACKUP_MOVED, now.interface, now.id);
	if (moved < 0 && !g->backup_failed)
		log_message(g->log, LOG_BACKUP_UNWATCHED, strerror(-moved));
	g->backup_failed = moved < 0;
}

/* Said once, until it works again. */
static void keep_alive(struct gateway *g)
{
	struct timespec now;
	int kept;

	clock_gettime(CLOCK_MONOTONIC, &now);
	kept = keep_alive_tick(g->keep_alive, g->ipvs, g->policy, (uint64_t)now.tv_sec);
	if (kept < 0 && !g->keep_alive_failed)
		log_message(g->log, LOG_KEEP_ALIVE_FAILED, strerror(-kept));
	g->keep_alive_failed = kept < 0;
}

static void watch_takeover(struct gateway *g)
{
	const struct sightings *servers = takeover_servers(g->takeover);

	takeover_watch(g->takeover, g->policy, g->nl);
	if (takeover_find_servers(g->takeover, g->ipvs, g->policy) > 0 &&
	    ruleset_set_servers(g->ruleset, servers->list, servers->count) < 0 && !g->ruleset_broken)
		log_message(g->log, LOG_RULESET_REFUSED, ruleset_error(g->ruleset));
}

int gateway_takeover_fd(const struct gateway *g)
{
	return takeover_fd(g->takeover);
}

void gateway_take_over(struct gateway *g)
{
	const struct unseen_pair *arrived;
	size_t count = takeover_adopt(g->takeover, g->policy, g->nl, &arrived);

	for (uint32_t i = 0; count > 0 && i < g->worker_count; i++)
		worker_arrives(g->workers[i], arrived, count);
}

void gateway_tick(struct gateway *g)
{
	struct discovery found = { 0 };
	int error = outline_discover(g->ipvs, g->diag, &g->discovery, &found);

	watch_backup(g);
	if (g->ruleset_broken)
		restore_ruleset(g);
	if (error == 0)
		error = follow(g, &found);
	if (error == 0)
		replace_discovery(g, &found);
	else
		discovery_free(&found);
	watch_takeover(g);
	keep_alive(g);
	if (error < 0 && !g->discovery_failed)
		log_message(g->log, LOG_DISCOVERY_FAILED, strerror(-error));
	g->discovery_failed = error < 0;
	unused_openings_look(g->unused, g->nl, g->workers[0]);
}

int gateway_ruleset_fd(const struct gateway *g)
{
	return ruleset_monitor_fd(g->monitor);
}

/* Returns 1, 0 or -errno. */
static int somebody_changed(struct gateway *g)
{
	int events = ruleset_monitor_read(g->monitor), untouched;

	if (events != RULESET_UNKNOWN)
		return events < 0 ? events : events == RULESET_CHANGED;
	untouched = ruleset_untouched(g->ruleset);
	return untouched < 0 ? untouched : !untouched;
}

void gateway_ruleset_changed(struct gateway *g)
{
	int changed = somebody_changed(g);

	if (changed < 0)
		log_message(g->log, LOG_RULESET_UNWATCHED, strerror(-changed));
	if (changed > 0)
		restore_ruleset(g);
}

bool gateway_is_alive(struct gateway *g)
{
	bool alive = true;

	for (uint32_t i = 0; i < g->worker_count; i++) {
		uint64_t rounds = worker_rounds(g->workers[i]);

		alive &= rounds != g->rounds[i];
		g->rounds[i] = rounds;
	}
	return alive;
}

const struct config *gateway_config(const struct gateway *g)
{
	return &g->config;
}

const struct policy *gateway_policy(const struct gateway *g)
{
	return g->policy;
}

uint32_t gateway_worker_count(const struct gateway *g)
{
	return g->worker_count;
}

struct worker *gateway_worker(const struct gateway *g, uint32_t index)
{
	return g->workers[index];
}

struct netlink *gateway_netlink(const struct gateway *g)
{
	return g->nl;
}

struct ipvs *gateway_ipvs(const struct gateway *g)
{
	return g->ipvs;
}

struct ruleset *gateway_ruleset(const struct gateway *g)
{
	return g->ruleset;
}

void gateway_set_log_level(struct gateway *g, enum log_level level)
{
	g->config.log.level = level;
	log_set_level(g->log, level);
}

size_t gateway_service_count(const struct gateway *g)
{
	return g->policy->service_count;
}
