/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from the configuration and from what there is around the gateway, without a gateway: how many workers,
 * which services, which ruleset.
 */
#ifndef FTPALGD_DAEMON_OUTLINE_H
#define FTPALGD_DAEMON_OUTLINE_H

#include "config/config.h"
#include "kernel/discovery.h"
#include "kernel/ruleset.h"
#include "log/log.h"

uint32_t outline_workers(const struct config *config);

/* discovery_run, now. What was seen before (NULL: nothing) stays for a while. */
int outline_discover(struct ipvs *ipvs, struct netlink *diag, const struct discovery *before,
		     struct discovery *out) __attribute__((warn_unused_result));

int outline_policy(const struct config *config, const struct discovery *d, struct policy **out)
	__attribute__((warn_unused_result));

/* Without real servers, and with the usual group of IPVS' threads. policy is borrowed. */
struct ruleset_plan outline_ruleset(const struct config *config, const struct policy *policy);

/* Writes the ruleset that the configuration asks for, with what IPVS names now. */
int outline_print_ruleset(const struct config *config, struct log *log, FILE *out)
	__attribute__((warn_unused_result));

#endif
