/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running gateway: everything between the configuration and the workers.
 *
 * gateway_start takes, in this order: the queues are bound (a second daemon ends here, before it has
 * touched anything), the conntrack helper registered, the backup thread found or started where the configuration
 * names a place for it, IPVS asked for services, the ruleset loaded, the workers started. What a failed start has
 * done is undone.
 * doctor/preflight.h has looked before for what stands in the way. gateway_stop leaves ruleset and helper
 * where they are: sessions that begin while no daemon runs can so be served by the next one; the
 * queue rules let everything pass meanwhile.
 *
 * Used by one thread, main's.
 */
#ifndef FTPALGD_DAEMON_GATEWAY_H
#define FTPALGD_DAEMON_GATEWAY_H

#include "config/config.h"
#include "log/log.h"

struct gateway;
struct ipvs;
struct netlink;
struct ruleset;
struct worker;

/*
 * config is the gateway's from then on if 0 is returned. The workers confine themselves. Failures
 * are logged.
 */
int gateway_start(struct config *config, struct log *log, struct gateway **out)
	__attribute__((warn_unused_result));
void gateway_stop(struct gateway *g);

/* Changes over to another configuration, whole or not at all; config as for gateway_start. */
int gateway_reload(struct gateway *g, struct config *config) __attribute__((warn_unused_result));

/* Readable when the ruleset was changed by somebody; then gateway_ruleset_changed is due. */
int gateway_ruleset_fd(const struct gateway *g);
void gateway_ruleset_changed(struct gateway *g);

/* Readable when a connection came that conntrack does not know; then gateway_take_over is due. -1: never. */
int gateway_takeover_fd(const struct gateway *g);
void gateway_take_over(struct gateway *g);

/*
 * To be called every GATEWAY_TICK_SECONDS: looks for services, their addresses and IPVS' threads
 * that came or went, and restores a ruleset that could not be restored before.
 */
#define GATEWAY_TICK_SECONDS 2
void gateway_tick(struct gateway *g);

/* Whether every worker has made progress since the last call. */
bool gateway_is_alive(struct gateway *g);

/*
 * What the control socket looks at; all of it is the gateway's. A policy lives until the services
 * or the configuration change.
 */
const struct config *gateway_config(const struct gateway *g);
const struct policy *gateway_policy(const struct gateway *g);
uint32_t gateway_worker_count(const struct gateway *g);
struct worker *gateway_worker(const struct gateway *g, uint32_t index);
struct netlink *gateway_netlink(const struct gateway *g);
struct ipvs *gateway_ipvs(const struct gateway *g);
struct ruleset *gateway_ruleset(const struct gateway *g);

/* Until the next reload. */
void gateway_set_log_level(struct gateway *g, enum log_level level);

/* Number of services, for the status line. */
size_t gateway_service_count(const struct gateway *g);

#endif
